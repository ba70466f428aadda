// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Processes over a system whose children never exist: the test says what the
// kernel reports and when.

#ifndef STARTON_UNITTESTS_RUNTIME_HOSTPROCESSESFIXTURE_H
#define STARTON_UNITTESTS_RUNTIME_HOSTPROCESSESFIXTURE_H

#include "HostFakeSys.h"
#include "starton/Runtime/Host/Processes.h"
#include "starton/Runtime/Support/Memory.h"
#include "starton/Table/Reader.h"
#include <cerrno>
#include <deque>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <string_view>
#include <sys/epoll.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

namespace starton::host {

using Kind = engine::Input::Kind;

constexpr pid_t FirstPid = 100;

/// Real pipes and a real epoll set; fork, wait, kill and ptrace are the test's.
class KernelSys : public Sys {
public:
  int forkError = 0;
  bool shares = false; ///< children may start in our memory
  int shareError = 0;
  std::vector<SharingChild> shared; ///< those that did
  int stacks = 0;                   ///< mapped now
  int forks = 0;
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

  std::map<std::string, std::string> files; ///< all there is of /proc
  std::map<std::string, int> openErrors;    ///< of files of /proc
  std::function<void(const std::string &)> beforeOpen; ///< of one of /proc
  int environment = -1;              ///< the descriptor of one, or -1
  size_t environmentLeft = SIZE_MAX; ///< bytes of them before they are gone
  std::map<pid_t, siginfo_t> ends;   ///< for waitFor()
  std::map<pid_t, int> ended; ///< writing ends of the pipes that are pidfds
  int pidfdError = 0;
  int leastPidfd = 0; ///< the number that one has at least
  int killResult = 0;
  uint64_t clock = 1'000'000'000; ///< does not pass by itself

  unsigned faultAt = 0; ///< the call that fails with EIO; 0: none
  unsigned callCount = 0;

  /// Of every call that can fail.
  bool fails() { return ++callCount == faultAt; }

  ~KernelSys() {
    for (auto [pid, descriptor] : ended)
      Sys::close(descriptor);
  }

  ssize_t read(int descriptor, void *buffer, size_t size) override {
    if (fails())
      return -EIO;
    if (descriptor != environment)
      return Sys::read(descriptor, buffer, size);
    ssize_t got =
        Sys::read(descriptor, buffer, std::min(size, environmentLeft));
    environmentLeft -= static_cast<size_t>(got);
    return got;
  }
  void close(int descriptor) override {
    if (descriptor == environment)
      environment = -1;
    Sys::close(descriptor);
  }
  int control(int descriptor, int command, int argument) override {
    return fails() ? -EIO : Sys::control(descriptor, command, argument);
  }
  int deviceControl(int descriptor, unsigned long request,
                    unsigned long argument) override {
    return fails() ? -EIO : Sys::deviceControl(descriptor, request, argument);
  }
  int statDescriptor(int descriptor, struct stat &status) override {
    return fails() ? -EIO : Sys::statDescriptor(descriptor, status);
  }
  int poll(int descriptor, short interest, int milliseconds) override {
    return fails() ? -EIO : Sys::poll(descriptor, interest, milliseconds);
  }
  int open(const char *path, int flags, mode_t mode) override {
    if (fails())
      return -EIO;
    if (std::string_view(path).substr(0, 6) != "/proc/")
      return Sys::open(path, flags, mode);
    if (beforeOpen)
      beforeOpen(path);
    if (auto error = openErrors.find(path); error != openErrors.end())
      return -error->second;
    auto file = files.find(path);
    if (file == files.end())
      return -ENOENT;
    int descriptor = Sys::memoryFile("proc", 0);
    if (std::string_view(path).find("/environ") != std::string_view::npos)
      environment = descriptor;
    (void)Sys::write(descriptor, file->second.data(), file->second.size());
    (void)Sys::seekStart(descriptor);
    return descriptor;
  }
  uint64_t now() override { return clock; }
  int timerSet(int, uint64_t) override { return 0; }
  int processDescriptor(pid_t pid) override {
    if (pidfdError || fails())
      return pidfdError ? -pidfdError : -EIO;
    int ends[2];
    (void)Sys::pipe(ends, O_CLOEXEC);
    ended[pid] = ends[1];
    if (leastPidfd == 0)
      return ends[0];
    int moved = fcntl(ends[0], F_DUPFD_CLOEXEC, leastPidfd);
    Sys::close(ends[0]);
    return moved;
  }
  /// The pidfd of \p pid becomes readable.
  void end(pid_t pid) {
    Sys::close(ended[pid]);
    ended.erase(pid);
  }
  int waitFor(pid_t pid, siginfo_t &info) override {
    auto found = ends.find(pid);
    if (found == ends.end() || fails())
      return -ECHILD;
    info = found->second;
    return 0;
  }
  /// A child of ours as /proc has it.
  void addProcess(pid_t pid, pid_t session, unsigned started,
                  const std::string &job, const std::string &instance = "") {
    std::string name = std::to_string(pid);
    files["/proc/thread-self/children"] += name + " ";
    files["/proc/" + name + "/stat"] = name + " (odd) name) S 1 2 " +
                                       std::to_string(session) +
                                       " 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 " +
                                       std::to_string(started) + " 4096\n";
    files["/proc/" + name + "/environ"] =
        std::string("PATH=/bin\0UPSTART_JOBS=x\0UPSTART_JOB=", 37) + job +
        std::string("\0UPSTART_INSTANCE=", 18) + instance +
        std::string("\0A=B\0", 5);
  }

