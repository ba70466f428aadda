// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The daemon's side of a re-exec: which parts make up a state, and the start
// from one (docs/state-format.md).

#include "starton/Runtime/Host/Daemon.h"
#include "starton/Runtime/Support/StateStream.h"
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>

namespace starton::host {

namespace {

/// Bits of a saved signal mask.
constexpr int MaskBits = 64;
/// Where libdbus looks for a listening socket: Control/Standins.h.
constexpr int PassedSocket = 3;
/// Descriptors looked at when nobody can say which one listens.
constexpr int MostSearched = 4096;

uint64_t maskBits(const sigset_t &mask) {
  uint64_t bits = 0;
  for (int number = 1; number <= MaskBits; ++number)
    if (sigismember(&mask, number) == 1)
      bits |= uint64_t(1) << (number - 1);
  return bits;
}

sigset_t maskOf(uint64_t bits) {
  sigset_t mask;
  sigemptyset(&mask);
  for (int number = 1; number <= MaskBits; ++number)
    if (bits >> (number - 1) & 1)
      sigaddset(&mask, number);
  return mask;
}

} // namespace

// --- Saving.

void Daemon::saveState(StateWriter &out) {
  out.part("HOST");
  out.signed32(sys.pid());
  out.choice(messages.priority());
  out.number64(maskBits(originalMask));
  out.text(textOf(address));
  out.descriptor(server.listeningDescriptor());
  out.number64(sequence);
  out.number64(tickTimer.armed ? tickTimer.deadline : 0);
  out.number64(retryTimer.armed ? retryTimer.deadline : 0);
  session.save(out);
  out.text(textOf(busRelay.address()));
  configuration.save(out);
  engine.snapshot(out);
  timers.save(out);
  logs.save(out);
  processes.save(out);
  out.part("END.");
}

/// Whether another engine can be made of it, which is the part that is hard.
const char *Daemon::verifyState(Span<const uint8_t> state) {
  StateReader in(state);
  Inherited inherited;
  engine::Engine copy;
  loadHost(in, inherited);
  in.part("TABL");
  uint32_t count = in.count(8);
  for (uint32_t i = 0; i < count && in.good(); ++i) {
    (void)in.number32();
    (void)in.text();
  }
  Rejections unused;
  if (in.version() >= 2)
    unused.load(in);
  Vector<engine::TableOfState> tables;
  if (in.require(tablesInUse(tables), "no memory") &&
      copy.restore(in, tables.span()))
    return nullptr;
  return in.why();
}

// --- Reading back.

void Daemon::loadHost(StateReader &in, Inherited &inherited) {
  in.part("HOST");
  in.require(in.signed32() == sys.pid() || options.checkState,
             "the state of another process");
  inherited.priority = in.choice(engine::Priority::Fatal);
  inherited.mask = maskOf(in.number64());
  engine::Text text = in.name();
  if (in.require(text.size() < sizeof inherited.address, "a name too long") &&
      !text.empty())
    std::memcpy(inherited.address, text.data(), text.size());
  inherited.listening = in.descriptor();
  inherited.sequence = in.number64();
  inherited.tick = in.number64();
  inherited.retry = in.number64();
  session.load(in, options.checkState || running);
  inherited.bus = in.name();
}

/// The tables of a state that are in memory here. False: no memory.
bool Daemon::tablesInUse(Vector<engine::TableOfState> &list) const {
  for (size_t i = 0; i < configuration.tableCount(); ++i) {
    uint32_t id = 0;
    const table::LoadedTable &table = configuration.tableAt(i, id);
    if (!list.push({id, table.get()}))
      return false;
  }
  return true;
}

/// Gives the listening socket the number that it must have, before anybody else
/// takes that. Returns the new number of what was there, or -1.
int Daemon::placeListening() {
  if (listening < 0 || listening == PassedSocket)
    return -1;
  int other = sys.control(PassedSocket, F_DUPFD_CLOEXEC, PassedSocket + 1);
  if (sys.duplicate(listening, PassedSocket, O_CLOEXEC) < 0)
    return -1;
  sys.close(listening);
  listening = PassedSocket;
  return other;
}

/// Everything up to the engine: what fails here leaves no trace.
bool Daemon::loadCore(StateReader &in, Inherited &inherited) {
  loadHost(in, inherited);
  if (!options.checkState) {
    listening = inherited.listening;
    in.moved(PassedSocket, placeListening());
  }
  Vector<engine::TableOfState> tables;
  return in.good() &&
         configuration.resume(in, inherited.mask, options.checkState) &&
         in.require(tablesInUse(tables), "no memory") &&
         engine.restore(in, tables.span());
}

bool Daemon::loadRest(StateReader &in) {
  timers.load(in);
  logs.load(in, options.checkState);
  processes.load(in, options.checkState);
  in.part("END.");
  return in.require(in.atEnd(), "something behind its end");
}

const char *Daemon::judgeState(Span<const uint8_t> state) {
  StateReader in(state);
  Inherited inherited;
  return loadCore(in, inherited) && loadRest(in) ? "" : in.why();
}

void Daemon::checkState() {
  Vector<uint8_t> bytes;
  int result = readState(sys, options.stateDescriptor, bytes);
  const char *why =
      result < 0 ? std::strerror(-result) : judgeState(bytes.span());
  char line[160];
  int size = std::snprintf(line, sizeof line, "%s\n", *why ? why : "ok");
  (void)sys.write(1, line, static_cast<size_t>(size));
  // What was read looks like ours, but must not be closed, written or ended.
  sys.exit(*why ? 1 : 0);
}

/// False: there is nothing to go on from, which has been said if there was.
bool Daemon::resume() {
  if (options.stateDescriptor < 0)
    return false;
  Vector<uint8_t> bytes;
  Inherited inherited;
  int result = readState(sys, options.stateDescriptor, bytes);
  sys.close(options.stateDescriptor);
  if (result < 0)
    return loseState(std::strerror(-result));
  StateReader in(bytes.span());
  if (!loadCore(in, inherited))
    return loseState(in.why());
  engine.forgetCallers(); // the server abandoned their requests
  resumed = running = true;
  originalMask = inherited.mask;
  std::memcpy(address, inherited.address, sizeof address);
  sequence = inherited.sequence;
  setPriority(inherited.priority);
  if (!openLoop())
    return loseState("the loop cannot be opened");
  prepare();
  if (!loadRest(in))
    messages.format(engine::Priority::Error,
                    "Unable to restore all of the state: %s", in.why());
  if (inherited.tick)
    loop.arm(tickTimer, inherited.tick);
  if (inherited.retry)
    loop.arm(retryTimer, inherited.retry);
  if (!inherited.bus.empty())
    (void)busRelay.join(inherited.bus);
  pending = moreChildren = true; // what came during the exec
  return true;
}

bool Daemon::loseState(const char *why) {
  messages.format(engine::Priority::Error,
                  "Unable to restore the state: %s; processes that run are "
                  "reaped, but belong to no job",
                  why);
  // A client finds the same address as before.
  for (int at = PassedSocket; at < MostSearched && listening < 0; ++at)
    if (sys.isListening(at))
      listening = at;
  (void)placeListening();
  return false;
}

// --- Asking for it.

Reexec::Hooks Daemon::reexecHooks() {
  Reexec::Hooks hooks;
  hooks.context = this;
  hooks.save = [](void *self, StateWriter &out) {
    static_cast<Daemon *>(self)->saveState(out);
  };
  hooks.verify = [](void *self, Span<const uint8_t> state) {
    return static_cast<Daemon *>(self)->verifyState(state);
  };
  hooks.leaving = [](void *self) {
    auto *daemon = static_cast<Daemon *>(self);
    daemon->server.abandonRequests();
    daemon->configuration.leave();
  };
  hooks.refused = [](void *self, const char *why) {
    static_cast<Daemon *>(self)->server.refuseRestart(textOf(why));
  };
  return hooks;
}

int Daemon::requestRestart() {
  if (!reexec.hasProgram())
    return ENOTSUP;
  reexec.request();
  return 0;
}

} // namespace starton::host
