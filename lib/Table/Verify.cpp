// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The way from bytes to a table: is it one, of this version, whole; is its
// structure sound (FlatBuffers); is its meaning (TableChecker).

#include "TableChecker.h"
#include "starton/Table/EventKey.h"
#include <cerrno>
#include <cstring>

namespace starton::table {
namespace {

using flatbuffers::Verifier;

Span<const char> spanOf(const flatbuffers::String *string) {
  return {string->c_str(), string->size()};
}

/// Bounds-checked reads; what lies outside reads as 0.
class Peek {
public:
  explicit Peek(Span<const uint8_t> bytes) : bytes(bytes) {}

  uint32_t u32(uint64_t at) const {
    return at + 4 <= bytes.size()
               ? flatbuffers::ReadScalar<uint32_t>(bytes.data() + at)
               : 0;
  }
  uint16_t u16(uint64_t at) const {
    return at + 2 <= bytes.size()
               ? flatbuffers::ReadScalar<uint16_t>(bytes.data() + at)
               : 0;
  }
  /// What field \p field of the table at \p table points to, 0 when absent.
  uint64_t target(uint64_t table, uint16_t field) const {
    uint64_t vtable = table - static_cast<uint64_t>(static_cast<int64_t>(
                                  static_cast<int32_t>(u32(table))));
    if (vtable >= bytes.size() || field + 2u > u16(vtable))
      return 0;
    uint16_t offset = u16(vtable + field);
    return offset == 0 ? 0 : table + offset + u32(table + offset);
  }
  /// The element at \p index of the vector of tables at \p vector.
  uint64_t element(uint64_t vector, uint32_t index) const {
    uint64_t at = vector + 4 + uint64_t(index) * 4;
    return at + u32(at);
  }

private:
  Span<const uint8_t> bytes;
};

/// FlatBuffers counts tables but not the strings of a vector, so a million
/// tables that share one vector of a million strings would keep its verifier
/// busy for days. This adds up beforehand what it would look at.
class WorkEstimate {
public:
  explicit WorkEstimate(Span<const uint8_t> bytes) : peek(bytes) {}

  bool acceptable() {
    uint64_t root = peek.u32(0);
    uint64_t jobs = peek.target(root, JobTable::VT_JOBS);
    uint32_t count = jobs == 0 ? 0 : peek.u32(jobs);
    for (uint32_t i = 0; i != count && work <= MaxWork; ++i)
      addJob(peek.element(jobs, i));
    return work <= MaxWork;
  }

private:
  void addVector(uint64_t table, uint16_t field) {
    uint64_t vector = peek.target(table, field);
    if (vector != 0)
      work += peek.u32(vector);
  }

  void addJob(uint64_t job) {
    ++work;
    for (uint16_t field : {Job::VT_EMITS, Job::VT_ENV, Job::VT_EXPORTS,
                           Job::VT_IMPORTS, Job::VT_TMPFILES})
      addVector(job, field);
    for (uint16_t field : {Job::VT_START_ON, Job::VT_STOP_ON})
      if (uint64_t condition = peek.target(job, field); condition != 0)
        addVector(condition, Condition::VT_WORDS);
    uint64_t processes = peek.target(job, Job::VT_PROCESSES);
    uint32_t count = processes == 0 ? 0 : peek.u32(processes);
    for (uint32_t i = 0; i != count && work <= MaxWork; ++i, ++work)
      addVector(peek.element(processes, i), Process::VT_ARGV);
  }

