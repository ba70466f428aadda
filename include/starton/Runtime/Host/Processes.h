// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The processes of jobs: starting, confirming the exec, tracing for `expect
// fork` and `expect daemon`, signalling, reaping (spec/runtime §4).
//
// The engine hears of a process in one order, whatever the order in which the
// kernel tells: result of the exec, then stops and forks, then the end.

#ifndef STARTON_RUNTIME_HOST_PROCESSES_H
#define STARTON_RUNTIME_HOST_PROCESSES_H

#include "starton/Runtime/Host/Child.h"
#include "starton/Runtime/Host/JobLogs.h"
#include "starton/Runtime/Host/Loop.h"

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
        engine(jobEngine), feeder(inputs) {}
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

  /// Action::Spawn. Nothing is started when the outcome has an error.
  engine::Outcome spawn(const engine::Action &action);
  /// Action::Signal: 0 or an errno.
  int signal(const engine::Action &action);
  /// Action::Release.
  void release(int32_t pid);

  /// Takes the news of at most a slice of children. True: there may be more.
  bool reap();

private:
  enum class Tracing : uint8_t {
    None,
    AwaitExec,   ///< TRACEME done, first trap to come
    Running,     ///< fork and exec events are reported
    AwaitStop,   ///< a new child that has not stopped yet
    AwaitDetach, ///< the same, to be let go then
  };
  struct Record {
    Watch watch; ///< reading end of the error pipe; -1: exec is settled
    Processes *owner = nullptr;
    Record *next = nullptr; ///< in its bucket
    JobLog *log = nullptr;
    int32_t pid = 0;
    Tracing tracing = Tracing::None;
    bool stillborn = false; ///< the exec failed: its end is no news
  };
  static constexpr unsigned Buckets = 256;
  static constexpr unsigned Slice = 64;

  Console consoleOf(const table::Job &job) const;
  int openErrorPipe(Record &record, int &writeEnd);
  void childMain(const engine::Action &action, const table::Job &job,
                 const table::Process &process, Console console,
                 const Record &record, int writeEnd);
  Record *find(int32_t pid) const;
  void link(Record &record);
  void unlink(Record &record);
  void destroy(Record *record);
  void dropIfIdle(Record &record);
  void settleExec(Record &record, bool ended);
  void closeErrorPipe(Record &record);
  void notice(const siginfo_t &info);
  void noticeEnd(const siginfo_t &info, Record *record);
  void noticeTrap(const siginfo_t &info, Record &record);
  void noticeFork(Record &record);
  void resume(Record &record, int signal);
  void feed(engine::Input::Kind kind, int32_t pid, int32_t status);
  void setSoftLimit(rlim_t value);

  Sys &sys;
  Loop &loop;
  Messages &messages;
  JobLogs &logs;
  engine::Engine &engine;
  Feeder feeder;
  ChildDefaults defaults;
  Console defaultConsole = Console::Log;
  bool logging = true;
  rlim_t hardLimit = 0;
  rlim_t daemonLimit = 0; ///< soft: leaves a reserve for starting jobs
  Record *buckets[Buckets] = {};
};

} // namespace starton::host

#endif // STARTON_RUNTIME_HOST_PROCESSES_H
