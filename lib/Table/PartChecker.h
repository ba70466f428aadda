// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Structure and meaning of one part of a table: a job, a file, a rejected name,
// an entry of the index. No recursion and no memory, so that a part can be
// checked at any time.

#ifndef STARTON_LIB_TABLE_PARTCHECKER_H
#define STARTON_LIB_TABLE_PARTCHECKER_H

#include "ReadSupport.h"
#include "ShortText.h"
#include "starton/Table/JobTable_generated.h"

namespace starton::table {

constexpr size_t MaxName = 4096;             ///< job names, paths
constexpr size_t MaxWord = size_t(1) << 20;  ///< any word, one argument
constexpr size_t MaxText = size_t(16) << 20; ///< a script or command
constexpr size_t MaxList = size_t(1) << 21;  ///< elements of a vector
constexpr size_t MaxNodes = size_t(1) << 22; ///< nodes of all conditions
constexpr unsigned MaxDepth = 64;            ///< of tables in tables
constexpr unsigned MaxTables = 1000000;      ///< in a table file
/// Bytes looked at, in all: more than 64 MiB only where parts are shared.
constexpr uint64_t MaxWork = uint64_t(1) << 28;

class PartChecker {
public:
  /// The root's vectors must have been verified. \p table and \p bytes are of
  /// one table; what is in its parts may come later.
  PartChecker(const JobTable &table, Span<const uint8_t> bytes)
      : table(table), bytes(bytes) {}

protected:
  using Verifier = flatbuffers::Verifier;
  using Strings = flatbuffers::Vector<flatbuffers::Offset<flatbuffers::String>>;

  bool bad(const char *field, const char *problem);
  bool badElement();
  bool overused();
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
  bool outOfMemory();

  /// The places of the parts; before anything that is in one.
  bool checkParts();
  uint32_t filesPart() const { return table.parts()->size() - 1; }
  /// That jobs[job] should be in.
  uint32_t partOf(uint32_t job) const;
  uint32_t endOf(uint32_t part) const {
    return part == filesPart() ? static_cast<uint32_t>(bytes.size())
                               : table.parts()->Get(part + 1)->begin();
  }
  Span<const uint8_t> rangeOf(uint32_t part) const {
    uint32_t begin = table.parts()->Get(part)->begin();
    return bytes.slice(begin, endOf(part) - begin);
  }
  /// For what is in the part, and for what is in none.
  Verifier verifierOf(uint32_t part) const {
    Span<const uint8_t> range = rangeOf(part);
    return Verifier(range.data(), range.size(), MaxDepth, MaxTables);
  }
  Verifier hotVerifier() const {
    return Verifier(bytes.data(), table.hot_size(), MaxDepth, MaxTables);
  }
  /// All names and heads of jobs; needs some memory.
  bool checkHeads();
  /// jobs[index], which is also `position`, and that it is what its head says;
  /// nothing of it need have been verified. \p part is partOf() it.
  bool checkJob(uint32_t index, uint32_t part);
  /// What is at `position` of its list; nothing of it need have been verified,
  /// while \p previous, the one before it or null, has been.
  bool checkFile(const File *previous, const File &file, Verifier &verifier);
  bool checkDirectories();
  bool checkRejected(const Rejected *previous, const Rejected &entry,
                     Verifier &verifier);
  /// All but its leaves.
  bool checkEntry(const IndexEntry *previous, const IndexEntry &entry,
                  Verifier &verifier);
  bool checkLeafPlace(const Leaf &leaf);
  /// Leaf \p at is behind the one before it.
  bool checkLeafOrder(const IndexEntry &entry, uint32_t at);

  const JobTable &table;
  Span<const uint8_t> bytes;
  LoadError *error = nullptr; ///< of the check under way
  // Where the check is, for messages.
  const char *list = "jobs";
  uint32_t position = 0;
  uint64_t work = 0;
  uint64_t nodes = 0; ///< of all conditions, as the heads say

private:
  bool checkEntryOrder(const IndexEntry *previous, const IndexEntry &entry);
  bool checkHead(uint32_t index, Verifier &verifier, uint8_t *seen);
  bool matchesHead(const Job &job, uint32_t index);
  bool checkMeaning(const Job &job);
  bool checkTexts(const Job &job);
  bool checkNumbers(const Job &job);
  bool checkProcesses(const Job &job);
  bool checkProcess(const Process &process);
  bool checkLimits(const Job &job);
  bool checkCgroups(const Job &job);
  bool checkOrigins(const Job &job);
  bool checkCondition(const Condition *condition, const char *field);
  bool checkNode(const Condition &condition, uint32_t index, uint64_t &nextWord,
                 const char *field);
};

} // namespace starton::table

#endif // STARTON_LIB_TABLE_PARTCHECKER_H
