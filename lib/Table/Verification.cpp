// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What verify() does in one walk, in pieces and without its memory. Where the
// whole walk remembers the keys of all leaves, this one goes back to their
// words; that is slower, but nobody waits for it.

#include "starton/Table/Verification.h"
#include "Header.h"
#include "IndexKey.h"
#include "PartChecker.h"
#include "starton/Table/JobHead.h"
#include <cerrno>
#include <cstdlib>
#include <new>

namespace starton::table {

using flatbuffers::Verifier;

namespace {

// The pieces of advance().
constexpr unsigned JobsAtOnce = 32;
constexpr uint64_t WorkAtOnce = 1 << 16;
constexpr unsigned FilesAtOnce = 256;
constexpr unsigned LeavesAtOnce = 256;
/// What finding a damaged job is charged, since nobody knows how long it took:
/// a table of damaged jobs must not keep the daemon busy for ever.
constexpr uint64_t DamageWork = MaxWork / 256;

enum JobState : uint8_t { Unknown, Good, Damaged };

} // namespace

class Verification::Impl : public PartChecker {
public:
  Impl(const JobTable &jobTable, Span<const uint8_t> tableBytes)
      : PartChecker(jobTable, tableBytes) {}
  ~Impl() {
    std::free(states);
    std::free(heads);
  }
  Impl(const Impl &) = delete;
  Impl &operator=(const Impl &) = delete;

  bool begin(LoadError &failure);
  bool job(uint32_t index);
  const IndexEntry *entry(uint32_t index) const;
  bool advance(LoadError &defect);

  JobHead *heads = nullptr;

private:
  enum class Stage : uint8_t { Jobs, Files, Index, Done };

  Verifier verifier() const {
    return Verifier(bytes.data(), bytes.size(), MaxDepth, MaxTables);
  }
  bool beginJobs();
  bool beginSome(uint32_t first, uint32_t end, Verifier &check, uint8_t *seen);
  bool beginNodes(const Job &job, uint16_t field, Verifier &check);
  bool beginRejected();
  bool outOfMemory();
  bool examine(uint32_t index, LoadError &failure);
  void advanceJobs();
  void countMatches(const Condition *condition);
  void advanceFiles();
  void advanceIndex();
  bool beginEntry(const IndexEntry &at);
  bool checkLeaf(const IndexEntry &at, const Leaf &leaf);
  void enter(Stage next, const char *name);

