// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Starting, confirming and reaping, over a system whose children never exist:
// the test says what the kernel reports and when.

#include "HostFakeSys.h"
#include "starton/Runtime/Host/Processes.h"
#include "starton/Runtime/Support/Memory.h"
#include "starton/Table/Reader.h"
#include <cerrno>
#include <deque>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

using namespace starton;
using namespace starton::host;
using Kind = engine::Input::Kind;

namespace {

constexpr pid_t FirstPid = 100;

/// Real pipes and a real epoll set; fork, wait, kill and ptrace are the test's.
class KernelSys : public Sys {
public:
  int forkError = 0;
  int pipeError = 0;
  int epollError = 0;
  bool needsReserve = false; ///< EMFILE until the soft limit is raised
  rlim_t softLimit = 0;
  pid_t nextPid = FirstPid;
  std::deque<siginfo_t> news;
  std::vector<std::string> calls;
  std::map<long, long> traceResults; ///< request to result
  unsigned long eventMessage = 0;
  int lastWriteEnd = -1;

  pid_t fork() override { return forkError ? -forkError : nextPid++; }
  int pipe(int (&ends)[2], int flags) override {
    if (pipeError)
      return -pipeError;
    if (needsReserve && softLimit != 1024)
      return -EMFILE;
    int result = Sys::pipe(ends, flags);
    if (result == 0)
      lastWriteEnd = Sys::control(ends[1], F_DUPFD_CLOEXEC, 0);
    return result;
  }
  int epollControl(int epoll, int operation, int descriptor,
                   epoll_event &event) override {
    if (operation == EPOLL_CTL_ADD && epollError)
      return -epollError;
    return Sys::epollControl(epoll, operation, descriptor, event);
  }
  int waitAny(siginfo_t &info) override {
    info = {};
    if (news.empty())
      return -ECHILD;
    info = news.front();
    news.pop_front();
    return 0;
  }
  int kill(pid_t pid, int signal) override {
    calls.push_back("kill " + std::to_string(pid) + " " +
                    std::to_string(signal));
    return 0;
  }
  pid_t groupOf(pid_t pid) override {
    return pid == 0 ? 7 : pid == FirstPid + 1 ? 7 : pid;
  }
  long trace(int request, pid_t pid, unsigned long argument) override {
    calls.push_back("ptrace " + std::to_string(request) + " " +
                    std::to_string(pid));
    if (request == PTRACE_GETEVENTMSG)
      *reinterpret_cast<unsigned long *>(argument) = eventMessage;
    auto result = traceResults.find(request);
    return result == traceResults.end() ? 0 : result->second;
  }
  int getLimit(int, struct rlimit &limit) override {
    limit = {256, 1024};
    return 0;
  }
  int setLimit(int, const struct rlimit &limit) override {
    softLimit = limit.rlim_cur;
    return 0;
  }
  int processControl(int, unsigned long) override { return 0; }
  bool signalIsIgnored(int) override { return false; }
  mode_t setUmask(mode_t) override { return 022; }

  void report(pid_t pid, int code, int status) {
    siginfo_t info = {};
    info.si_pid = pid;
    info.si_code = code;
    info.si_status = status;
    news.push_back(info);
  }
  bool did(const std::string &call) const {
    return std::find(calls.begin(), calls.end(), call) != calls.end();
  }
};

struct Heard {
  Kind kind;
  int32_t pid, status, error;
  std::string name;
};

class HostProcesses : public testing::Test {
protected:
  HostProcesses()
      : loop(sys), messages(sys), logs(sys, loop, messages),
        processes(sys, loop, messages, logs, engine,
                  {this, [](void *context, engine::Input &input) {
                     auto *self = static_cast<HostProcesses *>(context);
                     self->heard.push_back(
                         {input.kind, input.pid, input.status, input.error,
                          std::string(input.name.begin(), input.name.end())});
                     if (self->onInput)
                       self->onInput(input);
                   }}) {}

