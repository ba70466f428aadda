// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The ring of actions, and their texts (runtime §4.4, §5.2, §7).

#include "Impl.h"
#include "Names.h"

namespace starton::engine {

Record &Engine::Impl::emit(Action::Kind kind) {
  // No step comes near the ring's size; a record too many replaces the last.
  if (ringSize == MaxRecords)
    --ringSize;
  Record &record = ring[ringSize++];
  record = {};
  record.kind = kind;
  record.instance = record.event = None;
  record.job = NoClass;
  return record;
}

Record &Engine::Impl::emitFor(Action::Kind kind, uint32_t index) {
  Record &record = emit(kind);
  record.instance = index;
  return record;
}

Record &Engine::Impl::announce(Action::Announcement what, uint32_t index) {
  Record &record = emitFor(Action::Kind::Announce, index);
  record.announcement = what;
  return record;
}

Record *Engine::Impl::note(Priority priority, Note what) {
  if (priority < logPriority)
    return nullptr;
  Record &record = emit(Action::Kind::Log);
  record.priority = priority;
  record.note = what;
  return &record;
}

Record *Engine::Impl::noteOf(Priority priority, Note what, uint32_t index) {
  Record *record = note(priority, what);
  if (record)
    record->instance = index;
  return record;
}

Record *Engine::Impl::noteProcess(Priority priority, Note what, uint32_t index,
                                  Slot slot, int32_t pid, int32_t value) {
  Record *record = noteOf(priority, what, index);
  if (record) {
    record->slot = slot;
    record->pid = pid;
    record->value = value;
  }
  return record;
}

void Engine::Impl::replyError(RequestToken request, ErrorName error,
                              Problem problem, uint32_t index) {
  if (!request)
    return;
  Record &record = emitFor(Action::Kind::ReplyError, index);
  record.request = request;
  record.error = error;
  record.problem = problem;
}

/// Room for any text about something of a name of \p length bytes.
bool Engine::Impl::reserveLine(size_t length) {
  constexpr size_t LongestWords = 512;
  longestName = length > longestName ? length : longestName;
  return line.reserve(longestClassName + longestName + LongestWords);
}

/// And for the variables that name an instance and its class.
bool Engine::Impl::reserveNames(size_t length) {
  return reserveLine(length) &&
         variables.reserve(longestClassName + longestName + 40);
}

void Engine::Impl::render(const Record &record, Action &action) {
  action = {};
  action.kind = record.kind;
  action.announce = record.announcement;
  action.slot = record.slot;
  action.request = record.request;
  action.error = record.error;
  action.priority = record.priority;
  action.deadline = record.deadline;
  action.pid = record.pid;
  action.group = record.group;
  action.job = record.job;
  if (record.instance == EngineTimer.index) {
    action.instance =
        record.kind == Action::Kind::ArmTimer ? EngineTimer : NoInstance;
  } else {
    const Instance &instance = instances[record.instance];
    action.instance = idOf(record.instance);
    action.job = instance.job;
    action.text = nameOf(instance);
  }
  switch (record.kind) {
  case Action::Kind::Spawn:
    renderSpawn(record, action);
    break;
  case Action::Kind::Signal:
    action.signal = record.value;
    action.token = owed.token;
    break;
  case Action::Kind::ReplyError:
    action.text = problemText(record);
    break;
  case Action::Kind::Announce:
    action.goal = Goal(record.to);
    action.state = State(record.to);
    action.status = record.value;
    if (record.announcement == Action::Announcement::EventEmitted)
      renderEvent(record, action);
    else if (record.instance == None)
      action.text = textOf(jobOf(record.job).name());
    break;
  case Action::Kind::Log:
    action.text = noteText(record);
    break;
  case Action::Kind::Close:
    action.descriptor = record.value;
    break;
  case Action::Kind::Exit:
  case Action::Kind::TableUnused:
    action.status = record.value;
    break;
  default:
    break;
  }
}

void Engine::Impl::renderEvent(const Record &record, Action &action) {
  const Event &event = events[record.event];
  action.text = eventName(event);
  texts.clear();
  Text entry;
  EntryWalk walk(event.data + event.variables, event.length - event.variables);
  while (walk.next(entry))
    texts.pushReserved(entry);
  action.env = texts.span();
}

/// The environment of runtime §3.5.
void Engine::Impl::renderSpawn(const Record &record, Action &action) {
  const Instance &instance = instances[record.instance];
  const table::Job &job = jobOf(instance);
  action.token = owed.token;
  variables.clear();
  variables.append("UPSTART_JOB=");
  variables.append(textOf(job.name()));
  size_t first = variables.size();
  variables.append('\0');
  variables.append("UPSTART_INSTANCE=");
  variables.append(nameOf(instance));
  size_t second = variables.size();
  variables.append('\0');

  builder.clear();
  builder.putJob(shared, job, instance.env);
  if (record.slot == Slot::PreStop || record.slot == Slot::PostStop)
    builder.putAll(instance.stopEnv);
  builder.put(variables.text().slice(0, first));
  builder.put(variables.text().slice(first + 1, second - first - 1));
  if (!shared.session().empty())
    builder.put(shared.session());
  action.env = builder.finish();
}

Text Engine::Impl::problemText(const Record &record) {
  line.clear();
  switch (record.problem) {
  case Problem::Prepared:
    return prepared.text();
  case Problem::AlreadyRunning:
    line.append("Job is already running: ");
    break;
  case Problem::AlreadyStopped:
    line.append("Job has already been stopped: ");
    break;
  case Problem::NotRunning:
    line.append("Job is not running: ");
    break;
  case Problem::FailedToStart:
    return textOf("Job failed to start");
  case Problem::FailedToStop:
    return textOf("Job failed while stopping");
  case Problem::FailedToRestart:
    return textOf("Job failed to restart");
  case Problem::EventFailed:
    return textOf("Event failed");
  }
  appendName(instances[record.instance]);
  return line.text();
}

Text Engine::Impl::noteText(const Record &record) {
  line.clear();
  switch (record.note) {
  case Note::PendingEvent:
  case Note::HandlingEvent:
  case Note::FinishedEvent:
    appendEventNote(record);
    break;
  case Note::BadInstance:
  case Note::NoMemory:
  case Note::Cycle:
  case Note::Quiescing:
  case Note::QuiesceTook:
    return daemonNote(record);
  case Note::GoalChanged:
  case Note::StateChanged:
  case Note::NewInstance:
  case Note::Destroyed:
  case Note::Respawning:
  case Note::TooFast:
  case Note::FailedToStop:
    appendInstanceNote(record);
    break;
  default:
    appendProcessNote(record);
    break;
  }
  return line.text();
}

void Engine::Impl::appendEventNote(const Record &record) {
  line.append(record.note == Note::PendingEvent    ? "Pending "
              : record.note == Note::HandlingEvent ? "Handling "
                                                   : "Finished ");
  line.append(eventName(events[record.event]));
  line.append(" event");
}

Text Engine::Impl::daemonNote(const Record &record) {
  const char *kind = quiesce.logout ? "logout" : "shutdown";
  switch (record.note) {
  case Note::BadInstance:
    line.append("Failed to obtain ");
    line.append(textOf(jobOf(record.job).name()));
    line.append(" instance: ");
    line.append(prepared.text());
    break;
  case Note::NoMemory:
    line.append(textOf(jobOf(record.job).name()));
    line.append(" has to wait for memory");
    break;
  case Note::Cycle:
    line.append(textOf(jobOf(record.job).name()));
    line.append(" started 1000 times without a pause, it seems to be part of "
                "a cycle of jobs that start each other");
    break;
  case Note::Quiescing:
    line.append("Quiescing due to ");
    line.append(kind);
    line.append(" request");
    break;
  default:
    line.append("Quiesce ");
    line.append(kind);
    line.append(" sequence took ");
    if (record.deadline)
      line.appendNumber(int64_t(record.deadline));
    else
      line.append("<1");
    line.append(record.deadline > 1 ? " seconds" : " second");
    break;
  }
  return line.text();
}

void Engine::Impl::appendName(const Instance &instance) {
  line.append(textOf(jobOf(instance).name()));
  if (!instance.nameLength)
    return;
  line.append(" (");
  line.append(nameOf(instance));
  line.append(')');
}

void Engine::Impl::appendInstanceNote(const Record &record) {
  const Instance &instance = instances[record.instance];
  switch (record.note) {
  case Note::NewInstance:
    line.append("New instance ");
    appendName(instance);
    break;
  case Note::Destroyed:
    line.append("Destroyed inactive instance ");
    appendName(instance);
    break;
  case Note::Respawning:
    appendName(instance);
    line.append(" main process ended, respawning");
    break;
  case Note::TooFast:
    appendName(instance);
    line.append(" respawning too fast, stopped");
    break;
  case Note::FailedToStop:
    line.append("job ");
    appendName(instance);
    line.append(" failed to stop");
    break;
  default:
    appendName(instance);
    bool goal = record.note == Note::GoalChanged;
    line.append(goal ? " goal changed from " : " state changed from ");
    line.append(goal ? goalName(Goal(record.from))
                     : stateName(State(record.from)));
    line.append(" to ");
    line.append(goal ? goalName(Goal(record.to)) : stateName(State(record.to)));
    break;
  }
}

/// "foo (1) main process (1235)"
void Engine::Impl::appendProcess(const Record &record) {
  appendName(instances[record.instance]);
  line.append(' ');
  line.append(slotName(record.slot));
  line.append(" process");
  if (!record.pid)
    return;
  line.append(" (");
  line.appendNumber(record.pid);
  line.append(')');
}

/// "TERM signal", "signal 40"
void Engine::Impl::appendSignal(int number) {
  if (const char *name = signalName(number)) {
    line.append(name);
    line.append(" signal");
    return;
  }
  line.append("signal ");
  line.appendNumber(number);
}

void Engine::Impl::appendProcessNote(const Record &record) {
  switch (record.note) {
  case Note::Sending:
    line.append("Sending ");
    appendSignal(record.value);
    line.append(" to ");
    return appendProcess(record);
  case Note::SignalFailed:
    line.append("Failed to send a signal to ");
    appendProcess(record);
    line.append(": ");
    return appendError(record.value);
  case Note::SpawnDelayed:
    line.append("Temporary process spawn error: ");
    return appendError(record.value);
  case Note::SpawnFailed:
    return appendSpawnFailure(record);
  default:
    break;
  }
  appendProcess(record);
  switch (record.note) {
  case Note::ExitedNormally:
    line.append(" exited normally");
    break;
  case Note::ExitedStatus:
    line.append(" terminated with status ");
    line.appendNumber(record.value);
    break;
  case Note::KilledBySignal:
    line.append(" killed by ");
    appendSignal(record.value);
    break;
  case Note::StoppedBySignal:
    line.append(" stopped by ");
    appendSignal(record.value);
    break;
  case Note::ContinuedBySignal:
    line.append(" continued by ");
    appendSignal(record.value);
    break;
  case Note::Vanished:
    line.append(" ended, nobody knows how");
    break;
  case Note::BecameProcess:
    line.append(" became new process (");
    line.appendNumber(record.value);
    line.append(')');
    break;
  case Note::Replaced:
    line.append(" is gone, the job goes on as process (");
    line.appendNumber(record.value);
    line.append(')');
    break;
  case Note::Executed:
    line.append(" executable changed");
    break;
  default:
    break;
  }
}

void Engine::Impl::appendSpawnFailure(const Record &record) {
  line.append("Failed to spawn ");
  appendName(instances[record.instance]);
  line.append(' ');
  line.append(slotName(record.slot));
  line.append(" process: ");
  line.append(prepared.text());
  if (!record.value)
    return;
  line.append(": ");
  appendError(record.value);
}

void Engine::Impl::appendError(int error) {
  const char *text = strerrordesc_np(error);
  line.append(text ? text : "Unknown error");
}

} // namespace starton::engine
