// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Holding back what could see the result of a compilation that is under way:
// whoever writes a job file and starts the job at once finds it. Requests of
// one caller stay in order; nobody else is held up.

#include "Interfaces.h"
#include "starton/Runtime/Control/Names.h"
#include "starton/Runtime/Control/Upstart.h"
#include <cstdio>
#include <cstring>

namespace starton::control {

static bool isGated(const wire::Incoming &message) {
  for (const MethodRow &row : methods())
    if (row.gated && equal(message.member(), textOf(row.name)))
      return true;
  return false;
}

/// The job that a call is about, where that is plain: the one whose object is
/// called, or the only argument of GetJobByName. Empty: any.
static Text jobOf(const wire::Incoming &message, Vector<char> &name) {
  Text path = message.path();
  size_t prefix = sizeof(JobsPath) - 1;
  if (equal(path, textOf(ManagerPath))) {
    if (!equal(message.member(), textOf("GetJobByName")) ||
        !equal(message.signature(), textOf("s")))
      return {};
    Text argument = wire::Reader(message).string();
    // What is not UTF-8 is spelled with a backslash (Names.h).
    return std::memchr(argument.data(), '\\', argument.size()) ? Text()
                                                               : argument;
  }
  if (path.size() <= prefix || !equal(path.slice(0, prefix), textOf(JobsPath)))
    return {};
  Text element = path.slice(prefix, path.size() - prefix);
  if (const void *slash = std::memchr(element.data(), '/', element.size()))
    element.count =
        static_cast<size_t>(static_cast<const char *>(slash) - element.data());
  return readElement(element, name) ? wire::viewOf(name) : Text();
}

uint64_t Server::Impl::ticketFor(Text job) const {
  return daemon.gateTicket ? daemon.gateTicket(daemon.context, job) : 0;
}

uint64_t Server::Impl::ticketOf(const wire::Incoming &message) const {
  Vector<char> name;
  return daemon.gateTicket && isGated(message) ? ticketFor(jobOf(message, name))
                                               : 0;
}

bool Server::Impl::hold(Connection &from, const wire::Incoming &message,
                        uint64_t ticket, bool begun) {
  if (!from.held.push({message.get(), ticket, begun}))
    return false;
  message.keep();
  return true;
}

/// The highest ticket that \p sender waits for in these messages.
static bool waits(Span<const HeldMessage> held, Text sender, uint64_t &ticket) {
  bool any = false;
  for (const HeldMessage &earlier : held) {
    if (!equal(sender, wire::senderOf(earlier.message)))
      continue;
    any = true;
    ticket = earlier.ticket > ticket ? earlier.ticket : ticket;
  }
  return any;
}

void Server::Impl::receive(Connection &from, DBusMessage *message) {
  wire::Incoming incoming(message);
  uint64_t ticket = ticketOf(incoming);
  if (!waits(from.held.span(), incoming.sender(), ticket) && ticket == 0)
    return dispatch(from, incoming);
  if (!hold(from, incoming, ticket, false))
    Request{*this, from, incoming, {}}.failNoMemory();
}

static void answerReload(Request request) {
  const char *why = request.server.reloadError;
  if (!*why)
    return request.answerEmpty();
  request.failStandard("org.freedesktop.DBus.Error.Failed", {textOf(why)});
}

/// What waited long enough is carried out, that of each sender in order. What
/// is carried out may be held anew, at the end.
void Server::Impl::releaseHeld(Connection &connection) {
  Vector<HeldMessage> &held = connection.held;
  size_t count = held.size();
  size_t kept = 0;
  for (size_t i = 0; i < count; ++i) {
    HeldMessage next = held[i];
    Text sender = wire::senderOf(next.message);
    bool behind = waits({held.data(), kept}, sender, next.ticket);
    behind |=
        waits({held.data() + count, held.size() - count}, sender, next.ticket);
    if (behind || isClosed(next) || connection.doomed) {
      held[kept++] = next;
      continue;
    }
    wire::Incoming message(next.message);
    if (next.begun)
      answerReload({*this, connection, message, {}});
    else
      dispatch(connection, message);
  }
  for (size_t i = count; i < held.size(); ++i)
    held[kept++] = held[i];
  held.shrink(kept);
}

void Server::Impl::failHeld(const char *name, Text why) {
  for (uint32_t i = 0; i < count; ++i) {
    for (const HeldMessage &held : connections[i]->held) {
      wire::Incoming message(held.message);
      Request{*this, *connections[i], message, {}}.failStandard(name, {why});
    }
    // Each was given up with the message that it was read as.
    connections[i]->held.clear();
  }
}

void Server::Impl::dropHeld(Connection &connection) {
  for (const HeldMessage &held : connection.held)
    wire::drop(held.message);
  connection.held.clear();
}

void reloadConfiguration(Request &request) {
  Server::Impl &server = request.server;
  if (!server.daemon.reload)
    return notSupported(request);
  uint64_t ticket = 0;
  if (const char *why = server.daemon.reload(server.daemon.context, ticket))
    return request.failStandard("org.freedesktop.DBus.Error.Failed",
                                {textOf(why)});
  if (ticket <= server.endedReload)
    return answerReload(request);
  if (!server.hold(request.from, request.message, ticket, true))
    request.failNoMemory();
}

void Server::reloadEnded(uint64_t ticket, const char *why) {
  if (!impl || ticket < impl->endedReload)
    return;
  impl->endedReload = ticket;
  std::snprintf(impl->reloadError, sizeof impl->reloadError, "%s",
                why ? why : "");
  impl->lookAtHeld();
}

void Server::gateOpened(uint64_t ticket) {
  if (!impl)
    return;
  impl->openTicket = ticket;
  impl->lookAtHeld();
}

void Server::Impl::lookAtHeld() {
  gateMoved = true;
  // The engine may be in the middle of its actions now.
  if (!settling)
    loop.wakeAt(loop.context, now());
}

} // namespace starton::control
