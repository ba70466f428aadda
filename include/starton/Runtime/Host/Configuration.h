// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Where the engine's definitions come from, at the start and while it runs
// (docs/ARCHITECTURE.md, "Daemon"; spec/runtime §1.1, §1.2, §6.5): the tables
// in memory, the watched directories, the compiler, and the gate that holds
// requests back which could see a result that is still being made.
//
// boot() gets the first table, at once from a file or by and by from a
// compiler: while isBooting() the loop runs without an engine. After that
// started() sets the watches, has the sources of a table file compared, and
// changes are taken over as they come:
//
//   change noticed -> quiet for a moment, or somebody waits for it -> compiled
//   by a child -> Engine::switchTable -> gateOpened
//
// Nothing here waits for anything, and all work comes in slices.

#ifndef STARTON_RUNTIME_HOST_CONFIGURATION_H
#define STARTON_RUNTIME_HOST_CONFIGURATION_H

#include "starton/Runtime/Host/ChangedJobs.h"
#include "starton/Runtime/Host/Compiler.h"
#include "starton/Runtime/Host/Rejections.h"
#include "starton/Runtime/Host/Watcher.h"

namespace starton {
class StateReader;
class StateWriter;
} // namespace starton

namespace starton::host {

class Configuration {
public:
  /// A change is compiled when the files have been quiet for this long ...
  static constexpr uint64_t QuietTime = 20'000'000; ///< nanoseconds
  /// ... or when it has waited for this long.
  static constexpr uint64_t LongestDelay = 200'000'000;
  /// Requests wait no longer than this for a compiler ...
  static constexpr uint64_t LongestHold = 2'000'000'000;
  /// ... but those that ask for a reload: D-Bus clients give up after 25 s.
  static constexpr uint64_t LongestReload = 20'000'000'000;
  /// A switch that the engine has no memory for is tried again after this.
  static constexpr uint64_t RetryDelay = 1'000'000'000;

  struct Hooks {
    void *context = nullptr;
    /// Engine::switchTable, and the actions that follow from it.
    engine::SwitchResult (*switchTable)(
        void *context, const table::JobTable &table, uint32_t id,
        engine::SwitchKind kind, Span<const engine::Text> removed) = nullptr;
    /// Requests that were told to wait for \p ticket or less may go on.
    void (*gateOpened)(void *context, uint64_t ticket) = nullptr;
    /// What was told by reload() is over, up to \p ticket: \p why says why the
    /// result is not in use; null: it is.
    void (*reloadEnded)(void *context, uint64_t ticket,
                        const char *why) = nullptr;
  };

  Configuration(Sys &system, Loop &eventLoop, Messages &out,
                const Options &daemonOptions, char *const *environmentList,
                Hooks who);
  ~Configuration();
  Configuration(const Configuration &) = delete;
  Configuration &operator=(const Configuration &) = delete;

  // --- The start.

  /// \p mask: the signal mask that compilers get. False: there are no jobs to
  /// be had, which has been logged as a fatal error.
  [[nodiscard]] bool boot(const sigset_t &mask);
  /// Instead of boot(), after a re-exec: the tables that were in use. \p dry:
  /// only to see whether they can be. False: in.why() says why, and nothing was
  /// kept.
  [[nodiscard]] bool resume(StateReader &in, const sigset_t &mask, bool dry);
  void save(StateWriter &out) const;
  /// Waiting for the first table; work() and childEnded() go on.
  /// There is a first table, and started() is to come.
  bool isReady() const { return phase == Phase::Ready; }
  bool isBooting() const { return phase == Phase::Booting; }
  /// After boot(): the first table could not be had after all.
  bool hasFailed() const { return phase == Phase::Failed; }
  /// The first table, whose id is 0. Not while isBooting().
  const table::JobTable &firstTable() const { return *tables[0].table->get(); }
  /// What of it has yet to be verified, which work() does once started; or
  /// null.
  table::Verification *firstTableRest() const {
    return tables[0].table->rest();
  }
  /// The engine runs on it, and the first event has been emitted.
  void started();
  /// The session ends: compilers are ended, changes not noticed any more.
  void stop();
  /// Just before the program is replaced: no compiler stays behind. Should the
  /// exec fail, everything is compiled anew.
  void leave();

  // --- Running.

