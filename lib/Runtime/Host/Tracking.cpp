// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Main of `expect fork` and `expect daemon` (runtime §4.8). The engine counts
// forks; here the traced process is kept going, its events are told, and who
// takes its place is found when the count has led astray. Nothing of it can
// hang: whatever step the tracked process is killed at, its end is told.

#include "starton/Runtime/Host/Orphans.h"
#include "starton/Runtime/Host/Processes.h"
#include "starton/Runtime/Support/Memory.h"
#include "starton/Table/JobTable_generated.h"
#include <cerrno>
#include <new>
#include <poll.h>
#include <sys/ptrace.h>

namespace starton::host {

namespace {

constexpr uint64_t PollInterval = 1'000'000'000; ///< nanoseconds
constexpr uint64_t SearchInterval = 5'000'000;
/// Of searches for what is left of a job while a process may be in an exec.
constexpr uint8_t MaxSearches = 40;

engine::Text nameOf(const table::Job &job) {
  return {job.name()->c_str(), job.name()->size()};
}

} // namespace

// --- Tracing.

void Processes::resume(Record &record, int signal) {
  (void)sys.trace(PTRACE_CONT, record.pid, static_cast<unsigned long>(signal));
}

void Processes::noticeTrap(const siginfo_t &info, Record &record) {
  int signal = info.si_status & 0xff;
  int event = info.si_status >> 8;
  int32_t pid = record.pid;
  switch (record.tracing) {
  case Tracing::None:
    return;
  case Tracing::AwaitExec:
    if (signal != SIGTRAP) {
      resume(record, signal);
      return;
    }
    (void)sys.trace(PTRACE_SETOPTIONS, pid,
                    PTRACE_O_TRACEFORK | PTRACE_O_TRACEEXEC);
    record.tracing = Tracing::Running;
    resume(record, 0);
    return;
  case Tracing::AwaitDetach:
    record.tracing = Tracing::None;
    (void)sys.trace(PTRACE_DETACH, pid, 0);
    return;
  case Tracing::AwaitStop:
    record.tracing = Tracing::Running;
    resume(record, 0); // its first stop is the tracing's own
    return;
  case Tracing::Running:
    break;
  }
  if (signal == SIGTRAP && event == PTRACE_EVENT_FORK) {
    noticeFork(record);
    return;
  }
  if (signal == SIGTRAP && event == PTRACE_EVENT_EXEC) {
    feed(engine::Input::Kind::ChildExecuted, pid, 0);
    Record *still = find(pid);
    if (still && still->tracing == Tracing::Running)
      resume(*still, 0);
    return;
  }
  resume(record, event == 0 ? signal : 0);
}

/// The new process takes the old one's place; the old one is let go.
void Processes::noticeFork(Record &record) {
  unsigned long message = 0;
  int32_t parent = record.pid;
  if (sys.trace(PTRACE_GETEVENTMSG, parent,
                reinterpret_cast<unsigned long>(&message)) < 0) {
    resume(record, 0); // killed, or it would not be gone from its stop
    return;
  }
  auto child = static_cast<int32_t>(message);
  (void)takeEarly(child);
  unlink(record);
  record.pid = child;
  record.started = 0;
  record.signalled = false;
  link(record);
  (void)sys.trace(PTRACE_DETACH, parent, 0);
  record.tracing = Tracing::AwaitStop;
  feed(engine::Input::Kind::ChildForked, parent, child);
  Record *still = find(child);
  if (!still)
    return;
  // Its first stop may have been reported before its birth, and so may its end.
  if (still->tracing == Tracing::AwaitStop &&
      sys.trace(PTRACE_CONT, child, 0) == 0)
    still->tracing = Tracing::Running;
  else if (sys.kill(child, 0) == -ESRCH)
    lose(*still);
}

void Processes::release(int32_t pid) {
  Record *record = find(pid);
  if (!record || record->tracing == Tracing::None)
    return;
  record->tracing = sys.trace(PTRACE_DETACH, pid, 0) < 0 ? Tracing::AwaitDetach
                                                         : Tracing::None;
  watchEnd(*record);
}

// --- A traced child is reported by its first stop and by its parent's fork, in
// any order. When the parent is killed before its fork is told, the child would
// stay stopped for ever.

void Processes::noticeEarly(int32_t pid) {
  Record *record = newRecord();
  if (!record)
    return; // its birth finds it without a note
  record->pid = pid;
  record->next = early;
  early = record;
  releaseEarly();
}

/// True: \p pid was among them; the note is gone.
bool Processes::takeEarly(int32_t pid) {
  for (Record **at = &early; *at; at = &(*at)->next)
    if ((*at)->pid == pid) {
      Record *record = *at;
      *at = record->next;
      destroy(record);
      return true;
    }
  return false;
}

bool Processes::tracesAny() const {
  for (const Record *bucket : buckets)
    for (const Record *record = bucket; record; record = record->next)
      if (record->tracing != Tracing::None)
        return true;
  return false;
}

/// Lets go whose parents are traced no more.
void Processes::releaseEarly() {
  for (Record **at = &early; *at;) {
    Record *record = *at;
    ProcessFacts facts;
    bool wanted = tracesAny();
    if (wanted && readFacts(sys, record->pid, facts)) {
      const Record *parent = find(facts.parent);
      wanted = parent && parent->tracing != Tracing::None;
    }
    if (wanted) {
      at = &record->next;
      continue;
    }
    (void)sys.trace(PTRACE_DETACH, record->pid, 0);
    *at = record->next;
    destroy(record);
  }
}

// --- Watching the end of a process that need not be our child.

/// By a pidfd, or once a second where there is none to be had.
void Processes::watchEnd(Record &record) {
  unwatch(record); // an error pipe that somebody holds
  ProcessFacts facts;
  if (readFacts(sys, record.pid, facts))
    record.started = facts.started;
  int descriptor = sys.processDescriptor(record.pid);
  if (descriptor == -ESRCH) {
    lose(record);
    return;
  }
  if (descriptor >= 0) {
    if (watchRecord(record, Watching::End, descriptor))
      return;
    sys.close(descriptor);
  }
  record.polled = true;
  if (!pollTimer.armed)
    loop.armAfter(pollTimer, PollInterval);
}

/// Whether a signal would reach a stranger, or nobody.
bool Processes::isGone(const Record &record) {
  if (record.ended)
    return true;
  if (record.watching == Watching::End)
    return sys.poll(record.watch.descriptor, POLLIN, 0) > 0;
  if (!record.polled || record.started == 0)
    return false;
  ProcessFacts facts;
  return !readFacts(sys, record.pid, facts) ||
         facts.started != record.started ||
         (facts.state == 'Z' && facts.parent != sys.pid());
}

void Processes::poll() {
  bool more = false;
  for (Record *bucket : buckets)
    for (Record *record = bucket; record; record = record->next) {
      if (!record->polled)
        continue;
      more = true;
      if (isGone(*record) || sys.kill(record->pid, 0) == -ESRCH)
        lose(*record);
    }
  if (more)
    loop.armAfter(pollTimer, PollInterval);
}

/// To be dealt with when the engine can be told.
void Processes::lose(Record &record) {
  record.lost = true;
  if (!lostTimer.armed)
    loop.arm(lostTimer, loop.now());
}

void Processes::settleLost() {
  for (unsigned at = 0; at < Buckets;) {
    Record *record = buckets[at];
    while (record && !record->lost)
      record = record->next;
    if (!record) {
      ++at;
      continue;
    }
    record->lost = false; // the bucket is not the same afterwards
    if (!record->ended) {
      settleEnd(*record);
      continue;
    }
    siginfo_t info = {};
    info.si_pid = record->pid;
    info.si_code = CLD_EXITED; // with 0, or it would not have been kept
    noticeEnd(info, record);
  }
}

/// The tracked process has ended. When it is not our child, its parent has
/// taken the news of how.
void Processes::settleEnd(Record &record) {
  siginfo_t info = {};
  int result = sys.waitFor(record.pid, info);
  if (result == 0 && info.si_pid == record.pid) {
    notice(info);
    return;
  }
  unwatch(record);
  record.polled = false;
  // After a signal of ours to end, its end is the job's.
  if (!record.signalled && (replace(record) || searchesLater(record)))
    return;
  int32_t pid = record.pid;
  logs.finish(record.log);
  unlink(record);
  destroy(&record);
  releaseEarly();
  feed(engine::Input::Kind::ChildVanished, pid, 0);
}

// --- What is left of a job.

/// Whether this end may be that of a daemon's parent: of a process that was
/// never counted to its end, or of one that took a tracked one's place.
bool Processes::handsOver(const Record &record, const siginfo_t &info) {
  if (!record.tracked || record.signalled || record.handOvers == 0 ||
      info.si_code != CLD_EXITED || info.si_status != 0)
    return false;
  engine::InstanceId instance;
  engine::Slot slot{};
  engine::InstanceView view;
  return engine.findProcess(record.pid, instance, slot) &&
         engine.viewInstance(instance, view) &&
         (record.retracked || view.state == engine::State::Spawned);
}

/// A process that may be what is left could not be told from others: it has no
/// environment in the middle of an exec. True: it is looked at again soon.
bool Processes::searchesLater(Record &record) {
  if (!record.unsure || record.searches == MaxSearches)
    return false;
  ++record.searches;
  record.later = true;
  if (!searchTimer.armed)
    loop.armAfter(searchTimer, SearchInterval);
  return true;
}

void Processes::searchAgain() {
  for (Record *bucket : buckets)
    for (Record *record = bucket; record; record = record->next)
      if (record->later) {
        record->later = false;
        record->lost = true;
      }
  settleLost();
}

/// False: nothing is left of the job, or `unsure`.
bool Processes::replace(Record &record) {
  engine::InstanceId instance;
  engine::Slot slot{};
  engine::InstanceView view;
  if (!engine.findProcess(record.pid, instance, slot) ||
      !engine.viewInstance(instance, view))
    return false;
  int32_t next = survivor(record, nameOf(engine.classJob(view.job)), view.name);
  if (next == 0)
    return false;
  int32_t gone = record.pid;
  unwatch(record);
  unlink(record);
  record.pid = next;
  record.tracing = Tracing::None; // it is our child: nothing to be watched
  record.retracked = true;
  record.signalled = record.polled = record.ended = false;
  record.searches = 0;
  link(record);
  releaseEarly();
  feed(engine::Input::Kind::ChildReplaced, gone, next);
  return true;
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

/// Processes of an earlier run are none of this one's.
int32_t Processes::survivor(Record &record, engine::Text job,
                            engine::Text instance) {
  int32_t best = 0;
  bool bestLeads = false;
  uint64_t bestStart = 0;
  record.unsure = false;
  ChildWalk walk(sys);
  for (pid_t pid = 0; walk.next(pid);) {
    ProcessFacts facts;
    if (isKnown(pid) || !readFacts(sys, pid, facts) ||
        facts.started < record.firstStarted || facts.state == 'Z')
      continue;
    Claim claim = startedBy(sys, pid, job, instance);
    record.unsure = record.unsure || claim == Claim::Unknown;
    if (claim != Claim::Yes)
      continue;
    bool leads = facts.session == pid;
    if (best == 0 || (leads && !bestLeads) ||
        (leads == bestLeads && facts.started < bestStart)) {
      best = pid;
      bestLeads = leads;
      bestStart = facts.started;
    }
  }
  return best;
}

} // namespace starton::host
