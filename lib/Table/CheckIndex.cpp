// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The event index: every leaf of every condition is in it exactly once, under
// the key that its words give. The leaves of one entry lie all over the table;
// going back to their words would cost a cache miss each, so the keys are
// remembered as hashes while the conditions are checked. Equal hashes of
// different keys could only make a leaf be looked for in the wrong entry;
// whether a leaf exists and is a match does not depend on them.

#include "TableChecker.h"
#include "starton/Table/EventKey.h"
#include <cstring>

namespace starton::table {
namespace {

Span<const char> spanOf(const flatbuffers::String *string) {
  return {string->c_str(), string->size()};
}

uint64_t mixed(uint64_t hash, uint64_t value) {
  hash = (hash ^ value) * 0x9e3779b97f4a7c15u;
  return hash ^ (hash >> 32);
}

uint64_t hashOf(uint64_t hash, Span<const char> text) {
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
uint64_t hashOfKey(Span<const char> event, const Span<const char> *operand) {
  uint64_t hash = hashOf(operand != nullptr, event);
  return (operand != nullptr ? hashOf(hash, *operand) : hash) | 1;
}

} // namespace

bool TableChecker::rememberKeys(const Condition &condition) {
  const auto &words = *condition.words();
  for (const Node *node : *condition.nodes()) {
    uint64_t hash = 0;
    if (node->kind() == NodeKind::Match) {
      auto word = [&](size_t i) {
        return spanOf(words.Get(node->first() + static_cast<uint32_t>(i)));
      };
      Span<const char> key;
      bool keyed = eventKey(
          node->count() - 1, [&](size_t i) { return word(i + 1); }, key);
      hash = hashOfKey(word(0), keyed ? &key : nullptr);
      ++matches;
    }
    if (!keys.push(hash))
      return outOfMemory();
  }
  return keys.size() <= MaxNodes || overused();
}

bool TableChecker::checkIndex() {
  list = "index";
  const IndexEntry *previous = nullptr;
  for (position = 0; position != table.index()->size(); ++position) {
    const IndexEntry *entry = table.index()->Get(position);
    if (!verifier.VerifyTable(entry))
      return badElement();
    bool eventKnown =
        previous != nullptr && previous->event() == entry->event();
    if (!(eventKnown || text(entry->event(), "event")) ||
        !text(entry->operand(), "operand") ||
        !checkEntryOrder(previous, *entry) || !checkEntry(*entry))
      return false;
    previous = entry;
  }
  return matches == 0 || fail(error, LoadStatus::Corrupt, 0,
                              "corrupt: the index misses a condition");
}

bool TableChecker::checkEntryOrder(const IndexEntry *previous,
                                   const IndexEntry &entry) {
  if (previous == nullptr)
    return true;
  // Texts are shared: mostly this is the same one.
  bool sameEvent = previous->event() == entry.event();
  if (!sameEvent) {
    if (*previous->event() < *entry.event())
      return true;
    sameEvent = !(*entry.event() < *previous->event());
  }
  bool inOrder = sameEvent && entry.operand() != nullptr &&
                 (previous->operand() == nullptr ||
                  *previous->operand() < *entry.operand());
  return inOrder || bad("event", "is out of order");
}

bool TableChecker::checkEntry(const IndexEntry &entry) {
  if (entry.leaves()->size() == 0)
    return bad("leaves", "is empty");
  Span<const char> operand;
  if (entry.operand() != nullptr)
    operand = spanOf(entry.operand());
  uint64_t key = hashOfKey(spanOf(entry.event()),
                           entry.operand() != nullptr ? &operand : nullptr);
  const Leaf *previous = nullptr;
  for (const Leaf *leaf : *entry.leaves()) {
    if (!checkLeaf(*leaf, key))
      return false;
    uint64_t tree =
        uint64_t(leaf->job()) * 2 + static_cast<unsigned>(leaf->tree());
    if (previous != nullptr) {
      uint64_t before = uint64_t(previous->job()) * 2 +
                        static_cast<unsigned>(previous->tree());
      if (tree < before || (tree == before && leaf->node() <= previous->node()))
        return bad("leaves", "is out of order");
    }
    previous = leaf;
  }
  return true;
}

bool TableChecker::checkLeaf(const Leaf &leaf, uint64_t key) {
  if (leaf.job() >= table.jobs()->size() || leaf.tree() > Tree::MAX)
    return bad("leaves", "has a leaf out of range");
  size_t tree = size_t(leaf.job()) * 2 + static_cast<unsigned>(leaf.tree());
  uint64_t at = uint64_t(firstKey[tree]) + leaf.node();
  if (at >= firstKey[tree + 1])
    return bad("leaves", "has a leaf out of range");
  if (keys[at] != key)
    return bad("leaves", keys[at] == 0
                             ? "has a leaf that is no match or found twice"
                             : "has a leaf of another key");
  keys[at] = 0;
  --matches;
  return true;
}

} // namespace starton::table
