// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What is left of a job when the process that `expect fork` or `expect daemon`
// led to is gone (runtime §4.8).

#include "starton/Runtime/Host/Orphans.h"
#include "starton/Runtime/Host/Processes.h"
#include "starton/Table/JobTable_generated.h"
#include <cerrno>

namespace starton::host {

namespace {

/// Nanoseconds between searches while something could not be told: most often
/// that is the moment of an exec.
constexpr uint64_t SearchInterval = 5'000'000;
constexpr uint64_t LongInterval = 50'000'000;
constexpr uint8_t ShortSearches = 20;
constexpr uint8_t MaxSearches = 220; ///< 10 seconds
constexpr unsigned MaxWalks = 3;

engine::Text nameOf(const table::Job &job) {
  return {job.name()->c_str(), job.name()->size()};
}

} // namespace

/// One search for what is left. Processes of an earlier run are none of this
/// one's.
struct Processes::Search {
  engine::Text job, instance;
  uint64_t firstStarted = 0;
  int32_t best = 0;
  bool bestLeads = false;
  bool sure = false; ///< nobody else would have been found
  uint64_t bestStart = 0;
};

/// Whether this end may be that of a daemon's parent: of a process that was
/// never counted to its end, or of one that took a tracked one's place.
bool Processes::handsOver(const Record &record, const siginfo_t &info) {
  if (!record.tracked || record.now.signalled || record.handOvers == 0 ||
      info.si_code != CLD_EXITED || info.si_status != 0)
    return false;
  engine::InstanceId instance;
  engine::Slot slot{};
  engine::InstanceView view;
  return engine.findProcess(record.pid, instance, slot) &&
         engine.viewInstance(instance, view) &&
         (record.retracked || record.now.ended ||
          view.state == engine::State::Spawned);
}

void Processes::searchAgain() {
  for (Record *bucket : buckets)
    for (Record *record = bucket; record; record = record->next)
      if (record->now.later) {
        record->now.later = false;
        record->now.lost = true;
      }
  settleLost();
}

/// Looks for what is left and makes it main.
Processes::Left Processes::replace(Record &record) {
  engine::InstanceId instance;
  engine::Slot slot{};
  engine::InstanceView view;
  if (!engine.findProcess(record.pid, instance, slot) ||
      !engine.viewInstance(instance, view))
    return Left::Nothing;
  Search search;
  search.job = nameOf(engine.classJob(view.job));
  search.instance = view.name;
  search.firstStarted = record.firstStarted;
  setSoftLimit(hardLimit); // a job is not lost for want of a descriptor
  walk(search);
  setSoftLimit(daemonLimit);
  if (!search.sure && record.now.searches < MaxSearches) {
    uint64_t interval =
        record.now.searches < ShortSearches ? SearchInterval : LongInterval;
    ++record.now.searches;
    record.now.later = true;
    if (!searchTimer.armed)
      loop.armAfter(searchTimer, interval);
    return Left::Unknown;
  }
  if (search.best == 0)
    return Left::Nothing;
  goOnAs(record, search.best);
  return Left::Replaced;
}

void Processes::goOnAs(Record &record, int32_t pid) {
  int32_t gone = record.pid;
  unwatch(record);
  follow(record, pid, Tracing::None); // our child: nothing to be watched
  record.retracked = true;
  releaseEarly();
  feed(engine::Input::Kind::ChildReplaced, gone, pid);
}

/// The end of a process that is nobody's main. When it had reaped the tracked
/// process that it forked, that one ended before it, whichever is noticed
/// first: then it was main when it ended.
Processes::Record *Processes::succeed(int32_t pid) {
  if (isKnown(pid))
    return nullptr;
  for (Record *bucket : buckets)
    for (Record *record = bucket; record; record = record->next)
      if (record->now.parent == pid && !record->now.signalled &&
          sys.kill(record->pid, 0) == -ESRCH) {
        goOnAs(*record, pid);
        return find(pid);
      }
  return nullptr;
}

bool Processes::isKnown(int32_t pid) const {
  engine::InstanceId instance;
  engine::Slot slot{};
  return find(pid) || engine.findProcess(pid, instance, slot);
}

size_t Processes::leftOver(engine::Text job, engine::Text instance,
                           int32_t *pids, size_t capacity) {
  size_t count = 0;
  ChildWalk walk(sys);
  for (pid_t pid = 0; count < capacity && walk.next(pid);)
    if (!isKnown(pid) && startedBy(sys, pid, job, instance) == Claim::Yes)
      pids[count++] = pid;
  return count;
}

void Processes::consider(Search &search, int32_t pid) {
  ProcessFacts facts;
  if (isKnown(pid))
    return;
  if (int error = readFacts(sys, pid, facts)) {
    search.sure = search.sure && !isShortage(error);
    return;
  }
  if (facts.started < search.firstStarted || facts.state == 'Z')
    return;
  Claim claim = startedBy(sys, pid, search.job, search.instance);
  search.sure = search.sure && claim != Claim::Unknown;
  if (claim != Claim::Yes)
    return;
  bool leads = facts.session == pid;
  if (search.best == 0 || (leads && !search.bestLeads) ||
      (leads == search.bestLeads && facts.started < search.bestStart)) {
    search.best = pid;
    search.bestLeads = leads;
    search.bestStart = facts.started;
  }
}

/// A child may end between the list and the look at it, and its own children
/// are ours then, at the list's end. None leaves the list until it is reaped,
/// which nobody does meanwhile: a list as long as before has no new one.
void Processes::walk(Search &search) {
  for (unsigned walks = 0; walks < MaxWalks; ++walks) {
    search.best = 0;
    search.bestLeads = false;
    search.sure = true;
    size_t seen = 0, now = 0;
    ChildWalk children(sys);
    for (pid_t pid = 0; children.next(pid); ++seen)
      consider(search, pid);
    ChildWalk again(sys);
    for (pid_t pid = 0; again.next(pid);)
      ++now;
    search.sure = search.sure && children.whole() && again.whole();
    if (now == seen)
      return;
  }
  search.sure = false;
}

} // namespace starton::host
