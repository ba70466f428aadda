// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Structure and meaning of a whole table, checked in one walk: what FlatBuffers
// must verify of a job and what the engine and the host will rely on are looked
// at while the job is in the cache. Scratch memory comes from malloc and may be
// refused.

#ifndef STARTON_LIB_TABLE_TABLECHECKER_H
#define STARTON_LIB_TABLE_TABLECHECKER_H

#include "GrowingArray.h"
#include "PartChecker.h"

namespace starton::table {

class TableChecker : public PartChecker {
public:
  /// The root's own fields, up to where its vectors begin, must have been
  /// verified.
  TableChecker(const JobTable &table, Span<const uint8_t> bytes,
               LoadError &failure)
      : PartChecker(table, bytes) {
    error = &failure;
  }

  bool check();

private:
  bool checkJobs();
  bool rememberKeys(const Condition *condition);
  bool checkFiles();
  bool checkAllRejected();
  bool checkIndex();
  bool checkLeaves(const IndexEntry &entry);
  bool checkLeaf(const Leaf &leaf, uint64_t key);

  // The keys of all nodes in the order of the jobs and their trees, 0 where a
  // node is no match; tree t of job j has the keys from firstKey[2 * j + t] on.
  GrowingArray<uint64_t> keys;
  GrowingArray<uint32_t> firstKey;
  uint64_t matches = 0;
};

} // namespace starton::table

#endif // STARTON_LIB_TABLE_TABLECHECKER_H
