// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The server's inside: connections and their limits (Server.cpp), what the
// engine answers (Perform.cpp), which object and method a message is for
// (Dispatch.cpp), the interfaces (Interfaces.h and the files behind it).
//
// A connection is never closed where its failure is seen, because that may be
// in the middle of the engine's actions, when the engine takes no input: it is
// doomed, and settle() closes it at the end of ready() and expire().

#ifndef STARTON_LIB_RUNTIME_CONTROL_SERVERIMPL_H
#define STARTON_LIB_RUNTIME_CONTROL_SERVERIMPL_H

#include "Wire.h"
#include "starton/Runtime/Control/Server.h"
#include "starton/Runtime/Support/Pool.h"
#include <initializer_list>

namespace starton::control {

using wire::Text;

/// In total, whatever the number of connections.
constexpr uint32_t MaxPending = 65536;
constexpr long MaxTotalUnreadBytes = 64L << 20;
/// Of one connection that has not authenticated.
constexpr long MaxUnreadUnauthenticated = 64L << 10;
/// Messages of one connection dealt with before the others get their turn.
constexpr unsigned MessageBatch = 64;
/// How long the listening socket rests when a client cannot be accepted.
constexpr uint64_t AcceptPause = 100'000'000;
constexpr uint64_t Never = ~uint64_t(0);

/// A message that waits for the gate, which it holds a reference to.
struct HeldMessage {
  DBusMessage *message;
  uint64_t ticket; ///< of DaemonHooks::gateTicket
  bool begun;      ///< a reload: only the answer waits, for its end
};

struct Connection {
  wire::Link link;
  Vector<HeldMessage> held;
  uint64_t authenticateBy = Never; ///< Never: it has authenticated
  uint32_t pending = 0;            ///< requests that the engine will answer
  bool doomed = false;
  bool more = false;    ///< messages were left for the next turn
  bool follows = false; ///< wants org.starton.Init1.Changed
  bool relay = false;   ///< to a message bus: see Relay.h
  bool refused = false; ///< there was no place for it
  uint64_t heard = 0;   ///< when it last called; 0: never
  uint64_t opened = 0;  ///< the how manyth it is
  uint32_t user = 0;    ///< of the process at the other end
};

/// What a successful answer carries. Restart: there is none. Bus: nothing, and
/// not the engine gives it.
enum class ReplyShape : uint8_t { Empty, Instance, Restart, Bus };

/// A request that the engine will answer. Free when connection is null.
struct PendingRequest {
  Connection *connection;
  uint64_t sender; ///< hash of the bus client's numbers; 0: no bus client
  uint32_t serial;
  uint32_t generation;
  uint32_t link;
  ReplyShape shape;
};

enum class ObjectKind : uint8_t { Manager, Job, Instance };

/// Which interface. Init1 is another one of the manager's object.
enum class Face : uint8_t { Manager, Job, Instance, Init1 };

struct Object {
  ObjectKind kind = ObjectKind::Manager;
  engine::ClassIndex job = engine::NoClass;
  engine::InstanceId instance = engine::NoInstance;
};

struct Request;

struct Server::Impl {
  Impl(const ServerOptions &options, const LoopHooks &loop,
       const DaemonHooks &daemon, engine::Engine &engine)
      : options(options), loop(loop), daemon(daemon), engine(engine) {}

  ServerOptions options;
  LoopHooks loop;
  DaemonHooks daemon;
  engine::Engine &engine;
  wire::Listener listener;
  uint64_t mutedUntil = 0;    ///< 0: the listening socket is heard
  bool accepted = false;      ///< since the last look at the listening socket
  bool settling = false;      ///< ready() or expire() is running
  bool gateMoved = false;     ///< what is held has to be looked at
  bool justRestarted = false; ///< the bus has not been told
  uint64_t changes = 0;       ///< sequence number of the last Changed
  uint64_t openTicket = 0;    ///< of gateOpened()
  uint64_t endedReload = 0;   ///< of reloadEnded()
  char reloadError[512] = {}; ///< of the same; empty: it went well
  uint64_t opened = 0;        ///< connections so far
  uint32_t count = 0;
  Connection *connections[MaxConnections + RefusedConnections] = {};
  Pool<PendingRequest> pending;

