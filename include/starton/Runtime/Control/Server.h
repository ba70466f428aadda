// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The daemon's private D-Bus socket (spec/runtime §7): connections, the three
// com.ubuntu.Upstart0_6 interfaces, signals to every client.
//
// The server is driven, it owns no thread and no loop, and it never blocks,
// forks or exits. State changes go to the engine as Inputs through
// DaemonHooks::feed; what the engine answers comes back through perform(),
// during feed() or any time later. Queries use the engine's const methods.
//
//   Server server;
//   server.listen(options, loop, daemon, engine, error)
//   ... the loop:   server.ready(fd, events) when a watched descriptor is ready
//                   server.expire() at the deadline asked for by wakeAt()
//   ... the actions: server.perform(action) for Reply, ReplyError and Announce
//
// Hostile clients (docs/ARCHITECTURE.md, "Daemon"): a message has at most
// 1 MiB; a client that stops reading stops being read and, when its queue
// passes a limit, is closed; a connection has five seconds to authenticate;
// connections and pending requests are counted. All of this is bounded by the
// constants below, whatever the clients do.

#ifndef STARTON_RUNTIME_CONTROL_SERVER_H
#define STARTON_RUNTIME_CONTROL_SERVER_H

#include "starton/Runtime/Engine/Engine.h"
#include "starton/Runtime/Support/Vector.h"
#include <cstdint>

namespace starton::control {

/// What clients see as the daemon's version. Packaging scripts look for the
/// word "upstart" in it (runtime §8.7).
constexpr char DaemonVersion[] = "init (upstart 1.13.2)";

constexpr unsigned MaxConnections = 256;
constexpr unsigned MaxUnauthenticated = 32; ///< of one user
/// Of MaxConnections, for root only. The daemon's own user, another one, may
/// take all others. Who is one too many takes the place of a client of the same
/// user that nothing is owed to: one that has never called, else the one that
/// has been silent for longest.
constexpr unsigned ReservedConnections = 16;
/// Beside MaxConnections, for those that find no place: each of their calls is
/// answered with an error that says so.
constexpr unsigned RefusedConnections = 8;
constexpr unsigned MaxPendingPerConnection = 4096;
/// Messages of one connection that wait for the gate; more are not read.
constexpr unsigned MaxHeldPerConnection = 64;
constexpr long MaxMessageBytes = 1L << 20;
/// Received and not yet dealt with, per connection.
constexpr long MaxReceivedBytes = 2L << 20;
/// Above the first a client is no longer read, above the second it is closed.
constexpr long MaxQueuedBytes = 1L << 20;
constexpr long MaxUnreadBytes = 8L << 20;
constexpr uint64_t AuthenticationTime = 5'000'000'000; ///< nanoseconds

/// Bits of LoopHooks::watch and Server::ready.
constexpr unsigned EventReadable = 1;
constexpr unsigned EventWritable = 2;
constexpr unsigned EventHangup = 4; ///< ready() only: EPOLLHUP or EPOLLERR

/// What the server needs of the loop it lives in. Each descriptor has one
/// entry; level-triggered.
struct LoopHooks {
  void *context = nullptr;
  /// Adds the entry of \p fd, or changes it. False: no memory or descriptors;
  /// the server then closes that connection.
  bool (*watch)(void *context, int fd, unsigned events) = nullptr;
  /// Removes it; called before the descriptor is closed.
  void (*unwatch)(void *context, int fd) = nullptr;
  /// Asks for one expire() at \p deadline (CLOCK_MONOTONIC nanoseconds, may be
  /// in the past); replaces the previous one. ~0: none.
  void (*wakeAt)(void *context, uint64_t deadline) = nullptr;
  uint64_t (*now)(void *context) = nullptr;
};

/// What the server needs of the daemon around the engine.
struct DaemonHooks {
  void *context = nullptr;
  /// Sets the input's time and sequence, feeds it and, if it was taken,
  /// carries out the actions; perform() may be called before this returns.
  /// A descriptor of the input is the daemon's once the input is taken.
  engine::FeedResult (*feed)(void *context, engine::Input &input) = nullptr;
  engine::Priority (*logPriority)(void *context) = nullptr;
  void (*setLogPriority)(void *context, engine::Priority priority) = nullptr;
  void (*log)(void *context, engine::Priority priority,
              engine::Text text) = nullptr;
  /// NotifyDiskWriteable: writes out what jobs printed before. 0, or the errno
  /// whose text is the error. Null: nothing is ever kept back.
  int (*diskWriteable)(void *context) = nullptr;

  // --- Configuration. Null hooks: ReloadConfiguration is not supported,
  // nothing is ever held back, nothing was rejected.

  /// A change of the job files may have been noticed whose result is not in the
  /// engine yet. What asks about \p job (empty: about any job) then waits, in
  /// order, until gateOpened() is called with this number or a higher one; 0:
  /// no need to.
  uint64_t (*gateTicket)(void *context, engine::Text job) = nullptr;
  /// ReloadConfiguration: begins to read everything again. The caller is
  /// answered by reloadEnded() with \p ticket or a higher one, which may be
  /// called before this returns. Otherwise the text of the error, valid until
  /// the next input.
  const char *(*reload)(void *context, uint64_t &ticket) = nullptr;
  /// Why the definitions may not be what the job files say now; empty: they
  /// are. Valid until the next input.
  engine::Text (*outdated)(void *context) = nullptr;
  /// Why no file of this job name could be used, "FILE:LINE:COLUMN: MESSAGE";
  /// empty: none was rejected. Valid until the next input.
  engine::Text (*rejected)(void *context, engine::Text name) = nullptr;
  /// Whether that was found after the start: programs that know Upstart expect
  /// to be told no more than it tells of files that were broken before.
  bool (*rejectedLater)(void *context, engine::Text name) = nullptr;
  /// The index-th of them all, in a fixed order; false: there are no more.
  bool (*rejectedAt)(void *context, uint32_t index, engine::Text &name,
                     engine::Text &message) = nullptr;

