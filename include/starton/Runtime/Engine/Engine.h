// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The engine: events, conditions, instances, goals and states of spec/runtime
// §1-§3. Pure: no system call, no clock, no pointer or descriptor in its state;
// the same table and inputs give the same actions, byte for byte.
//
// It is pulled. The host feeds one input, then takes actions until there are
// none, and reports the outcome of those that have one:
//
//   if (engine.feed(input) == FeedResult::Refused)
//     ...; // no memory, and no trace of the input
//   Action action;
//   while (engine.next(action))
//     engine.complete(action.token, host.perform(action));
//
// One next() does a bounded amount of work; Action::Kind::Yield means "call me
// again after you have looked at your descriptors".
//
// feed() may be called when next() has said false or Yield, and then only; the
// outcome of a Spawn or Signal is given by complete() before the next call of
// anything else. complete() of any other action does nothing.
//
// Memory: a request is refused whole or carried out whole (Refused: the caller
// answers NoMemory). Internal inputs (exits, timers, spawn results, shutdown)
// are never refused. An event whose effect on a job cannot be had for want of
// memory stays latched in that job and is tried again once a second, by the
// engine's own timer (EngineTimer).

#ifndef STARTON_RUNTIME_ENGINE_ENGINE_H
#define STARTON_RUNTIME_ENGINE_ENGINE_H

#include "starton/Runtime/Support/Span.h"
#include "starton/Runtime/Support/Vector.h"
#include <cstdint>

namespace starton {
class StateReader;
class StateWriter;
} // namespace starton

namespace starton::table {
struct Job;
struct JobTable;
class Verification;
} // namespace starton::table

