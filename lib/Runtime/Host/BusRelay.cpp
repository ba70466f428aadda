// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Runtime/Host/BusRelay.h"
#include "starton/Runtime/Host/Messages.h"
#include "starton/Runtime/Host/OwnProgram.h"
#include "starton/Runtime/Host/Sys.h"
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

namespace starton::host {

namespace {

constexpr char RelayName[] = "initd-bus-relay";

bool startsWith(engine::Text text, const char *prefix) {
  size_t length = std::strlen(prefix);
  return text.size() > length && std::memcmp(text.data(), prefix, length) == 0;
}

/// One local socket: libdbus would also run programs and use the network.
bool isLocal(engine::Text address) {
  return (startsWith(address, "unix:path=") ||
          startsWith(address, "unix:abstract=")) &&
         !std::memchr(address.data(), ';', address.size());
}

} // namespace

BusRelay::BusRelay(Sys &system, Loop &eventLoop, Messages &out,
                   const char *ownAddress, const sigset_t &signalMask,
                   Settled settled, void *context)
    : sys(system), loop(eventLoop), messages(out), daemonAddress(ownAddress),
      mask(signalMask), onSettled(settled), settledContext(context) {
  watch.context = retry.context = this;
  watch.events = EPOLLIN;
  watch.handler = [](Watch &ready, uint32_t) {
    static_cast<BusRelay *>(ready.context)->ended();
  };
  retry.handler = [](Timer &due) {
    auto *self = static_cast<BusRelay *>(due.context);
    if (self->spawn() != 0)
      self->ended();
  };
}

BusRelay::~BusRelay() {
  loop.cancel(retry);
  if (watch.descriptor >= 0) {
    loop.remove(watch);
    sys.close(watch.descriptor);
  }
}

int BusRelay::join(engine::Text busAddress) {
  if (connected)
    return EALREADY;
  if (!isLocal(busAddress))
    return EINVAL;
  if (busAddress.size() >= sizeof bus)
    return ENAMETOOLONG;
  std::memcpy(bus, busAddress.data(), busAddress.size());
  bus[busAddress.size()] = '\0';
  attempts = 0;
  loop.cancel(retry);
  if (pid > 0) {
    // It is still trying another bus: the next one takes this address.
    (void)sys.kill(pid, SIGKILL);
    asked = superseded = true;
    return 0;
  }
  int error = spawn();
  asked = error == 0;
  return error;
}

void BusRelay::childMain() {
  int null = sys.open("/dev/null", O_RDWR);
  for (int standard = 0; standard <= 2; ++standard)
    (void)sys.duplicate(null, standard, 0);
  (void)sys.closeRange(3, ~0U, 0);
  (void)sys.signalMask(SIG_SETMASK, &mask, nullptr);
  const char *words[] = {RelayName, daemonAddress, bus, nullptr};
  // Nothing of a job's environment: what carries it is taken for its process.
  char *const none[] = {nullptr};
  (void)sys.execute(program, const_cast<char *const *>(words), none);
  for (;;)
    sys.exit(127);
}

/// Starts a relay; an errno when there is none.
int BusRelay::spawn() {
  ++attempts;
  reason[0] = '\0';
  if (int error = findOwnProgram(sys, RelayName, {program, sizeof program}))
    return error;
  pid_t child = sys.fork();
  if (child == 0)
    childMain();
  if (child < 0)
    return -child;
  pid = child;
  watch.descriptor = sys.processDescriptor(child);
  int error = watch.descriptor < 0 ? -watch.descriptor : loop.add(watch);
  if (error == 0)
    return 0;
  // Nobody would notice its end.
  (void)sys.kill(child, SIGKILL);
  if (watch.descriptor >= 0)
    sys.close(watch.descriptor);
  watch.descriptor = -1;
  pid = 0;
  return error;
}

void BusRelay::settle(const char *why) {
  bool wanted = asked;
  asked = false;
  if (wanted)
    onSettled(settledContext, why);
}

void BusRelay::told(bool isConnected, engine::Text why) {
  if (superseded)
    return;
  if (isConnected) {
    connected = true;
    attempts = 0;
    messages.log(engine::Priority::Info,
                 textOf("Connected to D-Bus session bus"));
    return settle(nullptr);
  }
  size_t length =
      why.size() < sizeof reason - 1 ? why.size() : sizeof reason - 1;
  if (length > 0)
    std::memcpy(reason, why.data(), length);
  reason[length] = '\0';
}

/// The relay is gone, or could not even be started.
void BusRelay::ended() {
  if (watch.descriptor >= 0) {
    loop.remove(watch);
    sys.close(watch.descriptor);
    watch.descriptor = -1;
  }
  if (pid > 0) {
    siginfo_t end = {}; // unless the daemon has taken it among its children
    (void)sys.waitFor(pid, end);
  }
  pid = 0;
  if (superseded) { // whoever asked waits for the next
    superseded = false;
    if (spawn() == 0)
      return;
  }
  const char *why = reason[0] ? reason : "the relay has ended";
  if (connected)
    messages.log(engine::Priority::Warn,
                 textOf("Disconnected from D-Bus session bus"));
  else if (attempts == 1)
    messages.format(engine::Priority::Warn,
                    "Unable to connect to D-Bus session bus: %s", why);
  connected = false;
  settle(why);
  if (attempts < MaxAttempts)
    loop.armAfter(retry, FirstDelay << attempts);
}

} // namespace starton::host
