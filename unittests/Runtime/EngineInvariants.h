// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What is true of the engine's state whenever it may be fed, whatever was fed:
// for the simulated host, and so for every test and fuzzer that uses it.

#ifndef STARTON_UNITTESTS_RUNTIME_ENGINEINVARIANTS_H
#define STARTON_UNITTESTS_RUNTIME_ENGINEINVARIANTS_H

#include "starton/Runtime/Engine/Engine.h"
#include <string>

namespace starton::test {

/// What is wrong, "" when nothing is. \p resting: next() has said false.
std::string brokenInvariant(const engine::Engine &engine, bool resting);

} // namespace starton::test

#endif // STARTON_UNITTESTS_RUNTIME_ENGINEINVARIANTS_H
