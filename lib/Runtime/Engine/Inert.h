// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What takes the place of a definition that was found damaged while running.

#ifndef STARTON_LIB_RUNTIME_ENGINE_INERT_H
#define STARTON_LIB_RUNTIME_ENGINE_INERT_H

#include "starton/Runtime/Engine/Engine.h"

namespace starton::engine {

/// A job of that name without conditions, whose main process is one that cannot
/// be started (language §6.5): starting it fails. Without memory it is one for
/// all, named "damaged".
const table::Job *makeInert(Text name);
/// Of makeInert().
void releaseInert(const table::Job *job);

} // namespace starton::engine

#endif // STARTON_LIB_RUNTIME_ENGINE_INERT_H
