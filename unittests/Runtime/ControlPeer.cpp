// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "ControlPeer.h"
#include <chrono>
#include <cstring>
#include <dbus/dbus.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace starton::test {

// --- Peer.

Peer::Peer(const std::string &address)
    : connection(dbus_connection_open_private(address.c_str(), nullptr)) {
  EXPECT_TRUE(connection);
}

Peer::~Peer() {
  dbus_connection_close(connection);
  dbus_connection_unref(connection);
}

void Peer::ping() {
  DBusMessage *call = dbus_message_new_method_call(
      nullptr, "/", "org.freedesktop.DBus.Peer", "Ping");
  DBusMessage *reply = dbus_connection_send_with_reply_and_block(
      connection, call, 5000, nullptr);
  EXPECT_TRUE(reply);
  dbus_message_unref(call);
  if (reply)
    dbus_message_unref(reply);
}

static std::string describe(DBusMessage *message) {
  std::string text = std::string(dbus_message_get_path(message)) + " " +
                     dbus_message_get_interface(message) + "." +
                     dbus_message_get_member(message);
  DBusMessageIter at;
  dbus_message_iter_init(message, &at);
  for (int type; (type = dbus_message_iter_get_arg_type(&at));
       dbus_message_iter_next(&at)) {
    if (type == DBUS_TYPE_INT32) {
      int32_t value = 0;
      dbus_message_iter_get_basic(&at, &value);
      text += " i=" + std::to_string(value);
    } else if (type == DBUS_TYPE_ARRAY) {
      text += " as=";
      DBusMessageIter inner;
      dbus_message_iter_recurse(&at, &inner);
      for (const char *comma = ""; dbus_message_iter_get_arg_type(&inner);
           dbus_message_iter_next(&inner), comma = ",") {
        const char *value = nullptr;
        dbus_message_iter_get_basic(&inner, static_cast<void *>(&value));
        text += std::string(comma) + value;
      }
    } else {
      const char *value = nullptr;
      dbus_message_iter_get_basic(&at, static_cast<void *>(&value));
      text += std::string(" ") + static_cast<char>(type) + "=" + value;
    }
  }
  return text;
}

std::vector<std::string> Peer::signals(size_t count) {
  std::vector<std::string> found;
  while (found.size() < count) {
    DBusMessage *message = dbus_connection_pop_message(connection);
    if (message) {
      if (dbus_message_get_type(message) == DBUS_MESSAGE_TYPE_SIGNAL)
        found.push_back(describe(message));
      dbus_message_unref(message);
      continue;
    }
    auto before = std::chrono::steady_clock::now();
    if (!dbus_connection_read_write(connection, 1000) ||
        std::chrono::steady_clock::now() - before > std::chrono::seconds(1))
      break;
  }
  return found;
}

// --- RawPeer.

RawPeer::RawPeer(const std::string &address)
    : fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
  std::string name = address.substr(address.find('=') + 1);
  sockaddr_un to = {};
  to.sun_family = AF_UNIX;
  std::memcpy(to.sun_path + 1, name.data(), name.size());
  socklen_t size = offsetof(sockaddr_un, sun_path) + 1 + name.size();
  if (connect(fd, reinterpret_cast<sockaddr *>(&to), size) != 0) {
    close(fd);
    fd = -1;
  }
}

RawPeer::~RawPeer() {
  if (fd >= 0)
    close(fd);
}

bool RawPeer::send(const std::string &bytes) {
  for (size_t sent = 0; sent < bytes.size();) {
    ssize_t now =
        ::send(fd, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (now < 0 && errno == EAGAIN) {
      pollfd item = {fd, POLLOUT, 0};
      isStalled = poll(&item, 1, 1000) == 0;
      if (isStalled)
        return false;
      continue;
    }
    if (now < 0)
      return false;
    sent += now;
  }
  return true;
}

bool RawPeer::authenticate() { return greet() && send("BEGIN\r\n"); }

bool RawPeer::greet() {
  std::string uid;
  for (char digit : std::to_string(geteuid())) {
    uid += "3";
    uid += digit;
  }
  return send(std::string(1, '\0') + "AUTH EXTERNAL " + uid + "\r\n") &&
         receive(37).compare(0, 3, "OK ") == 0;
}

std::string RawPeer::receive(size_t size) {
  std::string bytes;
  while (bytes.size() < size) {
    pollfd item = {fd, POLLIN, 0};
    if (poll(&item, 1, 1000) <= 0)
      break;
    char buffer[4096];
    ssize_t got =
        read(fd, buffer, std::min(sizeof(buffer), size - bytes.size()));
    if (got <= 0)
      break;
    bytes.append(buffer, got);
  }
  return bytes;
}

std::string RawPeer::receiveAvailable() {
  std::string bytes;
  char buffer[65536];
  for (ssize_t got; (got = read(fd, buffer, sizeof(buffer))) > 0;)
    bytes.append(buffer, got);
  return bytes;
}

bool RawPeer::closedWithin(double seconds) {
  auto end =
      std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
  while (std::chrono::steady_clock::now() < end) {
    pollfd item = {fd, POLLIN, 0};
    if (poll(&item, 1, 10) <= 0)
      continue;
    char buffer[65536];
    ssize_t got = read(fd, buffer, sizeof(buffer));
    if (got == 0 || (got < 0 && errno != EAGAIN))
      return true;
  }
  return false;
}

} // namespace starton::test