  Stage stage = Stage::Jobs;
  bool indexSound = false;
  bool jobsDamaged = false;
  uint32_t next = 0;     ///< element of the stage's vector
  uint32_t nextLeaf = 0; ///< of that entry
  uint64_t nodes = 0;    ///< of all conditions
  uint64_t matches = 0;
  uint64_t leaves = 0;
  JobState *states = nullptr;
};

Verification::~Verification() { clear(); }

void Verification::clear() {
  if (impl != nullptr)
    impl->~Impl();
  std::free(impl);
  impl = nullptr;
}

const JobTable *Verification::begin(Span<const uint8_t> bytes,
                                    LoadError &error) noexcept {
  clear();
  const JobTable *table = checkHeader(bytes, error);
  if (table == nullptr)
    return nullptr;
  void *memory = std::malloc(sizeof(Impl));
  if (memory == nullptr) {
    failWithErrno(error, LoadStatus::CannotRead, "cannot verify");
    return nullptr;
  }
  impl = new (memory) Impl(*table, bytes);
  if (!impl->begin(error)) {
    clear();
    return nullptr;
  }
  error = LoadError();
  return table;
}

const JobHead *Verification::heads() const noexcept { return impl->heads; }

bool Verification::job(uint32_t index) noexcept { return impl->job(index); }

const IndexEntry *Verification::entry(uint32_t index) const noexcept {
  return impl->entry(index);
}

bool Verification::advance(LoadError &defect) noexcept {
  return impl->advance(defect);
}

// --- What is looked at first.

bool Verification::Impl::begin(LoadError &failure) {
  error = &failure;
  if (table.dialect() > Dialect::MAX)
    return fail(failure, LoadStatus::Corrupt, 0,
                "corrupt: dialect is out of range");
  return checkDirectories() && beginJobs() && beginRejected();
}

bool Verification::Impl::outOfMemory() {
  errno = ENOMEM;
  return failWithErrno(*error, LoadStatus::CannotRead, "cannot verify");
}

bool Verification::Impl::beginJobs() {
  list = "jobs";
  uint32_t count = table.jobs()->size();
  states = static_cast<JobState *>(std::calloc(count + 1, sizeof(JobState)));
  heads = static_cast<JobHead *>(std::malloc((count + 1) * sizeof(JobHead)));
  auto *seen = static_cast<uint8_t *>(std::calloc(count / 8 + 1, 1));
  if (states == nullptr || heads == nullptr || seen == nullptr) {
    std::free(seen);
    return outOfMemory();
  }
  Verifier check = verifier();
  bool good = true;
  for (uint32_t i = 0; good && i < count; i += JobsAtOnce)
    good = beginSome(i, count - i < JobsAtOnce ? count : i + JobsAtOnce, check,
                     seen);
  std::free(seen);
  return good && (nodes <= MaxNodes || overused());
}

namespace {

const flatbuffers::Table &fieldsOf(const Job &job) {
  return reinterpret_cast<const flatbuffers::Table &>(job);
}

const flatbuffers::Table *conditionOf(const Job &job, uint16_t field) {
  return fieldsOf(job).GetPointer<const flatbuffers::Table *>(field);
}

/// The job's own fields, and the bounds of its vtable. What they lead to is
/// fetched.
bool beginFields(const Job &job, Verifier &check) {
  const flatbuffers::Table &fields = fieldsOf(job);
  if (!fields.VerifyTableStart(check) ||
      !fields.VerifyOffsetRequired(check, Job::VT_NAME) ||
      !fields.VerifyField<uint32_t>(check, Job::VT_ORDER, 4) ||
      !fields.VerifyOffset(check, Job::VT_START_ON) ||
      !fields.VerifyOffset(check, Job::VT_STOP_ON))
    return false;
  __builtin_prefetch(job.name());
  __builtin_prefetch(conditionOf(job, Job::VT_START_ON));
  __builtin_prefetch(conditionOf(job, Job::VT_STOP_ON));
  return check.EndTable();
}

bool beginCondition(const Job &job, uint16_t field, Verifier &check) {
  const flatbuffers::Table *condition = conditionOf(job, field);
  if (condition == nullptr)
    return true;
  if (!condition->VerifyTableStart(check) ||
      !condition->VerifyOffsetRequired(check, Condition::VT_NODES))
    return false;
  __builtin_prefetch(reinterpret_cast<const Condition *>(condition)->nodes());
  return check.EndTable();
}

} // namespace

/// The place, the name and the order of jobs[first] to jobs[end - 1], and how
/// many nodes their conditions have. Nearly every look is a cache miss, so each
/// step fetches for the next one, for some jobs at a time.
bool Verification::Impl::beginSome(uint32_t first, uint32_t end,
                                   Verifier &check, uint8_t *seen) {
  const auto &jobs = *table.jobs();
  for (uint32_t i = first; i != end; ++i)
    __builtin_prefetch(jobs.Get(i));
  for (position = first; position != end; ++position)
    if (!beginFields(*jobs.Get(position), check))
      return badElement();
  for (position = first; position != end; ++position) {
    const Job &job = *jobs.Get(position);
    if (!beginCondition(job, Job::VT_START_ON, check) ||
        !beginCondition(job, Job::VT_STOP_ON, check))
      return badElement();
  }
  for (position = first; position != end; ++position) {
    const Job &job = *jobs.Get(position);
    if (!check.VerifyString(job.name()) ||
        !beginNodes(job, Job::VT_START_ON, check) ||
        !beginNodes(job, Job::VT_STOP_ON, check))
      return badElement();
    const auto *previous =
        position == 0 ? nullptr : jobs.Get(position - 1)->name();
    if (!checkJobName(previous, job))
      return false;
    if (!claimOrder(job, jobs.size(), seen))
      return bad("order", "is not unique");
    heads[position] = headOf(job);
  }
  return true;
}

bool Verification::Impl::beginNodes(const Job &job, uint16_t field,
                                    Verifier &check) {
  const flatbuffers::Table *condition = conditionOf(job, field);
  if (condition == nullptr)
    return true;
  const auto *list = reinterpret_cast<const Condition *>(condition)->nodes();
  if (!check.VerifyVector(list))
    return false;
  nodes += list->size();
  return true;
}

bool Verification::Impl::beginRejected() {
  list = "rejected";
  const Rejected *previous = nullptr;
  Verifier check = verifier();
  for (position = 0; position != table.rejected()->size(); ++position) {
    const Rejected *entry = table.rejected()->Get(position);
    if (!checkRejected(previous, *entry, check) ||
        !checkFile(nullptr, *table.files()->Get(entry->file()), check))
      return false;
    previous = entry;
  }
  return true;
}

// --- What is looked at when it is needed.

/// \p failure is set when the job is damaged.
bool Verification::Impl::examine(uint32_t index, LoadError &failure) {
  error = &failure;
  list = "jobs";
  position = index;
  Verifier check = verifier();
  bool good = checkJob(*table.jobs()->Get(index), check);
  if (!good)
    work += DamageWork;
  states[index] = good ? Good : Damaged;
  return good;
}

bool Verification::Impl::job(uint32_t index) {
  LoadError ignored;
  return states[index] == Good ||
         (states[index] == Unknown && examine(index, ignored));
}

const IndexEntry *Verification::Impl::entry(uint32_t index) const {
  const IndexEntry *entry = table.index()->Get(index);
  return indexSound || verifier().VerifyTable(entry) ? entry : nullptr;
}

// --- The rest, in pieces.

bool Verification::Impl::advance(LoadError &defect) {
  defect = LoadError();
  error = &defect;
  std::free(heads);
  heads = nullptr;
  switch (stage) {
  case Stage::Jobs:
    advanceJobs();
    break;
  case Stage::Files:
    advanceFiles();
    break;
  case Stage::Index:
    advanceIndex();
    break;
  case Stage::Done:
    break;
  }
  return stage != Stage::Done;
}

void Verification::Impl::enter(Stage following, const char *name) {
  stage = following;
  list = name;
  next = 0;
}

void Verification::Impl::advanceJobs() {
  uint64_t enough = work + WorkAtOnce;
  for (unsigned i = 0; i != JobsAtOnce && work < enough; ++i) {
    if (next == table.jobs()->size())
      return enter(Stage::Files, "files");
    uint32_t index = next++;
    if (states[index] != Good && !examine(index, *error)) {
      jobsDamaged = true;
      return;
    }
    const Job &job = *table.jobs()->Get(index);
    countMatches(job.start_on());
    countMatches(job.stop_on());
  }
}

void Verification::Impl::countMatches(const Condition *condition) {
  if (condition != nullptr)
    for (const Node *node : *condition->nodes())
      matches += node->kind() == NodeKind::Match;
}

void Verification::Impl::advanceFiles() {
  Verifier check = verifier();
  uint64_t enough = work + WorkAtOnce;
  for (unsigned i = 0; i != FilesAtOnce && work < enough; ++i) {
    if (next == table.files()->size())
      return enter(Stage::Index, "index");
    position = next++;
    // The one before is sound, or this stage would be over.
    const File *previous =
        position == 0 ? nullptr : table.files()->Get(position - 1);
    if (!checkFile(previous, *table.files()->Get(position), check))
      return enter(Stage::Index, "index");
  }
}

void Verification::Impl::advanceIndex() {
  for (unsigned i = 0; i != LeavesAtOnce; ++i) {
    position = next;
    if (next == table.index()->size()) {
      // Sorted entries and sorted leaves: none is there twice. As many as there
      // are matches: none is missing.
      indexSound = jobsDamaged || leaves == matches ||
                   fail(*error, LoadStatus::Corrupt, 0,
                        "corrupt: the index misses a condition");
      return enter(Stage::Done, "");
    }
    const IndexEntry *at = table.index()->Get(next);
    if ((nextLeaf == 0 && !beginEntry(*at)) ||
        !checkLeaf(*at, *at->leaves()->Get(nextLeaf)) ||
        !checkLeafOrder(*at, nextLeaf))
      return enter(Stage::Done, "");
    if (++nextLeaf == at->leaves()->size()) {
      nextLeaf = 0;
      ++next;
    }
  }
}

bool Verification::Impl::beginEntry(const IndexEntry &at) {
  Verifier check = verifier();
  const IndexEntry *previous =
      next == 0 ? nullptr : table.index()->Get(next - 1);
  return checkEntry(previous, at, check);
}

bool Verification::Impl::checkLeaf(const IndexEntry &at, const Leaf &leaf) {
  if (!checkLeafPlace(leaf))
    return false;
  ++leaves;
  if (states[leaf.job()] != Good)
    return true; // nobody will follow it
  const Job &job = *table.jobs()->Get(leaf.job());
  const Condition *condition =
      leaf.tree() == Tree::Start ? job.start_on() : job.stop_on();
  if (condition == nullptr || leaf.node() >= condition->nodes()->size())
    return bad("leaves", "has a leaf out of range");
  const Node &node = *condition->nodes()->Get(leaf.node());
  if (node.kind() != NodeKind::Match)
    return bad("leaves", "has a leaf that is no match or found twice");
  return keyOfLeaf(*condition, node) == keyOfEntry(at) ||
         bad("leaves", "has a leaf of another key");
}

} // namespace starton::table
