// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// bench-emit-server ADDRESS: the least that a server written with libdbus does
// for a client that emits events. Each method call is answered, after one
// signal with the call's own arguments. Serves one client, then ends.

#include <cstdio>
#include <dbus/dbus.h>
#include <poll.h>

static DBusConnection *client;
static DBusWatch *listening;

static void accepted(DBusServer *, DBusConnection *fresh, void *) {
  client = dbus_connection_ref(fresh);
}

static dbus_bool_t addWatch(DBusWatch *watch, void *) {
  listening = watch;
  return true;
}

static void removeWatch(DBusWatch *, void *) { listening = nullptr; }

static void answer(DBusMessage *call) {
  const char *name = "";
  char **entries = nullptr;
  int count = 0;
  dbus_bool_t wait = false;
  dbus_message_get_args(call, nullptr, DBUS_TYPE_STRING,
                        static_cast<void *>(&name), DBUS_TYPE_ARRAY,
                        DBUS_TYPE_STRING, static_cast<void *>(&entries), &count,
                        DBUS_TYPE_BOOLEAN, &wait, DBUS_TYPE_INVALID);
  DBusMessage *signal = dbus_message_new_signal(
      "/com/ubuntu/Upstart", "com.ubuntu.Upstart0_6", "EventEmitted");
  dbus_message_append_args(signal, DBUS_TYPE_STRING, static_cast<void *>(&name),
                           DBUS_TYPE_ARRAY, DBUS_TYPE_STRING,
                           static_cast<void *>(&entries), count,
                           DBUS_TYPE_INVALID);
  dbus_connection_send(client, signal, nullptr);
  dbus_message_unref(signal);
  DBusMessage *reply = dbus_message_new_method_return(call);
  dbus_connection_send(client, reply, nullptr);
  dbus_message_unref(reply);
  dbus_free_string_array(entries);
}

int main(int argc, char **argv) {
  DBusServer *server =
      argc == 2 ? dbus_server_listen(argv[1], nullptr) : nullptr;
  if (!server) {
    std::fprintf(stderr, "usage: bench-emit-server ADDRESS\n");
    return 1;
  }
  dbus_server_set_new_connection_function(server, accepted, nullptr, nullptr);
  dbus_server_set_watch_functions(server, addWatch, removeWatch, nullptr,
                                  nullptr, nullptr);
  std::puts("ready");
  std::fflush(stdout);
  while (!client) {
    pollfd item = {dbus_watch_get_unix_fd(listening), POLLIN, 0};
    poll(&item, 1, -1);
    dbus_watch_handle(listening, DBUS_WATCH_READABLE);
  }
  while (dbus_connection_read_write(client, -1)) {
    while (DBusMessage *message = dbus_connection_pop_message(client)) {
      if (dbus_message_get_type(message) == DBUS_MESSAGE_TYPE_METHOD_CALL)
        answer(message);
      dbus_message_unref(message);
    }
  }
  return 0;
}
