// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// See Relay.h. This file uses libdbus as a client does, blocking where that is
// simplest: it never runs in the daemon's process.

#include "starton/Runtime/Control/Relay.h"
#include "starton/Runtime/Control/Upstart.h"
#include "starton/Runtime/Support/NumberMap.h"
#include "starton/Runtime/Support/Pool.h"
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <dbus/dbus.h>
#include <poll.h>
#include <unistd.h>

namespace starton::control {

namespace {

/// Received and not passed on yet, of each side.
constexpr long MaxReceived = 2L << 20;
/// Not taken by the bus: above the first, signals are not passed on; above the
/// second the bus is given up.
constexpr long MaxUnread = 4L << 20;
constexpr long MaxUnreadAtAll = 16L << 20;
/// Not taken by the daemon: nothing more is read from the bus above this.
constexpr long MaxAhead = 1L << 20;
constexpr uint32_t MaxRoutes = 8192;
/// Seconds to join the bus; then the default action of SIGALRM ends us.
constexpr unsigned JoinTime = 10;

/// Who waits for an answer of the daemon.
struct Route {
  uint32_t link;
  uint32_t serial; ///< of the call as the bus knows it; 0: free
  uint32_t sent;   ///< of the call as the daemon knows it
  char caller[DBUS_MAXIMUM_NAME_LENGTH + 1];
};

struct Error : DBusError {
  Error() { dbus_error_init(this); }
  ~Error() { dbus_error_free(this); }
  Error(const Error &) = delete;
  Error &operator=(const Error &) = delete;
};

class Relay {
public:
  int run(const char *daemonAddress, const char *busAddress);

private:
  bool join(const char *address);
  bool takeName();
  int fail(const char *text);
  void tell(const char *member, const char *text);
  void wait();
  void fromBus(DBusMessage *message);
  void fromDaemon(DBusMessage *message);
  void call(DBusMessage *message);
  void clientGone(const char *name);
  bool nameOf(const char *caller, char (&name)[DBUS_MAXIMUM_NAME_LENGTH + 1]);
  void answer(DBusMessage *message);
  void signal(DBusMessage *message);
  void setEnvironment(DBusMessage *message);

