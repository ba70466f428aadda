// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The relay between a message bus and the daemon (starton/Runtime/Control/
// Relay.h): started when a bus is to be joined, started again when it ends.
// A bus that cannot be joined is tried again after a tenth of a second, then
// after twice the time each, and given up after ten times, until somebody
// names a bus again.

#ifndef STARTON_RUNTIME_HOST_BUSRELAY_H
#define STARTON_RUNTIME_HOST_BUSRELAY_H

#include "starton/Runtime/Engine/Engine.h"
#include "starton/Runtime/Host/Loop.h"
#include <climits>
#include <csignal>
#include <sys/types.h>

namespace starton::host {

class Messages;
class Sys;

class BusRelay {
public:
  /// Told the outcome of join(): null, or why it failed.
  using Settled = void (*)(void *context, const char *why);

  /// \p ownAddress: of the daemon's private socket, filled in before join().
  /// \p signalMask: what a child gets back.
  BusRelay(Sys &system, Loop &eventLoop, Messages &out, const char *ownAddress,
           const sigset_t &signalMask, Settled settled, void *context);
  ~BusRelay();
  BusRelay(const BusRelay &) = delete;
  BusRelay &operator=(const BusRelay &) = delete;

  /// Control's DaemonHooks::joinBus.
  int join(engine::Text busAddress);
  bool isRelay(int32_t process) const { return pid > 0 && process == pid; }
  /// What the relay says of itself.
  void told(bool isConnected, engine::Text why);

  /// The bus joined or to be joined, "" when there is none.
  const char *address() const { return bus; }

private:
  static constexpr unsigned MaxAttempts = 10;
  static constexpr uint64_t FirstDelay = 100'000'000; ///< nanoseconds

  int spawn();
  [[noreturn]] void childMain();
  void ended();
  void settle(const char *why);

  Sys &sys;
  Loop &loop;
  Messages &messages;
  const char *daemonAddress;
  const sigset_t &mask;
  Settled onSettled;
  void *settledContext;
  Watch watch; ///< pidfd of the relay
  Timer retry;
  pid_t pid = 0;
  bool connected = false;
  bool asked = false;      ///< somebody waits for onSettled
  bool superseded = false; ///< killed, so that the next takes a new address
  unsigned attempts = 0;
  char bus[256] = {};
  char program[PATH_MAX] = {};
  char reason[160] = {}; ///< the last one given
};

} // namespace starton::host

#endif // STARTON_RUNTIME_HOST_BUSRELAY_H
