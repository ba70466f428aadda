// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Connections and the listening socket. A connection that only answers has no
// timeouts, so libdbus's timeout functions are not set.

#include "Standins.h"
#include "Wire.h"
#include <cstdio>
#include <cstdlib>
#include <dbus/dbus.h>
#include <sys/socket.h>

namespace starton::control::wire {

// --- WatchSet.

bool WatchSet::add(DBusWatch *watch) {
  for (DBusWatch *&slot : watches) {
    if (slot)
      continue;
    slot = watch;
    fd = dbus_watch_get_unix_fd(watch);
    update();
    if (failed)
      slot = nullptr;
    return !failed;
  }
  return false;
}

void WatchSet::remove(DBusWatch *watch) {
  bool empty = true;
  for (DBusWatch *&slot : watches) {
    if (slot == watch)
      slot = nullptr;
    empty = empty && !slot;
  }
  update();
  // libdbus is about to close it, and the number may come back for another.
  if (empty)
    fd = -1;
}

void WatchSet::update() {
  unsigned events = 0;
  for (DBusWatch *watch : watches) {
    if (!watch || !dbus_watch_get_enabled(watch) || muted)
      continue;
    unsigned flags = dbus_watch_get_flags(watch);
    events |= (flags & DBUS_WATCH_READABLE ? EventReadable : 0) |
              (flags & DBUS_WATCH_WRITABLE ? EventWritable : 0);
  }
  if (events == 0 && watched) {
    // Not merely an empty mask: a hang-up would be reported without end.
    loop->unwatch(loop->context, fd);
    watched = false;
  } else if (events != 0 && (!watched || events != asked)) {
    watched = loop->watch(loop->context, fd, events) || watched;
    failed = failed || !watched;
  }
  asked = events;
}

bool WatchSet::mute(bool on) {
  muted = on;
  failed = false;
  update();
  return !failed;
}

bool WatchSet::handle(unsigned events) {
  // A handler may remove any watch, so each is looked up again; reading comes
  // first, so that what a client wrote before it hung up is seen.
  static constexpr unsigned Kinds[] = {DBUS_WATCH_READABLE,
                                       DBUS_WATCH_WRITABLE};
  unsigned ready = (events & EventReadable ? DBUS_WATCH_READABLE : 0) |
                   (events & EventWritable ? DBUS_WATCH_WRITABLE : 0) |
                   (events & EventHangup ? DBUS_WATCH_HANGUP : 0);
  for (unsigned kind : Kinds) {
    for (unsigned i = 0; i < MaxWatches; ++i) {
      DBusWatch *watch = watches[i];
      if (!watch || !dbus_watch_get_enabled(watch) ||
          !(dbus_watch_get_flags(watch) & kind) ||
          !(ready & (kind | DBUS_WATCH_HANGUP)))
        continue;
      if (!dbus_watch_handle(watch, ready & (kind | DBUS_WATCH_HANGUP)))
        return false;
    }
  }
  return true;
}

static dbus_bool_t addWatch(DBusWatch *watch, void *set) {
  return static_cast<WatchSet *>(set)->add(watch);
}

static void removeWatch(DBusWatch *watch, void *set) {
  static_cast<WatchSet *>(set)->remove(watch);
}

static void toggleWatch(DBusWatch *, void *set) {
  static_cast<WatchSet *>(set)->update();
}

// --- Link.

Link::~Link() { close(); }

static dbus_bool_t allowUser(DBusConnection *, unsigned long uid, void *user) {
  return uid == 0 || uid == *static_cast<uint32_t *>(user);
}

bool Link::open(DBusConnection *fresh, const LoopHooks &loop, uint32_t user) {
  connection = dbus_connection_ref(fresh);
  daemonUser = user;
  watches.loop = &loop;
  dbus_connection_set_max_message_size(connection, MaxMessageBytes);
  dbus_connection_set_max_received_size(connection, MaxReceivedBytes);
  // EmitEventWithFile takes one.
  dbus_connection_set_max_message_unix_fds(connection, 1);
  dbus_connection_set_max_received_unix_fds(connection, 4);
  dbus_connection_set_allow_anonymous(connection, false);
  dbus_connection_set_unix_user_function(connection, allowUser, &daemonUser,
                                         nullptr);
  return dbus_connection_set_watch_functions(connection, addWatch, removeWatch,
                                             toggleWatch, &watches, nullptr);
}

void Link::close() {
  if (!connection)
    return;
  dbus_connection_close(connection);
  dbus_connection_set_watch_functions(connection, nullptr, nullptr, nullptr,
                                      nullptr, nullptr);
  dbus_connection_unref(connection);
  connection = nullptr;
}

bool Link::isConnected() const {
  return dbus_connection_get_is_connected(connection);
}

bool Link::isAuthenticated() const {
  return dbus_connection_get_is_authenticated(connection);
}

bool Link::user(uint32_t &uid) const {
  unsigned long value = 0;
  if (!dbus_connection_get_unix_user(connection, &value))
    return false;
  uid = static_cast<uint32_t>(value);
  return true;
}

long Link::unreadBytes() const {
  return dbus_connection_get_outgoing_size(connection);
}

bool Link::hasMessages() const {
  return dbus_connection_get_dispatch_status(connection) ==
         DBUS_DISPATCH_DATA_REMAINS;
}

DBusMessage *Link::take() { return dbus_connection_pop_message(connection); }

bool Link::send(const Writer &writer) {
  return writer.good() &&
         dbus_connection_send(connection, writer.get(), nullptr);
}

bool peerOf(DBusConnection *connection, Peer &peer) {
  int fd = -1;
  ucred credentials = {};
  socklen_t size = sizeof(credentials);
  if (!dbus_connection_get_unix_fd(connection, &fd) ||
      getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0)
    return false;
  peer = {credentials.uid, credentials.pid};
  return true;
}

// --- Listener.

namespace {

/// What the server's callback gets.
struct AcceptContext {
  Listener::Accept accept;
  void *context;
};

} // namespace

static void accepted(DBusServer *, DBusConnection *fresh, void *data) {
  auto *target = static_cast<AcceptContext *>(data);
  target->accept(target->context, fresh);
}

Listener::~Listener() { close(); }

bool Listener::open(const char *address, int listening, const LoopHooks &loop,
                    Accept accept, void *context, char (&error)[160]) {
  // A mistake in using libdbus must not end the daemon; it reads this once.
  if (setenv("DBUS_FATAL_WARNINGS", "0", 1) != 0) {
    std::snprintf(error, sizeof(error), "no memory");
    return false;
  }
  // Every write of libdbus says MSG_NOSIGNAL; SIGPIPE is the host's business.
  dbus_connection_set_change_sigpipe(false);
  DBusError failure;
  dbus_error_init(&failure);
  bool passed = listening == STARTON_PASSED_SOCKET;
  startonPassSocket(passed);
  server = dbus_server_listen(passed ? "systemd:" : address, &failure);
  startonPassSocket(0);
  if (!server) {
    std::snprintf(error, sizeof(error), "%s",
                  failure.message ? failure.message : "no memory");
    dbus_error_free(&failure);
    return false;
  }
  static const char *mechanisms[] = {"EXTERNAL", nullptr};
  watches.loop = &loop;
  auto *target = static_cast<AcceptContext *>(allocate(sizeof(AcceptContext)));
  if (target) {
    *target = {accept, context};
    dbus_server_set_new_connection_function(server, accepted, target, release);
  }
  if (target && dbus_server_set_auth_mechanisms(server, mechanisms) &&
      dbus_server_set_watch_functions(server, addWatch, removeWatch,
                                      toggleWatch, &watches, nullptr))
    return true;
  std::snprintf(error, sizeof(error), "no memory or descriptors");
  close();
  return false;
}

void Listener::close() {
  if (!server)
    return;
  dbus_server_disconnect(server);
  dbus_server_unref(server);
  server = nullptr;
}

} // namespace starton::control::wire
