// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Runtime/Host/Processes.h"
#include "starton/Runtime/Host/Orphans.h"
#include "starton/Runtime/Host/Utmp.h"
#include "starton/Runtime/Support/Memory.h"
#include "starton/Table/JobTable_generated.h"
#include <cerrno>
#include <climits>
#include <cstring>
#include <fcntl.h>
#include <new>
#include <sys/prctl.h>
#include <sys/wait.h>

namespace starton::host {

namespace {

/// Descriptors that only the start of a job may use, and the search for what is
/// left of one.
constexpr rlim_t ReserveDescriptors = 32;
/// Descriptors below those that are kept free of logs and of pidfds, so that
/// clients can come in.
constexpr rlim_t ClientDescriptors = 16;
constexpr mode_t DefaultUmask = 022;

const table::Process *processIn(const table::Job &job, engine::Slot slot) {
  const auto *processes = job.processes();
  for (uint32_t i = 0; processes && i < processes->size(); ++i)
    if (static_cast<uint8_t>(processes->Get(i)->slot()) ==
        static_cast<uint8_t>(slot))
      return processes->Get(i);
  return nullptr;
}

bool tracks(const table::Job &job) {
  return job.expect() == table::Expect::Fork ||
         job.expect() == table::Expect::Daemon;
}

} // namespace

Processes::~Processes() {
  loop.cancel(lostTimer);
  loop.cancel(searchTimer);
  loop.cancel(pollTimer);
  while (Record *record = early) {
    early = record->next;
    destroy(record);
  }
  for (Record *&bucket : buckets)
    while (Record *record = bucket) {
      bucket = record->next;
      logs.finish(record->log);
      destroy(record);
    }
}

int Processes::initialize(bool userMode, bool inheritUmask, bool traceStanzas,
                          const sigset_t &originalMask) {
  defaults.userMode = userMode;
  defaults.traceStanzas = traceStanzas;
  defaults.signalMask = originalMask;
  defaults.umask = DefaultUmask;
  defaults.group = sys.group();
  defaults.tmpfilesProgram = STARTON_TMPFILES_PROGRAM;
  launcher.initialize();
  sigemptyset(&defaults.changedSignals);
  for (int signal = 1; signal < NSIG; ++signal)
    if (!sys.signalIsDefault(signal))
      sigaddset(&defaults.changedSignals, signal);
  mode_t umask = sys.setUmask(DefaultUmask);
  (void)sys.setUmask(umask);
  if (inheritUmask)
    defaults.umask = umask;
  if (sys.getLimit(RLIMIT_NOFILE, defaults.openFiles) == 0) {
    hardLimit = defaults.openFiles.rlim_max;
    daemonLimit = hardLimit > 2 * ReserveDescriptors
                      ? hardLimit - ReserveDescriptors
                      : hardLimit;
    setSoftLimit(daemonLimit);
    if (daemonLimit < hardLimit && daemonLimit < INT_MAX) {
      jobLimit = daemonLimit - ClientDescriptors;
      logs.setDescriptorLimit(static_cast<int>(jobLimit));
    }
  }
  int result = sys.processControl(PR_SET_CHILD_SUBREAPER, 1);
  return result < 0 ? -result : 0;
}

void Processes::setSoftLimit(rlim_t value) {
  rlimit limit = {value, hardLimit};
  if (hardLimit > 0) // else it is not known
    (void)sys.setLimit(RLIMIT_NOFILE, limit);
}

// --- Records.

/// Null: no memory.
Processes::Record *Processes::newRecord() {
  void *memory = allocate(sizeof(Record));
  if (!memory)
    return nullptr;
  auto *record = new (memory) Record;
  record->owner = this;
  return record;
}

/// False: the loop cannot watch it; it is not the record's then.
bool Processes::watchRecord(Record &record, Watching what, int descriptor) {
  record.watch.descriptor = descriptor;
  record.watch.events = EPOLLIN;
  record.watch.context = &record;
  if (what == Watching::Exec)
    record.watch.handler = [](Watch &watch, uint32_t) {
      auto &ready = *static_cast<Record *>(watch.context);
      ready.owner->settleExec(ready, false);
    };
  else
    record.watch.handler = [](Watch &watch, uint32_t) {
      auto &ended = *static_cast<Record *>(watch.context);
      ended.owner->settleEnd(ended);
    };
  if (loop.add(record.watch) != 0)
    return false;
  record.watching = what;
  return true;
}

Processes::Record *Processes::find(int32_t pid) const {
  Record *record = buckets[static_cast<uint32_t>(pid) % Buckets];
  while (record && record->pid != pid)
    record = record->next;
  return record;
}

void Processes::link(Record &record) {
  Record *&bucket = buckets[static_cast<uint32_t>(record.pid) % Buckets];
  record.next = bucket;
  bucket = &record;
}

void Processes::unlink(Record &record) {
  Record **at = &buckets[static_cast<uint32_t>(record.pid) % Buckets];
  while (*at && *at != &record)
    at = &(*at)->next;
  if (*at)
    *at = record.next;
}

/// Closes the error pipe or the pidfd.
void Processes::unwatch(Record &record) {
  if (record.watching == Watching::Nothing)
    return;
  loop.remove(record.watch);
  sys.close(record.watch.descriptor);
  record.watching = Watching::Nothing;
}

void Processes::destroy(Record *record) {
  unwatch(*record);
  starton::release(record);
}

/// A process that is not logged, tracked or waited for needs no record.
void Processes::dropIfIdle(Record &record) {
  if (record.watching != Watching::Nothing || record.log || record.logError ||
      record.stillborn || record.tracked)
    return;
  unlink(record);
  destroy(&record);
}

// --- Starting.

bool Processes::appendLogPath(engine::ClassIndex job, engine::Text instance,
                              Vector<char> &path) const {
  const table::Job &definition = engine.classJob(job);
  const flatbuffers::String *name = definition.name();
  return consoleOf(definition) == Console::Log &&
         logs.appendPath({name->c_str(), name->size()}, instance, path);
}

Console Processes::consoleOf(const table::Job &job) const {
  Console console = defaultConsole;
  switch (job.console()) {
  case table::Console::Unset:
    break;
  case table::Console::Output:
    console = Console::Output;
    break;
  case table::Console::Owner:
    console = Console::Owner;
    break;
  case table::Console::Log:
    console = Console::Log;
    break;
  case table::Console::None:
  case table::Console::Invalid: // what a broken override left behind
    console = Console::None;
    break;
  }
  return console == Console::Log && !logging ? Console::None : console;
}

/// Whether there is a child on its way to its exec. One that is stopped there
/// (`debug`) is not: nobody knows when it will go on.
bool Processes::awaitsReport() const {
  for (const Record *bucket : buckets)
    for (const Record *record = bucket; record; record = record->next)
      if (record->watching == Watching::Exec && !record->confirmed)
        return true;
  return false;
}

/// Everything that can fail is done before the start: the pipe is watched.
int Processes::openErrorPipe(Record &record, int &writeEnd) {
  int ends[2];
  int result = sys.pipe(ends, O_CLOEXEC | O_NONBLOCK);
  if (result == -EMFILE) {
    // Clients and logs stop at the reserve; jobs may use it.
    setSoftLimit(hardLimit);
    result = sys.pipe(ends, O_CLOEXEC | O_NONBLOCK);
    setSoftLimit(daemonLimit);
  }
  // Those of children on their way to their exec will be free soon.
  if (result == -EMFILE && awaitsReport())
    return EAGAIN;
  if (result < 0)
    return -result;
  if (!watchRecord(record, Watching::Exec, ends[0])) {
    sys.close(ends[0]);
    sys.close(ends[1]);
    return EAGAIN;
  }
  writeEnd = ends[1];
  return 0;
}

/// Null: it cannot be expanded.
const char *Processes::expandProfile(const engine::Action &action,
                                     const table::Job &job,
                                     char (&buffer)[MaxProfile + 1]) {
  if (action.slot != engine::Slot::Main || !job.apparmor_switch())
    return "";
  engine::Text text, message;
  if (!engine.expand(
          action.instance,
          {job.apparmor_switch()->c_str(), job.apparmor_switch()->size()}, text,
          message) ||
      text.size() > MaxProfile)
    return nullptr;
  if (!text.empty())
    std::memcpy(buffer, text.data(), text.size());
  buffer[text.size()] = '\0';
  return buffer;
}

bool Processes::adoptDescriptor(int32_t &descriptor) {
  if (events.size() == MaxEventDescriptors ||
      !events.reserve(events.size() + 1))
    return false;
  int own = sys.control(descriptor, F_DUPFD_CLOEXEC, FirstEventDescriptor);
  if (own < 0)
    return false;
  descriptor = own;
  events.pushReserved(own);
  for (size_t at = events.size() - 1; at > 0 && events[at - 1] > own; --at) {
    events[at] = events[at - 1];
    events[at - 1] = own;
  }
  return true;
}

void Processes::closeDescriptor(int32_t descriptor) {
  size_t kept = 0;
  for (int32_t own : events)
    if (own != descriptor)
      events[kept++] = own;
  events.shrink(kept);
  sys.close(descriptor);
}

/// A process that cannot have a log runs without; that is no reason not to run
/// (as with Upstart), but to say so.
void Processes::openLog(const engine::Action &action, const table::Job &job,
                        Record &record) {
  if (consoleOf(job) != Console::Log || !logs.hasDirectory())
    return;
  engine::InstanceView view;
  (void)engine.viewInstance(action.instance, view);
  record.log = logs.open({job.name()->c_str(), job.name()->size()}, view.name,
                         record.logError);
  if (record.log)
    return;
  bool named = !view.name.empty();
  messages.format(engine::Priority::Warn,
                  "No log for %s%s%.*s%s %s process, its output is lost: %s",
                  job.name()->c_str(), named ? " (" : "",
                  static_cast<int>(view.name.size()), view.name.data(),
                  named ? ")" : "", engine::slotName(action.slot),
                  std::strerror(record.logError));
}

int32_t Processes::logError(int32_t pid) const {
  const Record *record = find(pid);
  return record ? record->logError : 0;
}

pid_t Processes::launch(const engine::Action &action,
                        const table::Process *process, const Record &record,
                        int writeEnd) {
  const table::Job &job = engine.classJob(action.job);
  char profile[MaxProfile + 1];
  ChildRequest request;
  request.profile = expandProfile(action, job, profile);
  request.events = events.span();
  request.defaults = &defaults;
  request.job = &job;
  request.process = process;
  request.slot = action.slot;
  request.console = consoleOf(job);
  request.env = action.env;
  request.errorPipe = writeEnd;
  if (record.log) {
    request.terminal = record.log->terminal ? record.log->watch.descriptor : -1;
    request.logPipe = record.log->peer;
  }
  return launcher.start(request);
}

engine::Outcome Processes::spawn(const engine::Action &action) {
  const table::Job &job = engine.classJob(action.job);
  const table::Process *process = processIn(job, action.slot);
  bool makesFiles = action.slot == engine::Slot::PreStart && job.tmpfiles() &&
                    job.tmpfiles()->size() > 0;
  if (process ? process->kind() == table::ProcessKind::Broken ||
                    process->kind() == table::ProcessKind::None
              : !makesFiles)
    return {0, ENOEXEC};
  Record *record = newRecord();
  if (!record)
    return {0, ENOMEM};

  int writeEnd = -1;
  if (int error = openErrorPipe(*record, writeEnd)) {
    destroy(record);
    return {0, error};
  }
  openLog(action, job, *record);
  pid_t pid = launch(action, process, *record, writeEnd);
  sys.close(writeEnd);
  if (pid < 0) {
    logs.finish(record->log);
    destroy(record);
    return {0, -pid};
  }
  if (record->log)
    logs.forked(*record->log);
  record->pid = pid;
  if (action.slot == engine::Slot::Main && tracks(job)) {
    record->tracing = Tracing::AwaitExec;
    record->tracked = true;
    ProcessFacts facts;
    if (readFacts(sys, pid, facts) == 0)
      record->firstStarted = facts.started;
    record->handOvers = job.expect() == table::Expect::Fork ? 1 : 2;
  }
  link(*record);
  return {pid, 0};
}

// --- Confirming.

/// Reads what the child had to say. \p ended: it has, so a pipe that is
/// neither closed nor filled is held by somebody else, after the exec.
void Processes::settleExec(Record &record, bool ended) {
  if (record.watching != Watching::Exec)
    return;
  SpawnRecord report;
  for (;;) {
    ssize_t got = sys.read(record.watch.descriptor, &report, sizeof report);
    if (got == -EAGAIN && !ended)
      return;
    if (got != sizeof report) {
      unwatch(record);
      int32_t pid = record.pid;
      confirm(record);
      Record *still = find(pid); // the engine may have released it
      if (still && !ended)
        dropIfIdle(*still);
      return;
    }
    char text[80];
    spawnStepText(report, text);
    if (!report.fatal) {
      messages.format(engine::Priority::Warn, "%s: %s", text,
                      std::strerror(report.error));
      if (report.step == SpawnStep::Trace)
        record.tracing = Tracing::None; // what is left will be found
      continue;
    }
    unwatch(record);
    record.stillborn = true;
    record.tracked = false;
    record.tracing = Tracing::None;
    logs.finish(record.log);
    record.log = nullptr;
    engine::Input input;
    input.kind = engine::Input::Kind::ExecFailed;
    input.pid = record.pid;
    input.name = textOf(text);
    input.error = report.error;
    feeder.feed(feeder.context, input);
    return;
  }
}

void Processes::confirm(Record &record) {
  if (record.confirmed)
    return;
  record.confirmed = true;
  feed(engine::Input::Kind::ExecConfirmed, record.pid, 0);
}

void Processes::feed(engine::Input::Kind kind, int32_t pid, int32_t status) {
  engine::Input input;
  input.kind = kind;
  input.pid = pid;
  input.status = status;
  feeder.feed(feeder.context, input);
}

// --- Signalling.

int Processes::signal(const engine::Action &action) {
  Record *record = find(action.pid);
  bool tracked = record && record->tracked;
  int result = -ESRCH;
  if (!tracked || !isGone(*record)) {
    pid_t group = action.group ? sys.groupOf(action.pid) : -1;
    // A child that has not called setsid yet is still in our own group.
    result = group > 1 && group != sys.groupOf(0)
                 ? sys.kill(-group, action.signal)
                 : sys.kill(action.pid, action.signal);
  }
  if (tracked && action.group && result == 0)
    record->now.signalled = true;
  if (tracked && result == -ESRCH) {
    lose(*record); // whoever takes its place gets the signal
    return 0;
  }
  return result < 0 ? -result : 0;
}

// --- Reaping.

bool Processes::reap() {
  for (unsigned i = 0; i < Slice; ++i) {
    siginfo_t info = {};
    if (sys.waitAny(info) < 0 || info.si_pid == 0)
      return false;
    notice(info);
  }
  return true;
}

void Processes::notice(const siginfo_t &info) {
  Record *record = find(info.si_pid);
  bool ended = info.si_code == CLD_EXITED || info.si_code == CLD_KILLED ||
               info.si_code == CLD_DUMPED;
  if (ended) {
    noticeEnd(info, record);
    return;
  }
  if (record) {
    settleExec(*record, false);
    record = find(info.si_pid); // may have been dropped
  }
  if (info.si_code == CLD_TRAPPED) {
    if (record && record->tracing != Tracing::None)
      noticeTrap(info, *record);
    else
      noticeEarly(info.si_pid);
    return;
  }
  // Stopped before its exec: it may never get there, and must not keep the job
  // from being stopped.
  if (record && record->watching == Watching::Exec &&
      info.si_code == CLD_STOPPED)
    confirm(*record);
  if (info.si_code == CLD_CONTINUED)
    feed(engine::Input::Kind::ChildContinued, info.si_pid, SIGCONT);
  else if (info.si_code == CLD_STOPPED)
    feed(engine::Input::Kind::ChildStopped, info.si_pid, info.si_status);
}

void Processes::noticeEnd(const siginfo_t &info, Record *record) {
  if (!record && foreignEnded && foreignEnded(foreign, info))
    return;
  bool news = true;
  if (record) {
    settleExec(*record, true);
    record = find(info.si_pid); // the engine may have released it
  } else if (noteEarlyEnd(info)) {
    return;
  } else {
    record = succeed(info.si_pid);
  }
  if (record && endsElsewhere(*record)) {
    settleEnd(*record);
    return;
  }
  if (record && handsOver(*record, info)) {
    --record->handOvers;
    Left left = replace(*record);
    if (left == Left::Replaced)
      return;
    ++record->handOvers;
    record->now.ended = left == Left::Unknown;
    if (record->now.ended)
      return;
  }
  if (record) {
    news = !record->stillborn;
    // Its last output is in the file before anybody hears of its end.
    logs.finish(record->log);
    unlink(*record);
    destroy(record);
  }
  releaseEarly();
  engine::InstanceId instance;
  engine::Slot slot{};
  if (engine.findProcess(info.si_pid, instance, slot))
    noteDeath(sys, info.si_pid);
  if (news)
    feed(info.si_code == CLD_EXITED ? engine::Input::Kind::ChildExited
                                    : engine::Input::Kind::ChildKilled,
         info.si_pid, info.si_status);
}

} // namespace starton::host
