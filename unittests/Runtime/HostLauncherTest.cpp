// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Who gets memory of their own, and that a child's memory is its own until the
// kernel says that it has left it.

#include "HostProcessesFixture.h"
#include "starton/Runtime/Host/Launcher.h"
#include <climits>
#include <csignal>
#include <set>
#include <string_view>
#include <sys/ptrace.h>
#include <unistd.h>

using namespace starton;
using namespace starton::host;

namespace {

class HostLauncher : public testing::Test {
protected:
  HostLauncher() : launcher(sys) {
    sys.shares = true;
    request.defaults = &defaults;
  }
  ~HostLauncher() override {
    for (const SharingChild &child : sys.shared)
      *child.running = 0;
  }
  void SetUp() override { launcher.initialize(); }
  void TearDown() override { setAllocationFilter(nullptr); }

  pid_t start() {
    const table::Job &built = job.get();
    request.job = &built;
    request.process = built.processes()->Get(0);
    request.slot = static_cast<engine::Slot>(job.slot);
    return launcher.start(request);
  }
  const ChildPlan &plan(size_t child) {
    return *static_cast<const ChildPlan *>(sys.shared[child].argument);
  }

  KernelSys sys;
  OneJob job;
  ChildDefaults defaults;
  ChildRequest request;
  Launcher launcher;
};

TEST_F(HostLauncher, KeepsAChildsMemoryUntilTheKernelSaysThatItLeft) {
  job.kind = table::ProcessKind::Argv;
  job.argv = {"first", "argument"};
  ASSERT_GT(start(), 0);
  ASSERT_EQ(sys.shared.size(), 1U);
  job.argv = {"second"}; // built over the first
  for (int i = 0; i < 3; ++i) {
    ASSERT_GT(start(), 0);
    launcher.giveBack();
  }
  EXPECT_EQ(launcher.sharing(), 4U);
  EXPECT_EQ(sys.stacks, 4);
  EXPECT_STREQ(plan(0).argv[0], "first");
  EXPECT_STREQ(plan(0).argv[1], "argument");
  EXPECT_STREQ(plan(1).argv[0], "second");
  std::set<void *> stacks;
  for (const SharingChild &child : sys.shared)
    stacks.insert(child.stackTop);
  EXPECT_EQ(stacks.size(), 4U);

  *sys.shared[1].running = 0;
  ASSERT_GT(start(), 0);
  EXPECT_EQ(sys.shared[4].stackTop, sys.shared[1].stackTop) << "used again";
  EXPECT_EQ(sys.stacks, 4);
  *sys.shared[3].running = 0;
  launcher.giveBack();
  EXPECT_EQ(sys.stacks, 3);
  for (const SharingChild &child : sys.shared)
    *child.running = 0;
  launcher.giveBack();
  EXPECT_EQ(sys.stacks, 0);
}

TEST_F(HostLauncher, LeavesTheMemoryOfThoseWhoAreStillInIt) {
  pid_t running = 0;
  char *base = nullptr;
  {
    Launcher other(sys);
    other.initialize();
    const table::Job &built = job.get();
    request.job = &built;
    request.process = built.processes()->Get(0);
    ASSERT_GT(other.start(request), 0);
    running = *sys.shared[0].running;
    base = static_cast<char *>(sys.shared[0].stackTop);
  }
  EXPECT_GT(running, 0);
  EXPECT_EQ(sys.stacks, 1) << "the daemon ends, the child does not";
  EXPECT_STREQ(reinterpret_cast<ChildPlan *>(base)->argv[0], "/bin/sh");
  sys.shared.clear();
}

TEST_F(HostLauncher, ForksWhenTooManyAreOnTheirWay) {
  for (unsigned i = 0; i < Launcher::MaxSharing; ++i)
    ASSERT_GT(start(), 0);
  EXPECT_EQ(sys.forks, 0);
  EXPECT_GT(start(), 0);
  EXPECT_EQ(sys.forks, 1);
  *sys.shared[7].running = 0;
  EXPECT_GT(start(), 0);
  EXPECT_EQ(sys.forks, 1);
}

TEST_F(HostLauncher, MapsMoreForALargePlan) {
  ASSERT_GT(start(), 0);
  *sys.shared[0].running = 0;
  job.kind = table::ProcessKind::Script;
  job.text = std::string(1 << 20, 'x') + "\n" + "y\n";
  ASSERT_GT(start(), 0);
  EXPECT_EQ(sys.stacks, 1);
  EXPECT_EQ(plan(1).script.size(), job.text.size());
  EXPECT_EQ(std::string_view(plan(1).script.data(), plan(1).script.size()),
            job.text);
}

TEST_F(HostLauncher, TellsWhyThereIsNoChild) {
  sys.shareError = EAGAIN;
  EXPECT_EQ(start(), -EAGAIN);
  sys.shareError = ENOMEM;
  EXPECT_EQ(start(), -ENOMEM);
  sys.shareError = 0;
  launcher.giveBack();
  sys.faultAt = sys.callCount + 1; // the stack
  EXPECT_EQ(start(), -ENOMEM);
  EXPECT_EQ(sys.forks, 0) << "what is short will be short for a copy too";
  EXPECT_GT(start(), 0);
  job.oom = 5;
  sys.forkError = EAGAIN;
  EXPECT_EQ(start(), -EAGAIN);
  sys.forkError = 0;
  setAllocationFilter([] { return false; });
  EXPECT_EQ(start(), -ENOMEM);
  setAllocationFilter(nullptr);
  EXPECT_GT(start(), 0);
}

TEST_F(HostLauncher, ForksForGoodWhereItCannotBeHad) {
  sys.shareError = EINVAL;
  EXPECT_GT(start(), 0);
  EXPECT_EQ(sys.forks, 1);
  sys.shareError = 0;
  EXPECT_GT(start(), 0);
  EXPECT_EQ(sys.forks, 2);
  EXPECT_TRUE(sys.shared.empty());
}

TEST_F(HostLauncher, GivesMemoryOfItsOwnToWhatChangesOrKeepsIt) {
  struct {
    const char *what;
    void (*set)(OneJob &, ChildDefaults &);
  } const cases[] = {
      {"setuid", [](OneJob &one, ChildDefaults &) { one.setuid = "web"; }},
      {"setgid", [](OneJob &one, ChildDefaults &) { one.setgid = "web"; }},
      {"oom score", [](OneJob &one, ChildDefaults &) { one.oom = -5; }},
      {"apparmor", [](OneJob &one, ChildDefaults &) { one.profile = "/p"; }},
      {"debug",
       [](OneJob &one, ChildDefaults &defaults) {
         one.debug = true;
         defaults.traceStanzas = true;
       }},
      {"tmpfiles",
       [](OneJob &one, ChildDefaults &) {
         one.tmpfiles = {"a"};
         one.slot = table::Slot::PreStart;
       }},
  };
  int forks = 0;
  for (const auto &[what, set] : cases) {
    job = OneJob();
    defaults = ChildDefaults();
    set(job, defaults);
    EXPECT_GT(start(), 0);
    EXPECT_EQ(sys.forks, ++forks) << what;
  }
  job = OneJob();
  defaults = ChildDefaults();
  job.debug = true; // not honoured
  job.chroot = job.chdir = "/srv";
  job.nice = 3;
  job.expect = table::Expect::Daemon;
  EXPECT_GT(start(), 0);
  EXPECT_EQ(sys.forks, forks);
}

// --- Real children.

class HostLauncherReal : public testing::Test {
protected:
  HostLauncherReal() : launcher(sys) {}
  void SetUp() override {
    if (!sys.sharesMemory())
      GTEST_SKIP() << "this build, machine or kernel only forks";
    launcher.initialize();
    ASSERT_EQ(sys.pipe(ends, O_CLOEXEC), 0);
    sigemptyset(&defaults.changedSignals);
    sigemptyset(&defaults.signalMask);
    ASSERT_EQ(sys.getLimit(RLIMIT_NOFILE, defaults.openFiles), 0);
    defaults.userMode = true;
    job.kind = table::ProcessKind::Argv;
    request.defaults = &defaults;
    request.errorPipe = ends[1];
  }

