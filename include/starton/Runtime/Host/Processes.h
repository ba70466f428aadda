// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The processes of jobs: starting, confirming the exec, tracing for `expect
// fork` and `expect daemon`, signalling, reaping (spec/runtime §4).
//
// The engine hears of a process in one order, whatever the order in which the
// kernel tells: result of the exec, then stops and forks, then the end.
//
// Main of `expect fork` and `expect daemon` is tracked: traced until the forks
// are counted, and watched after that, because it need not be our child. Where
// that leads astray (the tracked process vanishes, or ends before the count, or
// cannot be traced), main is what is left of the job: of the processes that
// have become our children and carry the job's environment the oldest leader of
// a session, else the oldest; without any, the job has ended. That does not
// depend on the order in which the ends are noticed, and nothing is concluded
// from what could not be read: it is read again.

#ifndef STARTON_RUNTIME_HOST_PROCESSES_H
#define STARTON_RUNTIME_HOST_PROCESSES_H

#include "starton/Runtime/Host/Child.h"
#include "starton/Runtime/Host/JobLogs.h"
#include "starton/Runtime/Host/Launcher.h"
#include "starton/Runtime/Host/Loop.h"
#include "starton/Runtime/Support/Vector.h"

namespace starton {
class StateReader;
class StateWriter;
} // namespace starton

namespace starton::host {

/// Takes an input to the engine and carries its actions out.
struct Feeder {
  void *context = nullptr;
  void (*feed)(void *context, engine::Input &input) = nullptr;
};

class Processes {
public:
  Processes(Sys &system, Loop &eventLoop, Messages &out, JobLogs &jobLogs,
            engine::Engine &jobEngine, Feeder inputs)
      : sys(system), loop(eventLoop), messages(out), logs(jobLogs),
        engine(jobEngine), feeder(inputs), launcher(system) {
    lostTimer.context = searchTimer.context = pollTimer.context = this;
    searchTimer.handler = [](Timer &timer) {
      static_cast<Processes *>(timer.context)->searchAgain();
    };
    lostTimer.handler = [](Timer &timer) {
      static_cast<Processes *>(timer.context)->settleLost();
    };
    pollTimer.handler = [](Timer &timer) {
      static_cast<Processes *>(timer.context)->poll();
    };
  }
  ~Processes();
  Processes(const Processes &) = delete;
  Processes &operator=(const Processes &) = delete;

  /// Notes what children must get back (limits, mask, umask), raises the soft
  /// descriptor limit, becomes a reaper of orphans. Errno of the latter or 0.
  int initialize(bool userMode, bool inheritUmask, bool traceStanzas,
                 const sigset_t &originalMask);
  void setConsole(Console console) { defaultConsole = console; }
  /// Appends the path of the file that an instance's output goes to. False:
  /// there is none, or no memory.
  [[nodiscard]] bool appendLogPath(engine::ClassIndex job,
                                   engine::Text instance,
                                   Vector<char> &path) const;
  void setLogging(bool on) { logging = on; }
  /// Who is asked first about the end of a child that is no job's. True: it was
  /// theirs.
  void setForeign(void *context, bool (*ended)(void *, const siginfo_t &)) {
    foreign = context;
    foreignEnded = ended;
  }

  /// Action::Spawn. Nothing is started when the outcome has an error.
  engine::Outcome spawn(const engine::Action &action);
  /// Children run in our memory, on the way to their exec.
  bool areLaunching() const { return launcher.sharing() > 0; }
  /// There is nothing to do: what starting children needed is not needed now.
  void rest() { launcher.giveBack(); }
  /// Action::Signal: 0 or an errno.
  int signal(const engine::Action &action);
  /// Action::Release.
  void release(int32_t pid);

  /// Takes a descriptor that comes with an event: \p descriptor becomes a
  /// duplicate, which every process started from now on inherits under this
  /// number. False: no descriptor or memory for it.
  bool adoptDescriptor(int32_t &descriptor);
  /// Action::Close.
  void closeDescriptor(int32_t descriptor);

  /// Takes the news of at most a slice of children. True: there may be more.
  bool reap();

  /// Children of ours that this instance has started and the engine does not
  /// know. Fills \p pids and returns how many.
  size_t leftOver(engine::Text job, engine::Text instance, int32_t *pids,
                  size_t capacity);

  /// Why the output of a process is lost: the errno of the log that could not
  /// be had. 0: it is not.
  int32_t logError(int32_t pid) const;

