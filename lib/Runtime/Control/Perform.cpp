// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Answers and announcements of the engine as messages.

#include "Interfaces.h"
#include "ServerImpl.h"
#include "starton/Runtime/Control/Upstart.h"
#include "starton/Table/JobTable_generated.h"

namespace starton::control {

const char *wireName(engine::ErrorName name) {
  switch (name) {
  case engine::ErrorName::InvalidArgs:
    return "org.freedesktop.DBus.Error.InvalidArgs";
  case engine::ErrorName::NoMemory:
    return "org.freedesktop.DBus.Error.NoMemory";
  case engine::ErrorName::UnknownJob:
    return "com.ubuntu.Upstart0_6.Error.UnknownJob";
  case engine::ErrorName::UnknownInstance:
    return "com.ubuntu.Upstart0_6.Error.UnknownInstance";
  case engine::ErrorName::UnknownJobInstance:
    return "com.ubuntu.Upstart0_6.Error.UnknownJobInstance";
  case engine::ErrorName::AlreadyStarted:
    return "com.ubuntu.Upstart0_6.Error.AlreadyStarted";
  case engine::ErrorName::AlreadyStopped:
    return "com.ubuntu.Upstart0_6.Error.AlreadyStopped";
  case engine::ErrorName::JobFailed:
    return "com.ubuntu.Upstart0_6.Error.JobFailed";
  case engine::ErrorName::EventFailed:
    return "com.ubuntu.Upstart0_6.Error.EventFailed";
  case engine::ErrorName::NotRunning:
    return "com.ubuntu.Upstart0_6.Error.NotRunning";
  case engine::ErrorName::PermissionDenied:
    return "com.ubuntu.Upstart0_6.Error.PermissionDenied";
  case engine::ErrorName::ShuttingDown:
    return "com.ubuntu.Upstart0_6.Error.ShuttingDown";
  }
  return "org.freedesktop.DBus.Error.Failed";
}

Text Server::Impl::jobName(engine::ClassIndex job) const {
  return engine.className(job);
}

bool Server::Impl::takePending(engine::RequestToken token,
                               PendingRequest &request) {
  uint32_t index = static_cast<uint32_t>(token) - 1;
  if (index >= pending.limit())
    return false;
  request = pending[index];
  if (!request.connection || request.generation != token >> 32)
    return false;
  --request.connection->pending;
  pending.give(index);
  return true;
}

void Server::Impl::reply(const engine::Action &action) {
  PendingRequest request;
  if (!takePending(action.request, request))
    return;
  wire::Writer writer;
  if (action.kind == engine::Action::Kind::ReplyError) {
    writer.startError(request.serial, wireName(action.error), action.text);
  } else {
    writer.startReply(request.serial);
    if (request.shape == ReplyShape::Instance)
      writer.objectPath(jobName(action.job), &action.text);
  }
  send(*request.connection, writer);
}

void Server::Impl::settlePending(ReplyShape shape, const char *name, Text why) {
  for (uint32_t i = 0; i < pending.limit(); ++i) {
    PendingRequest request = pending[i];
    ReplyShape kind = request.shape == ReplyShape::Instance ? ReplyShape::Empty
                                                            : request.shape;
    if (!request.connection || kind != shape)
      continue;
    --request.connection->pending;
    pending.give(i);
    wire::Writer writer;
    if (name)
      writer.startError(request.serial, name, why);
    else
      writer.startReply(request.serial);
    send(*request.connection, writer);
  }
}

/// A signal of the manager's that carries nothing.
void Server::Impl::signal(const char *name, Connection *only) {
  wire::Writer writer;
  writer.startSignal(ManagerPath, ManagerInterface, name);
  if (writer.good())
    only ? send(*only, writer) : broadcast(writer);
}

void Server::restarted() {
  if (!impl)
    return;
  impl->signal("Restarted");
  impl->justRestarted = true;
}

void Server::refuseRestart(Text why) {
  if (impl)
    impl->settlePending(ReplyShape::Restart,
                        "org.freedesktop.DBus.Error.Failed", why);
}

void Server::abandonRequests() {
  if (!impl)
    return;
  impl->settlePending(ReplyShape::Empty, "org.freedesktop.DBus.Error.NoReply",
                      textOf("The daemon is being re-executed: what was "
                             "asked for goes on, but its end will not be "
                             "told"));
  impl->failHeld("org.freedesktop.DBus.Error.NoReply",
                 textOf("The daemon is being re-executed: what waited for the "
                        "job files to be read is not done"));
}

/// Whether a signal would reach anybody.
bool Server::Impl::anyListener() const {
  for (uint32_t i = 0; i < count; ++i)
    if (connections[i]->link.isAuthenticated())
      return true;
  return false;
}

void Server::Impl::announce(const engine::Action &action) {
  if (!anyListener())
    return;
  using Kind = engine::Action::Announcement;
  Vector<char> path;
  wire::Writer writer;
  const SignalRow &row = signalRow(action.announce);
  bool ofJob = row.face == Face::Job;
  bool pathMade = true;
  const char *from = ManagerPath;
  if (row.face != Face::Manager) {
    pathMade = wire::appendObjectPath(path, jobName(action.job),
                                      ofJob ? nullptr : &action.text);
    from = path.data();
  }
  // Without memory for a signal everybody misses it: the order of the others
  // stays, and the state can be asked for.
  if (!pathMade)
    return;
  writer.startSignal(from, interfaceName(row.face), row.name);
  switch (action.announce) {
  case Kind::InstanceAdded:
  case Kind::InstanceRemoved:
    writer.objectPath(jobName(action.job), &action.text);
    break;
  case Kind::JobAdded:
  case Kind::JobRemoved:
    writer.objectPath(jobName(action.job), nullptr);
    break;
  case Kind::GoalChanged:
    writer.string(textOf(engine::goalName(action.goal)));
    break;
  case Kind::StateChanged:
    writer.string(textOf(engine::stateName(action.state)));
    break;
  case Kind::Failed:
    writer.int32(action.status);
    break;
  case Kind::EventEmitted:
    writer.string(action.text);
    writer.openArray("s");
    for (Text variable : action.env)
      writer.string(variable);
    writer.close();
    break;
  }
  if (writer.good())
    broadcast(writer);
}

/// Counts changes even while nobody follows them, so that the number in an
/// answer of ListAll always says which of them it includes.
void Server::Impl::announceChange(const engine::Action &action) {
  using Kind = engine::Action::Announcement;
  Kind what = action.announce;
  if (what == Kind::Failed || what == Kind::EventEmitted)
    return;
  ++changes;
  bool followed = false;
  for (uint32_t i = 0; i < count; ++i)
    followed = followed || connections[i]->follows;
  if (!followed)
    return;
  engine::InstanceView view; // stop/waiting
  bool moved = what == Kind::GoalChanged || what == Kind::StateChanged;
  if (moved)
    (void)engine.viewInstance(action.instance, view);
  if (what == Kind::GoalChanged)
    view.goal = action.goal;
  if (what == Kind::StateChanged)
    view.state = action.state;
  bool gone = what == Kind::JobRemoved;
  bool ofJob = gone || what == Kind::JobAdded;
  wire::Writer writer;
  writer.startSignal(ManagerPath, Init1Interface, "Changed");
  writer.uint64(changes);
  writer.string(jobName(action.job));
  writer.string(ofJob ? Text() : action.text);
  writer.string(textOf(gone ? "" : engine::goalName(view.goal)));
  writer.string(textOf(gone ? "" : engine::stateName(view.state)));
  if (writer.good())
    broadcast(writer, true);
}

void Server::Impl::perform(const engine::Action &action) {
  switch (action.kind) {
  case engine::Action::Kind::Reply:
  case engine::Action::Kind::ReplyError:
    return reply(action);
  case engine::Action::Kind::Announce:
    announce(action);
    return announceChange(action);
  default:
    return;
  }
}

} // namespace starton::control
