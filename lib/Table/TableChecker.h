// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Structure and meaning of a table, checked in one walk: what FlatBuffers must
// verify of a job and what the engine and the host will rely on are looked at
// while the job is in the cache. No recursion; scratch memory comes from malloc
// and may be refused.

#ifndef STARTON_LIB_TABLE_TABLECHECKER_H
#define STARTON_LIB_TABLE_TABLECHECKER_H

#include "GrowingArray.h"
#include "ReadSupport.h"
#include "ShortText.h"
#include "starton/Table/JobTable_generated.h"

namespace starton::table {

constexpr size_t MaxName = 4096;             ///< job names, paths
constexpr size_t MaxWord = size_t(1) << 20;  ///< any word, one argument
constexpr size_t MaxText = size_t(16) << 20; ///< a script or command
constexpr size_t MaxList = size_t(1) << 21;  ///< elements of a vector
constexpr size_t MaxNodes = size_t(1) << 22; ///< nodes of all conditions
/// Bytes looked at, in all: more than 64 MiB only where parts are shared.
constexpr uint64_t MaxWork = uint64_t(1) << 28;

class TableChecker {
public:
  /// The root's own fields, up to where its vectors begin, must have been
  /// verified with \p verifier.
  TableChecker(const JobTable &table, Span<const uint8_t> bytes,
               flatbuffers::Verifier &verifier, LoadError &error)
      : table(table), bytes(bytes), verifier(verifier), error(error) {}

  bool check();

private:
  using Strings = flatbuffers::Vector<flatbuffers::Offset<flatbuffers::String>>;

  bool bad(const char *field, const char *problem);
  bool badElement();
  bool overused();
  bool outOfMemory();
  bool charge(uint64_t amount) {
    work += amount;
    return work <= MaxWork || overused();
  }

  bool text(const flatbuffers::String *string, const char *field,
            size_t cap = MaxWord) {
    if (string == nullptr)
      return true;
    if (string->size() > cap)
      return bad(field, "is too long");
    if (holdsNul(string->c_str(), string->size()))
      return bad(field, "holds a NUL byte");
    return charge(string->size() + 1);
  }
  bool texts(const Strings *strings, const char *field);
  bool inRange(int64_t value, int64_t low, int64_t high, const char *field);
  bool sortedAfter(const flatbuffers::String *previous,
                   const flatbuffers::String *name, const char *field);

  bool checkJobs();
  bool fewProcesses(const Job &job) const;
  bool checkJob(const Job &job);
  bool checkOrder(const Job &job, uint8_t *seen);
  bool checkTexts(const Job &job);
  bool checkNumbers(const Job &job);
  bool checkProcesses(const Job &job);
  bool checkProcess(const Process &process);
  bool checkLimits(const Job &job);
  bool checkCgroups(const Job &job);
  bool checkOrigins(const Job &job);
  bool checkCondition(const Condition *condition, const char *field);
  bool checkNode(const Node &node, uint32_t index, uint64_t &nextWord,
                 size_t words, const char *field);
  bool rememberKeys(const Condition &condition);
  bool checkFiles();
  bool checkDirectories();
  bool checkRejected();
  bool checkIndex();
  bool checkEntryOrder(const IndexEntry *previous, const IndexEntry &entry);
  bool checkEntry(const IndexEntry &entry);
  bool checkLeaf(const Leaf &leaf, uint64_t key);

  const JobTable &table;
  Span<const uint8_t> bytes;
  flatbuffers::Verifier &verifier;
  LoadError &error;
  // Where the check is, for messages.
  const char *list = "jobs";
  uint32_t position = 0;

  GrowingArray<uint32_t> operands; ///< the stack of the condition machine
  // The keys of all nodes in the order of the jobs and their trees, 0 where a
  // node is no match; tree t of job j has the keys from firstKey[2 * j + t] on.
  GrowingArray<uint64_t> keys;
  GrowingArray<uint32_t> firstKey;
  uint64_t matches = 0;
  uint64_t work = 0;
};

} // namespace starton::table

#endif // STARTON_LIB_TABLE_TABLECHECKER_H
