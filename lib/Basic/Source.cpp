// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Basic/Source.h"
#include <algorithm>
#include <cstring>

using namespace starton;

SourceBuffer::SourceBuffer(std::string path, std::string text)
    : filePath(std::move(path)), storage(std::move(text)) {}

const std::vector<uint32_t> &SourceBuffer::lineStarts() const {
  if (!starts.empty())
    return starts;
  // Counted first: a file of a million lines must not pay for doubling.
  starts.reserve(1 + static_cast<size_t>(
                         std::count(storage.begin(), storage.end(), '\n')));
  starts.push_back(0);
  const char *begin = storage.data(), *end = begin + storage.size();
  for (const char *at = begin; at != end;) {
    const void *newline = std::memchr(at, '\n', static_cast<size_t>(end - at));
    if (!newline)
      break;
    at = static_cast<const char *>(newline) + 1;
    starts.push_back(static_cast<uint32_t>(at - begin));
  }
  return starts;
}

LineColumn SourceBuffer::lineColumn(uint32_t offset) const {
  const std::vector<uint32_t> &table = lineStarts();
  auto next = std::upper_bound(table.begin(), table.end(), offset);
  auto line = static_cast<uint32_t>(next - table.begin());
  return {line, offset - table[line - 1] + 1};
}

llvm::StringRef SourceBuffer::lineText(uint32_t line) const {
  const std::vector<uint32_t> &table = lineStarts();
  if (line == 0 || line > table.size())
    return {};
  llvm::StringRef rest = text().substr(table[line - 1]);
  return rest.substr(0, rest.find('\n'));
}

uint32_t SourceBuffer::endLine() const {
  return static_cast<uint32_t>(lineStarts().size());
}
