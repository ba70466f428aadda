// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A map from positive numbers (process ids) to numbers: open addressing with
// linear probing. insert() needs a reserve() before and then cannot fail.

#ifndef STARTON_RUNTIME_SUPPORT_NUMBERMAP_H
#define STARTON_RUNTIME_SUPPORT_NUMBERMAP_H

#include "starton/Runtime/Support/Vector.h"

namespace starton {

class NumberMap {
public:
  size_t size() const { return used; }

  /// Room for \p count entries in all.
  [[nodiscard]] bool reserve(size_t count);
  /// Null: not there.
  const uint32_t *find(uint32_t key) const;
  /// Replaces the value of a key that is there.
  void insert(uint32_t key, uint32_t value);
  void remove(uint32_t key);

private:
  struct Entry {
    uint32_t key; ///< 0: empty
    uint32_t value;
  };
  size_t slotOf(uint32_t key) const {
    return size_t((uint64_t(key) * 0x9e3779b97f4a7c15ULL) >> 32) & mask();
  }
  size_t mask() const { return table.size() - 1; }
  void place(uint32_t key, uint32_t value);

  Vector<Entry> table; ///< a power of two, at most half full
  size_t used = 0;
};

} // namespace starton

#endif // STARTON_RUNTIME_SUPPORT_NUMBERMAP_H