  // --- Server.cpp
  uint64_t now() const { return loop.now(loop.context); }
  void accept(DBusConnection *fresh);
  bool isKnown(const wire::Peer &peer) const;
  /// Whether there is a place, or one can be made. False: only among the
  /// refused, where it then is.
  bool makeRoom(const wire::Peer &peer, bool relay);
  bool evictSilent(uint32_t user);
  void evictRefused();
  void evictUnauthenticated(uint32_t user);
  /// Leaves new clients in the backlog for a while.
  void rest();
  void serve(Connection &connection);
  void refuse(Connection &connection, DBusMessage *message);
  void doom(Connection &connection);
  void settle();
  void bury(uint32_t index);
  void requestWake();

  // --- Gate.cpp
  /// The ticket of what is about \p job; 0: it need not wait.
  uint64_t ticketFor(Text job) const;
  uint64_t ticketOf(const wire::Incoming &message) const;
  /// Dispatches the message, which it takes over, or holds it back.
  void receive(Connection &from, DBusMessage *message);
  /// False: no memory.
  bool hold(Connection &from, const wire::Incoming &message, uint64_t ticket,
            bool begun);
  void releaseHeld(Connection &connection);
  bool isClosed(const HeldMessage &held) const {
    return held.ticket > (held.begun ? endedReload : openTicket);
  }
  void dropHeld(Connection &connection);
  /// Answers everything that is held with an error.
  void failHeld(const char *name, Text why);
  /// In the next turn of the loop.
  void lookAtHeld();

  /// Sends, and dooms who does not read.
  void send(Connection &connection, const wire::Writer &writer);
  /// \p followers: only to those.
  void broadcast(const wire::Writer &writer, bool followers = false);

  // --- Dispatch.cpp
  void dispatch(Connection &from, const wire::Incoming &message);

  // --- Perform.cpp
  void perform(const engine::Action &action);
  void reply(const engine::Action &action);
  bool anyListener() const;
  void announce(const engine::Action &action);
  void signal(const char *name, Connection *only = nullptr);
  /// org.starton.Init1.Changed, for announcements that are one.
  void announceChange(const engine::Action &action);
  /// Answers every waiting request of that shape, or of those that the engine
  /// answers (Empty). Null name: with success.
  void settlePending(ReplyShape shape, const char *name, Text why);

  // --- Bus.cpp
  /// What a relay says; false: it is nothing of that kind.
  bool takeRelayMessage(Connection &from, const wire::Incoming &message);
  void forgetSender(Connection &relay, uint64_t sender);
  /// Tells the bus daemon's side of changes of the global job environment.
  void shareEnvironment(Span<const Text> variables);
  /// Forgets one waiting request, and so does the engine.
  void forgetPending(uint32_t index);
  /// The connection and serial behind a token, which is then free; false when
  /// nobody waits for it.
  bool takePending(engine::RequestToken token, PendingRequest &request);

  Text jobName(engine::ClassIndex job) const;
};

/// A method call being carried out.
struct Request {
  Server::Impl &server;
  Connection &from;
  const wire::Incoming &message;
  Object object;

  engine::Engine &engine() const { return server.engine; }
  /// Who calls, behind a relay too; false: not known.
  bool user(uint32_t &uid) const;
  /// The view of the instance the call is for.
  engine::InstanceView view() const;

  /// Sends an answer whose writer was started with message.serial().
  void answer(const wire::Writer &writer);
  void answerEmpty();
  /// The text is the parts in a row.
  void fail(engine::ErrorName name, std::initializer_list<Text> text);
  void failStandard(const char *name, std::initializer_list<Text> text);
  void failUnknownMethod();
  /// Hands \p input to the engine, whose answer goes to the caller. False: it
  /// was not taken, and the caller has been told.
  bool submit(engine::Input &input, ReplyShape shape);
  /// Remembers who waits, if anybody does. False: too many wait, or there is
  /// no memory, and the caller has been told.
  bool await(ReplyShape shape, uint32_t &index, engine::RequestToken &token);
  void failNoMemory() {
    fail(engine::ErrorName::NoMemory, {textOf("Out of memory")});
  }
  /// The text of \p error, an errno.
  void failSystem(int error);
};

/// The whole D-Bus name of an error.
const char *wireName(engine::ErrorName name);

} // namespace starton::control

#endif // STARTON_LIB_RUNTIME_CONTROL_SERVERIMPL_H
