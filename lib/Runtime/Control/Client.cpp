// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Runtime/Control/Client.h"
#include "starton/Runtime/Control/Names.h"
#include "starton/Runtime/Control/Upstart.h"
#include <chrono>
#include <dbus/dbus.h>
#include <new>

namespace starton::control {

/// How many calls of callAll() are unanswered at a time.
static constexpr size_t Window = 64;

namespace {

struct MessageDeleter {
  void operator()(DBusMessage *message) const { dbus_message_unref(message); }
};
using MessagePointer = std::unique_ptr<DBusMessage, MessageDeleter>;

/// A DBusError that frees itself.
class ErrorHolder {
public:
  ErrorHolder() { dbus_error_init(&error); }
  ~ErrorHolder() { dbus_error_free(&error); }
  ErrorHolder(const ErrorHolder &) = delete;
  ErrorHolder &operator=(const ErrorHolder &) = delete;

  DBusError *get() { return &error; }
  CallError toCallError() const {
    return {error.name ? error.name : "", error.message ? error.message : ""};
  }

private:
  DBusError error;
};

} // namespace

/// libdbus reports every exhausted allocation as false.
static void check(bool done) {
  if (!done)
    throw std::bad_alloc();
}

std::string printable(const std::string &bytes) {
  Text text(bytes.data(), bytes.size());
  std::string result(printableSize(text), '\0');
  writePrintable(text, result.data());
  return result;
}

bool CallError::is(const char *suffix) const {
  return name == std::string(UpstartErrorPrefix) + suffix ||
         name == std::string(StandardErrorPrefix) + suffix;
}

std::string Reply::string() const {
  const auto *text =
      values.empty() ? nullptr : std::get_if<std::string>(&values.front());
  return text ? *text : std::string();
}

Strings Reply::strings() const {
  const auto *list =
      values.empty() ? nullptr : std::get_if<Strings>(&values.front());
  return list ? *list : Strings();
}

// --- Encoding.

static void appendString(DBusMessageIter &at, const std::string &text) {
  const char *raw = text.c_str();
  check(dbus_message_iter_append_basic(&at, DBUS_TYPE_STRING,
                                       static_cast<const void *>(&raw)));
}

static void append(DBusMessageIter &at, const std::string &text) {
  appendString(at, text);
}

static void append(DBusMessageIter &at, bool flag) {
  dbus_bool_t raw = flag;
  check(dbus_message_iter_append_basic(&at, DBUS_TYPE_BOOLEAN, &raw));
}

static void append(DBusMessageIter &at, const Strings &list) {
  DBusMessageIter inner;
  check(dbus_message_iter_open_container(&at, DBUS_TYPE_ARRAY, "s", &inner));
  for (const std::string &text : list)
    appendString(inner, text);
  check(dbus_message_iter_close_container(&at, &inner));
}

static void append(DBusMessageIter &at, const VariantString &value) {
  DBusMessageIter inner;
  check(dbus_message_iter_open_container(&at, DBUS_TYPE_VARIANT, "s", &inner));
  appendString(inner, value.text);
  check(dbus_message_iter_close_container(&at, &inner));
}

static bool isSendable(const std::string &text) {
  return isPrintable({text.data(), text.size()});
}

/// libdbus aborts on strings that are not UTF-8: they must not get there.
static bool isSendable(const Argument &argument) {
  if (const auto *text = std::get_if<std::string>(&argument))
    return isSendable(*text);
  if (const auto *value = std::get_if<VariantString>(&argument))
    return isSendable(value->text);
  if (const auto *list = std::get_if<Strings>(&argument))
    for (const std::string &text : *list)
      if (!isSendable(text))
        return false;
  return true;
}

static MessagePointer encode(const Call &call, const std::string &destination) {
  MessagePointer message(dbus_message_new_method_call(
      destination.empty() ? nullptr : destination.c_str(), call.path.c_str(),
      call.interface.c_str(), call.method.c_str()));
  check(message != nullptr);
  DBusMessageIter at;
  dbus_message_iter_init_append(message.get(), &at);
  for (const Argument &argument : call.arguments)
    std::visit([&](const auto &value) { append(at, value); }, argument);
  return message;
}

// --- Decoding.

static std::string decodeString(DBusMessageIter &at) {
  const char *text = nullptr;
  dbus_message_iter_get_basic(&at, static_cast<void *>(&text));
  return text;
}

static bool isString(int type) {
  return type == DBUS_TYPE_STRING || type == DBUS_TYPE_OBJECT_PATH;
}

static Strings decodeStrings(DBusMessageIter &array) {
  Strings list;
  DBusMessageIter at;
  dbus_message_iter_recurse(&array, &at);
  for (; isString(dbus_message_iter_get_arg_type(&at));
       dbus_message_iter_next(&at))
    list.push_back(decodeString(at));
  return list;
}

static std::vector<Strings> decodeLists(DBusMessageIter &array) {
  std::vector<Strings> lists;
  DBusMessageIter at;
  dbus_message_iter_recurse(&array, &at);
  for (; dbus_message_iter_get_arg_type(&at) == DBUS_TYPE_ARRAY;
       dbus_message_iter_next(&at))
    lists.push_back(decodeStrings(at));
  return lists;
}

static std::vector<ProcessEntry> decodeProcesses(DBusMessageIter &array) {
  std::vector<ProcessEntry> processes;
  DBusMessageIter at;
  dbus_message_iter_recurse(&array, &at);
  for (; dbus_message_iter_get_arg_type(&at) == DBUS_TYPE_STRUCT;
       dbus_message_iter_next(&at)) {
    DBusMessageIter field;
    dbus_message_iter_recurse(&at, &field);
    ProcessEntry entry;
    entry.name = decodeString(field);
    dbus_message_iter_next(&field);
    dbus_message_iter_get_basic(&field, &entry.pid);
    processes.push_back(std::move(entry));
  }
  return processes;
}

static Value decode(DBusMessageIter &at);

static Properties decodeProperties(DBusMessageIter &array) {
  Properties properties;
  DBusMessageIter at;
  dbus_message_iter_recurse(&array, &at);
  for (; dbus_message_iter_get_arg_type(&at) == DBUS_TYPE_DICT_ENTRY;
       dbus_message_iter_next(&at)) {
    DBusMessageIter field;
    dbus_message_iter_recurse(&at, &field);
    std::string name = decodeString(field);
    dbus_message_iter_next(&field);
    properties[name] = decode(field);
  }
  return properties;
}

static std::string signatureOf(DBusMessageIter &at) {
  char *signature = dbus_message_iter_get_signature(&at);
  check(signature != nullptr);
  std::string result = signature;
  dbus_free(signature);
  return result;
}

static Value decode(DBusMessageIter &at) {
  std::string signature = signatureOf(at);
  if (signature == "s" || signature == "o")
    return decodeString(at);
  if (signature == "as" || signature == "ao")
    return decodeStrings(at);
  if (signature == "aas")
    return decodeLists(at);
  if (signature == "a(si)")
    return decodeProcesses(at);
  if (signature == "b") {
    dbus_bool_t flag = 0;
    dbus_message_iter_get_basic(&at, &flag);
    return flag != 0;
  }
  if (signature == "i") {
    int32_t number = 0;
    dbus_message_iter_get_basic(&at, &number);
    return number;
  }
  if (signature == "v") {
    DBusMessageIter inner;
    dbus_message_iter_recurse(&at, &inner);
    // A variant in a variant is nothing this interface has; not followed, so
    // that the depth of a reply is no recursion here.
    return dbus_message_iter_get_arg_type(&inner) == DBUS_TYPE_VARIANT
               ? Value()
               : decode(inner);
  }
  return {};
}

static Reply decodeReply(DBusMessage *message) {
  Reply reply;
  ErrorHolder error;
  if (dbus_set_error_from_message(error.get(), message)) {
    reply.error = error.toCallError();
    return reply;
  }
  DBusMessageIter at;
  dbus_message_iter_init(message, &at);
  for (; dbus_message_iter_get_arg_type(&at) != DBUS_TYPE_INVALID;
       dbus_message_iter_next(&at)) {
    if (signatureOf(at) == "a{sv}")
      reply.properties = decodeProperties(at);
    else
      reply.values.push_back(decode(at));
  }
  return reply;
}

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
    bool sendable = true;
    for (const Argument &argument : calls[index].arguments)
      sendable = sendable && isSendable(argument);
    uint32_t serial =
        sendable ? send(connection, calls[index], destination) : 0;
    if (serial)
      inFlight[serial] = index;
    else
      answer(index,
             sendable ? failure("Disconnected", DisconnectedText)
                      : failure("InvalidArgs", "Argument is not valid UTF-8"));
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
