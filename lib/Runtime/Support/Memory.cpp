// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Runtime/Support/Memory.h"
#include <cstdlib>
#include <cstring>

namespace starton {

namespace {

AllocationFilter allocationFilter = nullptr;
void *reserve = nullptr;
size_t reserveSize = 0;

bool allowed() { return !allocationFilter || allocationFilter(); }

bool giveUpReserve() {
  if (!reserve)
    return false;
  std::free(reserve);
  reserve = nullptr;
  return true;
}

} // namespace

void *allocate(size_t size) { return reallocate(nullptr, size); }

void *reallocate(void *old, size_t size) {
  do {
    if (!allowed())
      continue;
    if (void *memory = std::realloc(old, size ? size : 1))
      return memory;
  } while (giveUpReserve());
  return nullptr;
}

void release(void *memory) { std::free(memory); }

bool setReserve(size_t size) {
  std::free(reserve);
  reserve = nullptr;
  reserveSize = size;
  return refillReserve();
}

bool refillReserve() {
  if (reserve || !reserveSize)
    return true;
  if (!allowed())
    return false;
  reserve = std::malloc(reserveSize);
  // Touched, or it would be a promise of the kernel and no memory.
  if (reserve)
    std::memset(reserve, 1, reserveSize);
  return reserve != nullptr;
}

void setAllocationFilter(AllocationFilter filter) { allocationFilter = filter; }

} // namespace starton