  /// A slice of what is to be done. True: there is more.
  bool work();
  /// A child of the daemon has ended. False: it is not ours.
  bool childEnded(const siginfo_t &end) { return compiler.ended(end); }
  /// Reads everything again; Hooks::reloadEnded() tells of \p ticket, maybe
  /// before this returns. Otherwise why that is not possible, valid until the
  /// next call.
  const char *reload(uint64_t &ticket);
  /// After a re-exec: compiles what changed while nobody was watching, where
  /// the job files are the truth.
  void catchUp();
  /// Why the definitions may not be what the job files say; empty: they are.
  engine::Text outdated() const;
  /// Action::Kind::TableUnused.
  void tableUnused(uint32_t id);

  /// Whether a request about \p job (empty: about any job) must wait for a
  /// result that is being made: a ticket for gateOpened(), or 0. News of the
  /// directories are taken first.
  uint64_t ticketFor(engine::Text job);

  const Rejections &rejections() const { return rejected; }
  /// Tables in memory, by id; for a re-exec and for tests.
  size_t tableCount() const { return tables.size(); }
  const table::LoadedTable &tableAt(size_t index, uint32_t &id) const {
    id = tables[index].id;
    return *tables[index].table;
  }
  /// The directories that are watched, each NUL-terminated.
  Span<char *const> sources() const { return watcher.sources(); }
  uint32_t watchCount() const { return watcher.watchCount(); }

private:
  enum class Phase : uint8_t { Idle, Booting, Ready, Running, Failed, Stopped };
  struct Table {
    table::LoadedTable *table;
    uint32_t id;
  };

  // --- The start (ConfigurationStart.cpp).
  bool loadTableFile();
  bool addSources();
  bool addSessionSources();
  bool addList(const PathList &list);
  bool compileFirst();
  bool bootFailed();
  void finishBoot(Compiler::Result result, table::LoadedTable &table);
  bool takeFirstTable();

  // --- Running.
  bool keep(table::LoadedTable &table, uint32_t id);
  uint32_t freeId();
  const char *reloadTable(uint64_t &ticket);
  const char *refuse(const char *what, const char *why);
  void endReload(uint64_t ticket, const char *why);
  void verifyMore();
  void changed(engine::Text job);
  void changedAll();
  void schedule();
  void compile();
  void finish(Compiler::Result result, table::LoadedTable &table);
  void noteRejections(const table::JobTable &table);
  void switchOver();
  void settle();
  void openGate(uint64_t ticket);

  Sys &sys;
  Loop &loop;
  Messages &messages;
  const Options &options;
  char *const *environment;
  Hooks hooks;
  Watcher watcher;
  Compiler compiler;
  Rejections rejected;
  Vector<Table> tables;
  uint32_t nextId = 0;
  Phase phase = Phase::Idle;
  /// Why the table of --table cannot be used; empty: it can.
  char refusal[sizeof(table::LoadError::message)] = {};
  /// Path of the table we run on, still to be compared with its sources; null:
  /// none, or done.
  const char *unchecked = nullptr;
  bool checking = false;   ///< the compilation that runs is that comparison
  bool unverified = false; ///< parts of the first table are
  bool ownSources = false; ///< the sources were given, not guessed
  bool homeless = false;   ///< none of the user's own can be found
  char previous[PATH_MAX] = {}; ///< PATH.prev, when that is what we run on

  ChangedJobs pending;      ///< not yet being compiled
  ChangedJobs compiling;    ///< until they are in the engine
  table::LoadedTable ready; ///< compiled, but the engine had no memory
  bool stale = false;       ///< a compilation failed: the next one is of all
  uint64_t firstChange = 0; ///< of `pending`; CLOCK_MONOTONIC, nanoseconds
  Timer quietTimer, holdTimer, retryTimer;
  Timer reloadTimer;      ///< armed while somebody waits for a reload
  uint64_t reloading = 0; ///< ticket of the last one
  char problem[256] = {}; ///< what reload() gives

  // Tickets are numbers of changes: a compilation covers all up to one.
  uint64_t noticed = 0;
  uint64_t covered = 0; ///< by the compilation that runs
  uint64_t wanted = 0;  ///< somebody waits for this one
  uint64_t opened = 0;  ///< nobody waits for these any more
  bool waived = false;  ///< nobody waits for the compilation that runs
};

} // namespace starton::host

#endif // STARTON_RUNTIME_HOST_CONFIGURATION_H