namespace starton::engine {

enum class Goal : uint8_t { Stop, Start, Respawn };
enum class State : uint8_t {
  Waiting,
  Starting,
  SecuritySpawning,
  Security,
  PreStarting,
  PreStart,
  Spawning,
  Spawned,
  PostStarting,
  PostStart,
  Running,
  PreStopping,
  PreStop,
  Stopping,
  Killed,
  PostStopping,
  PostStop
};
/// Numbered as in the table's Process.slot.
enum class Slot : uint8_t {
  Main,
  PreStart,
  PostStart,
  PreStop,
  PostStop,
  Security
};
constexpr unsigned NumSlots = 6;

const char *goalName(Goal goal);    ///< "stop", "start", "respawn"
const char *stateName(State state); ///< "waiting", "security-spawning", ...
const char *slotName(Slot slot);    ///< "main", "pre-start", ...

/// Log priorities of runtime §5.2.
enum class Priority : uint8_t { Debug, Info, Message, Warn, Error, Fatal };

/// Names of D-Bus errors (runtime §7); the wire prefix is Control's business.
enum class ErrorName : uint8_t {
  InvalidArgs,
  UnknownJob,
  UnknownInstance,
  UnknownJobInstance,
  AlreadyStarted,
  AlreadyStopped,
  JobFailed,
  EventFailed,
  NotRunning,
  PermissionDenied,
  NoMemory,
  ShuttingDown
};

/// Instances are named by (index, generation), never by pointer.
struct InstanceId {
  uint32_t index = 0;
  uint32_t generation = 0;
  friend bool operator==(const InstanceId &, const InstanceId &) = default;
};
/// As Action::instance of ArmTimer and CancelTimer and Input::instance of
/// Timer: the timer of the engine itself. Every other timer is an instance's.
constexpr InstanceId EngineTimer{~uint32_t(0), 0};
constexpr InstanceId NoInstance{~uint32_t(0), ~uint32_t(0)};

/// A slot of the engine. It names one class from JobAdded to JobRemoved,
/// through changes of its definition, and another one later.
using ClassIndex = uint32_t;
constexpr ClassIndex NoClass = ~ClassIndex(0);

/// Names a caller that waits: chosen by the feeder, echoed in Reply.
using RequestToken = uint64_t;

/// A string of the caller's, copied by the engine if it keeps it.
using Text = Span<const char>;

struct Input {
  enum class Kind : uint8_t {
    Start,           ///< job, env, wait, request          (Job.Start)
    Stop,            ///< job, env, wait, request
    Restart,         ///< job, env, wait, request
    Reload,          ///< instance, request
    StartInstance,   ///< instance, wait, request          (Instance.Start)
    StopInstance,    ///< instance, wait, request
    RestartInstance, ///< instance, wait, request
    EmitEvent, ///< name, env, wait, request; request 0: nobody is answered
    SetEnv,    ///< env (KEY alone: empty value), retain, instance or NoInstance
               ///< (all: the global job environment and every instance's),
               ///< request (runtime §8.4)
    UnsetEnv,  ///< env = names, instance or NoInstance, request
    ResetEnv,  ///< instance or NoInstance, request
    ClientGone,     ///< request: forget this waiter, no reply will come
    ExecConfirmed,  ///< pid. Comes before that pid's end; when the end comes
                    ///< without it, the exec counts as confirmed
    ExecFailed,     ///< pid, step in name ("unable to execute"), error (an
                    ///< errno, 0: none). The pid is forgotten: its end is
                    ///< ignored
    ChildExited,    ///< pid, status. Unknown pids are ignored, here and below
    ChildKilled,    ///< pid, status = signal
    ChildStopped,   ///< pid, status = signal
    ChildContinued, ///< pid, status = signal
    ChildForked,    ///< pid traced, status = new pid (expect fork/daemon), held
                    ///< stopped by the host, which lets the old one go. A
                    ///< Release of the new pid ends its tracing; without one
                    ///< the host traces on. Always comes before pid's end
    ChildExecuted,  ///< pid traced has exec'd, not counting its first exec
    ChildVanished,  ///< pid: ended, how is unknown (expect fork/daemon)
    ChildReplaced,  ///< pid main, tracked by expect fork/daemon, has vanished
                    ///< or ended without being the daemon; status = the oldest
                    ///< process left of the job: main from now on, and no
                    ///< more forks are waited for
    Timer,          ///< instance: its timer is due
    Shutdown,       ///< name = "shutdown" or "logout"; the host then feeds
    ShutdownTick    ///< this once a second until Exit
  } kind{};
  uint64_t now = 0;      ///< CLOCK_MONOTONIC, nanoseconds
  uint64_t sequence = 0; ///< ascending; for logs and replay
  ClassIndex job = NoClass;
  InstanceId instance;
  Text name;
  Span<const Text> env; ///< KEY=VALUE each
  bool wait = false;
  bool retain = false; ///< SetEnv: what has a value keeps it
  RequestToken request = 0;
  int32_t pid = 0;
  int32_t status = 0;
  int32_t error = 0;
  /// EmitEvent: a descriptor that comes with the event (runtime §4.9), -1:
  /// none. The engine gives it back with Action::Kind::Close unless it refuses.
  int32_t descriptor = -1;
};

enum class FeedResult : uint8_t { Taken, Refused };

/// What a table of a switch stands for (runtime §1.2, §6.5).
enum class SwitchKind : uint8_t {
  Whole,  ///< the whole configuration: what is not in it is gone
  Overlay ///< new definitions of the names in it, nothing else
};
enum class SwitchResult : uint8_t { Done, Refused };

/// What the host must do. Views are valid until the next call on the engine.
struct Action {
  enum class Kind : uint8_t {
    Spawn,       ///< job, instance, slot, env, text = the instance's name:
                 ///< complete with pid or errno. EAGAIN, ENOMEM, EMFILE and
                 ///< ENFILE are tried again after a second, any other fails
                 ///< the process as an exec would
    Signal,      ///< pid, signal, group (the process group of pid, or pid
                 ///< itself when that cannot be had): complete with 0 or errno
    ArmTimer,    ///< instance, deadline: replaces an armed one
    CancelTimer, ///< instance
    Reply,       ///< request; with job, instance and text = its name for the
                 ///< methods of jobs and instances
    ReplyError,  ///< request, error, text
    Announce,    ///< see announce; of an instance: job, instance and text = its
                 ///< name (the instance may be gone by then)
    Log,         ///< priority, text
    Release,     ///< pid, slot: forget tracking (detach a trace)
    Close,       ///< descriptor: its event is finished
    Exit,        ///< status: the session has ended (never as PID 1)
    TableUnused, ///< status = id: no definition of that table is in use any
                 ///< more, its memory may go
    Yield        ///< bounded work done: look at descriptors, then go on
  } kind{};
  enum class Announcement : uint8_t {
    InstanceAdded,
    InstanceRemoved,
    GoalChanged,
    StateChanged,
    Failed,
    EventEmitted,
    JobAdded,  ///< job, text = its name
    JobRemoved ///< likewise; the slot lives until the next call
  } announce{};
  uint64_t token = 0; ///< for complete()
  ClassIndex job = NoClass;
  InstanceId instance;
  Slot slot{};
  Goal goal{};
  State state{};
  /// Spawn: the whole environment; EventEmitted: the event's variables. A NUL
  /// follows each.
  Span<const Text> env;
  Text text; ///< message, error text, event name, instance name
  RequestToken request = 0;
  ErrorName error{};
  Priority priority{};
  uint64_t deadline = 0; ///< nanoseconds, CLOCK_MONOTONIC
  int32_t pid = 0;
  int32_t signal = 0;
  int32_t status = 0; ///< Failed, Exit
  int32_t descriptor = -1;
  bool group = false;
};

/// Outcome of a Spawn (pid > 0, or error) or Signal (error).
/// A Spawn that ended in EAGAIN, ENOMEM, EMFILE or ENFILE started nothing and
/// is worth another try: the engine says so once (warning "Temporary process
/// spawn error: REASON"), rests in the spawning state and asks again when the
/// instance's timer, armed for that, is due (Upstart spins here).
struct Outcome {
  int32_t pid = 0;
  int32_t error = 0;
};

/// What clients may see of one instance, in wire terms.
struct InstanceView {
  InstanceId id;
  ClassIndex job = NoClass;
  Text name;
  Goal goal{};
  State state{};
  int32_t pids[NumSlots] = {}; ///< 0: none
  /// Main is what was left of the job when the tracked process was gone.
  bool retracked = false;
};

/// How the last run of an instance ended: its main process, or the first
/// process whose failure ended it.
struct LastRun {
  enum class Why : uint8_t {
    Exited,       ///< by itself; status = exit status
    Killed,       ///< by a signal that was not ours; status = signal
    Stopped,      ///< because it was to be stopped; exit status or signal
    RespawnLimit, ///< by itself once too often
    SpawnFailed,  ///< never ran; status = errno, 0: none
    Vanished,     ///< nobody knows
    ReloadSignal  ///< by the signal that Reload has sent; status = signal
  } why{};
  Slot slot{};
  bool signalled = false; ///< status is a signal
  int32_t status = 0;
  uint64_t started = 0; ///< CLOCK_MONOTONIC, nanoseconds: `starting` entered
  uint64_t ended = 0;
  /// SpawnFailed: what could not be done, as in the log; empty: not known.
  /// Valid for as long as the engine.
  Text step;
};
/// Runs remembered for each class, instances with different names apart.
constexpr unsigned MaxRunsPerClass = 8;

/// An event that is not finished, named until the next input.
using EventIndex = uint32_t;
constexpr EventIndex NoEvent = ~EventIndex(0);

/// Why it is not.
struct Holder {
  EventIndex event = NoEvent;
  ClassIndex job = NoClass;
  InstanceId instance = NoInstance; ///< NoInstance: the start condition
  /// A condition that is not true yet holds it; otherwise the instance has been
  /// started or stopped by it and is on its way.
  bool condition = false;
};

struct EventView {
  Text name;
  Text variables; ///< KEY=VALUE, each followed by a NUL
};

struct Options {
  bool userMode = false;
  /// UPSTART_SESSION for processes; empty: none.
  Text sessionAddress;
  /// KEY=VALUE: source of `env NAME` and of the job environment. Copied.
  Span<const Text> daemonEnvironment;
  bool inheritEnvironment = true; ///< user mode without --no-inherit-env
  /// Processes of `apparmor load` are run (runtime §2.1: AppArmor is usable).
  bool appArmor = false;
  /// Logs below this priority are not produced (cost: none).
  Priority logPriority = Priority::Message;
  /// Of the first table, when that has only begun to be verified: asked before
  /// a job is used for the first time. One that is damaged becomes a job that
  /// cannot be started. Must live as long as that table.
  table::Verification *verification = nullptr;
};

/// A table that definitions of a saved state are in.
struct TableOfState {
  uint32_t id = 0;
  const table::JobTable *table = nullptr;
};

/// See the file comment. Not movable; one per daemon.
class Engine {
public:
  Engine() = default;
  ~Engine();
  Engine(const Engine &) = delete;
  Engine &operator=(const Engine &) = delete;

