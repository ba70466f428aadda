// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Fix/Edits.h"

using namespace starton;
using namespace starton::fix;

bool Edits::add(const Edit &edit) {
  if (edit.range.begin > edit.range.end || edit.range.end > text.size())
    return false;
  auto next = byBegin.lower_bound(edit.range.begin);
  if (next != byBegin.end() && (next->first == edit.range.begin ||
                                next->second->range.begin < edit.range.end))
    return false;
  if (next != byBegin.begin() &&
      std::prev(next)->second->range.end > edit.range.begin)
    return false;
  byBegin.emplace_hint(next, edit.range.begin, &edit);
  return true;
}

std::string Edits::apply() const {
  std::string result;
  result.reserve(text.size());
  uint32_t done = 0;
  for (const auto &[begin, edit] : byBegin) {
    result += text.slice(done, begin);
    result += edit->replacement;
    done = edit->range.end;
  }
  result += text.substr(done);
  return result;
}
