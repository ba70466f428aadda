// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// bench-soak ADDRESS emit COUNT: that many events, all waited for.
// bench-soak ADDRESS cycle JOB COUNT: that many times an instance of JOB is
// started and stopped, each waited for; its instances are told apart by N.

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dbus/dbus.h>
#include <string>

namespace {

constexpr unsigned InFlight = 32;

[[noreturn]] void fail(const char *why) {
  std::fprintf(stderr, "bench-soak: %s\n", why);
  std::exit(1);
}

/// Sends `METHOD(NAME?, ["N=INDEX"], true)`.
void call(DBusConnection *connection, const std::string &path,
          const char *interface, const char *method, const char *name,
          unsigned index) {
  DBusMessage *message =
      dbus_message_new_method_call(nullptr, path.c_str(), interface, method);
  std::string variable = "N=" + std::to_string(index);
  const char *const variables[] = {variable.c_str()};
  const char *const *list = variables;
  dbus_bool_t wait = true;
  if (name)
    dbus_message_append_args(message, DBUS_TYPE_STRING,
                             static_cast<void *>(&name), DBUS_TYPE_INVALID);
  dbus_message_append_args(message, DBUS_TYPE_ARRAY, DBUS_TYPE_STRING,
                           static_cast<void *>(&list), 1, DBUS_TYPE_BOOLEAN,
                           &wait, DBUS_TYPE_INVALID);
  dbus_connection_send(connection, message, nullptr);
  dbus_message_unref(message);
}

/// Reads until \p count answers came.
void takeAnswers(DBusConnection *connection, unsigned count) {
  while (count > 0) {
    DBusMessage *message = dbus_connection_pop_message(connection);
    if (!message) {
      if (!dbus_connection_read_write(connection, -1))
        fail("the daemon has gone");
      continue;
    }
    int type = dbus_message_get_type(message);
    if (type == DBUS_MESSAGE_TYPE_ERROR)
      fail(dbus_message_get_error_name(message));
    count -= type == DBUS_MESSAGE_TYPE_METHOD_RETURN;
    dbus_message_unref(message);
  }
}

void emit(DBusConnection *connection, unsigned long count) {
  for (unsigned long done = 0; done < count; done += InFlight) {
    for (unsigned i = 0; i < InFlight; ++i)
      call(connection, "/com/ubuntu/Upstart", "com.ubuntu.Upstart0_6",
           "EmitEvent", "tick", i);
    takeAnswers(connection, InFlight);
  }
}

void cycle(DBusConnection *connection, const char *job, unsigned long count) {
  std::string path = std::string("/com/ubuntu/Upstart/jobs/") + job;
  for (unsigned long done = 0; done < count; done += InFlight)
    for (const char *method : {"Start", "Stop"}) {
      for (unsigned i = 0; i < InFlight; ++i)
        call(connection, path, "com.ubuntu.Upstart0_6.Job", method, nullptr, i);
      takeAnswers(connection, InFlight);
    }
}

} // namespace

int main(int argc, char **argv) {
  DBusConnection *connection =
      argc > 3 ? dbus_connection_open_private(argv[1], nullptr) : nullptr;
  if (!connection)
    fail("usage: bench-soak ADDRESS emit COUNT | ADDRESS cycle JOB COUNT");
  if (std::strcmp(argv[2], "emit") == 0)
    emit(connection, std::strtoul(argv[3], nullptr, 10));
  else if (argc > 4)
    cycle(connection, argv[3], std::strtoul(argv[4], nullptr, 10));
  dbus_connection_close(connection);
  dbus_connection_unref(connection);
  return 0;
}