  /// Builds the run-time index over a verified table, which gets the id 0 and
  /// must live until TableUnused says so or the engine has gone. False: no
  /// memory, and nothing was kept.
  [[nodiscard]] bool init(const table::JobTable &jobs, const Options &options);

  /// Takes another verified table into use, as one step; where feed() may be
  /// called. Definitions that say the same are not touched. A class without
  /// instances is replaced or removed at once, the events its start condition
  /// holds stay held where the new condition wants them; any other when its
  /// last instance has ended. Definitions that are not in use any more let
  /// their table go: see Action::Kind::TableUnused, which may come at once.
  /// \p id: any number that no table in use has. \p removed: names that an
  /// Overlay takes away, of which \p jobs has none. Refused: no memory, and no
  /// trace of it.
  [[nodiscard]] SwitchResult switchTable(const table::JobTable &jobs,
                                         uint32_t id, SwitchKind kind,
                                         Span<const Text> removed);

  /// Writes all of the state (docs/state-format.md), where feed() may be
  /// called; out.good() says whether there was memory for it.
  void snapshot(StateWriter &out);
  /// Instead of init(): an engine that goes on where the one that was saved
  /// stood, with the same actions, byte for byte. \p tables: those that were in
  /// use then, of the same content and verified. False: in.why() says why, and
  /// nothing was kept. The host calls next() afterwards; what timers were armed
  /// it must know itself.
  [[nodiscard]] bool restore(StateReader &in, Span<const TableOfState> tables);
  /// Nobody who asked before is answered any more: for a host whose own part of
  /// the requests did not outlive it, and whose numbers begin anew.
  void forgetCallers();

