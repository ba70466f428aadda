// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The one place where the daemon's own code asks for memory. It can fail and
// says so; nothing here throws, aborts or exits.
//
// A reserve may be kept: the first request that cannot be met gives it up and
// is tried again, so that what must work when memory is short (status, stop,
// the end of the session) still does. refillReserve() says whether it is whole
// again; new work should be refused while it is not.

#ifndef STARTON_RUNTIME_SUPPORT_MEMORY_H
#define STARTON_RUNTIME_SUPPORT_MEMORY_H

#include <cstddef>
#include <cstdint>

namespace starton {

/// Null: no memory. A size of 0 is one byte.
[[nodiscard]] void *allocate(size_t size);
/// Null: no memory, and \p old is untouched.
[[nodiscard]] void *reallocate(void *old, size_t size);
/// Harmless for null.
void release(void *memory);

/// Sets the size of the reserve and fills it; 0 gives it back. False: no
/// memory for it.
[[nodiscard]] bool setReserve(size_t size);
/// Fills a reserve that was given up. True: it is whole (or none is wanted).
[[nodiscard]] bool refillReserve();

/// Asked before every attempt to get memory; false makes it fail. For tests.
using AllocationFilter = bool (*)();
void setAllocationFilter(AllocationFilter filter);

} // namespace starton

#endif // STARTON_RUNTIME_SUPPORT_MEMORY_H
