// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What Host itself knows, as parts of a saved state (docs/state-format.md):
// processes, their logs, timers, the session file. Loading \p dry makes the
// same objects without touching a descriptor, to see whether it can be done.

#include "starton/Runtime/Host/InstanceTimers.h"
#include "starton/Runtime/Host/Processes.h"
#include "starton/Runtime/Host/SessionFile.h"
#include "starton/Runtime/Support/StateStream.h"
#include <cstring>
#include <initializer_list>
#include <new>

namespace starton::host {

namespace {

constexpr size_t LeastTimer = 16;
constexpr size_t LeastLog = 17;
constexpr size_t LeastRecord = 35;

} // namespace

// --- Timers.

void InstanceTimers::save(StateWriter &out) const {
  out.part("TIME");
  for (const Timer *timer : {&own, &shared})
    out.number64(timer->armed ? timer->deadline : 0);
  StateList list(out);
  for (const Entry *bucket : buckets)
    for (const Entry *entry = bucket; entry; entry = entry->next) {
      list.add();
      out.number32(entry->instance.index);
      out.number32(entry->instance.generation);
      out.number64(entry->timer.deadline);
    }
}

void InstanceTimers::load(StateReader &in) {
  in.part("TIME");
  for (Timer *timer : {&own, &shared})
    if (uint64_t deadline = in.number64())
      loop.arm(*timer, deadline);
  uint32_t count = in.count(LeastTimer);
  for (uint32_t i = 0; i < count && in.good(); ++i) {
    engine::InstanceId instance;
    instance.index = in.number32();
    instance.generation = in.number32();
    uint64_t deadline = in.number64();
    if (in.require(!(instance == engine::EngineTimer), "no such instance"))
      arm(instance, deadline);
  }
}

// --- Logs.

void JobLogs::saveLog(StateWriter &out, const JobLog &log) const {
  out.text(textOf(log.path));
  out.descriptor(log.watch.descriptor);
  out.flag(log.terminal);
  out.signed32(log.failure);
  out.text({log.held, log.heldSize});
}

void JobLogs::save(StateWriter &out) const {
  out.part("LOGS");
  out.flag(diskSeen);
  StateList list(out);
  for (const JobLog *log = early; log; log = log->next) {
    list.add();
    saveLog(out, *log);
  }
}

void JobLogs::load(StateReader &in, bool dry) {
  in.part("LOGS");
  diskSeen = in.flag();
  uint32_t count = in.count(LeastLog);
  JobLog **end = &early;
  for (uint32_t i = 0; i < count && in.good(); ++i)
    if (JobLog *log = loadLog(in, dry)) {
      *end = log;
      end = &log->next;
    }
}

/// The file itself is opened again when there is something to write.
JobLog *JobLogs::loadLog(StateReader &in, bool dry) {
  engine::Text path = in.name();
  int descriptor = in.descriptor();
  bool terminal = in.flag();
  int32_t failure = in.signed32();
  engine::Text held = in.text();
  if (!in.good())
    return nullptr;
  void *memory = allocate(sizeof(JobLog) + path.size() + 1);
  if (!in.require(memory != nullptr, "no memory"))
    return nullptr;
  auto *log = new (memory) JobLog;
  log->path = reinterpret_cast<char *>(log + 1);
  if (!path.empty())
    std::memcpy(log->path, path.data(), path.size());
  log->path[path.size()] = 0;
  log->terminal = terminal;
  log->failure = failure;
  hold(*log, held.data(), held.size());
  if (descriptor < 0 || dry)
    return log;
  prepareWatch(*log, descriptor);
  if (loop.add(log->watch) == 0)
    return log;
  in.fail("a log that cannot be watched");
  destroy(log);
  return nullptr;
}

// --- Processes.

void Processes::save(StateWriter &out) const {
  out.part("PROC");
  out.number32(defaults.umask);
  out.number64(defaults.openFiles.rlim_cur);
  out.number64(defaults.openFiles.rlim_max);
  saveRecords(out);
  saveEarly(out);
  out.number32(static_cast<uint32_t>(events.size()));
  for (int32_t descriptor : events)
    out.descriptor(descriptor);
}

void Processes::saveRecords(StateWriter &out) const {
  StateList list(out);
  for (const Record *bucket : buckets)
    for (const Record *record = bucket; record; record = record->next) {
      list.add();
      saveRecord(out, *record);
    }
}

void Processes::saveEarly(StateWriter &out) const {
  StateList list(out);
  for (const Record *record = early; record; record = record->next) {
    list.add();
    out.signed32(record->pid);
  }
}

void Processes::saveRecord(StateWriter &out, const Record &record) const {
  out.signed32(record.pid);
  out.signed32(record.logError);
  out.number64(record.firstStarted);
  out.number64(record.now.started);
  out.choice(record.tracing);
  out.choice(record.watching);
  out.number8(record.handOvers);
  for (bool bit : {bool(record.confirmed), bool(record.stillborn),
                   bool(record.tracked), bool(record.retracked),
                   bool(record.now.signalled), bool(record.now.polled),
                   record.now.lost || record.now.ended || record.now.later})
    out.flag(bit);
  out.descriptor(
      record.watching == Watching::Nothing ? -1 : record.watch.descriptor);
  out.flag(record.log != nullptr);
  if (record.log)
    logs.saveLog(out, *record.log);
}

void Processes::load(StateReader &in, bool dry) {
  in.part("PROC");
  defaults.umask = in.number32() & 0777;
  defaults.openFiles.rlim_cur = in.number64();
  defaults.openFiles.rlim_max = in.number64();
  uint32_t count = in.count(LeastRecord);
  for (uint32_t i = 0; i < count && in.good(); ++i)
    loadRecord(in, dry);
  count = in.count(4);
  for (uint32_t i = 0; i < count && in.good(); ++i) {
    int32_t pid = in.signed32();
    Record *record = newRecord();
    if (!in.require(record != nullptr, "no memory"))
      return;
    record->pid = pid;
    record->next = early;
    early = record;
  }
  count = in.count(4);
  in.require(events.reserve(count), "no memory");
  for (uint32_t i = 0; i < count && in.good(); ++i) {
    int32_t descriptor = in.descriptor();
    if (in.require(descriptor >= 0 &&
                       (events.empty() || events.back() < descriptor),
                   "descriptors out of order"))
      events.pushReserved(descriptor);
  }
}

void Processes::loadRecord(StateReader &in, bool dry) {
  Record *record = newRecord();
  if (!in.require(record != nullptr, "no memory"))
    return;
  record->pid = in.signed32();
  if (in.version() >= 2)
    record->logError = in.signed32();
  record->firstStarted = in.number64();
  record->now.started = in.number64();
  record->tracing = in.choice(Tracing::AwaitDetach);
  auto watching = in.choice(Watching::End);
  record->handOvers = in.number8();
  record->confirmed = in.flag();
  record->stillborn = in.flag();
  record->tracked = in.flag();
  record->retracked = in.flag();
  record->now.signalled = in.flag();
  record->now.polled = in.flag();
  record->now.lost = in.flag();
  int descriptor = in.descriptor();
  if (in.flag())
    record->log = logs.loadLog(in, dry);
  bool known = in.good() && (record->pid <= 0 || find(record->pid));
  in.require((descriptor >= 0) == (watching != Watching::Nothing),
             "a process without a descriptor");
  if (!in.require(!known, "a process twice")) {
    if (dry)
      logs.discard(record->log);
    else
      logs.finish(record->log);
    destroy(record);
    return;
  }
  link(*record);
  if (record->now.polled && !pollTimer.armed)
    loop.armAfter(pollTimer, 0);
  if (record->now.lost)
    lose(*record);
  if (dry || watching == Watching::Nothing)
    return;
  if (!watchRecord(*record, watching, descriptor))
    in.fail("a process that cannot be watched");
}

// --- The session file.

void SessionFile::save(StateWriter &out) const {
  out.text(made ? textOf(path) : engine::Text());
}

void SessionFile::load(StateReader &in, bool dry) {
  engine::Text name = in.name();
  if (!in.require(name.size() < sizeof path, "a path too long") ||
      name.empty() || dry)
    return;
  std::memcpy(path, name.data(), name.size());
  path[name.size()] = 0;
  made = true;
}

} // namespace starton::host
