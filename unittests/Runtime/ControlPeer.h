// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Clients that control::Client is too well-behaved to be: one that listens to
// signals, and one that writes any bytes it likes.

#ifndef STARTON_UNITTESTS_RUNTIME_CONTROLPEER_H
#define STARTON_UNITTESTS_RUNTIME_CONTROLPEER_H

#include "ControlMarshal.h"
#include <string>
#include <vector>

struct DBusConnection;

namespace starton::test {

/// Over libdbus.
class Peer {
public:
  explicit Peer(const std::string &address);
  ~Peer();
  Peer(const Peer &) = delete;
  Peer &operator=(const Peer &) = delete;

  /// A round trip: when it returns, the server has let us in.
  void ping();
  /// The next \p count signals, each "PATH INTERFACE.MEMBER TYPE=VALUE...";
  /// fewer when no more come for a second.
  std::vector<std::string> signals(size_t count);

private:
  DBusConnection *connection;
};

/// A socket.
class RawPeer {
public:
  explicit RawPeer(const std::string &address);
  ~RawPeer();
  RawPeer(const RawPeer &) = delete;
  RawPeer &operator=(const RawPeer &) = delete;

  bool connected() const { return fd >= 0; }
  /// False: the server has closed, or has not read for a second (stalled()).
  bool send(const std::string &bytes);
  bool stalled() const { return isStalled; }
  /// Gets through EXTERNAL authentication.
  bool authenticate();
  /// The same up to, and without, the final BEGIN.
  bool greet();
  /// Reads until \p size bytes came, the server closes or a second passes.
  std::string receive(size_t size);
  /// What has come so far.
  std::string receiveAvailable();
  /// Whether the server closes within \p seconds; what it sends is dropped.
  bool closedWithin(double seconds);
  int descriptor() const { return fd; }

private:
  int fd;
  bool isStalled = false;
};

} // namespace starton::test

#endif // STARTON_UNITTESTS_RUNTIME_CONTROLPEER_H