  DBusConnection *daemon = nullptr;
  DBusConnection *bus = nullptr;
  Pool<Route> routes;
  NumberMap bySerial; ///< serial of the call to the daemon, to route
  bool lost = false;  ///< the name
  /// The user of the caller asked about last.
  char lastCaller[DBUS_MAXIMUM_NAME_LENGTH + 1] = "";
  unsigned long lastUser = 0;
};

} // namespace

/// A message of the same contents with another head.
static DBusMessage *copyOf(DBusMessage *message) {
  return dbus_message_copy(message);
}

static void sendAway(DBusConnection *connection, DBusMessage *message,
                     uint32_t *serial = nullptr) {
  // Without memory the message is lost, and the caller's patience ends it.
  (void)dbus_connection_send(connection, message, serial);
  dbus_message_unref(message);
}

static void limit(DBusConnection *connection) {
  dbus_connection_set_exit_on_disconnect(connection, false);
  dbus_connection_set_max_received_size(connection, MaxReceived);
}

void Relay::tell(const char *member, const char *text) {
  DBusMessage *message = dbus_message_new_method_call(nullptr, ManagerPath,
                                                      RelayInterface, member);
  if (!message)
    return;
  dbus_message_set_no_reply(message, true);
  if (text)
    (void)dbus_message_append_args(message, DBUS_TYPE_STRING,
                                   static_cast<void *>(&text),
                                   DBUS_TYPE_INVALID);
  sendAway(daemon, message);
}

int Relay::fail(const char *text) {
  tell("Failed", text ? text : "no memory");
  dbus_connection_flush(daemon);
  return 1;
}

bool Relay::takeName() {
  Error error;
  int result =
      dbus_bus_request_name(bus, BusName, DBUS_NAME_FLAG_DO_NOT_QUEUE, &error);
  if (result == DBUS_REQUEST_NAME_REPLY_PRIMARY_OWNER)
    return true;
  (void)fail(error.message ? error.message
                           : "the name com.ubuntu.Upstart is taken");
  return false;
}

bool Relay::join(const char *address) {
  Error error;
  bus = dbus_connection_open_private(address, &error);
  if (!bus || !dbus_bus_register(bus, &error)) {
    (void)fail(error.message);
    return false;
  }
  limit(bus);
  dbus_bus_add_match(bus,
                     "type='signal',sender='org.freedesktop.DBus',"
                     "member='NameOwnerChanged',arg2=''",
                     &error);
  return takeName();
}

/// The sender that the daemon sees for \p caller. False: it has left.
bool Relay::nameOf(const char *caller,
                   char (&name)[DBUS_MAXIMUM_NAME_LENGTH + 1]) {
  if (std::strcmp(caller, lastCaller) != 0) {
    Error error;
    unsigned long user = dbus_bus_get_unix_user(bus, caller, &error);
    if (dbus_error_is_set(&error))
      return false;
    lastUser = user;
    std::snprintf(lastCaller, sizeof lastCaller, "%s", caller);
  }
  int length = std::snprintf(name, sizeof name, ":%lu.%s", lastUser,
                             caller + (caller[0] == ':'));
  return length > 0 && static_cast<size_t>(length) < sizeof name;
}

void Relay::call(DBusMessage *message) {
  const char *caller = dbus_message_get_sender(message);
  char name[DBUS_MAXIMUM_NAME_LENGTH + 1];
  if (!caller || !nameOf(caller, name))
    return;
  DBusMessage *copy = copyOf(message);
  bool good = copy && dbus_message_set_sender(copy, name) &&
              dbus_message_set_destination(copy, nullptr);
  bool answered = !dbus_message_get_no_reply(message);
  uint32_t route = None;
  if (good && answered) {
    good = routes.live() < MaxRoutes && bySerial.reserve(routes.live() + 1);
    route = good ? routes.take() : None;
    good = route != None;
  }
  uint32_t serial = 0;
  if (good)
    good = dbus_connection_send(daemon, copy, &serial);
  if (copy)
    dbus_message_unref(copy);
  if (good && answered) {
    routes[route].serial = dbus_message_get_serial(message);
    routes[route].sent = serial;
    std::snprintf(routes[route].caller, sizeof routes[route].caller, "%s",
                  caller);
    bySerial.insert(serial, route);
    return;
  }
  if (route != None)
    routes.give(route);
  if (good || !answered)
    return;
  if (DBusMessage *error = dbus_message_new_error(
          message, DBUS_ERROR_LIMITS_EXCEEDED, "Too many requests are waiting"))
    sendAway(bus, error);
}

void Relay::clientGone(const char *name) {
  if (std::strcmp(name, lastCaller) == 0)
    lastCaller[0] = '\0';
  bool waited = false;
  for (uint32_t i = 0; i < routes.limit(); ++i) {
    if (routes[i].serial == 0 || std::strcmp(name, routes[i].caller) != 0)
      continue;
    bySerial.remove(routes[i].sent);
    routes.give(i);
    waited = true;
  }
  if (waited)
    tell("ClientGone", name + 1);
}

void Relay::fromBus(DBusMessage *message) {
  switch (dbus_message_get_type(message)) {
  case DBUS_MESSAGE_TYPE_METHOD_CALL:
    return call(message);
  case DBUS_MESSAGE_TYPE_SIGNAL: {
    const char *name = nullptr;
    if (dbus_message_is_signal(message, DBUS_INTERFACE_DBUS, "NameLost"))
      lost = true;
    else if (dbus_message_is_signal(message, DBUS_INTERFACE_DBUS,
                                    "NameOwnerChanged") &&
             dbus_message_get_args(message, nullptr, DBUS_TYPE_STRING,
                                   static_cast<void *>(&name),
                                   DBUS_TYPE_INVALID) &&
             name[0] == ':')
      clientGone(name);
    return;
  }
  default:
    return;
  }
}

void Relay::answer(DBusMessage *message) {
  uint32_t serial = dbus_message_get_reply_serial(message);
  const uint32_t *found = bySerial.find(serial);
  if (!found)
    return;
  uint32_t route = *found;
  bySerial.remove(serial);
  DBusMessage *copy = copyOf(message);
  if (copy && dbus_message_set_reply_serial(copy, routes[route].serial) &&
      dbus_message_set_destination(copy, routes[route].caller))
    (void)dbus_connection_send(bus, copy, nullptr);
  if (copy)
    dbus_message_unref(copy);
  routes.give(route);
}

/// A bus that is asked to start programs gives them the job environment.
void Relay::setEnvironment(DBusMessage *message) {
  DBusMessage *call = dbus_message_new_method_call(
      DBUS_SERVICE_DBUS, DBUS_PATH_DBUS, DBUS_INTERFACE_DBUS,
      "UpdateActivationEnvironment");
  char **entries = nullptr;
  int count = 0;
  if (!call || !dbus_message_get_args(
                   message, nullptr, DBUS_TYPE_ARRAY, DBUS_TYPE_STRING,
                   static_cast<void *>(&entries), &count, DBUS_TYPE_INVALID)) {
    if (call)
      dbus_message_unref(call);
    return;
  }
  DBusMessageIter body;
  DBusMessageIter array;
  dbus_message_iter_init_append(call, &body);
  bool good =
      dbus_message_iter_open_container(&body, DBUS_TYPE_ARRAY, "{ss}", &array);
  for (int i = 0; good && i < count; ++i) {
    char *equals = std::strchr(entries[i], '=');
    if (!equals)
      continue;
    *equals = '\0';
    const char *key = entries[i];
    const char *value = equals + 1;
    DBusMessageIter pair;
    good = dbus_message_iter_open_container(&array, DBUS_TYPE_DICT_ENTRY,
                                            nullptr, &pair) &&
           dbus_message_iter_append_basic(&pair, DBUS_TYPE_STRING,
                                          static_cast<const void *>(&key)) &&
           dbus_message_iter_append_basic(&pair, DBUS_TYPE_STRING,
                                          static_cast<const void *>(&value)) &&
           dbus_message_iter_close_container(&array, &pair);
  }
  dbus_free_string_array(entries);
  if (good && dbus_message_iter_close_container(&body, &array)) {
    dbus_message_set_no_reply(call, true);
    (void)dbus_connection_send(bus, call, nullptr);
  }
  dbus_message_unref(call);
}

void Relay::signal(DBusMessage *message) {
  if (dbus_message_is_signal(message, RelayInterface, "SetEnvironment"))
    return setEnvironment(message);
  if (dbus_connection_get_outgoing_size(bus) > MaxUnread)
    return;
  if (DBusMessage *copy = copyOf(message))
    sendAway(bus, copy);
}

void Relay::fromDaemon(DBusMessage *message) {
  switch (dbus_message_get_type(message)) {
  case DBUS_MESSAGE_TYPE_METHOD_RETURN:
  case DBUS_MESSAGE_TYPE_ERROR:
    return answer(message);
  case DBUS_MESSAGE_TYPE_SIGNAL:
    return signal(message);
  default:
    return;
  }
}

/// Until one of the two can be read, or written when something is left.
void Relay::wait() {
  pollfd items[2] = {};
  DBusConnection *const sides[2] = {daemon, bus};
  for (unsigned i = 0; i < 2; ++i) {
    (void)dbus_connection_get_unix_fd(sides[i], &items[i].fd);
    items[i].events = POLLIN;
    if (dbus_connection_has_messages_to_send(sides[i]))
      items[i].events |= POLLOUT;
  }
  // A side that is not to be read yet must not wake us for what it has.
  if (dbus_connection_get_outgoing_size(daemon) > MaxAhead)
    items[1].events &= ~POLLIN;
  (void)poll(items, 2, -1);
}

int Relay::run(const char *daemonAddress, const char *busAddress) {
  Error error;
  daemon = dbus_connection_open_private(daemonAddress, &error);
  if (!daemon)
    return 1;
  limit(daemon);
  alarm(JoinTime);
  if (!join(busAddress))
    return 1;
  alarm(0);
  tell("Connected", nullptr);
  for (;;) {
    if (!dbus_connection_read_write(daemon, 0))
      return 0;
    while (DBusMessage *message = dbus_connection_pop_message(daemon)) {
      fromDaemon(message);
      dbus_message_unref(message);
    }
    if (!dbus_connection_read_write(bus, 0))
      return fail("the bus has gone");
    bool readable = dbus_connection_get_outgoing_size(daemon) <= MaxAhead;
    while (readable) {
      DBusMessage *message = dbus_connection_pop_message(bus);
      if (!message)
        break;
      fromBus(message);
      dbus_message_unref(message);
      readable = dbus_connection_get_outgoing_size(daemon) <= MaxAhead;
    }
    if (lost)
      return fail("the name com.ubuntu.Upstart was lost");
    if (dbus_connection_get_outgoing_size(bus) > MaxUnreadAtAll)
      return fail("the bus does not read");
    if (dbus_connection_get_dispatch_status(daemon) !=
            DBUS_DISPATCH_DATA_REMAINS &&
        (!readable || dbus_connection_get_dispatch_status(bus) !=
                          DBUS_DISPATCH_DATA_REMAINS))
      wait();
  }
}

int runRelay(const char *daemonAddress, const char *busAddress) {
  // A mistake in using libdbus must not abort; it reads this once.
  if (setenv("DBUS_FATAL_WARNINGS", "0", 1) != 0)
    return 1;
  static Relay relay;
  return relay.run(daemonAddress, busAddress);
}

} // namespace starton::control