  // --- State. Null hooks: not supported.

  /// GetState: appends the JSON text. False: no memory.
  bool (*state)(void *context, Vector<char> &json) = nullptr;
  /// Restart: 0 when the daemon will re-execute itself, from its loop and not
  /// under this call; or the errno whose text is the error. The caller gets no
  /// answer, unless refuseRestart() is called later.
  int (*restart)(void *context) = nullptr;

  // --- Details for org.starton.Init1. Null hooks: not told.

  /// CLOCK_REALTIME, nanoseconds.
  uint64_t (*wallTime)(void *context) = nullptr;
  /// Appends the path of the file that this instance's output goes to. False:
  /// there is none, or no memory.
  bool (*logPath)(void *context, engine::ClassIndex job, engine::Text instance,
                  Vector<char> &path) = nullptr;

  // --- The connection to a message bus (Relay.h). Null hooks: none.

  /// NotifyDBusAddress: connects to that bus and returns 0, the outcome comes
  /// with Server::busSettled(); or EALREADY when there is a connection; or
  /// another errno.
  int (*joinBus)(void *context, engine::Text address) = nullptr;
  /// Whether this process is our relay.
  bool (*isRelay)(void *context, int32_t pid) = nullptr;
  /// The relay says that it has joined the bus, or why it has not or no more.
  void (*relayTold)(void *context, bool connected, engine::Text why) = nullptr;

  // --- Processes.

  /// Processes that were started by this instance, have lost their parents
  /// since and belong to no process the engine knows. Fills \p pids and returns
  /// how many; needs no such instance to exist. Null: never any.
  size_t (*leftOver)(void *context, engine::Text job, engine::Text instance,
                     int32_t *pids, size_t capacity) = nullptr;
  /// Why the output of a process is lost: an errno; 0: it is not. Null: never.
  int32_t (*logError)(void *context, int32_t pid) = nullptr;
};

struct ServerOptions {
  /// unix:abstract=... or unix:path=...; see sessionAddress().
  const char *address = nullptr;
  bool userMode = false;
  uint32_t daemonUser = 0; ///< geteuid() of the daemon
  /// A socket that listens at the address already, which must be descriptor 3,
  /// or -1. It becomes the server's.
  int listening = -1;
};

/// See the file comment. Not movable; one per daemon.
///
/// listen() sets DBUS_FATAL_WARNINGS=0 in the environment of the process:
/// take the daemon's environment for its jobs before.
class Server {
public:
  Server() = default;
  ~Server();
  Server(const Server &) = delete;
  Server &operator=(const Server &) = delete;

  /// False: \p error (NUL-terminated, one line) says why, and nothing is open.
  /// The engine and what the hooks point to must outlive the server.
  [[nodiscard]] bool listen(const ServerOptions &options, const LoopHooks &loop,
                            const DaemonHooks &daemon, engine::Engine &engine,
                            char (&error)[160]);
  void ready(int fd, unsigned events);
  void expire();

  /// Takes Reply, ReplyError and Announce; Announce is sent to every
  /// connection in the order of the calls, and before a reply that follows it.
  /// Needs of the action: Reply/ReplyError: request, and for Start and Restart
  /// job and text = the instance's name (it may be gone by then). Announce of
  /// an instance: job and text = the instance's name. EventEmitted: text, env.
  void perform(const engine::Action &action);

  /// The results up to this ticket are in the engine, or there are none: what
  /// waited for them is carried out in the next turn of the loop.
  void gateOpened(uint64_t ticket);
  /// The reloads up to this ticket have come to their end: \p why says why
  /// their result is not in use (null: it is). They are answered in the next
  /// turn of the loop.
  void reloadEnded(uint64_t ticket, const char *why);

  /// After a re-exec: signal Restarted, to a bus when it is joined.
  void restarted();
  /// The re-exec that Restart asked for cannot take place.
  void refuseRestart(engine::Text why);
  /// Before a re-exec: whoever waits for an answer other than that of Restart
  /// is told that it will not come (runtime §6.7: connections end).
  void abandonRequests();

  /// The connection that joinBus() began is there; or not, and \p why says why
  /// (null: it is).
  void busSettled(const char *why);

  /// Disconnects everybody and closes the socket; writes what can be written
  /// without blocking first.
  void close();

  unsigned connectionCount() const;
  /// The listening socket, to be handed on; -1: there is none.
  int listeningDescriptor() const;

  struct Impl;

private:
  Impl *impl = nullptr;
};

/// "unix:abstract=/com/ubuntu/upstart-session/UID/PID"
void sessionAddress(char (&buffer)[96], uint32_t user, int32_t pid);

} // namespace starton::control

#endif // STARTON_RUNTIME_CONTROL_SERVER_H