  void SetUp() override {
    int error = 0;
    ASSERT_TRUE(loop.open(error));
    sigset_t mask;
    sigemptyset(&mask);
    EXPECT_EQ(processes.initialize(true, false, false, mask), 0);
    processes.setConsole(Console::None);
  }
  void TearDown() override {
    setAllocationFilter(nullptr);
    closeChild();
  }

  /// Builds a table with one job, and the engine over it.
  void define(table::Expect expect = table::Expect::None,
              table::ProcessKind kind = table::ProcessKind::Shell) {
    auto process = table::CreateProcessDirect(builder, table::Slot::Main, kind,
                                              "exec true");
    auto processList = builder.CreateVector(&process, 1);
    auto name = builder.CreateString("foo");
    table::JobBuilder jobBuilder(builder);
    jobBuilder.add_name(name);
    jobBuilder.add_processes(processList);
    jobBuilder.add_expect(expect);
    auto job = jobBuilder.Finish();
    auto jobs = builder.CreateVector(&job, 1);
    auto index = builder.CreateVector(
        std::vector<flatbuffers::Offset<table::IndexEntry>>());
    auto files =
        builder.CreateVector(std::vector<flatbuffers::Offset<table::File>>());
    auto rejected = builder.CreateVector(
        std::vector<flatbuffers::Offset<table::Rejected>>());
    builder.Finish(table::CreateJobTable(builder, table::FormatVersion,
                                         table::Dialect::Upstart113, jobs,
                                         index, files, rejected));
    ASSERT_TRUE(engine.init(
        *flatbuffers::GetRoot<table::JobTable>(builder.GetBufferPointer()),
        {}));
  }

  engine::Outcome spawn() {
    engine::Action action;
    action.kind = engine::Action::Kind::Spawn;
    action.job = 0;
    action.slot = engine::Slot::Main;
    return processes.spawn(action);
  }
  /// What the last child writes to its error pipe.
  void childWrites(const SpawnRecord &record) {
    ASSERT_EQ(sys.write(sys.lastWriteEnd, &record, sizeof record),
              static_cast<ssize_t>(sizeof record));
  }
  /// The last child execs or ends.
  void closeChild() {
    if (sys.lastWriteEnd >= 0)
      sys.close(sys.lastWriteEnd);
    sys.lastWriteEnd = -1;
  }
  std::vector<Kind> kinds() const {
    std::vector<Kind> result;
    result.reserve(heard.size());
    for (const Heard &one : heard)
      result.push_back(one.kind);
    return result;
  }

