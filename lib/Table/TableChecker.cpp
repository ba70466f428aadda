// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The walk over a whole table. The leaves of one entry of the index lie all
// over the table; going back to their words would cost a cache miss each, so
// the keys are remembered as hashes while the jobs are checked. Equal hashes of
// different keys could only make a leaf be looked for in the wrong entry;
// whether a leaf exists and is a match does not depend on them.

#include "TableChecker.h"
#include "IndexKey.h"

namespace starton::table {

bool TableChecker::check() {
  if (table.dialect() > Dialect::MAX)
    return fail(*error, LoadStatus::Corrupt, 0,
                "corrupt: dialect is out of range");
  return checkParts() && checkFiles() && checkDirectories() && checkHeads() &&
         checkJobs() && checkAllRejected() && checkIndex();
}

bool TableChecker::checkFiles() {
  list = "files";
  const File *previous = nullptr;
  Verifier verifier = verifierOf(filesPart());
  for (position = 0; position != table.files()->size(); ++position) {
    const File *file = table.files()->Get(position);
    if (!checkFile(previous, *file, verifier))
      return false;
    previous = file;
  }
  return true;
}

bool TableChecker::checkJobs() {
  list = "jobs";
  if (!firstKey.push(0))
    return outOfMemory();
  uint32_t part = 0;
  for (position = 0; position != table.jobs()->size(); ++position) {
    while (position >= table.parts()->Get(part + 1)->first_job())
      ++part;
    const Job *job = table.jobs()->Get(position);
    if (!checkJob(position, part) || !rememberKeys(job->start_on()) ||
        !rememberKeys(job->stop_on()))
      return false;
  }
  return true;
}

bool TableChecker::checkAllRejected() {
  list = "rejected";
  const Rejected *previous = nullptr;
  Verifier verifier = hotVerifier();
  for (position = 0; position != table.rejected()->size(); ++position) {
    const Rejected *entry = table.rejected()->Get(position);
    if (!checkRejected(previous, *entry, verifier))
      return false;
    previous = entry;
  }
  return true;
}

bool TableChecker::rememberKeys(const Condition *condition) {
  if (condition != nullptr) {
    for (const Node *node : *condition->nodes()) {
      bool match = node->kind() == NodeKind::Match;
      if (!keys.push(match ? hashOfKey(keyOfLeaf(*condition, *node)) : 0))
        return outOfMemory();
      matches += match;
    }
    if (keys.size() > MaxNodes)
      return overused();
  }
  return firstKey.push(static_cast<uint32_t>(keys.size())) || outOfMemory();
}

bool TableChecker::checkIndex() {
  list = "index";
  const IndexEntry *previous = nullptr;
  Verifier verifier = hotVerifier();
  for (position = 0; position != table.index()->size(); ++position) {
    const IndexEntry *entry = table.index()->Get(position);
    if (!checkEntry(previous, *entry, verifier) || !checkLeaves(*entry))
      return false;
    previous = entry;
  }
  return matches == 0 || fail(*error, LoadStatus::Corrupt, 0,
                              "corrupt: the index misses a condition");
}

bool TableChecker::checkLeaves(const IndexEntry &entry) {
  uint64_t key = hashOfKey(keyOfEntry(entry));
  for (uint32_t i = 0; i != entry.leaves()->size(); ++i) {
    const Leaf &leaf = *entry.leaves()->Get(i);
    if (!checkLeafPlace(leaf) || !checkLeaf(leaf, key) ||
        !checkLeafOrder(entry, i))
      return false;
  }
  return true;
}

bool TableChecker::checkLeaf(const Leaf &leaf, uint64_t key) {
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
