// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// GetState of spec/runtime §6.7 and §7.2.

#ifndef STARTON_RUNTIME_HOST_STATETEXT_H
#define STARTON_RUNTIME_HOST_STATETEXT_H

#include "starton/Runtime/Engine/Engine.h"

namespace starton::host {

/// Appends the state as one JSON object, ASCII or valid UTF-8 whatever the jobs
/// hold (docs/state-format.md). \p sources: the configuration directories, each
/// NUL-terminated. False: no memory; what was appended is no JSON.
[[nodiscard]] bool writeStateText(engine::Engine &engine,
                                  engine::Text busAddress,
                                  Span<char *const> sources,
                                  Vector<char> &text);

} // namespace starton::host

#endif // STARTON_RUNTIME_HOST_STATETEXT_H
