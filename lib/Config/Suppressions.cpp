// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Read from the bytes, not from the tree: a comment inside a script, which is
// text to the parser, counts as well, and so does one in a rejected file.

#include "starton/Config/Suppressions.h"
#include <algorithm>

using namespace starton;
using namespace starton::config;

namespace {

constexpr llvm::StringLiteral Marker = "checkconf:";
constexpr llvm::StringLiteral Disable = "disable=";

bool isBlank(char byte) { return byte == ' ' || byte == '\t'; }

bool isComment(llvm::StringRef line) {
  return line.ltrim(" \t").starts_with("#");
}
bool isEmptyLine(llvm::StringRef line) { return line.trim(" \t\r").empty(); }

} // namespace

Suppressions::Suppressions(const SourceBuffer &source) : source(source) {
  llvm::StringRef text = source.text();
  size_t at = text.find(Marker);
  if (at == llvm::StringRef::npos)
    return;
  for (firstStanza = 1; firstStanza < source.endLine(); ++firstStanza)
    if (!isComment(source.lineText(firstStanza)) &&
        !isEmptyLine(source.lineText(firstStanza)))
      break;
  for (; at != llvm::StringRef::npos; at = text.find(Marker, at + 1)) {
    size_t hash = at;
    while (hash != 0 && isBlank(text[hash - 1]))
      --hash;
    // A '#' within a word begins no comment.
    if (hash == 0 || text[hash - 1] != '#')
      continue;
    --hash;
    if (hash != 0 && !isBlank(text[hash - 1]) && text[hash - 1] != '\n')
      continue;
    readComment(hash, at + Marker.size());
  }
  for (uint32_t i = 0; i != names.size(); ++i)
    byName[names[i].name].push_back(i);
  for (auto &entry : byName)
    std::stable_sort(entry.second.begin(), entry.second.end(),
                     [&](uint32_t left, uint32_t right) {
                       return names[left].line < names[right].line;
                     });
}

void Suppressions::readComment(size_t hash, size_t after) {
  llvm::StringRef text = source.text();
  llvm::StringRef rest =
      text.substr(after).take_until([](char byte) { return byte == '\n'; });
  rest = rest.rtrim(" \t\r");
  Range comment{static_cast<uint32_t>(hash),
                static_cast<uint32_t>(after + rest.size())};
  llvm::StringRef order = rest.ltrim(" \t");
  if (!order.starts_with(Disable) || order.size() == Disable.size() ||
      isBlank(order[Disable.size()])) {
    malformed.push_back(comment);
    return;
  }
  uint32_t line = source.lineColumn(comment.begin).line;
  bool alone = isComment(source.lineText(line));
  uint32_t target = alone ? targetLine(line) : line;
  if (alone && line < firstStanza)
    target = 0;
  readNames(comment, after + (rest.size() - order.size()) + Disable.size(),
            target);
}

/// The next line that holds more than a comment.
uint32_t Suppressions::targetLine(uint32_t line) const {
  uint32_t end = source.endLine();
  do
    ++line;
  while (line < end && (isComment(source.lineText(line)) ||
                        isEmptyLine(source.lineText(line))));
  return line;
}

void Suppressions::readNames(Range comment, size_t begin, uint32_t line) {
  llvm::StringRef text = source.text();
  llvm::StringRef list = text.slice(begin, comment.end);
  size_t length = std::min(list.find_first_of(" \t"), list.size());
  llvm::StringRef reason = list.substr(length).trim(" \t");
  list = list.take_front(length);
  size_t first = names.size();
  for (size_t at = 0; at <= list.size();) {
    size_t end = std::min(list.find(',', at), list.size());
    SuppressedName &entry = names.emplace_back();
    entry.name = list.slice(at, end);
    entry.reason = reason;
    entry.range = {static_cast<uint32_t>(begin + at),
                   static_cast<uint32_t>(begin + end)};
    entry.line = line;
    at = end + 1;
  }
  if (names.size() - first > 1) {
    for (size_t i = first; i != names.size(); ++i)
      names[i].removal.range =
          i + 1 != names.size()
              ? Range{names[i].range.begin, names[i + 1].range.begin}
              : Range{names[i - 1].range.end, names[i].range.end};
    return;
  }
  // The whole comment, with its line or the blanks before it.
  uint32_t from = comment.begin, to = comment.end;
  while (from != 0 && isBlank(text[from - 1]))
    --from;
  if (from == 0 || text[from - 1] == '\n')
    to = static_cast<uint32_t>(std::min(text.find('\n', to), text.size() - 1) +
                               1);
  names[first].removal.range = {from, to};
}

SuppressedName *Suppressions::find(llvm::StringRef name, uint32_t first,
                                   uint32_t last) {
  auto entry = byName.find(name);
  if (entry == byName.end())
    return nullptr;
  const std::vector<uint32_t> &sorted = entry->second;
  auto found = std::lower_bound(
      sorted.begin(), sorted.end(), std::max(first, uint32_t(1)),
      [&](uint32_t index, uint32_t line) { return names[index].line < line; });
  bool onLine =
      first != 0 && found != sorted.end() && names[*found].line <= last;
  // Those for the file come first.
  uint32_t index = onLine ? *found : sorted.front();
  if (!onLine && names[index].line != 0)
    return nullptr;
  names[index].used = true;
  return &names[index];
}
