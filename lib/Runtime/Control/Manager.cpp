// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// com.ubuntu.Upstart0_6 (runtime §7.2).

#include "Interfaces.h"
#include "starton/Runtime/Control/Names.h"
#include <cerrno>

namespace starton::control {

engine::ClassIndex findJob(engine::Engine &engine, Text name) {
  engine::ClassIndex job = engine.findClass(name);
  Vector<char> raw;
  if (job != engine::NoClass || !raw.resize(name.size() + 1))
    return job;
  char *end = writeUnprintable(name, raw.data());
  return engine.findClass({raw.data(), static_cast<size_t>(end - raw.data())});
}

static bool checkName(Request &request, Text name) {
  if (!name.empty())
    return true;
  request.fail(engine::ErrorName::InvalidArgs,
               {textOf("Name may not be empty string")});
  return false;
}

void failUnknownJob(Request &request, Text name) {
  request.fail(engine::ErrorName::UnknownJob, {textOf("Unknown job: "), name});
}

bool readEnvironment(Request &request, wire::Reader &reader,
                     Vector<Text> &environment) {
  if (!reader.strings(environment)) {
    request.failNoMemory();
    return false;
  }
  for (Text variable : environment) {
    if (std::memchr(variable.data(), '=', variable.size()))
      continue;
    request.fail(engine::ErrorName::InvalidArgs,
                 {textOf("Env must be KEY=VALUE pairs")});
    return false;
  }
  return true;
}

void notSupported(Request &request) {
  request.failStandard(
      "org.freedesktop.DBus.Error.NotSupported",
      {request.message.member(), textOf(" is not supported by this daemon")});
}

void getJobByName(Request &request) {
  Text name = wire::Reader(request.message).string();
  if (!checkName(request, name))
    return;
  engine::ClassIndex job = findJob(request.engine(), name);
  if (job == engine::NoClass)
    return failUnknownJob(request, name);
  wire::Writer writer;
  writer.startReply(request.message.serial());
  writer.objectPath(request.server.jobName(job));
  request.answer(writer);
}

void getAllJobs(Request &request) {
  wire::Writer writer;
  writer.startReply(request.message.serial());
  writer.openArray("o");
  for (uint32_t i = 0; i < request.engine().classCount(); ++i)
    writer.objectPath(request.server.jobName(request.engine().classAt(i)));
  writer.close();
  request.answer(writer);
}

static void emitEvent(Request &request, bool withFile) {
  wire::Reader reader(request.message);
  Text name = reader.string();
  Vector<Text> environment;
  if (!checkName(request, name) ||
      !readEnvironment(request, reader, environment))
    return;
  engine::Input input;
  input.kind = engine::Input::Kind::EmitEvent;
  input.name = name;
  input.env = wire::viewOf(environment);
  input.wait = reader.boolean();
  if (withFile)
    input.descriptor = reader.descriptor();
  if (withFile && input.descriptor < 0)
    return request.failSystem(EMFILE);
  if (!request.submit(input, ReplyShape::Empty) && withFile)
    wire::closeDescriptor(input.descriptor);
}

void emitEvent(Request &request) { emitEvent(request, false); }

void emitEventWithFile(Request &request) { emitEvent(request, true); }

void endSession(Request &request) {
  request.answerEmpty();
  // PID 1 has no session to end.
  if (!request.server.options.userMode)
    return;
  engine::Input input;
  input.kind = engine::Input::Kind::Shutdown;
  input.name = textOf("logout");
  (void)request.server.daemon.feed(request.server.daemon.context, input);
}

void notifyDiskWriteable(Request &request) {
  const DaemonHooks &daemon = request.server.daemon;
  int error = daemon.diskWriteable ? daemon.diskWriteable(daemon.context) : 0;
  if (error == 0)
    return request.answerEmpty();
  request.failSystem(error);
}

void getState(Request &request) {
  const DaemonHooks &daemon = request.server.daemon;
  if (!daemon.state)
    return notSupported(request);
  Vector<char> json;
  if (!daemon.state(daemon.context, json))
    return request.failNoMemory();
  wire::Writer writer;
  writer.startReply(request.message.serial());
  writer.string(wire::viewOf(json));
  request.answer(writer);
}

/// Who asks is answered by the end of the connection, or refuseRestart().
void restartDaemon(Request &request) {
  Server::Impl &server = request.server;
  if (!server.daemon.restart)
    return notSupported(request);
  uint32_t index = None;
  engine::RequestToken token = 0;
  if (!request.await(ReplyShape::Restart, index, token))
    return;
  int error = server.daemon.restart(server.daemon.context);
  if (error == 0)
    return;
  PendingRequest unused;
  (void)server.takePending(token, unused);
  request.failSystem(error);
}

// --- Properties.

// In the order of engine::Priority.
static constexpr const char *PriorityNames[] = {"debug", "info",  "message",
                                                "warn",  "error", "fatal"};

void writeVersion(Request &, wire::Writer &writer) {
  writer.string(textOf(DaemonVersion));
}

void writeLogPriority(Request &request, wire::Writer &writer) {
  const DaemonHooks &daemon = request.server.daemon;
  engine::Priority priority = daemon.logPriority(daemon.context);
  writer.string(textOf(PriorityNames[static_cast<unsigned>(priority)]));
}

void setLogPriority(Request &request, wire::Reader &value) {
  Text name;
  if (!value.variantString(name))
    return request.fail(engine::ErrorName::InvalidArgs,
                        {textOf("Invalid arguments to log_priority property")});
  if (!checkPrivilege(request, "set log priority"))
    return;
  for (unsigned i = 0; i < 6; ++i) {
    if (!equal(name, textOf(PriorityNames[i])))
      continue;
    const DaemonHooks &daemon = request.server.daemon;
    daemon.setLogPriority(daemon.context, static_cast<engine::Priority>(i));
    return request.answerEmpty();
  }
  request.fail(engine::ErrorName::InvalidArgs,
               {textOf("The log priority given was not recognised")});
}

} // namespace starton::control
