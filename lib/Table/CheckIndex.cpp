// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// An entry of the event index: sorted, and its leaves in range. Every leaf of
// every condition is in the index exactly once, under the key that its words
// give; that is shown by whoever has looked at all of it.

#include "PartChecker.h"

namespace starton::table {

bool PartChecker::checkEntry(const IndexEntry *previous,
                             const IndexEntry &entry, Verifier &verifier) {
  if (!verifier.VerifyTable(&entry))
    return badElement();
  bool eventKnown = previous != nullptr && previous->event() == entry.event();
  return (eventKnown || text(entry.event(), "event")) &&
         text(entry.operand(), "operand") && checkEntryOrder(previous, entry) &&
         (entry.leaves()->size() != 0 || bad("leaves", "is empty")) &&
         charge(entry.leaves()->size());
}

bool PartChecker::checkEntryOrder(const IndexEntry *previous,
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

bool PartChecker::checkLeafPlace(const Leaf &leaf) {
  return (leaf.job() < table.jobs()->size() && leaf.tree() <= Tree::MAX) ||
         bad("leaves", "has a leaf out of range");
}

bool PartChecker::checkLeafOrder(const IndexEntry &entry, uint32_t at) {
  if (at == 0)
    return true;
  auto treeOf = [](const Leaf &leaf) {
    return uint64_t(leaf.job()) * 2 + static_cast<unsigned>(leaf.tree());
  };
  const Leaf &previous = *entry.leaves()->Get(at - 1);
  const Leaf &leaf = *entry.leaves()->Get(at);
  uint64_t before = treeOf(previous);
  uint64_t tree = treeOf(leaf);
  return before < tree || (before == tree && previous.node() < leaf.node()) ||
         bad("leaves", "is out of order");
}

} // namespace starton::table