  bool sharesMemory() override { return shares; }
  pid_t startSharing(const SharingChild &child) override {
    if (shareError || fails())
      return shareError ? -shareError : -EAGAIN;
    shared.push_back(child);
    *child.running = nextPid;
    return nextPid++;
  }
  void *mapStack(size_t size) override {
    if (fails())
      return nullptr;
    ++stacks;
    return Sys::mapStack(size);
  }
  void unmapPages(void *pages, size_t size) override {
    --stacks;
    Sys::unmapPages(pages, size);
  }
  pid_t fork() override {
    ++forks;
    if (forkError || fails())
      return forkError ? -forkError : -EIO;
    return nextPid++;
  }
  int pipe(int (&ends)[2], int flags) override {
    if (pipeError || fails())
      return pipeError ? -pipeError : -EIO;
    if (needsReserve && softLimit != 1024)
      return -EMFILE;
    int result = Sys::pipe(ends, flags);
    if (result == 0 && (flags & O_NONBLOCK)) // an error pipe, not a log's
      lastWriteEnd = Sys::control(ends[1], F_DUPFD_CLOEXEC, 0);
    return result;
  }
  int epollControl(int epoll, int operation, int descriptor,
                   epoll_event &event) override {
    if (operation == EPOLL_CTL_ADD && (epollError || fails()))
      return epollError ? -epollError : -EIO;
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
    return fails() ? -EPERM : killResult;
  }
  pid_t groupOf(pid_t pid) override {
    return pid == 0 ? 7 : pid == FirstPid + 1 ? 7 : pid;
  }
  long trace(int request, pid_t pid, unsigned long argument) override {
    calls.push_back("ptrace " + std::to_string(request) + " " +
                    std::to_string(pid));
    if (fails())
      return -ESRCH;
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
  bool signalIsDefault(int) override { return true; }
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
    auto names = builder.CreateVector(&name, 1);
    table::Head head(0, 0, 0);
    auto heads = builder.CreateVectorOfStructs(&head, 1);
    builder.Finish(table::CreateJobTable(
        builder, table::FormatVersion, table::Dialect::Upstart113, jobs, index,
        files, rejected, 0, 0, names, heads));
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
  /// From now on the engine hears what the host tells, and is obeyed.
  void runEngine() {
    onInput = [this](engine::Input &input) {
      ASSERT_EQ(engine.feed(input), engine::FeedResult::Taken);
      engine::Action action;
      while (engine.next(action)) {
        engine::Outcome outcome;
        if (action.kind == engine::Action::Kind::Spawn)
          outcome = processes.spawn(action);
        else if (action.kind == engine::Action::Kind::Signal)
          outcome.error = processes.signal(action);
        else if (action.kind == engine::Action::Kind::Release)
          processes.release(action.pid);
        engine.complete(action.token, outcome);
      }
    };
  }
  void request(Kind kind) {
    engine::Input input;
    input.kind = kind;
    input.job = 0;
    onInput(input);
  }
  /// The one instance; false: there is none.
  bool view(engine::InstanceView &seen) const {
    return engine.viewInstance(engine.firstInstance(0), seen);
  }
  /// "start/running 100", or "" without an instance.
  std::string status() const {
    engine::InstanceView seen;
    if (!view(seen))
      return "";
    return std::string(goalName(seen.goal)) + "/" + stateName(seen.state) +
           " " + std::to_string(seen.pids[0]) +
           (seen.retracked ? " retracked" : "");
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
    for (const SharingChild &child : sys.shared)
      *child.running = 0;
    sys.shared.clear();
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

} // namespace starton::host

#endif // STARTON_UNITTESTS_RUNTIME_HOSTPROCESSESFIXTURE_H
