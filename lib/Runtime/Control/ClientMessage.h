// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The client's calls as messages of libdbus, and messages as its replies.
// What a daemon sends is hostile: any type may come where another is expected,
// and an object path may be any string.

#ifndef STARTON_LIB_RUNTIME_CONTROL_CLIENTMESSAGE_H
#define STARTON_LIB_RUNTIME_CONTROL_CLIENTMESSAGE_H

#include "starton/Runtime/Control/Client.h"
#include <dbus/dbus.h>

namespace starton::control {

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

/// libdbus reports every exhausted allocation as false: std::bad_alloc.
void check(bool done);

bool isSendable(const std::string &text);

/// Why \p call must not reach libdbus, which would end the program; null when
/// it may.
const char *whyUnsendable(const Call &call);

/// Of a call that may be sent.
MessagePointer encode(const Call &call, const std::string &destination);

Reply decodeReply(DBusMessage *message);

} // namespace starton::control

#endif // STARTON_LIB_RUNTIME_CONTROL_CLIENTMESSAGE_H
