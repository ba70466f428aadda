// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Holding back what could see the result of a compilation that is under way:
// whoever writes a job file and starts the job at once finds it. Requests of
// one caller stay in order; nobody else is held up.

#include "Interfaces.h"

namespace starton::control {

static bool isGated(const wire::Incoming &message) {
  for (const MethodRow &row : methods())
    if (row.gated && equal(message.member(), textOf(row.name)))
      return true;
  return false;
}

bool Server::Impl::mustWait(const Connection &from,
                            const wire::Incoming &message) const {
  Text sender = message.sender();
  for (const HeldMessage &earlier : from.held)
    if (equal(sender, wire::senderOf(earlier.message)))
      return true;
  return gateClosed() && isGated(message);
}

bool Server::Impl::hold(Connection &from, const wire::Incoming &message,
                        bool begun) {
  if (!from.held.push({message.get(), begun}))
    return false;
  message.keep();
  return true;
}

void Server::Impl::receive(Connection &from, DBusMessage *message) {
  wire::Incoming incoming(message);
  if (!mustWait(from, incoming))
    return dispatch(from, incoming);
  if (!hold(from, incoming, false))
    Request{*this, from, incoming, {}}.failNoMemory();
}

/// What waited is carried out in order, until something closes the gate again.
void Server::Impl::releaseHeld(Connection &connection) {
  size_t done = 0;
  while (done < connection.held.size() && !gateClosed() && !connection.doomed) {
    HeldMessage next = connection.held[done++];
    wire::Incoming message(next.message);
    if (next.begun)
      Request{*this, connection, message, {}}.answerEmpty();
    else
      dispatch(connection, message);
  }
  size_t left = connection.held.size() - done;
  for (size_t i = 0; i < left; ++i)
    connection.held[i] = connection.held[done + i];
  connection.held.shrink(left);
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
  if (int error = server.daemon.reload(server.daemon.context))
    return request.failSystem(error);
  // Nobody else has to wait for the answer, but what the caller asks next.
  if (!server.gateClosed())
    return request.answerEmpty();
  if (!server.hold(request.from, request.message, true))
    request.failNoMemory();
}

void Server::gateOpened() {
  if (!impl)
    return;
  impl->gateMoved = true;
  // The engine may be in the middle of its actions now.
  if (!impl->settling)
    impl->loop.wakeAt(impl->loop.context, impl->now());
}

} // namespace starton::control
