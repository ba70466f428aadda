// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The session daemon: table, engine, processes, control socket and loop put
// together (docs/ARCHITECTURE.md, "Daemon"; spec/runtime §6.4).

#ifndef STARTON_RUNTIME_HOST_DAEMON_H
#define STARTON_RUNTIME_HOST_DAEMON_H

#include "starton/Runtime/Host/BusRelay.h"
#include "starton/Runtime/Host/Configuration.h"
#include "starton/Runtime/Host/ControlLoop.h"
#include "starton/Runtime/Host/InstanceTimers.h"
#include "starton/Runtime/Host/Options.h"
#include "starton/Runtime/Host/Processes.h"
#include "starton/Runtime/Host/Reexec.h"
#include "starton/Runtime/Host/SessionFile.h"
#include <climits>

namespace starton::host {

class Daemon {
public:
  /// \p environment is the process's, NULL-terminated; \p options outlive us.
  Daemon(Sys &system, const Options &daemonOptions, char *const *environment);
  Daemon(const Daemon &) = delete;
  Daemon &operator=(const Daemon &) = delete;

  /// From start-up to the end of the session. Returns the exit status; what
  /// prevented the start has been logged.
  int run();

  /// The process's arguments, NULL-terminated: what a re-exec runs again.
  void setArguments(char *const *arguments) {
    reexec.setProgram(arguments, environment, originalMask);
    argumentList = arguments;
  }
  /// --check-state: says on standard output whether the state can be read, and
  /// ends the process with status 0 or 1.
  [[noreturn]] void checkState();
  /// Of a daemon for --check-state, which is of no other use afterwards: "", or
  /// why it cannot be read.
  const char *judgeState(Span<const uint8_t> state);

private:
  /// What a state says about the daemon itself.
  struct Inherited {
    engine::Priority priority{};
    sigset_t mask{};
    char address[96] = {};
    int listening = -1;
    uint64_t sequence = 0;
    uint64_t tick = 0; ///< deadlines, 0: not armed
    uint64_t retry = 0;
    engine::Text bus; ///< a view into the state
  };

  bool start();
  bool launch();
  bool openLoop();
  void prepare();
  bool checkRole();
  void secureDescriptors();
  bool blockSignals();
  bool awaitTable();
  bool startEngine();
  void chooseLogDirectory();
  void makeSessionFile();
  bool listen();
  bool watchSignals();
  void emit(const char *event);
  const char *variable(const char *name) const;
  bool fatal(const char *what, int error);

  // --- The engine's side.
  engine::FeedResult feed(engine::Input &input);
  void pump();
  engine::SwitchResult switchTable(const table::JobTable &table, uint32_t id,
                                   engine::SwitchKind kind,
                                   Span<const engine::Text> removed);
  void perform(const engine::Action &action);
  void beginShutdown(const char *type);
  void setPriority(engine::Priority priority);

  // --- Over a re-exec: DaemonState.cpp.
  void saveState(StateWriter &out);
  const char *verifyState(Span<const uint8_t> state);
  void loadHost(StateReader &in, Inherited &inherited);
  bool tablesInUse(Vector<engine::TableOfState> &list) const;
  int placeListening();
  bool loadCore(StateReader &in, Inherited &inherited);
  bool loadRest(StateReader &in);
  bool resume();
  bool loseState(const char *why);
  Reexec::Hooks reexecHooks();
  int requestRestart();

  // --- The loop's side.
  void readSignals();
  void takeSignal(uint32_t number);
  void reload();
  void tick();
  void turn();
  void comeToRest();
  bool isSparing() const;
  bool workWhenIdle();
  void endSparing();
  const char *reloadConfiguration(uint64_t &ticket);
  control::DaemonHooks daemonHooks();
  void setBusHooks(control::DaemonHooks &hooks);

  Sys &sys;
  const Options &options;
  char *const *environment;
  Messages messages;
  Loop loop;
  Configuration configuration; ///< its tables outlive the engine
  engine::Engine engine;
  JobLogs logs;
  Processes processes;
  InstanceTimers timers;
  control::Server server;
  ControlLoop controlLoop;
  SessionFile session;
  BusRelay busRelay;
  Reexec reexec;
  char *const *argumentList = nullptr;

  Watch signalWatch;
  Timer tickTimer;
  Timer retryTimer; ///< the first event had to be refused
  Timer restTimer;
  Timer spareTimer; ///< the first jobs are spared what can wait
  sigset_t handled{};
  sigset_t originalMask{};
  uint64_t sequence = 0;
  bool running = false;      ///< the engine is
  bool busy = false;         ///< the configuration has work to do
  bool settled = false;      ///< has been idle once
  uint64_t rounds = 0;       ///< of the loop
  uint64_t restRound = 0;    ///< in which restTimer was armed last
  bool pending = false;      ///< the engine said Yield
  bool moreChildren = false; ///< a slice of reaping was not enough
  bool resumed = false;      ///< from a state
  bool ended = false;
  int listening = -1; ///< a socket from before the exec
  int exitStatus = 0;
  int subreaperError = 0; ///< errno
  char address[96] = {};
  char logDirectory[PATH_MAX] = {};
};

} // namespace starton::host

#endif // STARTON_RUNTIME_HOST_DAEMON_H
