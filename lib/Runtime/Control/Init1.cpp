// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// org.starton.Init1 (docs/dbus.md): what Upstart's interface cannot say, or
// only in many messages.

#include "Interfaces.h"
#include "starton/Runtime/Control/Names.h"
#include "starton/Table/JobTable_generated.h"
#include <cstdio>

namespace starton::control {

// --- ListAll.

static void writeRow(wire::Writer &writer, Text job,
                     const engine::InstanceView &view) {
  writer.openStruct();
  writer.string(job);
  writer.string(view.name);
  writer.string(textOf(engine::goalName(view.goal)));
  writer.string(textOf(engine::stateName(view.state)));
  writeProcessList(view, writer);
  writer.close();
}

void listAll(Request &request) {
  const engine::Engine &engine = request.engine();
  request.from.follows = true;
  wire::Writer writer;
  writer.startReply(request.message.serial());
  writer.uint64(request.server.changes);
  writer.openArray("(ssssa(si))");
  for (uint32_t i = 0; i < engine.classCount() && writer.good(); ++i) {
    engine::ClassIndex job = engine.classAt(i);
    Text name = request.server.jobName(job);
    engine::InstanceView view;
    engine::InstanceId id = engine.firstInstance(job);
    if (!engine.viewInstance(id, view))
      writeRow(writer, name, {}); // stop/waiting
    for (; engine.viewInstance(id, view); id = engine.nextInstance(id))
      writeRow(writer, name, view);
  }
  writer.close();
  request.answer(writer);
}

// --- ListConfig.

/// Bytes of the words of a job's conditions, roughly.
static size_t sizeOf(const table::Condition *condition) {
  size_t size = 0;
  for (uint32_t i = 0; condition && i < condition->words()->size(); ++i)
    size += condition->words()->Get(i)->size() + sizeof(uint64_t);
  return size;
}

/// A page: a client is not sent more than it may leave unread.
void listConfig(Request &request) {
  constexpr size_t PageSize = size_t(256) << 10;
  constexpr size_t RowSize = 64; // at least
  const engine::Engine &engine = request.engine();
  Text after = wire::Reader(request.message).string();
  uint32_t position = 0;
  if (!after.empty()) {
    engine::ClassIndex job = findJob(request.engine(), after);
    if (job == engine::NoClass)
      return failUnknownJob(request, after);
    while (position < engine.classCount() && engine.classAt(position) != job)
      ++position;
    ++position;
  }
  wire::Writer writer;
  writer.startReply(request.message.serial());
  writer.openArray("(sasaasaas)");
  Request row = request;
  for (size_t size = 0;
       position < engine.classCount() && size < PageSize && writer.good();
       ++position) {
    row.object.job = engine.classAt(position);
    const table::Job &job = engine.classJob(row.object.job);
    size += RowSize + sizeOf(job.start_on()) + sizeOf(job.stop_on());
    writer.openStruct();
    writeJobName(row, writer);
    writeEmits(row, writer);
    writeStartOn(row, writer);
    writeStopOn(row, writer);
    writer.close();
  }
  writer.close();
  request.answer(writer);
}

// --- GetDetails.

namespace {

/// Entries of an a{sv}.
class Details {
public:
  explicit Details(wire::Writer &writer) : writer(writer) {}

