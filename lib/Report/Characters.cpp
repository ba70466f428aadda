// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Characters.h"
#include "llvm/Support/ConvertUTF.h"
#include <algorithm>

using namespace starton;
using namespace starton::report;

/// The bytes of the character that begins at \p offset.
static uint32_t characterSize(llvm::StringRef text, uint32_t offset) {
  const auto *at = reinterpret_cast<const llvm::UTF8 *>(text.data()) + offset;
  unsigned size = llvm::getNumBytesForUTF8(*at);
  bool valid =
      size <= text.size() - offset && llvm::isLegalUTF8Sequence(at, at + size);
  return valid ? size : 1;
}

Characters::Index &Characters::indexOf(const SourceBuffer &source) {
  for (Index &index : kept)
    if (index.source == &source)
      return index;
  Index &index = kept[oldest];
  oldest = 1 - oldest;
  index.source = &source;
  index.marks.clear();
  llvm::StringRef text = source.text();
  uint32_t characters = 0, offset = 0;
  for (; offset < text.size(); ++characters) {
    if (offset >= index.marks.size() * Step)
      index.marks.push_back({characters, offset});
    offset += characterSize(text, offset);
  }
  index.marks.push_back({characters, offset});
  return index;
}

uint32_t Characters::before(const Index &index, uint32_t offset) {
  llvm::StringRef text = index.source->text();
  size_t mark = std::min<size_t>(offset / Step, index.marks.size() - 1);
  // The first character of a step may begin behind the offset.
  while (mark != 0 && index.marks[mark].begin > offset)
    --mark;
  uint32_t count = index.marks[mark].characters, at = index.marks[mark].begin;
  for (; at < offset; ++count)
    at += characterSize(text, at);
  return count;
}

uint32_t Characters::column(const SourceBuffer &source, uint32_t offset) {
  const Index &index = indexOf(source);
  uint32_t lineStart = offset - (source.lineColumn(offset).column - 1);
  return before(index, offset) - before(index, lineStart) + 1;
}
