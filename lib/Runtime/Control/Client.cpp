// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Runtime/Control/Client.h"
#include "ClientMessage.h"
#include "starton/Runtime/Control/Upstart.h"
#include <chrono>

namespace starton::control {

/// How many calls of callAll() are unanswered at a time.
static constexpr size_t Window = 64;

// --- Connections.

std::unique_ptr<Client> Client::connect(const std::string &address,
                                        CallError &error) {
  ErrorHolder failure;
  DBusConnection *connection =
      isSendable(address)
          ? dbus_connection_open_private(address.c_str(), failure.get())
          : nullptr;
  if (!connection) {
    error = failure.toCallError();
    if (error.message.empty())
      error.message = "Address is not valid UTF-8";
    return nullptr;
  }
  return std::unique_ptr<Client>(new Client(connection, ""));
}

std::unique_ptr<Client> Client::connect(Bus bus, std::string destination,
                                        CallError &error) {
  if (!dbus_validate_bus_name(destination.c_str(), nullptr)) {
    error = {std::string(StandardErrorPrefix) + "InvalidArgs",
             "Invalid bus name: " + printable(destination)};
    return nullptr;
  }
  ErrorHolder failure;
  DBusConnection *connection = dbus_bus_get_private(
      bus == Bus::System ? DBUS_BUS_SYSTEM : DBUS_BUS_SESSION, failure.get());
  if (!connection) {
    error = failure.toCallError();
    return nullptr;
  }
  dbus_connection_set_exit_on_disconnect(connection, false);
  return std::unique_ptr<Client>(
      new Client(connection, std::move(destination)));
}

Client::~Client() {
  dbus_connection_close(connection);
  dbus_connection_unref(connection);
}

static Reply failure(const char *name, std::string message) {
  Reply reply;
  reply.error = {std::string(StandardErrorPrefix) + name, std::move(message)};
  return reply;
}

static constexpr char DisconnectedText[] =
    "Connection was disconnected before a reply was received";

/// Sends without waiting; 0 when the connection is dead.
static uint32_t send(DBusConnection *connection, const Call &call,
                     const std::string &destination) {
  uint32_t serial = 0;
  MessagePointer message = encode(call, destination);
  check(dbus_connection_send(connection, message.get(), &serial));
  return dbus_connection_get_is_connected(connection) ? serial : 0;
}

namespace {

/// Calls in flight, and their answers as they come. Signals are dropped as
/// they are read: a call may wait for days, and libdbus would keep them all.
class Flight {
public:
  Flight(DBusConnection *connection, const std::string &destination,
         const std::vector<Call> &calls)
      : connection(connection), destination(destination), calls(calls),
        replies(calls.size()) {}

  std::vector<Reply> run() {
    while (answered < calls.size()) {
      while (sent < calls.size() && sent < answered + Window)
        launch(sent++);
      land();
      if (answered < sent && !waitForData())
        return std::move(replies);
    }
    return std::move(replies);
  }

private:
  void launch(size_t index) {
    if (const char *why = whyUnsendable(calls[index]))
      return answer(index, failure("InvalidArgs", why));
    uint32_t serial = send(connection, calls[index], destination);
    if (!serial)
      return answer(index, failure("Disconnected", DisconnectedText));
    inFlight[serial] = index;
  }

  void answer(size_t index, Reply reply) {
    replies[index] = std::move(reply);
    ++answered;
  }

  /// Takes what has arrived.
  void land() {
    while (MessagePointer message{dbus_connection_pop_message(connection)}) {
      auto call = inFlight.find(dbus_message_get_reply_serial(message.get()));
      if (call == inFlight.end())
        continue;
      size_t index = call->second;
      inFlight.erase(call);
      answer(index, decodeReply(message.get()));
      lastAnswer = Clock::now();
    }
  }

  /// False: nothing will come any more, and every call has been answered.
  bool waitForData() {
    int timeout = -1;
    if (!inFlight.empty() && !calls[inFlight.begin()->second].patient) {
      auto left = lastAnswer + ImpatientTime - Clock::now();
      timeout = static_cast<int>(
          std::chrono::duration_cast<std::chrono::milliseconds>(left).count());
      if (timeout <= 0)
        return giveUp("NoReply", "Did not receive a reply");
    }
    // False comes with the message of the disconnection; replies that arrived
    // before it are still in the queue.
    if (!dbus_connection_read_write(connection, timeout)) {
      land();
      return giveUp("Disconnected", DisconnectedText);
    }
    return true;
  }

  bool giveUp(const char *name, const char *message) {
    for (const auto &[serial, index] : inFlight)
      answer(index, failure(name, message));
    inFlight.clear();
    while (sent < calls.size())
      answer(sent++, failure(name, message));
    return false;
  }

  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds ImpatientTime{25};

  DBusConnection *connection;
  const std::string &destination;
  const std::vector<Call> &calls;
  std::vector<Reply> replies;
  std::map<uint32_t, size_t> inFlight; ///< serial to index
  size_t sent = 0;
  size_t answered = 0;
  Clock::time_point lastAnswer = Clock::now();
};

} // namespace

Reply Client::call(const Call &call) { return callAll({call}).front(); }

std::vector<Reply> Client::callAll(const std::vector<Call> &calls) {
  return Flight(connection, destination, calls).run();
}

} // namespace starton::control