  Peek peek;
  uint64_t work = 0;
};

/// The fields that must be readable before anything else may be judged.
bool checkHeader(Span<const uint8_t> bytes, Verifier &verifier,
                 LoadError &error) {
  if (bytes.size() < 8 || !JobTableBufferHasIdentifier(bytes.data()))
    return fail(error, LoadStatus::NotATable, 0, "not a job table");
  uint32_t offset = verifier.VerifyOffset(size_t(0));
  const auto *root =
      reinterpret_cast<const flatbuffers::Table *>(bytes.data() + offset);
  if (offset == 0 || !verifier.VerifyTableStart(bytes.data() + offset) ||
      !root->VerifyField<uint16_t>(verifier, JobTable::VT_FORMAT_VERSION, 2) ||
      !root->VerifyField<uint32_t>(verifier, JobTable::VT_TOTAL_SIZE, 4))
    return fail(error, LoadStatus::Truncated, 0,
                "truncated: %zu bytes end before the table begins",
                bytes.size());
  const auto *table = reinterpret_cast<const JobTable *>(root);
  if (table->format_version() != FormatVersion)
    return fail(error, LoadStatus::WrongVersion, 0,
                "format version %u, this program reads version %u",
                table->format_version(), FormatVersion);
  if (table->total_size() > bytes.size())
    return fail(error, LoadStatus::Truncated, 0, "truncated: %zu of %u bytes",
                bytes.size(), table->total_size());
  if (table->total_size() != bytes.size())
    return fail(error, LoadStatus::Corrupt, 0,
                "corrupt: %zu bytes where %u were written", bytes.size(),
                table->total_size());
  return true;
}

} // namespace

const JobTable *verify(Span<const uint8_t> bytes, LoadError &error) noexcept {
  if (bytes.size() > MaxTableSize) {
    fail(error, LoadStatus::TooLarge, 0,
         "%zu bytes, more than the %zu that a table may have", bytes.size(),
         MaxTableSize);
    return nullptr;
  }
  Verifier header(bytes.data(), bytes.size());
  if (!checkHeader(bytes, header, error))
    return nullptr;
  if (!WorkEstimate(bytes).acceptable()) {
    fail(error, LoadStatus::Corrupt, 0, "corrupt: shares its parts too often");
    return nullptr;
  }
  Verifier structure(bytes.data(), bytes.size(), 64, 1000000);
  if (!VerifyJobTableBuffer(structure)) {
    fail(error, LoadStatus::Corrupt, 0, "corrupt: its structure is damaged");
    return nullptr;
  }
  const JobTable *table = GetJobTable(bytes.data());
  if (!TableChecker(*table, error).check())
    return nullptr;
  error = LoadError();
  return table;
}

bool Scratch::push(uint32_t value) {
  if (count == capacity) {
    auto *grown = static_cast<uint32_t *>(
        std::realloc(heap, capacity * 2 * sizeof(uint32_t)));
    if (grown == nullptr)
      return false;
    if (heap == nullptr)
      std::memcpy(grown, local, sizeof local);
    heap = grown;
    capacity *= 2;
  }
  data()[count++] = value;
  return true;
}

bool TableChecker::bad(const char *field, const char *problem) {
  return fail(error, LoadStatus::Corrupt, 0, "corrupt: %s[%u].%s %s", list,
              position, field, problem);
}

bool TableChecker::outOfMemory() {
  return fail(error, LoadStatus::CannotRead, ENOMEM, "cannot verify: %s",
              strerror(ENOMEM));
}

bool TableChecker::charge(uint64_t amount) {
  work += amount;
  return work <= MaxWork || fail(error, LoadStatus::Corrupt, 0,
                                 "corrupt: shares its parts too often");
}

bool TableChecker::text(const flatbuffers::String *string, const char *field,
                        size_t cap) {
  if (string == nullptr)
    return true;
  if (string->size() > cap)
    return bad(field, "is too long");
  if (std::memchr(string->c_str(), 0, string->size()) != nullptr)
    return bad(field, "holds a NUL byte");
  return charge(string->size() + 1);
}

bool TableChecker::texts(const Strings *strings, const char *field) {
  if (strings == nullptr)
    return true;
  if (strings->size() > MaxList)
    return bad(field, "is too long");
  for (const flatbuffers::String *string : *strings)
    if (!text(string, field))
      return false;
  return true;
}

bool TableChecker::inRange(int64_t value, int64_t low, int64_t high,
                           const char *field) {
  return (value >= low && value <= high) || bad(field, "is out of range");
}

bool TableChecker::sortedAfter(const flatbuffers::String *previous,
                               const flatbuffers::String *name,
                               const char *field) {
  return previous == nullptr || *previous < *name ||
         bad(field, "is out of order");
}

bool TableChecker::check() {
  if (table.dialect() > Dialect::MAX)
    return fail(error, LoadStatus::Corrupt, 0,
                "corrupt: dialect is out of range");
  return checkFiles() && checkJobs() && checkRejected() && checkIndex();
}

bool TableChecker::checkFiles() {
  list = "files";
  const flatbuffers::String *previous = nullptr;
  for (position = 0; position != table.files()->size(); ++position) {
    const File &file = *table.files()->Get(position);
    if (!text(file.path(), "path", MaxName))
      return false;
    if (previous != nullptr && *file.path() < *previous)
      return bad("path", "is out of order");
    if (file.sha256()->size() != 32)
      return bad("sha256", "is not 32 bytes long");
    previous = file.path();
  }
  return true;
}

bool TableChecker::checkRejected() {
  list = "rejected";
  const flatbuffers::String *previous = nullptr;
  for (position = 0; position != table.rejected()->size(); ++position) {
    const Rejected &entry = *table.rejected()->Get(position);
    if (!text(entry.name(), "name", MaxName) ||
        !sortedAfter(previous, entry.name(), "name") ||
        !text(entry.message(), "message") || !text(entry.detail(), "detail"))
      return false;
    if (entry.file() >= table.files()->size())
      return bad("file", "is out of range");
    previous = entry.name();
  }
  return true;
}

/// Strictly ascending entries of strictly ascending leaves, each leaf under the
/// key that its own words give, and as many leaves as there are Match nodes:
/// then every leaf is in the index exactly once.
bool TableChecker::checkIndex() {
  list = "index";
  const IndexEntry *previous = nullptr;
  uint64_t leaves = 0;
  for (position = 0; position != table.index()->size(); ++position) {
    const IndexEntry &entry = *table.index()->Get(position);
    if (previous != nullptr) {
      bool sameEvent = !(*previous->event() < *entry.event());
      if (*entry.event() < *previous->event() ||
          (sameEvent && (entry.operand() == nullptr ||
                         (previous->operand() != nullptr &&
                          !(*previous->operand() < *entry.operand())))))
        return bad("event", "is out of order");
    }
    if (!checkEntry(entry))
      return false;
    leaves += entry.leaves()->size();
    previous = &entry;
  }
  return leaves == matches || fail(error, LoadStatus::Corrupt, 0,
                                   "corrupt: the index misses a condition");
}

bool TableChecker::checkEntry(const IndexEntry &entry) {
  if (!text(entry.event(), "event") || !text(entry.operand(), "operand"))
    return false;
  if (entry.leaves()->size() == 0)
    return bad("leaves", "is empty");
  const Leaf *previous = nullptr;
  for (const Leaf *leaf : *entry.leaves()) {
    if (previous != nullptr) {
      uint64_t before = uint64_t(previous->job()) * 2 +
                        static_cast<unsigned>(previous->tree());
      uint64_t now =
          uint64_t(leaf->job()) * 2 + static_cast<unsigned>(leaf->tree());
      if (now < before || (now == before && leaf->node() <= previous->node()))
        return bad("leaves", "is out of order");
    }
    if (!checkLeaf(*leaf, entry))
      return false;
    previous = leaf;
  }
  return true;
}

bool TableChecker::checkLeaf(const Leaf &leaf, const IndexEntry &entry) {
  if (leaf.job() >= table.jobs()->size() || leaf.tree() > Tree::MAX)
    return bad("leaves", "has a leaf out of range");
  const Job &job = *table.jobs()->Get(leaf.job());
  const Condition *condition =
      leaf.tree() == Tree::Start ? job.start_on() : job.stop_on();
  if (condition == nullptr || leaf.node() >= condition->nodes()->size())
    return bad("leaves", "has a leaf out of range");
  const Node &node = *condition->nodes()->Get(leaf.node());
  if (node.kind() != NodeKind::Match)
    return bad("leaves", "has a leaf that is no match");

  auto word = [&](size_t index) {
    return spanOf(
        condition->words()->Get(node.first() + static_cast<uint32_t>(index)));
  };
  Span<const char> key;
  bool keyed =
      eventKey(node.count() - 1, [&](size_t i) { return word(i + 1); }, key);
  if (!equal(word(0), spanOf(entry.event())) ||
      keyed != (entry.operand() != nullptr) ||
      (keyed && !equal(key, spanOf(entry.operand()))))
    return bad("leaves", "has a leaf of another key");
  return charge(node.count());
}

} // namespace starton::table