  void start() {
    const table::Job &built = job.get();
    request.job = &built;
    request.process = built.processes()->Get(0);
    request.slot = static_cast<engine::Slot>(job.slot);
    pid = launcher.start(request);
    sys.close(ends[1]);
    ASSERT_GT(pid, 0);
  }
  /// What the child had to say; empty: it executed its program, or died.
  std::vector<SpawnRecord> reports() {
    std::vector<SpawnRecord> result;
    SpawnRecord record;
    while (sys.read(ends[0], &record, sizeof record) == sizeof record)
      result.push_back(record);
    sys.close(ends[0]);
    return result;
  }
  siginfo_t end() {
    siginfo_t info = {};
    EXPECT_EQ(sys.awaitChild(pid, info), 0);
    return info;
  }

  Sys &sys = realSystem();
  OneJob job;
  ChildDefaults defaults;
  ChildRequest request;
  Launcher launcher;
  int ends[2] = {-1, -1};
  pid_t pid = 0;
};

TEST_F(HostLauncherReal, HasLeftTheMemoryWhenItsPipeIsClosed) {
  job.argv = {"/bin/sh", "-c", "exit 7"};
  start();
  EXPECT_TRUE(reports().empty());
  EXPECT_EQ(launcher.sharing(), 0U);
  siginfo_t info = end();
  EXPECT_EQ(info.si_code, CLD_EXITED);
  EXPECT_EQ(info.si_status, 7);
}

TEST_F(HostLauncherReal, TellsWhatFailedAndLeavesErrnoAlone) {
  job.argv = {"/nonexistent/program"};
  job.limits = {table::Limit(table::Resource::Core, 0, 0)};
  errno = 4242;
  start();
  auto said = reports();
  EXPECT_EQ(errno, 4242);
  ASSERT_EQ(said.size(), 1U);
  EXPECT_EQ(said[0].step, SpawnStep::Execute);
  EXPECT_EQ(said[0].error, ENOENT);
  EXPECT_EQ(launcher.sharing(), 0U);
  EXPECT_EQ(end().si_status, 255);
  rlimit limit = {};
  ASSERT_EQ(sys.getLimit(RLIMIT_CORE, limit), 0);
}

int hang(void *pipe) {
  char byte = 0;
  (void)rawSystem()->read(*static_cast<int *>(pipe), &byte, 1);
  for (;;) // g++ does not believe that a virtual function never returns
    rawSystem()->exit(0);
}

/// The contract with the kernel: one that hangs is in our memory for as long,
/// and takes nobody with it, by a core dump least of all.
TEST_F(HostLauncherReal, KnowsForHowLongOneThatHangsIsInOurMemory) {
  for (int number : {SIGKILL, SIGABRT, 0}) {
    int block[2];
    ASSERT_EQ(sys.pipe(block, O_CLOEXEC), 0);
    constexpr size_t Size = size_t(64) << 10;
    auto *stack = static_cast<char *>(sys.mapStack(Size));
    ASSERT_NE(stack, nullptr);
    pid_t running = 0;
    SharingChild child;
    child.stackTop = stack + Size;
    child.main = hang;
    child.argument = &block[0];
    child.running = &running;
    pid = sys.startSharing(child);
    ASSERT_GT(pid, 0);
    EXPECT_EQ(__atomic_load_n(&running, __ATOMIC_ACQUIRE), pid);
    if (number)
      (void)sys.kill(pid, number);
    else
      EXPECT_EQ(sys.write(block[1], "x", 1), 1);
    siginfo_t info = end();
    EXPECT_EQ(info.si_code == CLD_EXITED, number == 0);
    EXPECT_EQ(__atomic_load_n(&running, __ATOMIC_ACQUIRE), 0);
    sys.unmapPages(stack, Size);
    sys.close(block[0]);
    sys.close(block[1]);
  }
  sys.close(ends[0]);
  sys.close(ends[1]);
}

TEST_F(HostLauncherReal, ChangesNothingOfOurs) {
  mode_t mask = sys.setUmask(027);
  char before[PATH_MAX], after[PATH_MAX];
  ASSERT_TRUE(::getcwd(before, sizeof before));
  job.argv = {"/bin/sh", "-c",
              "test $(pwd) = / && test $(umask) = 0077 && "
              "test $(ulimit -n) = 64 && test $A = b && kill -TERM $$"};
  job.chdir = "/";
  job.umask = 077;
  job.limits = {table::Limit(table::Resource::Nofile, 64, 64)};
  const std::string variables[] = {"PATH=/bin:/usr/bin", "A=b"};
  engine::Text env[] = {{variables[0].data(), variables[0].size()},
                        {variables[1].data(), variables[1].size()}};
  request.env = {env, 2};
  (void)sys.signalIgnore(SIGTERM);
  sigaddset(&defaults.changedSignals, SIGTERM);
  start();
  EXPECT_TRUE(reports().empty());
  siginfo_t info = end();
  EXPECT_EQ(info.si_code, CLD_KILLED);
  EXPECT_EQ(info.si_status, SIGTERM);
  EXPECT_FALSE(sys.signalIsDefault(SIGTERM));
  (void)sys.signalDefault(SIGTERM);
  EXPECT_EQ(sys.setUmask(mask), 027U);
  ASSERT_TRUE(::getcwd(after, sizeof after));
  EXPECT_STREQ(before, after);
  rlimit limit = {};
  ASSERT_EQ(sys.getLimit(RLIMIT_NOFILE, limit), 0);
  EXPECT_EQ(limit.rlim_cur, defaults.openFiles.rlim_cur);
}

TEST_F(HostLauncherReal, CanBeTraced) {
  job.argv = {"/bin/true"};
  job.expect = table::Expect::Fork;
  start();
  EXPECT_TRUE(reports().empty());
  siginfo_t info = {};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(pid), &info, WSTOPPED), 0);
  EXPECT_EQ(info.si_code, CLD_TRAPPED);
  EXPECT_EQ(launcher.sharing(), 0U);
  EXPECT_EQ(sys.trace(PTRACE_DETACH, pid, 0), 0);
  EXPECT_EQ(end().si_code, CLD_EXITED);
}

} // namespace
