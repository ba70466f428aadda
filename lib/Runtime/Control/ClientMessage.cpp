// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "ClientMessage.h"
#include "starton/Runtime/Control/Names.h"
#include "starton/Runtime/Control/Upstart.h"
#include <new>

namespace starton::control {

void check(bool done) {
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

bool CallError::isUnsupported() const {
  for (const char *suffix : {"UnknownMethod", "UnknownInterface",
                             "UnknownObject", "NotSupported", "AccessDenied"})
    if (is(suffix))
      return true;
  return false;
}

std::string Reply::string() const {
  const auto *text = get<std::string>();
  return text ? *text : std::string();
}

Strings Reply::strings() const {
  const auto *list = get<Strings>();
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

bool isSendable(const std::string &text) {
  return isPrintable({text.data(), text.size()});
}

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

const char *whyUnsendable(const Call &call) {
  // A path comes from the daemon, as a rule.
  if (!dbus_validate_path(call.path.c_str(), nullptr))
    return "Invalid reply from Upstart";
  for (const Argument &argument : call.arguments)
    if (!isSendable(argument))
      return "Argument is not valid UTF-8";
  return nullptr;
}

MessagePointer encode(const Call &call, const std::string &destination) {
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

/// Calls \p each(field) for every element of \p array, \p field standing at it
/// or, for a struct or a dictionary entry, at its first field.
template <typename Function>
static void forEach(DBusMessageIter &array, Function each) {
  DBusMessageIter at;
  dbus_message_iter_recurse(&array, &at);
  for (int type;
       (type = dbus_message_iter_get_arg_type(&at)) != DBUS_TYPE_INVALID;
       dbus_message_iter_next(&at)) {
    if (type != DBUS_TYPE_STRUCT && type != DBUS_TYPE_DICT_ENTRY) {
      each(at);
      continue;
    }
    DBusMessageIter field;
    dbus_message_iter_recurse(&at, &field);
    each(field);
  }
}

// The decoders below are chosen by the whole signature: the types fit.

static std::string takeString(DBusMessageIter &field) {
  std::string text = decodeString(field);
  dbus_message_iter_next(&field);
  return text;
}

template <typename Number> static Number decodeNumber(DBusMessageIter &at) {
  Number number = 0;
  dbus_message_iter_get_basic(&at, &number);
  return number;
}

static Strings decodeStrings(DBusMessageIter &array) {
  Strings list;
  forEach(array,
          [&](DBusMessageIter &at) { list.push_back(decodeString(at)); });
  return list;
}

static std::vector<Strings> decodeLists(DBusMessageIter &array) {
  std::vector<Strings> lists;
  forEach(array,
          [&](DBusMessageIter &at) { lists.push_back(decodeStrings(at)); });
  return lists;
}

static std::vector<Strings> decodePairs(DBusMessageIter &array) {
  std::vector<Strings> pairs;
  forEach(array, [&](DBusMessageIter &field) {
    std::string first = takeString(field);
    pairs.push_back({std::move(first), decodeString(field)});
  });
  return pairs;
}

static std::vector<int32_t> decodeNumbers(DBusMessageIter &array) {
  std::vector<int32_t> numbers;
  forEach(array, [&](DBusMessageIter &at) {
    numbers.push_back(decodeNumber<int32_t>(at));
  });
  return numbers;
}

static std::vector<ProcessEntry> decodeProcesses(DBusMessageIter &array) {
  std::vector<ProcessEntry> processes;
  forEach(array, [&](DBusMessageIter &field) {
    std::string name = takeString(field);
    processes.push_back({std::move(name), decodeNumber<int32_t>(field)});
  });
  return processes;
}

static std::vector<StatusEntry> decodeStatus(DBusMessageIter &array) {
  std::vector<StatusEntry> entries;
  forEach(array, [&](DBusMessageIter &field) {
    StatusEntry entry;
    entry.job = takeString(field);
    entry.instance = takeString(field);
    entry.goal = takeString(field);
    entry.state = takeString(field);
    entry.processes = decodeProcesses(field);
    entries.push_back(std::move(entry));
  });
  return entries;
}

static std::vector<ConfigEntry> decodeConfig(DBusMessageIter &array) {
  std::vector<ConfigEntry> entries;
  forEach(array, [&](DBusMessageIter &field) {
    ConfigEntry entry;
    entry.job = takeString(field);
    entry.emits = decodeStrings(field);
    dbus_message_iter_next(&field);
    entry.startOn = decodeLists(field);
    dbus_message_iter_next(&field);
    entry.stopOn = decodeLists(field);
    entries.push_back(std::move(entry));
  });
  return entries;
}

static std::vector<HeldEvent> decodeHeldEvents(DBusMessageIter &array) {
  std::vector<HeldEvent> events;
  forEach(array, [&](DBusMessageIter &field) {
    HeldEvent event;
    event.name = takeString(field);
    event.environment = decodeStrings(field);
    dbus_message_iter_next(&field);
    forEach(field, [&](DBusMessageIter &inner) {
      EventHolder holder;
      holder.job = takeString(inner);
      holder.instance = takeString(inner);
      holder.why = decodeString(inner);
      event.holders.push_back(std::move(holder));
    });
    events.push_back(std::move(event));
  });
  return events;
}

static Value decode(DBusMessageIter &at);

static Properties decodeProperties(DBusMessageIter &array) {
  Properties properties;
  forEach(array, [&](DBusMessageIter &field) {
    std::string name = takeString(field);
    properties[name] = decode(field);
  });
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
  if (signature == "a(ss)")
    return decodePairs(at);
  if (signature == "ai")
    return decodeNumbers(at);
  if (signature == "a(ssssa(si))")
    return decodeStatus(at);
  if (signature == "a(sasaasaas)")
    return decodeConfig(at);
  if (signature == "a(sasa(sss))")
    return decodeHeldEvents(at);
  if (signature == "b")
    return decodeNumber<dbus_bool_t>(at) != 0;
  if (signature == "i")
    return decodeNumber<int32_t>(at);
  if (signature == "t")
    return decodeNumber<uint64_t>(at);
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

Reply decodeReply(DBusMessage *message) {
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

} // namespace starton::control
