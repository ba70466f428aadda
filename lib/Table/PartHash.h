// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The hash of a part (docs/table-format.md). It is there to notice that a file
// was changed in place, not to keep anybody out: whoever may write a table may
// write its hashes.

#ifndef STARTON_LIB_TABLE_PARTHASH_H
#define STARTON_LIB_TABLE_PARTHASH_H

#include "starton/Runtime/Support/Span.h"
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace starton::table {

/// \p part as little-endian 64-bit words, the last one filled up with zeros.
inline uint64_t hashOfPart(Span<const uint8_t> part) {
  uint64_t hash = part.size();
  auto mix = [&](uint64_t word) {
    hash = (hash ^ word) * 0x9e3779b97f4a7c15U;
    hash ^= hash >> 32;
  };
  size_t at = 0;
  uint64_t word = 0;
  for (; part.size() - at >= sizeof word; at += sizeof word) {
    std::memcpy(&word, part.data() + at, sizeof word);
    mix(word);
  }
  word = 0;
  if (at != part.size()) {
    std::memcpy(&word, part.data() + at, part.size() - at);
    mix(word);
  }
  return hash;
}

} // namespace starton::table

#endif // STARTON_LIB_TABLE_PARTHASH_H
