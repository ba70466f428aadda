// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What verify() does in one walk, in pieces and without its memory. Where the
// whole walk remembers the keys of all leaves, this one goes back to their
// words; that is slower, but nobody waits for it.

#include "starton/Table/Verification.h"
#include "Header.h"
#include "IndexKey.h"
#include "PartChecker.h"
#include "PartHash.h"
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

struct PartState {
  enum Kind : uint8_t { Absent, Present, Lost } kind = Absent;
  int error = 0; ///< why it could not be read, or 0: it has changed
};

} // namespace

class Verification::Impl : public PartChecker {
public:
  Impl(const JobTable &jobTable, Span<const uint8_t> tableBytes)
      : PartChecker(jobTable, tableBytes) {}
  ~Impl() {
    std::free(states);
    std::free(parts);
  }
  Impl(const Impl &) = delete;
  Impl &operator=(const Impl &) = delete;

  bool begin(const PartSource &from, LoadError &failure);
  bool job(uint32_t index);
  const IndexEntry *entry(uint32_t index) const;
  bool advance(LoadError &defect);
  bool fetchAll();

private:
  enum class Stage : uint8_t { Jobs, Files, Index, Done };

  bool beginStates();
  bool beginRejected();
  bool fetch(uint32_t part);
  bool tellLost(uint32_t part);
  bool advancePart();
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
  uint32_t part = 0;     ///< the first that has not been come to
  uint32_t nextLeaf = 0; ///< of that entry
  uint64_t matches = 0;
  uint64_t leaves = 0;
  JobState *states = nullptr;
  PartState *parts = nullptr;
  PartSource source;
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
  return begin(bytes, bytes.size(), PartSource(), error);
}

const JobTable *Verification::begin(Span<const uint8_t> bytes, size_t filled,
                                    const PartSource &source,
                                    LoadError &error) noexcept {
  clear();
  const JobTable *table = checkHeader(bytes, filled, error);
  if (table == nullptr)
    return nullptr;
  void *memory = std::malloc(sizeof(Impl));
  if (memory == nullptr) {
    failWithErrno(error, LoadStatus::CannotRead, "cannot verify");
    return nullptr;
  }
  impl = new (memory) Impl(*table, bytes);
  if (!impl->begin(source, error)) {
    clear();
    return nullptr;
  }
  error = LoadError();
  return table;
}

bool Verification::job(uint32_t index) noexcept { return impl->job(index); }

const IndexEntry *Verification::entry(uint32_t index) const noexcept {
  return impl->entry(index);
}

bool Verification::advance(LoadError &defect) noexcept {
  return impl->advance(defect);
}

bool Verification::fetchAll() noexcept { return impl->fetchAll(); }

// --- What is looked at first.

bool Verification::Impl::begin(const PartSource &from, LoadError &failure) {
  error = &failure;
  source = from;
  if (table.dialect() > Dialect::MAX)
    return fail(failure, LoadStatus::Corrupt, 0,
                "corrupt: dialect is out of range");
  return checkParts() && checkDirectories() && checkHeads() && beginStates() &&
         beginRejected();
}

bool Verification::Impl::beginStates() {
  uint32_t jobs = table.jobs()->size();
  states = static_cast<JobState *>(std::calloc(jobs + 1, sizeof(JobState)));
  parts =
      static_cast<PartState *>(std::calloc(filesPart() + 1, sizeof(PartState)));
  if (states == nullptr || parts == nullptr)
    return outOfMemory();
  for (uint32_t i = 0; source.read == nullptr && i <= filesPart(); ++i)
    parts[i].kind = PartState::Present;
  return true;
}

bool Verification::Impl::beginRejected() {
  if (table.rejected()->size() == 0)
    return true;
  if (!fetch(filesPart()))
    return tellLost(filesPart());
  list = "rejected";
  const Rejected *previous = nullptr;
  Verifier check = hotVerifier();
  Verifier files = verifierOf(filesPart());
  for (position = 0; position != table.rejected()->size(); ++position) {
    const Rejected *entry = table.rejected()->Get(position);
    if (!checkRejected(previous, *entry, check) ||
        !checkFile(nullptr, *table.files()->Get(entry->file()), files))
      return false;
    previous = entry;
  }
  return true;
}

// --- What is looked at when it is needed.

/// Whether the part is there.
bool Verification::Impl::fetch(uint32_t part) {
  PartState &state = parts[part];
  if (state.kind != PartState::Absent)
    return state.kind == PartState::Present;
  state.error = source.read(source.context, table.parts()->Get(part)->begin(),
                            endOf(part));
  bool good = state.error == 0 &&
              hashOfPart(rangeOf(part)) == table.parts()->Get(part)->hash();
  state.kind = good ? PartState::Present : PartState::Lost;
  return good;
}

/// Always false.
bool Verification::Impl::tellLost(uint32_t part) {
  if (parts[part].error != 0) {
    errno = parts[part].error;
    return failWithErrno(*error, LoadStatus::CannotRead, "cannot read");
  }
  return fail(*error, LoadStatus::Corrupt, 0,
              "corrupt: bytes %u to %u are not those that were written",
              table.parts()->Get(part)->begin(), endOf(part));
}

bool Verification::Impl::fetchAll() {
  bool good = true;
  for (uint32_t i = 0; i <= filesPart(); ++i)
    good &= fetch(i);
  return good;
}

/// \p failure is set when the job is damaged.
bool Verification::Impl::examine(uint32_t index, LoadError &failure) {
  error = &failure;
  list = "jobs";
  position = index;
  uint32_t part = partOf(index);
  bool good = fetch(part) ? checkJob(index, part) : tellLost(part);
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
  return indexSound || hotVerifier().VerifyTable(entry) ? entry : nullptr;
}

// --- The rest, in pieces.

bool Verification::Impl::advance(LoadError &defect) {
  defect = LoadError();
  error = &defect;
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
    // A part that is lost is told once, when it is come to.
    if (next == table.parts()->Get(part)->first_job() && !advancePart())
      return;
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

/// Fetches the part whose first job is next. False: its jobs are done with.
bool Verification::Impl::advancePart() {
  uint32_t at = part++;
  if (fetch(at))
    return true;
  jobsDamaged = true;
  for (; next != table.parts()->Get(part)->first_job(); ++next)
    states[next] = Damaged;
  return tellLost(at);
}

void Verification::Impl::countMatches(const Condition *condition) {
  if (condition != nullptr)
    for (const Node *node : *condition->nodes())
      matches += node->kind() == NodeKind::Match;
}

void Verification::Impl::advanceFiles() {
  if (!fetch(filesPart())) {
    (void)tellLost(filesPart());
    return enter(Stage::Index, "index");
  }
  Verifier check = verifierOf(filesPart());
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
  Verifier check = hotVerifier();
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
