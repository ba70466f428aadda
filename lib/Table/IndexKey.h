// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The keys of the event index, taken from verified leaves and entries.

#ifndef STARTON_LIB_TABLE_INDEXKEY_H
#define STARTON_LIB_TABLE_INDEXKEY_H

#include "ShortText.h"
#include "starton/Table/EventKey.h"
#include "starton/Table/JobTable_generated.h"

namespace starton::table {

/// An event and an operand of it, or none.
struct IndexKey {
  Span<const char> event;
  Span<const char> operand;
  bool hasOperand = false;

  bool operator==(const IndexKey &other) const {
    return hasOperand == other.hasOperand && equal(event, other.event) &&
           equal(operand, other.operand);
  }
};

inline Span<const char> spanOf(const flatbuffers::String *string) {
  return {string->c_str(), string->size()};
}

inline IndexKey keyOfEntry(const IndexEntry &entry) {
  IndexKey key;
  key.event = spanOf(entry.event());
  key.hasOperand = entry.operand() != nullptr;
  if (key.hasOperand)
    key.operand = spanOf(entry.operand());
  return key;
}

/// \p node is a match of \p condition.
inline IndexKey keyOfLeaf(const Condition &condition, const Node &node) {
  auto word = [&](size_t i) {
    return spanOf(
        condition.words()->Get(node.first() + static_cast<uint32_t>(i)));
  };
  IndexKey key;
  key.event = word(0);
  Span<const char> operand;
  key.hasOperand = eventKey(
      node.count() - 1, [&](size_t i) { return word(i + 1); }, operand);
  if (key.hasOperand)
    key.operand = operand;
  return key;
}

inline uint64_t mixed(uint64_t hash, uint64_t value) {
  hash = (hash ^ value) * 0x9e3779b97f4a7c15u;
  return hash ^ (hash >> 32);
}

inline uint64_t hashOf(uint64_t hash, Span<const char> text) {
  const char *end = text.end();
  hash = mixed(hash, text.size());
  if (text.size() >= 8) {
    for (const char *at = text.begin(); at < end - 8; at += 8)
      hash = mixed(hash, loadWord<uint64_t>(at));
    return mixed(hash, loadWord<uint64_t>(end - 8));
  }
  if (text.size() >= 4)
    return mixed(hash, loadWord<uint32_t>(text.begin()) << 32 |
                           loadWord<uint32_t>(end - 4));
  for (char c : text)
    hash = mixed(hash, static_cast<uint8_t>(c));
  return hash;
}

/// Never 0, which stands for no key.
inline uint64_t hashOfKey(const IndexKey &key) {
  uint64_t hash = hashOf(key.hasOperand, key.event);
  return (key.hasOperand ? hashOf(hash, key.operand) : hash) | 1;
}

} // namespace starton::table

#endif // STARTON_LIB_TABLE_INDEXKEY_H
