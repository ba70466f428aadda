// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Names of signals as job files, events and messages write them.

#ifndef STARTON_LIB_RUNTIME_ENGINE_NAMES_H
#define STARTON_LIB_RUNTIME_ENGINE_NAMES_H

#include "starton/Runtime/Engine/Engine.h"

namespace starton::engine {

/// "TERM"; null when the number has no name (real-time signals).
const char *signalName(int number);

} // namespace starton::engine

#endif // STARTON_LIB_RUNTIME_ENGINE_NAMES_H
