// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The semantic pass over a table whose structure FlatBuffers has verified:
// everything that the engine or the host will index, compare or hand to the
// kernel. No recursion; scratch memory comes from malloc and may be refused.

#ifndef STARTON_LIB_TABLE_TABLECHECKER_H
#define STARTON_LIB_TABLE_TABLECHECKER_H

#include "ReadSupport.h"
#include "starton/Table/JobTable_generated.h"
#include <cstdlib>

namespace starton::table {

constexpr size_t MaxName = 4096;                ///< job names, paths
constexpr size_t MaxWord = size_t(1) << 20;     ///< any word, one argument
constexpr size_t MaxText = size_t(16) << 20;    ///< a script or command
constexpr size_t MaxList = size_t(1) << 21;     ///< elements of a vector
constexpr uint64_t MaxWork = uint64_t(1) << 28; ///< bytes looked at, in all

/// Growing array of 32-bit numbers whose growth can fail.
class Scratch {
public:
  Scratch() = default;
  ~Scratch() { std::free(heap); }
  Scratch(const Scratch &) = delete;
  Scratch &operator=(const Scratch &) = delete;

  [[nodiscard]] bool push(uint32_t value);
  uint32_t pop() { return data()[--count]; }
  uint32_t top() const { return data()[count - 1]; }
  size_t size() const { return count; }
  void clear() { count = 0; }

private:
  uint32_t *data() { return heap != nullptr ? heap : local; }
  const uint32_t *data() const { return heap != nullptr ? heap : local; }

  uint32_t local[64];
  uint32_t *heap = nullptr;
  size_t count = 0;
  size_t capacity = 64;
};

class TableChecker {
public:
  TableChecker(const JobTable &table, LoadError &error)
      : table(table), error(error) {}

  bool check();

private:
  using Strings = flatbuffers::Vector<flatbuffers::Offset<flatbuffers::String>>;

  bool bad(const char *field, const char *problem);
  bool outOfMemory();
  bool charge(uint64_t work);

  bool text(const flatbuffers::String *string, const char *field,
            size_t cap = MaxWord);
  bool texts(const Strings *strings, const char *field);
  bool inRange(int64_t value, int64_t low, int64_t high, const char *field);
  bool sortedAfter(const flatbuffers::String *previous,
                   const flatbuffers::String *name, const char *field);

  bool checkJobs();
  bool checkJob(const Job &job);
  bool checkTexts(const Job &job);
  bool checkNumbers(const Job &job);
  bool checkProcesses(const Job &job);
  bool checkProcess(const Process &process);
  bool checkLimits(const Job &job);
  bool checkCgroups(const Job &job);
  bool checkOrigins(const Job &job);
  bool checkCondition(const Condition *condition, const char *field);
  bool checkNode(const Node &node, uint32_t position, uint64_t &nextWord,
                 size_t words, const char *field);
  bool checkFiles();
  bool checkRejected();
  bool checkIndex();
  bool checkEntry(const IndexEntry &entry);
  bool checkLeaf(const Leaf &leaf, const IndexEntry &entry);

  const JobTable &table;
  LoadError &error;
  // Where the check is, for messages.
  const char *list = "jobs";
  uint32_t position = 0;

  uint64_t work = 0;
  uint64_t matches = 0; ///< Match nodes seen in all conditions
  Scratch operands;
};

} // namespace starton::table

#endif // STARTON_LIB_TABLE_TABLECHECKER_H