  void open(const char *key, const char *signature) {
    writer.openDictEntry();
    writer.string(textOf(key));
    writer.openVariant(signature);
  }
  void close() {
    writer.close();
    writer.close();
  }
  void string(const char *key, Text value) {
    open(key, "s");
    writer.string(value);
    close();
  }
  void boolean(const char *key, bool value) {
    open(key, "b");
    writer.boolean(value);
    close();
  }
  void int32(const char *key, int32_t value) {
    open(key, "i");
    writer.int32(value);
    close();
  }
  void uint64(const char *key, uint64_t value) {
    open(key, "t");
    writer.uint64(value);
    close();
  }

private:
  wire::Writer &writer;
};

/// Which instance is asked about; view.id is NoInstance when there is none.
struct Subject {
  engine::ClassIndex job;
  Text instance; ///< as the engine knows it
  engine::InstanceView view;
};

} // namespace

static void writeLastRun(Request &request, const Subject &subject,
                         Details &details) {
  // In the order of engine::LastRun::Why.
  static constexpr const char *Whys[] = {
      "exited",       "killed",   "stopped",      "respawn-limit",
      "spawn-failed", "vanished", "reload-signal"};
  engine::LastRun run;
  if (!request.engine().lastRun(subject.job, subject.instance, run))
    return;
  using Why = engine::LastRun::Why;
  details.string("last-process", textOf(engine::slotName(run.slot)));
  details.string("last-why", textOf(Whys[static_cast<unsigned>(run.why)]));
  if (run.why == Why::SpawnFailed) {
    if (run.status)
      details.int32("last-error", run.status);
    if (!run.step.empty())
      details.string("last-step", run.step);
  } else if (run.signalled) {
    details.int32("last-signal", run.status);
  } else if (run.why != Why::Vanished) {
    details.int32("last-exit", run.status);
  }
  const Server::Impl &server = request.server;
  if (!server.daemon.wallTime)
    return;
  uint64_t wall = server.daemon.wallTime(server.daemon.context);
  uint64_t now = server.now();
  details.uint64("last-started", (wall - (now - run.started)) / 1000);
  details.uint64("last-ended", (wall - (now - run.ended)) / 1000);
}

/// Of the first process of the instance whose output is lost.
static void writeLogError(const DaemonHooks &daemon, const Subject &subject,
                          Details &details) {
  if (!daemon.logError || subject.view.id == engine::NoInstance)
    return;
  for (int32_t pid : subject.view.pids)
    if (int32_t error = pid > 0 ? daemon.logError(daemon.context, pid) : 0)
      return details.int32("log-error", error);
}

static void writeLeftOver(Request &request, const Subject &subject,
                          wire::Writer &writer, Details &details) {
  constexpr size_t MaxShown = 64;
  const DaemonHooks &daemon = request.server.daemon;
  int32_t pids[MaxShown];
  size_t count =
      daemon.leftOver
          ? daemon.leftOver(daemon.context, request.server.jobName(subject.job),
                            subject.instance, pids, MaxShown)
          : 0;
  if (count == 0)
    return;
  details.open("left-over", "ai");
  writer.openArray("i");
  for (size_t i = 0; i < count && i < MaxShown; ++i)
    writer.int32(pids[i]);
  writer.close();
  details.close();
}

/// "NAME A=1 B=2"
static void writeEvent(wire::Writer &writer, const engine::EventView &event) {
  Vector<char> text;
  size_t variables = event.variables.size();
  char *room = wire::extend(text, event.name.size() + variables + 1);
  if (!room)
    return writer.string(event.name);
  std::memcpy(room, event.name.data(), event.name.size());
  room += event.name.size();
  for (size_t i = 0; i < variables; ++i)
    room[i + 1] = event.variables[i] ? event.variables[i] : ' ';
  room[0] = ' ';
  // Not the blank before nothing, nor that for the last NUL.
  writer.string({text.data(), text.size() - 1});
}

/// What the holder is doing.
static Text reason(const engine::Engine &engine, const engine::Holder &holder) {
  engine::InstanceView view;
  if (holder.condition || !engine.viewInstance(holder.instance, view))
    return textOf("condition");
  return textOf(engine::stateName(view.state));
}

static Text instanceOf(const engine::Engine &engine,
                       const engine::Holder &holder) {
  engine::InstanceView view;
  return engine.viewInstance(holder.instance, view) ? view.name : Text();
}

static bool concerns(const engine::Engine &engine, const Subject &subject,
                     const engine::Holder &holder) {
  if (holder.job != subject.job)
    return false;
  // The start condition is the class's: everybody's.
  return holder.instance == engine::NoInstance ||
         equal(instanceOf(engine, holder), subject.instance);
}

static void writeBlockers(Request &request, const Subject &subject,
                          const Vector<engine::Holder> &holders,
                          wire::Writer &writer) {
  const engine::Engine &engine = request.engine();
  engine::EventIndex event = engine.blockerOf(subject.view.id);
  engine::EventView name;
  if (engine.viewEvent(event, name)) {
    for (const engine::Holder &holder : holders) {
      if (holder.event != event)
        continue;
      Text instance = instanceOf(engine, holder);
      bool named = !instance.empty();
      writer.openStruct();
      writer.string(textOf("event"));
      writer.string({name.name, textOf(" held by "),
                     request.server.jobName(holder.job),
                     textOf(named ? " (" : ""), instance,
                     textOf(named ? "), " : ", "), reason(engine, holder)});
      writer.close();
    }
    return;
  }
  static constexpr struct {
    engine::State state;
    engine::Slot slot;
  } Waits[] = {{engine::State::Security, engine::Slot::Security},
               {engine::State::PreStart, engine::Slot::PreStart},
               {engine::State::Spawned, engine::Slot::Main},
               {engine::State::PostStart, engine::Slot::PostStart},
               {engine::State::PreStop, engine::Slot::PreStop},
               {engine::State::Killed, engine::Slot::Main},
               {engine::State::PostStop, engine::Slot::PostStop}};
  for (const auto &wait : Waits) {
    int32_t pid = subject.view.pids[static_cast<unsigned>(wait.slot)];
    if (subject.view.state != wait.state || pid <= 0)
      continue;
    char number[16];
    std::snprintf(number, sizeof number, "%d", pid);
    writer.openStruct();
    writer.string(textOf("process"));
    writer.string({textOf(engine::slotName(wait.slot)), textOf(" process "),
                   textOf(number)});
    writer.close();
  }
}

static void writeHeldEvents(Request &request, const Subject &subject,
                            const Vector<engine::Holder> &holders,
                            wire::Writer &writer) {
  for (const engine::Holder &holder : holders) {
    engine::EventView event;
    if (concerns(request.engine(), subject, holder) &&
        request.engine().viewEvent(holder.event, event))
      writeEvent(writer, event);
  }
}

static void writeDetails(Request &request, const Subject &subject,
                         const Vector<engine::Holder> &holders,
                         wire::Writer &writer) {
  const DaemonHooks &daemon = request.server.daemon;
  Details details(writer);
  details.uint64("generation", request.engine().generationOf(subject.job));
  Vector<char> path;
  if (daemon.logPath &&
      daemon.logPath(daemon.context, subject.job, subject.instance, path))
    details.string("log", wire::viewOf(path));
  writeLogError(daemon, subject, details);
  writeLastRun(request, subject, details);
  if (subject.view.retracked)
    details.boolean("retracked", true);
  writeLeftOver(request, subject, writer, details);
  details.open("blocked-by", "a(ss)");
  writer.openArray("(ss)");
  writeBlockers(request, subject, holders, writer);
  writer.close();
  details.close();
  details.open("held-events", "as");
  writer.openArray("s");
  writeHeldEvents(request, subject, holders, writer);
  writer.close();
  details.close();
}

void getDetails(Request &request) {
  wire::Reader reader(request.message);
  Text name = reader.string();
  const DaemonHooks &daemon = request.server.daemon;
  Text rejected =
      daemon.rejected ? daemon.rejected(daemon.context, name) : Text();
  Subject subject{findJob(request.engine(), name), reader.string(), {}};
  bool exists = subject.job != engine::NoClass;
  Text outdated = daemon.outdated ? daemon.outdated(daemon.context) : Text();
  if (!exists && rejected.empty() && outdated.empty())
    return failUnknownJob(request, name);
  Vector<engine::Holder> holders;
  Vector<char> raw;
  if (!request.engine().holders(holders) ||
      !raw.resize(subject.instance.size() + 1))
    return request.failNoMemory();
  if (exists) {
    subject.view.id =
        request.engine().findInstance(subject.job, subject.instance);
    if (!request.engine().viewInstance(subject.view.id, subject.view)) {
      // As clients see it.
      char *end = writeUnprintable(subject.instance, raw.data());
      subject.instance = {raw.data(), static_cast<size_t>(end - raw.data())};
      subject.view.id =
          request.engine().findInstance(subject.job, subject.instance);
      (void)request.engine().viewInstance(subject.view.id, subject.view);
    }
  }
  wire::Writer writer;
  writer.startReply(request.message.serial());
  writer.openArray("{sv}");
  if (!outdated.empty())
    Details(writer).string("outdated", outdated);
  if (!rejected.empty()) {
    Details details(writer);
    details.string("rejected", rejected);
    if (daemon.rejectedLater && daemon.rejectedLater(daemon.context, name))
      details.boolean("rejected-later", true);
  }
  if (exists)
    writeDetails(request, subject, holders, writer);
  writer.close();
  request.answer(writer);
}

// --- ListBlocked.

static void writeVariables(wire::Writer &writer, Text variables) {
  writer.openArray("s");
  for (size_t at = 0; at < variables.size();) {
    Text one = textOf(variables.data() + at);
    writer.string(one);
    at += one.size() + 1;
  }
  writer.close();
}

void listBlocked(Request &request) {
  const engine::Engine &engine = request.engine();
  Vector<engine::Holder> holders;
  if (!engine.holders(holders))
    return request.failNoMemory();
  wire::Writer writer;
  writer.startReply(request.message.serial());
  writer.openArray("(sasa(sss))");
  for (size_t i = 0; i < holders.size() && writer.good();) {
    engine::EventIndex index = holders[i].event;
    engine::EventView event;
    (void)engine.viewEvent(index, event);
    writer.openStruct();
    writer.string(event.name);
    writeVariables(writer, event.variables);
    writer.openArray("(sss)");
    for (; i < holders.size() && holders[i].event == index; ++i) {
      writer.openStruct();
      writer.string(request.server.jobName(holders[i].job));
      writer.string(instanceOf(engine, holders[i]));
      writer.string(reason(engine, holders[i]));
      writer.close();
    }
    writer.close();
    writer.close();
  }
  writer.close();
  request.answer(writer);
}

// --- GetRejected.

void getRejected(Request &request) {
  const DaemonHooks &daemon = request.server.daemon;
  wire::Writer writer;
  writer.startReply(request.message.serial());
  writer.openArray("(ss)");
  Text name;
  Text message;
  for (uint32_t i = 0; daemon.rejectedAt && writer.good() &&
                       daemon.rejectedAt(daemon.context, i, name, message);
       ++i) {
    writer.openStruct();
    writer.string(name);
    writer.string(message);
    writer.close();
  }
  writer.close();
  request.answer(writer);
}

} // namespace starton::control
