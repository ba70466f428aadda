// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The daemon's side of a message bus: one more client, the relay (Relay.h),
// behind which there are many.

#include "Interfaces.h"
#include "starton/Runtime/Control/Relay.h"
#include "starton/Runtime/Control/Upstart.h"
#include <cerrno>

namespace starton::control {

static uint64_t hashOf(Text text) {
  uint64_t hash = 0xcbf29ce484222325;
  for (char byte : text)
    hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
  return hash ? hash : 1;
}

/// ":UID.NUMBERS" in its two parts; false: it is no such name.
static bool splitSender(Text sender, uint32_t &user, Text &numbers) {
  uint64_t value = 0;
  size_t at = 1;
  for (; at < sender.size() && sender[at] >= '0' && sender[at] <= '9'; ++at) {
    value = value * 10 + static_cast<unsigned>(sender[at] - '0');
    if (value > UINT32_MAX)
      return false;
  }
  if (sender.empty() || sender[0] != ':' || at == 1 || at >= sender.size() ||
      sender[at] != '.')
    return false;
  user = static_cast<uint32_t>(value);
  numbers = sender.slice(at + 1, sender.size() - at - 1);
  return true;
}

uint64_t senderHash(Text sender) {
  uint32_t user = 0;
  Text numbers;
  return splitSender(sender, user, numbers) ? hashOf(numbers) : 1;
}

bool Request::user(uint32_t &uid) const {
  Text numbers;
  return from.relay ? splitSender(message.sender(), uid, numbers)
                    : from.link.user(uid);
}

// --- What the relay says.

void Server::Impl::forgetSender(Connection &relay, uint64_t sender) {
  for (uint32_t i = 0; relay.pending > 0 && i < pending.limit(); ++i)
    if (pending[i].connection == &relay && pending[i].sender == sender)
      forgetPending(i);
}

bool Server::Impl::takeRelayMessage(Connection &from,
                                    const wire::Incoming &message) {
  if (!message.sender().empty() ||
      !equal(message.interface(), textOf(RelayInterface)))
    return false;
  bool hasText = equal(message.signature(), textOf("s"));
  Text text = hasText ? wire::Reader(message).string() : Text();
  if (equal(message.member(), textOf("ClientGone")) && hasText)
    forgetSender(from, hashOf(text));
  else if (equal(message.member(), textOf("Connected"))) {
    daemon.relayTold(daemon.context, true, {});
    if (justRestarted)
      signal("Restarted", &from);
    justRestarted = false;
  } else if (equal(message.member(), textOf("Failed")))
    daemon.relayTold(daemon.context, false, text);
  return true;
}

void Server::Impl::shareEnvironment(Span<const Text> variables) {
  for (uint32_t i = 0; i < count; ++i) {
    if (!connections[i]->relay || !connections[i]->link.isAuthenticated())
      continue;
    wire::Writer writer;
    writer.startSignal(ManagerPath, RelayInterface, "SetEnvironment");
    writer.openArray("s");
    for (Text variable : variables)
      writer.string(variable);
    writer.close();
    if (writer.good())
      send(*connections[i], writer);
  }
}

// --- Methods.

void notifyDBusAddress(Request &request) {
  const DaemonHooks &daemon = request.server.daemon;
  if (!request.server.options.userMode)
    return request.fail(
        engine::ErrorName::PermissionDenied,
        {textOf("Not permissible to notify D-Bus address for PID 1")});
  if (!daemon.joinBus)
    return notSupported(request);
  uint32_t index = None;
  engine::RequestToken token = 0;
  if (!request.await(ReplyShape::Bus, index, token))
    return;
  int error =
      daemon.joinBus(daemon.context, wire::Reader(request.message).string());
  if (error == 0)
    return;
  PendingRequest unused;
  (void)request.server.takePending(token, unused);
  if (error == EALREADY)
    return request.answerEmpty();
  request.failSystem(error);
}

/// There are no cgroups of our own, so nobody waits for their manager.
void notifyCGroupManagerAddress(Request &request) { request.answerEmpty(); }

void Server::busSettled(const char *why) {
  if (impl)
    impl->settlePending(ReplyShape::Bus,
                        why ? "org.freedesktop.DBus.Error.Failed" : nullptr,
                        textOf(why));
}

} // namespace starton::control
