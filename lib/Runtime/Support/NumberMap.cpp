// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Runtime/Support/NumberMap.h"

namespace starton {

bool NumberMap::reserve(size_t count) {
  size_t wanted = 16;
  while (wanted < 2 * count)
    wanted *= 2;
  if (wanted <= table.size())
    return true;
  Vector<Entry> old;
  if (!old.reserveExactly(used))
    return false;
  for (const Entry &entry : table)
    if (entry.key)
      old.pushReserved(entry);
  // Growing keeps the bytes, so only a successful resize may clear them.
  if (!table.resize(wanted))
    return false;
  std::memset(static_cast<void *>(table.data()), 0, wanted * sizeof(Entry));
  for (const Entry &entry : old)
    place(entry.key, entry.value);
  return true;
}

const uint32_t *NumberMap::find(uint32_t key) const {
  if (table.empty() || !key)
    return nullptr;
  for (size_t at = slotOf(key); table[at].key; at = (at + 1) & mask())
    if (table[at].key == key)
      return &table[at].value;
  return nullptr;
}

void NumberMap::place(uint32_t key, uint32_t value) {
  size_t at = slotOf(key);
  while (table[at].key && table[at].key != key)
    at = (at + 1) & mask();
  table[at] = {key, value};
}

void NumberMap::insert(uint32_t key, uint32_t value) {
  if (!find(key))
    ++used;
  place(key, value);
}

void NumberMap::remove(uint32_t key) {
  if (!find(key))
    return;
  size_t hole = slotOf(key);
  while (table[hole].key != key)
    hole = (hole + 1) & mask();
  // Entries behind the hole move up unless they would pass their own slot.
  for (size_t at = (hole + 1) & mask(); table[at].key; at = (at + 1) & mask()) {
    size_t home = slotOf(table[at].key);
    if (((at - home) & mask()) >= ((at - hole) & mask())) {
      table[hole] = table[at];
      hole = at;
    }
  }
  table[hole] = {};
  --used;
}

} // namespace starton
