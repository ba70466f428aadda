// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Connections: who is let in, who is served, who is closed.

#include "starton/Runtime/Control/Server.h"
#include "ServerImpl.h"
#include <cstdio>
#include <new>

namespace starton::control {

void sessionAddress(char (&buffer)[96], uint32_t user, int32_t pid) {
  std::snprintf(buffer, sizeof(buffer),
                "unix:abstract=/com/ubuntu/upstart-session/%u/%d", user, pid);
}

Server::~Server() { close(); }

bool Server::listen(const ServerOptions &options, const LoopHooks &loop,
                    const DaemonHooks &daemon, engine::Engine &engine,
                    char (&error)[160]) {
  void *memory = allocate(sizeof(Impl));
  if (!memory) {
    std::snprintf(error, sizeof(error), "no memory");
    return false;
  }
  impl = new (memory) Impl(options, loop, daemon, engine);
  auto accept = [](void *context, DBusConnection *fresh) {
    static_cast<Impl *>(context)->accept(fresh);
  };
  if (impl->listener.open(options.address, options.listening, impl->loop,
                          accept, impl, error))
    return true;
  close();
  return false;
}

void Server::close() {
  if (!impl)
    return;
  impl->listener.close();
  for (uint32_t i = 0; i < impl->count; ++i) {
    impl->dropHeld(*impl->connections[i]);
    impl->connections[i]->~Connection();
    release(impl->connections[i]);
  }
  impl->loop.wakeAt(impl->loop.context, Never);
  impl->~Impl();
  release(impl);
  impl = nullptr;
}

unsigned Server::connectionCount() const { return impl ? impl->count : 0; }

int Server::listeningDescriptor() const {
  return impl ? impl->listener.descriptor() : -1;
}

void Server::ready(int fd, unsigned events) {
  if (!impl)
    return;
  impl->settling = true;
  if (fd == impl->listener.descriptor()) {
    impl->accepted = false;
    impl->listener.handle(events);
    if (!impl->accepted) {
      // Out of descriptors, most likely: the client stays in the backlog, and
      // asking again at once would only burn the processor.
      impl->rest();
    }
  } else {
    for (uint32_t i = 0; i < impl->count; ++i) {
      Connection &connection = *impl->connections[i];
      if (connection.link.descriptor() != fd)
        continue;
      if (!connection.link.handle(events))
        impl->doom(connection);
      impl->serve(connection);
      break;
    }
  }
  impl->settle();
}

void Server::expire() {
  if (!impl)
    return;
  impl->settling = true;
  uint64_t now = impl->now();
  bool released = impl->gateMoved;
  impl->gateMoved = false;
  if (impl->mutedUntil != 0 && now >= impl->mutedUntil) {
    impl->mutedUntil = 0;
    if (!impl->listener.mute(false))
      impl->rest();
  }
  for (uint32_t i = 0; i < impl->count; ++i) {
    Connection &connection = *impl->connections[i];
    if (connection.authenticateBy <= now && !connection.link.isAuthenticated())
      impl->doom(connection);
    if (released)
      impl->releaseHeld(connection);
    if (released || connection.more)
      impl->serve(connection);
  }
  impl->settle();
}

void Server::perform(const engine::Action &action) {
  if (impl)
    impl->perform(action);
}

// --- Admission.

/// Strangers are simply not kept: libdbus then closes them.
bool Server::Impl::isKnown(const wire::Peer &peer) const {
  return peer.user == 0 || peer.user == options.daemonUser;
}

bool Server::Impl::makeRoom(const wire::Peer &peer, bool relay) {
  bool all = relay || peer.user == 0;
  uint32_t room = all ? MaxConnections : MaxConnections - ReservedConnections;
  uint32_t admitted = 0;
  for (uint32_t i = 0; i < count; ++i)
    admitted += !connections[i]->refused;
  if (admitted < room || evictSilent(peer.user))
    return true;
  evictRefused();
  return false;
}

/// Nothing is owed to it: no answer, no signals that it has asked for.
static bool isIdle(const Connection &connection) {
  return connection.pending == 0 && connection.held.empty() &&
         !connection.more && !connection.follows && !connection.relay;
}

bool Server::Impl::evictSilent(uint32_t user) {
  uint32_t longest = None;
  for (uint32_t i = 0; i < count; ++i) {
    const Connection &connection = *connections[i];
    if (connection.user == user && !connection.refused && isIdle(connection) &&
        (longest == None || connection.heard < connections[longest]->heard ||
         (connection.heard == connections[longest]->heard &&
          connection.opened < connections[longest]->opened)))
      longest = i;
  }
  // At once, not doomed: its place is needed, and the engine knows nothing of
  // it.
  if (longest != None)
    bury(longest);
  return longest != None;
}

void Server::Impl::evictRefused() {
  uint32_t refused = 0;
  uint32_t oldest = None;
  for (uint32_t i = 0; i < count; ++i) {
    if (!connections[i]->refused)
      continue;
    ++refused;
    if (oldest == None || connections[i]->opened < connections[oldest]->opened)
      oldest = i;
  }
  if (refused >= RefusedConnections)
    bury(oldest);
}

void Server::Impl::rest() {
  mutedUntil = now() + AcceptPause;
  listener.mute(true);
}

/// Each user has a number of its own: nobody's silence costs another.
void Server::Impl::evictUnauthenticated(uint32_t user) {
  Connection *oldest = nullptr;
  unsigned unauthenticated = 0;
  for (uint32_t i = 0; i < count; ++i) {
    Connection &connection = *connections[i];
    if (connection.doomed || connection.user != user ||
        connection.link.isAuthenticated())
      continue;
    ++unauthenticated;
    if (!oldest || connection.authenticateBy < oldest->authenticateBy)
      oldest = &connection;
  }
  if (unauthenticated >= MaxUnauthenticated)
    doom(*oldest);
}

void Server::Impl::accept(DBusConnection *fresh) {
  accepted = true;
  wire::Peer peer;
  if (!wire::peerOf(fresh, peer))
    return;
  bool relay = daemon.isRelay && daemon.isRelay(daemon.context, peer.pid);
  if (!relay && !isKnown(peer))
    return;
  bool refused = !makeRoom(peer, relay);
  evictUnauthenticated(peer.user);
  void *memory = allocate(sizeof(Connection));
  if (!memory)
    return;
  auto *connection = new (memory) Connection();
  if (!connection->link.open(fresh, loop, options.daemonUser)) {
    connection->~Connection();
    release(connection);
    return;
  }
  connection->authenticateBy = now() + AuthenticationTime;
  connection->opened = ++opened;
  connection->user = peer.user;
  connection->relay = relay;
  connection->refused = refused;
  connections[count++] = connection;
  daemon.log(daemon.context, engine::Priority::Info,
             textOf("Connection from private client"));
}

// --- Service.

void Server::Impl::serve(Connection &connection) {
  unsigned left = MessageBatch;
  connection.more = false;
  // A client that does not read its answers gets no new ones; what it sends
  // meanwhile stays in the kernel, see MaxReceivedBytes.
  while (!connection.doomed && left > 0 &&
         connection.held.size() < MaxHeldPerConnection &&
         connection.link.unreadBytes() <= MaxQueuedBytes) {
    DBusMessage *message = connection.link.take();
    if (!message)
      break;
    --left;
    connection.heard = now();
    if (connection.refused)
      refuse(connection, message);
    else
      receive(connection, message);
  }
  if (connection.doomed)
    return;
  connection.more = left == 0 && connection.link.hasMessages();
  // What a client sent before it left is carried out.
  if (!connection.more && connection.held.empty() &&
      !connection.link.isConnected())
    doom(connection);
}

void Server::Impl::refuse(Connection &connection, DBusMessage *message) {
  wire::Incoming incoming(message);
  Request{*this, connection, incoming, {}}.failStandard(
      "org.freedesktop.DBus.Error.LimitsExceeded",
      {textOf("Too many clients are connected to the daemon")});
}

void Server::Impl::doom(Connection &connection) {
  connection.doomed = true;
  if (!settling)
    loop.wakeAt(loop.context, now());
}

void Server::Impl::bury(uint32_t index) {
  Connection *connection = connections[index];
  connections[index] = connections[--count];
  for (uint32_t i = 0; connection->pending > 0 && i < pending.limit(); ++i) {
    if (pending[i].connection == connection)
      forgetPending(i);
  }
  dropHeld(*connection);
  connection->~Connection();
  release(connection);
}

void Server::Impl::forgetPending(uint32_t index) {
  engine::Input input;
  input.kind = engine::Input::Kind::ClientGone;
  input.request =
      engine::RequestToken(pending[index].generation) << 32 | (index + 1);
  --pending[index].connection->pending;
  pending.give(index);
  (void)daemon.feed(daemon.context, input);
}

void Server::Impl::settle() {
  // Telling the engine that a client is gone can make signals that doom
  // another one.
  for (bool again = true; again;) {
    again = false;
    for (uint32_t i = count; i-- > 0;) {
      if (i >= count || !connections[i]->doomed)
        continue;
      bury(i);
      again = true;
    }
  }
  settling = false;
  requestWake();
}

void Server::Impl::requestWake() {
  uint64_t deadline = gateMoved ? 0 : mutedUntil ? mutedUntil : Never;
  for (uint32_t i = 0; i < count; ++i) {
    Connection &connection = *connections[i];
    if (connection.authenticateBy != Never && connection.link.isAuthenticated())
      connection.authenticateBy = Never;
    uint64_t wish = connection.more ? 0 : connection.authenticateBy;
    deadline = wish < deadline ? wish : deadline;
  }
  loop.wakeAt(loop.context, deadline);
}

// --- Sending.

void Server::Impl::send(Connection &connection, const wire::Writer &writer) {
  if (connection.doomed)
    return;
  long limit =
      connection.authenticateBy == Never || connection.link.isAuthenticated()
          ? MaxUnreadBytes
          : MaxUnreadUnauthenticated;
  // Without memory for an answer the client must not wait for it for ever.
  if (!connection.link.send(writer) || connection.link.unreadBytes() > limit)
    return doom(connection);
  if (connection.link.isConnected())
    return;
  // What it sent before it went is still to be dealt with.
  connection.more = true;
  if (!settling)
    loop.wakeAt(loop.context, now());
}

void Server::Impl::broadcast(const wire::Writer &writer, bool followers) {
  long total = 0;
  long most = 0;
  Connection *worst = nullptr;
  for (uint32_t i = 0; i < count; ++i) {
    Connection &connection = *connections[i];
    // While a client authenticates, libdbus reads when it sends: the client's
    // first call would be taken from the socket unseen, and never be served.
    if (!connection.link.isAuthenticated() ||
        (followers && !connection.follows))
      continue;
    send(connection, writer);
    if (connection.doomed)
      continue;
    long unread = connection.link.unreadBytes();
    total += unread;
    if (unread > most) {
      most = unread;
      worst = &connection;
    }
  }
  if (worst && total > MaxTotalUnreadBytes)
    doom(*worst);
}

} // namespace starton::control