  [[nodiscard]] FeedResult feed(const Input &input);
  /// The next thing to do; false when the input is dealt with.
  [[nodiscard]] bool next(Action &action);
  void complete(uint64_t token, const Outcome &outcome);

  // --- Queries (never change state; only those said to expand may need
  // memory).
  uint32_t classCount() const;
  /// Classes in the order Upstart lists them (runtime §1.4).
  ClassIndex classAt(uint32_t position) const;
  ClassIndex findClass(Text name) const;
  /// Without reading or verifying what the table says of the job.
  Text className(ClassIndex job) const;
  const table::Job &classJob(ClassIndex job) const;
  /// Instances of a class in list order: first/next, index ~0u when none.
  InstanceId firstInstance(ClassIndex job) const;
  InstanceId nextInstance(InstanceId instance) const;
  bool viewInstance(InstanceId instance, InstanceView &view) const;
  InstanceId findInstance(ClassIndex job, Text name) const;
  /// Expands the class's instance template against its environment plus env
  /// (runtime §1.3). False: `message` says why ("Unknown parameter: N", with
  /// the usage line when withUsage), or is empty when there is no memory.
  /// Views live until the next call.
  bool instanceName(ClassIndex job, Span<const Text> env, bool withUsage,
                    Text &name, Text &message);
  /// Expands a stanza's value against the environment of an instance (apparmor
  /// switch, cgroup names). Views live until the next call.
  bool expand(InstanceId instance, Text value, Text &result, Text &message);
  /// A variable of the job environment of an instance, or of the global one
  /// (NoInstance). False: not there.
  bool getEnv(InstanceId instance, Text name, Text &value) const;
  /// All of it, KEY=VALUE each, in no order. False: no such instance. Views
  /// live until the next call.
  bool listEnv(InstanceId instance, Span<const Text> &entries);
  /// Number of the definition in use: the first of the class is 0, each switch
  /// that brought a new one counts one.
  uint32_t generationOf(ClassIndex job) const;
  /// False: no run of that name has ended, or it is forgotten.
  bool lastRun(ClassIndex job, Text instance, LastRun &run) const;
  /// Everything that holds an event, oldest event first; false: no memory.
  [[nodiscard]] bool holders(Vector<Holder> &list) const;
  bool viewEvent(EventIndex event, EventView &view) const;
  /// The event that an instance in `starting` or `stopping` waits for.
  EventIndex blockerOf(InstanceId instance) const;
  /// The instance a process of this pid belongs to.
  bool findProcess(int32_t pid, InstanceId &instance, Slot &slot) const;

  void setLogPriority(Priority priority);

  struct Impl;

private:
  friend struct Inside; ///< tests that check the state itself
  Impl *impl = nullptr;
};

} // namespace starton::engine

#endif // STARTON_RUNTIME_ENGINE_ENGINE_H
