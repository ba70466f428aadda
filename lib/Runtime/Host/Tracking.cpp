// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Main of `expect fork` and `expect daemon` (runtime §4.8). The engine counts
// forks; here the traced process is kept going, and its events are told. When
// the count has led astray, who takes its place is found in Survivors.cpp.
// Nothing of it can hang: whatever step the tracked process is killed at, its
// end is told.

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

/// From now on \p record is about another process; of what was true of the old
/// one only that stays which is true of the job.
void Processes::follow(Record &record, int32_t pid, Tracing tracing) {
  unlink(record);
  record.pid = pid;
  record.tracing = tracing;
  record.now = {};
  link(record);
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
  Followed told;
  takeEarly(child, told);
  follow(record, child, Tracing::AwaitStop);
  record.now.parent = parent;
  (void)sys.trace(PTRACE_DETACH, parent, 0);
  feed(engine::Input::Kind::ChildForked, parent, child);
  Record *still = find(child);
  if (still && told.endCode) {
    siginfo_t info = {};
    info.si_pid = child;
    info.si_code = told.endCode;
    info.si_status = told.endStatus;
    noticeEnd(info, still);
    return;
  }
  if (!still || still->tracing != Tracing::AwaitStop)
    return; // released, and its end is watched
  // Its first stop may have been reported before its birth.
  if (sys.trace(PTRACE_CONT, child, 0) == 0)
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

Processes::Record **Processes::earlyOf(int32_t pid) {
  Record **at = &early;
  while (*at && (*at)->pid != pid)
    at = &(*at)->next;
  return at;
}

/// True: \p info is about one of them. Its birth may be told yet.
bool Processes::noteEarlyEnd(const siginfo_t &info) {
  Record *record = *earlyOf(info.si_pid);
  if (!record)
    return false;
  record->now.endCode = static_cast<uint8_t>(info.si_code);
  record->now.endStatus = static_cast<uint8_t>(info.si_status);
  releaseEarly();
  return true;
}

/// What was told of \p pid before its birth. The note is gone.
void Processes::takeEarly(int32_t pid, Followed &told) {
  Record **at = earlyOf(pid);
  Record *record = *at;
  if (!record)
    return;
  told = record->now;
  *at = record->next;
  destroy(record);
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
    if (wanted && readFacts(sys, record->pid, facts) == 0) {
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
  if (readFacts(sys, record.pid, facts) == 0)
    record.now.started = facts.started;
  int descriptor = sys.processDescriptor(record.pid);
  if (descriptor == -ESRCH) {
    lose(record);
    return;
  }
  if (descriptor >= 0) {
    if (static_cast<rlim_t>(descriptor) < jobLimit &&
        watchRecord(record, Watching::End, descriptor))
      return;
    sys.close(descriptor);
  }
  record.now.polled = true;
  if (!pollTimer.armed)
    loop.armAfter(pollTimer, PollInterval);
}

/// Whether a signal would reach a stranger, or nobody.
bool Processes::isGone(const Record &record) {
  if (record.now.lost || record.now.ended || record.now.later)
    return true;
  if (record.watching == Watching::End)
    return sys.poll(record.watch.descriptor, POLLIN, 0) > 0;
  if (!record.now.polled || record.now.started == 0)
    return false;
  ProcessFacts facts;
  int error = readFacts(sys, record.pid, facts);
  if (error)
    return error == ENOENT || error == ESRCH;
  return facts.started != record.now.started ||
         (facts.state == 'Z' && facts.parent != sys.pid());
}

void Processes::poll() {
  bool more = false;
  for (Record *bucket : buckets)
    for (Record *record = bucket; record; record = record->next) {
      if (!record->now.polled)
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
  record.now.lost = true;
  if (!lostTimer.armed)
    loop.arm(lostTimer, loop.now());
}

void Processes::settleLost() {
  for (unsigned at = 0; at < Buckets;) {
    Record *record = buckets[at];
    while (record && !record->now.lost)
      record = record->next;
    if (!record) {
      ++at;
      continue;
    }
    record->now.lost = false; // the bucket is not the same afterwards
    if (!record->now.ended) {
      settleEnd(*record);
      continue;
    }
    siginfo_t info = {};
    info.si_pid = record->pid;
    info.si_code = CLD_EXITED; // with 0, or it would not have been kept
    noticeEnd(info, record);
  }
}

/// Whether this end was told to us only because the tracked process could not
/// be let go in time, while its parent is to hear of it.
bool Processes::endsElsewhere(const Record &record) {
  if (record.tracing != Tracing::AwaitDetach || record.now.signalled)
    return false;
  ProcessFacts facts;
  return readFacts(sys, record.pid, facts) == 0 ||
         (readFacts(sys, record.now.parent, facts) == 0 && facts.state != 'Z');
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
  record.tracing = Tracing::None;
  record.now.polled = false;
  // After a signal of ours to end, its end is the job's.
  if (!record.now.signalled && replace(record) != Left::Nothing)
    return;
  int32_t pid = record.pid;
  logs.finish(record.log);
  unlink(record);
  destroy(&record);
  releaseEarly();
  feed(engine::Input::Kind::ChildVanished, pid, 0);
}

} // namespace starton::host