  KernelSys sys;
  Loop loop;
  Messages messages;
  JobLogs logs;
  engine::Engine engine;
  Processes processes;
  flatbuffers::FlatBufferBuilder builder;
  std::vector<Heard> heard;
  std::function<void(engine::Input &)> onInput;
};

TEST_F(HostProcesses, ConfirmsAnExecThroughTheLoop) {
  define();
  EXPECT_EQ(spawn().pid, FirstPid);
  loop.runOnce(false);
  EXPECT_TRUE(heard.empty());
  closeChild();
  loop.runOnce(false);
  ASSERT_EQ(kinds(), (std::vector{Kind::ExecConfirmed}));
  EXPECT_EQ(heard[0].pid, FirstPid);
}

TEST_F(HostProcesses, TellsTheExecBeforeTheEndWhateverComesFirst) {
  define();
  spawn();
  closeChild();
  sys.report(FirstPid, CLD_EXITED, 3); // the loop has not looked yet
  EXPECT_FALSE(processes.reap());
  EXPECT_EQ(kinds(), (std::vector{Kind::ExecConfirmed, Kind::ChildExited}));
  EXPECT_EQ(heard[1].status, 3);
  loop.runOnce(false);
  EXPECT_EQ(heard.size(), 2U);
}

TEST_F(HostProcesses, TellsAFailedExecOnceAndNotTheEndAfterIt) {
  define();
  for (bool endFirst : {false, true}) {
    heard.clear();
    engine::Outcome outcome = spawn();
    childWrites({SpawnStep::ChangeDirectory, true, 0, ENOENT});
    closeChild();
    if (!endFirst)
      loop.runOnce(false);
    sys.report(outcome.pid, CLD_EXITED, 255);
    processes.reap();
    ASSERT_EQ(kinds(), (std::vector{Kind::ExecFailed}));
    EXPECT_EQ(heard[0].name, "unable to change working directory");
    EXPECT_EQ(heard[0].error, ENOENT);
  }
}

TEST_F(HostProcesses, GoesOnAfterAWarning) {
  define();
  spawn();
  childWrites({SpawnStep::OpenConsole, false, 0, EIO});
  closeChild();
  loop.runOnce(false);
  EXPECT_EQ(kinds(), (std::vector{Kind::ExecConfirmed}));
}

TEST_F(HostProcesses, TellsHowChildrenEndStopAndContinue) {
  define();
  spawn();
  closeChild();
  sys.report(FirstPid, CLD_STOPPED, SIGSTOP);
  sys.report(FirstPid, CLD_CONTINUED, SIGCONT);
  sys.report(FirstPid, CLD_DUMPED, SIGSEGV);
  sys.report(4242, CLD_EXITED, 0); // an orphan
  processes.reap();
  EXPECT_EQ(kinds(), (std::vector{Kind::ExecConfirmed, Kind::ChildStopped,
                                  Kind::ChildContinued, Kind::ChildKilled,
                                  Kind::ChildExited}));
  EXPECT_EQ(heard[3].status, SIGSEGV);
}

TEST_F(HostProcesses, ReapsInSlices) {
  define();
  for (int i = 0; i < 100; ++i)
    sys.report(1000 + i, CLD_EXITED, 0);
  EXPECT_TRUE(processes.reap());
  EXPECT_LT(heard.size(), 100U);
  EXPECT_FALSE(processes.reap());
  EXPECT_EQ(heard.size(), 100U);
}

TEST_F(HostProcesses, ReportsWhyNothingWasStarted) {
  define();
  sys.forkError = EAGAIN;
  EXPECT_EQ(spawn().error, EAGAIN);
  sys.forkError = 0;
  sys.pipeError = ENFILE;
  EXPECT_EQ(spawn().error, ENFILE);
  sys.pipeError = 0;
  sys.epollError = ENOSPC;
  EXPECT_EQ(spawn().error, EAGAIN) << "too many watches: try again";
  sys.epollError = 0;
  setAllocationFilter([] { return false; });
  EXPECT_EQ(spawn().error, ENOMEM);
  setAllocationFilter(nullptr);
  EXPECT_GT(spawn().pid, 0);
  EXPECT_TRUE(heard.empty());
}

TEST_F(HostProcesses, RefusesASlotWithoutACommand) {
  define(table::Expect::None, table::ProcessKind::Broken);
  EXPECT_EQ(spawn().error, ENOEXEC);
}

TEST_F(HostProcesses, StartsJobsFromTheReserveOfDescriptors) {
  define();
  EXPECT_EQ(sys.softLimit, 1024U - 32);
  sys.needsReserve = true;
  EXPECT_GT(spawn().pid, 0);
  EXPECT_EQ(sys.softLimit, 1024U - 32) << "the reserve is kept for the next";
}

TEST_F(HostProcesses, SignalsTheGroupButNeverItsOwn) {
  define();
  engine::Action action;
  action.signal = SIGTERM;
  action.group = true;
  action.pid = FirstPid;
  EXPECT_EQ(processes.signal(action), 0);
  EXPECT_TRUE(sys.did("kill -100 15"));
  action.pid = FirstPid + 1; // has not left our group yet
  EXPECT_EQ(processes.signal(action), 0);
  EXPECT_TRUE(sys.did("kill 101 15"));
  action.group = false;
  action.pid = FirstPid;
  EXPECT_EQ(processes.signal(action), 0);
  EXPECT_TRUE(sys.did("kill 100 15"));
}

// --- expect fork and daemon.

std::string traced(int request, pid_t pid) {
  return "ptrace " + std::to_string(request) + " " + std::to_string(pid);
}
constexpr int ForkTrap = SIGTRAP | PTRACE_EVENT_FORK << 8;
constexpr int ExecTrap = SIGTRAP | PTRACE_EVENT_EXEC << 8;

TEST_F(HostProcesses, FollowsAForkAndLetsTheOldProcessGo) {
  define(table::Expect::Fork);
  spawn();
  closeChild();
  sys.report(FirstPid, CLD_TRAPPED, SIGTRAP);
  processes.reap();
  EXPECT_TRUE(sys.did(traced(PTRACE_SETOPTIONS, FirstPid)));
  EXPECT_EQ(kinds(), (std::vector{Kind::ExecConfirmed}));

  // The engine has seen enough at the first fork; the new child has not
  // stopped yet, so it is let go when it does.
  onInput = [&](engine::Input &input) {
    if (input.kind == Kind::ChildForked)
      processes.release(input.status);
  };
  sys.eventMessage = 300;
  sys.traceResults[PTRACE_DETACH] = -ESRCH;
  sys.report(FirstPid, CLD_TRAPPED, ForkTrap);
  processes.reap();
  EXPECT_EQ(heard.back().kind, Kind::ChildForked);
  EXPECT_EQ(heard.back().pid, FirstPid);
  EXPECT_EQ(heard.back().status, 300);
  EXPECT_TRUE(sys.did(traced(PTRACE_DETACH, FirstPid)));
  EXPECT_FALSE(sys.did(traced(PTRACE_CONT, 300)));

  sys.traceResults.clear();
  sys.calls.clear();
  sys.report(300, CLD_TRAPPED, SIGSTOP);
  processes.reap();
  EXPECT_TRUE(sys.did(traced(PTRACE_DETACH, 300)));
  EXPECT_EQ(heard.back().kind, Kind::ChildForked) << "its first stop is ours";
  sys.report(300, CLD_STOPPED, SIGSTOP);
  processes.reap();
  EXPECT_EQ(heard.back().kind, Kind::ChildStopped)
      << "later ones are the job's";
}

TEST_F(HostProcesses, KeepsATracedProcessGoing) {
  define(table::Expect::Daemon);
  spawn();
  closeChild();
  sys.report(FirstPid, CLD_TRAPPED, SIGTRAP);
  sys.report(FirstPid, CLD_TRAPPED, SIGUSR1); // to be passed on
  sys.report(FirstPid, CLD_TRAPPED, ExecTrap);
  processes.reap();
  EXPECT_EQ(heard.back().kind, Kind::ChildExecuted);
  EXPECT_EQ(std::count(sys.calls.begin(), sys.calls.end(),
                       traced(PTRACE_CONT, FirstPid)),
            3);
  // A child that stopped before its birth was told goes on at once.
  sys.eventMessage = 300;
  sys.report(300, CLD_TRAPPED, SIGSTOP);
  sys.report(FirstPid, CLD_TRAPPED, ForkTrap);
  processes.reap();
  EXPECT_TRUE(sys.did(traced(PTRACE_CONT, 300)));
  EXPECT_EQ(heard.back().kind, Kind::ChildForked);
  sys.report(FirstPid, CLD_EXITED, 0);
  sys.report(300, CLD_KILLED, SIGKILL);
  processes.reap();
  EXPECT_EQ(heard.back().pid, 300);
  EXPECT_EQ(heard.back().kind, Kind::ChildKilled);
}

} // namespace
