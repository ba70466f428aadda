// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The line table is made on first use: most files have no diagnostic and pay
// nothing for it.

#include "starton/Basic/Source.h"
#include <algorithm>
#include <cstring>

namespace starton {

SourceBuffer::SourceBuffer(std::string path, std::string text)
    : filePath(std::move(path)), storage(std::move(text)), contents(storage) {}

const std::vector<uint32_t> &SourceBuffer::lineStarts() const {
  if (!starts.empty())
    return starts;
  starts.push_back(0);
  const char *begin = contents.data();
  const char *end = begin + contents.size();
  for (const char *at = begin; at != end; ++at) {
    at = static_cast<const char *>(std::memchr(at, '\n', end - at));
    if (!at)
      break;
    starts.push_back(static_cast<uint32_t>(at - begin) + 1);
  }
  return starts;
}

LineColumn SourceBuffer::lineColumn(uint32_t offset) const {
  const std::vector<uint32_t> &table = lineStarts();
  auto after = std::upper_bound(table.begin(), table.end(), offset);
  auto line = static_cast<uint32_t>(after - table.begin());
  return {line, offset - table[line - 1] + 1};
}

llvm::StringRef SourceBuffer::lineText(uint32_t line) const {
  const std::vector<uint32_t> &table = lineStarts();
  if (line == 0 || line > table.size())
    return {};
  uint32_t begin = table[line - 1];
  uint32_t end = line < table.size() ? table[line] - 1 : size();
  return contents.slice(begin, end);
}

uint32_t SourceBuffer::endLine() const { return static_cast<uint32_t>(lineStarts().size()); }

} // namespace starton
