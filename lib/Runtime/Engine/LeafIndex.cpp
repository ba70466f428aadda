// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "LeafIndex.h"
#include "starton/Table/EventKey.h"

namespace starton::engine {

uint32_t LeafIndex::hashOf(Text event, const Text *operand) {
  uint32_t hash = hashName(event);
  return operand ? (hash * 0x9e3779b1U) ^ (hashName(*operand) + 1) : hash;
}

bool LeafIndex::make(const table::Job &job, ClassIndex slot, uint32_t &chain) {
  chain = None;
  if (makeTree(job.start_on(), false, slot, chain) &&
      makeTree(job.stop_on(), true, slot, chain) && grow())
    return true;
  drop(chain);
  return false;
}

bool LeafIndex::makeTree(const table::Condition *condition, bool stops,
                         ClassIndex slot, uint32_t &chain) {
  for (uint32_t i = 0; i < nodeCount(condition); ++i) {
    const table::Node &node = *condition->nodes()->Get(i);
    if (node.kind() != table::NodeKind::Match)
      continue;
    uint32_t at = leaves.take();
    if (at == None)
      return false;
    const auto &words = *condition->words();
    auto operandAt = [&](size_t operand) {
      return textOf(words.Get(uint32_t(node.first() + 1 + operand)));
    };
    Text key;
    bool hasKey = table::eventKey(node.count() - 1, operandAt, key);
    Leaf &leaf = leaves[at];
    leaf.sibling = chain;
    leaf.hash =
        hashOf(textOf(words.Get(node.first())), hasKey ? &key : nullptr);
    leaf.job = slot;
    leaf.node = i;
    leaf.stops = stops;
    chain = at;
  }
  return true;
}

void LeafIndex::assign(uint32_t chain, ClassIndex slot) {
  for (; chain != None; chain = leaves[chain].sibling)
    leaves[chain].job = slot;
}

void LeafIndex::insert(uint32_t chain) {
  for (; chain != None; chain = leaves[chain].sibling)
    place(chain);
}

void LeafIndex::place(uint32_t at) {
  uint32_t &head = heads[leaves[at].hash & (heads.size() - 1)];
  leaves[at].next = head;
  leaves[at].previous = None;
  leaves[at].found = true;
  if (head != None)
    leaves[head].previous = at;
  head = at;
}

void LeafIndex::drop(uint32_t &chain) {
  while (chain != None) {
    Leaf &leaf = leaves[chain];
    if (leaf.found) {
      if (leaf.next != None)
        leaves[leaf.next].previous = leaf.previous;
      if (leaf.previous != None)
        leaves[leaf.previous].next = leaf.next;
      else
        heads[leaf.hash & (heads.size() - 1)] = leaf.next;
    }
    uint32_t sibling = leaf.sibling;
    leaves.give(chain);
    chain = sibling;
  }
}

/// Only the first table is needed: longer chains are the worst that comes of
/// having no memory for a larger one.
bool LeafIndex::grow() {
  constexpr size_t FirstHeads = 64;
  size_t size = heads.size();
  if (size && leaves.live() <= size)
    return true;
  if (!heads.resize(size ? 2 * size : FirstHeads, 0xff))
    return size != 0;
  std::memset(static_cast<void *>(heads.data()), 0xff,
              heads.size() * sizeof(uint32_t));
  for (uint32_t at = 0; at < leaves.limit(); ++at)
    if (leaves[at].found)
      place(at);
  return true;
}

} // namespace starton::engine
