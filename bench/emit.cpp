// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// bench-emit ROUNDS NAME=ADDRESS...: round trips of EmitEvent with wait for an
// event that nobody waits for, one after the other and 32 in flight; the
// servers take turns. Prints for each the microseconds a call takes, best and
// median of the rounds, and the ratio of the bests to the first server's.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dbus/dbus.h>
#include <string>
#include <vector>

namespace {

constexpr unsigned Calls = 500; ///< of a round

struct Server {
  std::string name;
  DBusConnection *connection = nullptr;
  std::vector<double> times;

  double best() const { return times.front(); }
  double median() const { return times[times.size() / 2]; }
};

DBusMessage *makeCall() {
  DBusMessage *call = dbus_message_new_method_call(
      nullptr, "/com/ubuntu/Upstart", "com.ubuntu.Upstart0_6", "EmitEvent");
  const char *name = "nobody-waits";
  const char *const variables[] = {"A=1", "B=two"};
  const char *const *list = variables;
  dbus_bool_t wait = true;
  dbus_message_append_args(call, DBUS_TYPE_STRING, static_cast<void *>(&name),
                           DBUS_TYPE_ARRAY, DBUS_TYPE_STRING,
                           static_cast<void *>(&list), 2, DBUS_TYPE_BOOLEAN,
                           &wait, DBUS_TYPE_INVALID);
  return call;
}

/// Reads until \p count answers came.
void takeAnswers(DBusConnection *connection, unsigned count) {
  while (count > 0) {
    DBusMessage *message = dbus_connection_pop_message(connection);
    if (!message) {
      if (!dbus_connection_read_write(connection, -1)) {
        std::fprintf(stderr, "bench-emit: a server has gone\n");
        std::exit(1);
      }
      continue;
    }
    int type = dbus_message_get_type(message);
    if (type == DBUS_MESSAGE_TYPE_ERROR) {
      std::fprintf(stderr, "bench-emit: %s\n",
                   dbus_message_get_error_name(message));
      std::exit(1);
    }
    count -= type == DBUS_MESSAGE_TYPE_METHOD_RETURN;
    dbus_message_unref(message);
  }
}

/// Microseconds a call.
double measure(DBusConnection *connection, unsigned inFlight) {
  auto begin = std::chrono::steady_clock::now();
  for (unsigned done = 0; done < Calls; done += inFlight) {
    for (unsigned i = 0; i < inFlight; ++i) {
      DBusMessage *call = makeCall();
      dbus_connection_send(connection, call, nullptr);
      dbus_message_unref(call);
    }
    takeAnswers(connection, inFlight);
  }
  std::chrono::duration<double, std::micro> took =
      std::chrono::steady_clock::now() - begin;
  unsigned calls = (Calls + inFlight - 1) / inFlight * inFlight;
  return took.count() / calls;
}

void run(std::vector<Server> &servers, unsigned rounds, unsigned inFlight) {
  for (Server &server : servers) {
    server.times.clear();
    measure(server.connection, inFlight);
  }
  for (unsigned round = 0; round < rounds; ++round)
    for (Server &server : servers)
      server.times.push_back(measure(server.connection, inFlight));
  std::printf("%u in flight:\n", inFlight);
  for (Server &server : servers) {
    std::sort(server.times.begin(), server.times.end());
    std::printf("  %-24s %8.1f %8.1f us   x %.2f\n", server.name.c_str(),
                server.best(), server.median(),
                server.best() / servers.front().best());
  }
}

} // namespace

int main(int argc, char **argv) {
  std::vector<Server> servers;
  for (int i = 2; i < argc; ++i) {
    const char *equals = std::strchr(argv[i], '=');
    Server server;
    server.name.assign(argv[i], equals ? equals - argv[i] : 0);
    if (equals)
      server.connection = dbus_connection_open_private(equals + 1, nullptr);
    if (!server.connection) {
      std::fprintf(stderr, "bench-emit: no connection: %s\n", argv[i]);
      return 1;
    }
    servers.push_back(server);
  }
  if (servers.empty()) {
    std::fprintf(stderr, "usage: bench-emit ROUNDS NAME=ADDRESS...\n");
    return 1;
  }
  auto rounds = static_cast<unsigned>(std::atoi(argv[1]));
  run(servers, rounds, 1);
  run(servers, rounds, 32);
  return 0;
}
