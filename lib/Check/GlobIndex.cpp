// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "GlobIndex.h"
#include "starton/Check/Catalogue.h"
#include <algorithm>

namespace starton::check {

namespace {

constexpr llvm::StringLiteral special = "*?[]\\";

/// Also what matchesPattern() takes to match anything.
bool isTooLong(llvm::StringRef pattern) {
  return matchesPattern(pattern, {}) &&
         pattern.find_first_not_of('*') != llvm::StringRef::npos;
}

} // namespace

llvm::StringRef literalPrefix(llvm::StringRef pattern) {
  return pattern.take_front(pattern.find_first_of(special));
}

uint32_t GlobIndex::add(llvm::StringRef pattern) {
  auto number = static_cast<uint32_t>(patterns.size());
  auto [entry, isNew] = numbers.try_emplace(pattern, number);
  if (!isNew)
    return entry->second;
  patterns.push_back(pattern.str());
  llvm::StringRef front = literalPrefix(pattern);
  llvm::StringRef back = pattern.substr(pattern.find_last_of(special) + 1);
  if (isTooLong(pattern) || (front.empty() && back.empty()))
    others.push_back(number);
  else if (!front.empty())
    fronts.add(front, number);
  else
    backs.add(back, number);
  return number;
}

void GlobIndex::collect(const std::vector<uint32_t> &candidates,
                        llvm::StringRef text,
                        std::vector<uint32_t> &found) const {
  for (uint32_t number : candidates)
    if (matchesPattern(patterns[number], text))
      found.push_back(number);
}

std::vector<uint32_t> GlobIndex::matching(llvm::StringRef text) const {
  std::vector<uint32_t> found;
  for (const Ends *ends : {&fronts, &backs})
    for (size_t length : ends->lengths) {
      if (length > text.size())
        break;
      auto entry = ends->patterns.find(
          ends == &fronts ? text.take_front(length) : text.take_back(length));
      if (entry != ends->patterns.end())
        collect(entry->second, text, found);
    }
  collect(others, text, found);
  std::sort(found.begin(), found.end());
  return found;
}

} // namespace starton::check
