// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A host of the engine without a system: processes are what their commands
// say, time passes when it is told to, and everything the engine does is
// written down and checked.
//
// Commands a simulated process understands:
//   run            runs until a signal ends it
//   stubborn       runs until KILL
//   exit N         exits at once with status N
//   die SIG        is killed at once by that signal
//   missing        its exec fails (ENOENT)
//   refused        cannot be spawned (EPERM)

#ifndef STARTON_UNITTESTS_RUNTIME_SIMHOST_H
#define STARTON_UNITTESTS_RUNTIME_SIMHOST_H

#include "CompiledJobs.h"
#include "starton/Runtime/Engine/Engine.h"
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace starton::test {

using Strings = std::vector<std::string>;
inline std::string toString(engine::Text text) {
  return {text.data() ? text.data() : "", text.size()};
}

inline engine::Text toText(const std::string &string) {
  return {string.data(), string.size()};
}

/// How many of the lines have that in them.
unsigned countOf(const Strings &lines, const std::string &part);

struct SimProcess {
  int32_t pid = 0;
  std::string job, instance;
  engine::InstanceId id;
  engine::Slot slot{};
  Strings command;
  Strings env;
  bool confirmed = false;
};

class SimHost {
public:
  struct Settings {
    bool debug = false; ///< log everything
    bool userMode = true;
    bool appArmor = false;
    bool confirmLate = false; ///< an end is told before the exec
    bool record = false;      ///< keep actions() with all their fields
    /// Before every n-th input the engine is saved, and another one made of
    /// that takes its place; 0: never.
    unsigned reincarnateEvery = 0;
    /// Of a table that has only begun to be verified.
    table::Verification *verification = nullptr;
    Strings environment = {"PATH=/bin", "TERM=linux", "HOME=/root"};
  };

  explicit SimHost(const Compiled &compiled) : SimHost(compiled, Settings()) {}
  /// Of a copy that is destroyed when the engine gives it back.
  SimHost(const Compiled &compiled, Settings settings);
  SimHost(const table::JobTable &table, Settings settings);

  bool ready() const { return initialised; }

  // --- Requests: the number to ask about afterwards; 0 when refused.
  uint64_t start(const std::string &job, const Strings &env = {},
                 bool wait = true);
  uint64_t stop(const std::string &job, const Strings &env = {},
                bool wait = true);
  uint64_t restart(const std::string &job, const Strings &env = {},
                   bool wait = true);
  uint64_t emit(const std::string &event, const Strings &env = {},
                bool wait = true, int descriptor = -1);
  uint64_t onInstance(engine::Input::Kind kind, const std::string &job,
                      const std::string &instance, bool wait);
  void shutdown(const char *why);
  /// Who asked has gone: no answer may come any more.
  void forgetClient(uint64_t request);
  /// Gives the engine a copy of that table. False: refused.
  bool switchTo(const Compiled &compiled, engine::SwitchKind kind,
                const Strings &removed = {});
  uint64_t environment(engine::Input::Kind kind, const Strings &env = {},
                       bool retain = false,
                       engine::InstanceId instance = engine::NoInstance);
  /// "" while it waits, "ok", or the text of the error.
  std::string answer(uint64_t request) const;

  // --- Processes
  /// The pid of a running one, 0: there is none.
  int32_t pid(const std::string &job, engine::Slot slot = engine::Slot::Main,
              const std::string &instance = "") const;
  void exit(int32_t pid, int status);
  void kill(int32_t pid, int signal);
  void stopped(int32_t pid, int signal);
  void forks(int32_t pid);
  /// The process is gone, and another is what is left of its job.
  void replaced(int32_t pid);
  void executes(int32_t pid);
  /// The process is gone and nobody tells: signals to it fail with ESRCH.
  void lose(int32_t pid);
  const SimProcess *process(int32_t pid) const;
  /// Value of a variable in the environment of the last process spawned there.
  std::string variable(const std::string &job, const std::string &key,
                       engine::Slot slot = engine::Slot::Main) const;

  // --- Time
  void pass(uint64_t seconds);

  // --- What there is to see
  /// "start/running", "stop/waiting" when there is no such instance.
  std::string status(const std::string &job,
                     const std::string &instance = "") const;
  /// Names and values of events as they finished: "stopped foo  ok".
  const Strings &finished() const { return events; }
  const Strings &spawns() const { return spawnLog; }
  const Strings &states() const { return stateLog; }
  const Strings &logs() const { return logLog; }
  const Strings &signals() const { return signalLog; }
  const Strings &all() const { return allLog; }
  /// Every action, whole.
  const Strings &actions() const { return actionLog; }
  void forget();
  bool exited() const { return exitSeen; }
  const std::set<int> &closed() const { return closedDescriptors; }
  unsigned yields() const { return yieldCount; }
  unsigned refusals() const { return refusedCount; }
  /// Names of the classes in the order of the engine.
  Strings classes() const;
  std::vector<engine::TableOfState> savedTables() const;
  Strings instances(const std::string &job) const;
  /// Tables that the engine has not given back, by id.
  Strings tables() const;
  /// Sorted KEY=VALUE.
  Strings environmentOf(engine::InstanceId instance = engine::NoInstance);
  /// What the engine tells about its classes, and what it has told.
  void checkClasses();
  /// Something the contract forbids was seen; empty when not.
  const std::string &broken() const { return firstBroken; }
  /// Of the end of a test: every request has one answer, every instance that
  /// sent `starting` has sent `stopped`, nothing is left.
  std::string leftOver() const;

  engine::FeedResult feed(engine::Input input);
  /// One action; rests() when there is none, or the engine has said Yield.
  void drainOne();
  bool rests() const { return atRest; }
  /// Saves the engine and makes another one of that, which takes its place.
  void reincarnate();
  /// The same as a daemon does it: those who asked are abandoned, and the
  /// numbers of requests begin anew.
  void reexec();
  /// Carries out actions and their consequences until nothing moves.
  void run();
  /// The same without confirming or ending anything.
  void drain();

private:
  /// Tables by id; null: somebody else's, which is `table`.
  std::map<uint32_t, std::unique_ptr<Compiled>> kept;
  const table::JobTable *table;

public:
  engine::Engine engine;
  uint64_t now = 1'000'000'000'000;
  /// Outcome of the next spawns instead of a process: an errno.
  std::deque<int> spawnErrors;

private:
  void becomes(engine::Input::Kind kind, int32_t pid);
  bool deliver();
  void perform(const engine::Action &action);
  engine::Outcome spawn(const engine::Action &action);
  engine::Outcome signal(const engine::Action &action);
  void announce(const engine::Action &action);
  SimHost(std::unique_ptr<Compiled> own, Settings settings);
  void announceJob(const engine::Action &action);
  uint64_t send(engine::Input input, const Strings &env);
  void answered(uint64_t request, const std::string &text);
  void check(bool good, const std::string &what);
  std::string describe(const engine::Action &action) const;
  uint64_t request(engine::Input::Kind kind, const std::string &job,
                   const Strings &env, bool wait);
  std::string nameOf(const engine::Input &input) const;
  void dropProcess(int32_t pid);
  std::string key(const engine::Action &action) const;

  Settings settings;
  bool initialised = false;
  std::map<int32_t, SimProcess> processes;
  std::map<std::string, SimProcess> lastSpawned; ///< by job and slot
  std::deque<engine::Input> pending;
  std::map<std::pair<uint32_t, uint32_t>, uint64_t> timers;
  std::map<uint64_t, std::string> answers;
  std::set<uint64_t> waiting;
  std::map<uint64_t, std::string> requestNames;
  std::map<std::string, std::string> shown; ///< instances and their states
  std::set<std::string> jobs;               ///< that were announced
  uint32_t lastTable = 0;
  std::map<std::string, int> cycles; ///< starting without stopped
  Strings events, spawnLog, stateLog, logLog, signalLog, allLog, actionLog;
  std::set<int> closedDescriptors;
  std::string firstBroken;
  uint64_t lastRequest = 0;
  uint64_t sequence = 0;
  int32_t lastPid = 1000;
  unsigned yieldCount = 0;
  unsigned refusedCount = 0;
  bool exitSeen = false;
  bool atRest = true;
};

} // namespace starton::test

#endif // STARTON_UNITTESTS_RUNTIME_SIMHOST_H
