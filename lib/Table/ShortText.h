// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Looking at texts of a few letters, of which a table has hundreds of
// thousands: overlapping loads are done before memchr() has been called.

#ifndef STARTON_LIB_TABLE_SHORTTEXT_H
#define STARTON_LIB_TABLE_SHORTTEXT_H

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace starton::table {

template <typename Word> inline uint64_t loadWord(const char *at) {
  Word word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

inline bool holdsNul(const char *text, size_t size) {
  constexpr size_t Short = 64;
  constexpr uint64_t Ones = 0x0101010101010101u;
  constexpr uint64_t Tops = Ones << 7;
  auto zeros = [](uint64_t word) { return (word - Ones) & ~word & Tops; };
  if (size > Short)
    return std::memchr(text, 0, size) != nullptr;
  if (size >= 8) {
    uint64_t found = zeros(loadWord<uint64_t>(text + size - 8));
    for (size_t at = 0; at + 8 < size; at += 8)
      found |= zeros(loadWord<uint64_t>(text + at));
    return found != 0;
  }
  if (size >= 4)
    return zeros(loadWord<uint32_t>(text) << 32 |
                 loadWord<uint32_t>(text + size - 4)) != 0;
  for (size_t at = 0; at != size; ++at)
    if (text[at] == 0)
      return true;
  return false;
}

} // namespace starton::table

#endif // STARTON_LIB_TABLE_SHORTTEXT_H