  // --- Over a re-exec: ReexecRecords.cpp. After initialize(); what is read
  // \p dry is only to see whether it can be: no descriptor is touched.
  void save(StateWriter &out) const;
  void load(StateReader &in, bool dry);

private:
  enum class Tracing : uint8_t {
    None,
    AwaitExec,   ///< TRACEME done, first trap to come
    Running,     ///< fork and exec events are reported
    AwaitStop,   ///< a new child that has not stopped yet
    AwaitDetach, ///< the same, to be let go then
  };
  enum class Watching : uint8_t {
    Nothing,
    Exec, ///< the reading end of the error pipe
    End,  ///< a pidfd
  };
  /// What is true of one tracked process, and of none that takes its place.
  struct Followed {
    uint64_t started = 0; ///< 0: not known
    int32_t parent = 0;   ///< that was seen to fork it, or 0
    uint8_t searches = 0; ///< for what is left, since it ended
    uint8_t endCode = 0;  ///< CLD_ of an end before its birth, or 0
    uint8_t endStatus = 0;
    bool signalled : 1 = false; ///< has been sent a signal to end
    bool polled : 1 = false;    ///< is looked at once a second
    bool lost : 1 = false;      ///< is gone, to be dealt with by lostTimer
    bool ended : 1 = false;     ///< exited with 0, and is searched for
    bool later : 1 = false;     ///< is searched for again by searchTimer
  };
  struct Record {
    Watch watch; ///< of what, says `watching`
    Processes *owner = nullptr;
    Record *next = nullptr; ///< in its bucket, or among the early
    JobLog *log = nullptr;
    uint64_t firstStarted = 0; ///< tracked: start of the job's first process
    int32_t pid = 0;
    int32_t logError = 0; ///< errno of the log that could not be had, or 0
    Tracing tracing = Tracing::None;
    Watching watching = Watching::Nothing;
    uint8_t handOvers = 0; ///< tracked: exits that may leave a daemon behind
    bool confirmed : 1 = false; ///< the engine was told of the exec
    bool stillborn : 1 = false; ///< the exec failed: its end is no news
    bool tracked : 1 = false;   ///< main of expect fork or daemon
    bool retracked : 1 = false; ///< found as what was left of the job
    Followed now;               ///< tracked: of process `pid`
  };
  static constexpr unsigned Buckets = 256;
  static constexpr unsigned Slice = 64;

  /// The longest profile that AppArmor takes is far below.
  static constexpr size_t MaxProfile = 4000;

  Console consoleOf(const table::Job &job) const;
  void openLog(const engine::Action &action, const table::Job &job,
               Record &record);
  const char *expandProfile(const engine::Action &action, const table::Job &job,
                            char (&buffer)[MaxProfile + 1]);
  int openErrorPipe(Record &record, int &writeEnd);
  bool awaitsReport() const;
  pid_t launch(const engine::Action &action, const table::Process *process,
               const Record &record, int writeEnd);
  Record *newRecord();
  bool watchRecord(Record &record, Watching what, int descriptor);
  void saveRecords(StateWriter &out) const;
  void saveEarly(StateWriter &out) const;
  void saveRecord(StateWriter &out, const Record &record) const;
  void loadRecord(StateReader &in, bool dry);
  Record *find(int32_t pid) const;
  void link(Record &record);
  void unlink(Record &record);
  void destroy(Record *record);
  void dropIfIdle(Record &record);
  void settleExec(Record &record, bool ended);
  void confirm(Record &record);
  void unwatch(Record &record);
  void notice(const siginfo_t &info);
  void noticeEnd(const siginfo_t &info, Record *record);

  // --- Tracking.cpp
  void noticeTrap(const siginfo_t &info, Record &record);
  void noticeEarly(int32_t pid);
  void noticeFork(Record &record);
  Record **earlyOf(int32_t pid);
  bool noteEarlyEnd(const siginfo_t &info);
  void takeEarly(int32_t pid, Followed &told);
  bool tracesAny() const;
  void releaseEarly();
  void resume(Record &record, int signal);
  void watchEnd(Record &record);
  bool isGone(const Record &record);
  void lose(Record &record);
  void settleLost();
  void poll();
  void settleEnd(Record &record);
  bool endsElsewhere(const Record &record);
  void follow(Record &record, int32_t pid, Tracing tracing);

  // --- Survivors.cpp
  /// Of a job whose tracked process is gone.
  enum class Left : uint8_t {
    Nothing,
    Replaced, ///< main is another process; the engine was told
    Unknown,  ///< it is looked again soon
  };
  struct Search;
  bool handsOver(const Record &record, const siginfo_t &info);
  Left replace(Record &record);
  void goOnAs(Record &record, int32_t pid);
  Record *succeed(int32_t pid);
  void searchAgain();
  bool isKnown(int32_t pid) const;
  void consider(Search &search, int32_t pid);
  void walk(Search &search);

  void feed(engine::Input::Kind kind, int32_t pid, int32_t status);
  void setSoftLimit(rlim_t value);

  Sys &sys;
  Loop &loop;
  Messages &messages;
  JobLogs &logs;
  engine::Engine &engine;
  Feeder feeder;
  Launcher launcher;
  ChildDefaults defaults;
  Console defaultConsole = Console::Log;
  bool logging = true;
  void *foreign = nullptr;
  bool (*foreignEnded)(void *, const siginfo_t &) = nullptr;
  rlim_t hardLimit = 0;
  rlim_t daemonLimit = 0; ///< soft: leaves a reserve for starting jobs
  /// From this number on descriptors are not for what lasts as long as a job.
  rlim_t jobLimit = RLIM_INFINITY;
  Vector<int32_t> events; ///< descriptors that come with events, ascending
  Record *buckets[Buckets] = {};
  Record *early = nullptr; ///< traced children told before their births
  Timer lostTimer;
  Timer searchTimer;
  Timer pollTimer; ///< armed while a record is polled
};

} // namespace starton::host

#endif // STARTON_RUNTIME_HOST_PROCESSES_H
