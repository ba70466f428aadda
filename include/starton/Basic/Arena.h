// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef STARTON_BASIC_ARENA_H
#define STARTON_BASIC_ARENA_H

#include "llvm/Support/Allocator.h"

namespace starton {

/// Memory for texts that is given back as a whole. A system has tens of
/// thousands of these, most with a few bytes in them: it begins small, and
/// takes twice as much every four times.
using Arena = llvm::BumpPtrAllocatorImpl<llvm::MallocAllocator, 256, 256, 4>;

} // namespace starton

#endif // STARTON_BASIC_ARENA_H
