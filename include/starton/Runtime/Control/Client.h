// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The client side of com.ubuntu.Upstart0_6 and org.starton.Init1, for programs
// that may block and throw (the daemon links none of this). A daemon that sends
// garbage costs an error, never more.

#ifndef STARTON_RUNTIME_CONTROL_CLIENT_H
#define STARTON_RUNTIME_CONTROL_CLIENT_H

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

struct DBusConnection;

namespace starton::control {

using Strings = std::vector<std::string>;

/// A property value to set: a string inside a variant.
struct VariantString {
  std::string text;
};
using Argument = std::variant<std::string, Strings, bool, VariantString>;

struct ProcessEntry {
  std::string name;
  int32_t pid = 0;
};
/// A row of Init1.ListAll.
struct StatusEntry {
  std::string job;
  std::string instance;
  std::string goal;
  std::string state;
  std::vector<ProcessEntry> processes;
};
/// Rows of Init1.ListBlocked.
struct EventHolder {
  std::string job;
  std::string instance;
  std::string why;
};
struct HeldEvent {
  std::string name;
  Strings environment;
  std::vector<EventHolder> holders;
};
/// A row of Init1.ListConfig; the conditions as in the properties.
struct ConfigEntry {
  std::string job;
  Strings emits;
  std::vector<Strings> startOn;
  std::vector<Strings> stopOn;
};
/// What these interfaces' methods return, aas and a(ss) as lists of lists; any
/// other type reads as monostate.
using Value = std::variant<std::monostate, std::string, Strings, bool, int32_t,
                           uint64_t, std::vector<int32_t>, std::vector<Strings>,
                           std::vector<ProcessEntry>, std::vector<StatusEntry>,
                           std::vector<HeldEvent>, std::vector<ConfigEntry>>;
using Properties = std::map<std::string, Value>;

struct Call {
  std::string path;
  std::string interface;
  std::string method;
  /// The initializer lets a call without arguments be written without them.
  std::vector<Argument> arguments =
      {}; // NOLINT(readability-redundant-member-init)
  /// Wait for the answer as long as it takes, not 25 seconds.
  bool patient = false;
};

struct CallError {
  std::string name; ///< "com.ubuntu.Upstart0_6.Error.UnknownJob"
  std::string message;

  /// \p suffix: the part behind "com.ubuntu.Upstart0_6.Error." or
  /// "org.freedesktop.DBus.Error.".
  bool is(const char *suffix) const;
  /// The daemon does not have, or its bus does not let pass, what was called.
  bool isUnsupported() const;
};

struct Reply {
  std::optional<CallError> error;
  std::vector<Value> values;
  Properties properties; ///< of an a{sv}

  /// The index-th value as a T; null when it is none.
  template <typename T> const T *get(size_t index = 0) const {
    return index < values.size() ? std::get_if<T>(&values[index]) : nullptr;
  }
  /// The first value as a string or list, empty when it is something else.
  std::string string() const;
  Strings strings() const;
};

/// The value of \p name in \p properties, or a default-constructed T.
template <typename T>
T property(const Properties &properties, const std::string &name) {
  auto found = properties.find(name);
  if (found == properties.end())
    return T();
  const T *value = std::get_if<T>(&found->second);
  return value ? *value : T();
}

enum class Bus : uint8_t { System, Session };

/// One connection. Calls on a dead one fail with an error, as any other.
class Client {
public:
  /// Peer to peer. Null and \p error set on failure.
  static std::unique_ptr<Client> connect(const std::string &address,
                                         CallError &error);
  /// Over a message bus, to the owner of \p destination.
  static std::unique_ptr<Client> connect(Bus bus, std::string destination,
                                         CallError &error);
  ~Client();
  Client(const Client &) = delete;
  Client &operator=(const Client &) = delete;

  Reply call(const Call &call);
  /// All of them, in flight together; replies in the order of the calls.
  std::vector<Reply> callAll(const std::vector<Call> &calls);

private:
  Client(DBusConnection *connection, std::string destination)
      : connection(connection), destination(std::move(destination)) {}

  DBusConnection *connection;
  std::string destination; ///< empty: peer to peer
};

/// \p bytes as valid UTF-8 (Names.h, writePrintable).
std::string printable(const std::string &bytes);

} // namespace starton::control

#endif // STARTON_RUNTIME_CONTROL_CLIENT_H
