// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Parse/TextMap.h"
#include "Words.h"
#include <algorithm>

using namespace starton;

namespace {

/// Bytes that a command keeps, each once and in order, whatever is around them.
bool isSolid(char byte) {
  return !parse::isBlank(byte) && byte != '\n' && byte != '\\';
}

} // namespace

/// Pieces that go on where the last one did are left out.
void TextMap::add(uint32_t text, uint32_t source) {
  if (!pieces.empty() &&
      source - pieces.back().source == text - pieces.back().text)
    return;
  if (!pieces.empty() && pieces.back().text == text)
    pieces.back().source = source;
  else
    pieces.push_back({text, source});
}

TextMap TextMap::ofScript(llvm::StringRef written, uint32_t base) {
  TextMap map;
  map.add(0, base);
  parse::forEachBlockLine(written, [&](llvm::StringRef line) {
    map.add(map.textEnd,
            base + static_cast<uint32_t>(line.data() - written.data()));
    map.textEnd += static_cast<uint32_t>(line.size());
  });
  return map;
}

TextMap TextMap::ofCommand(llvm::StringRef written, uint32_t base,
                           llvm::StringRef text) {
  TextMap map;
  map.add(0, base);
  map.textEnd = static_cast<uint32_t>(text.size());
  size_t at = 0; // behind the last solid byte
  for (size_t index = 0; index != text.size(); ++index) {
    size_t next = at;
    while (next < written.size() && !isSolid(written[next]))
      ++next;
    if (isSolid(text[index])) {
      // The last byte of all, should \p written not be where it is from.
      next = std::min(next, written.empty() ? 0 : written.size() - 1);
      map.add(static_cast<uint32_t>(index), base + static_cast<uint32_t>(next));
      at = next + 1;
      continue;
    }
    // The first blank or backslash behind a byte; those behind it follow.
    size_t run = index;
    while (run != text.size() && !isSolid(text[run]))
      ++run;
    for (; index != run; ++index, at += at < next)
      map.add(static_cast<uint32_t>(index), base + static_cast<uint32_t>(at));
    --index;
    at = next;
  }
  return map;
}

uint32_t TextMap::toSource(uint32_t offset) const {
  if (pieces.empty())
    return offset;
  if (offset >= textEnd && textEnd != 0)
    return toSource(textEnd - 1) + 1;
  auto piece = std::upper_bound(
      pieces.begin(), pieces.end(), offset,
      [](uint32_t value, const Piece &p) { return value < p.text; });
  --piece;
  return piece->source + (offset - piece->text);
}

Range TextMap::toSource(Range range) const {
  uint32_t begin = toSource(range.begin);
  if (range.empty())
    return {begin, begin};
  return {begin, toSource(range.end - 1) + 1};
}
