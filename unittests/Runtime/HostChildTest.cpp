// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The child's way from fork to exec: order of steps, every failure, and that
// nothing after a failing step is done.

#include "HostFakeSys.h"
#include "starton/Runtime/Host/Child.h"
#include <cerrno>
#include <gtest/gtest.h>

using namespace starton;
using namespace starton::host;

namespace {

struct ChildRun {
  ChildSys sys;
  OneJob job;
  ChildDefaults defaults;
  ChildRequest request;
  ChildPlan *plan = nullptr;
  std::vector<std::string> environment = {"PATH=/bin", "A=b c"};
  bool withoutProcess = false;

  ChildRun() {
    defaults.openFiles = {256, 4096};
    sigaddset(&defaults.changedSignals, SIGHUP);
    sigaddset(&defaults.changedSignals, SIGPIPE);
    request.errorPipe = 11;
  }

  SpawnRecord go() {
    const table::Job &built = job.get();
    request.defaults = &defaults;
    request.job = &built;
    request.process = withoutProcess ? nullptr : built.processes()->Get(0);
    request.slot = static_cast<engine::Slot>(job.slot);
    std::vector<engine::Text> texts;
    texts.reserve(environment.size());
    for (const std::string &entry : environment)
      texts.push_back({entry.c_str(), entry.size()});
    request.env = {texts.data(), texts.size()};
    memory.resize(planSize(request) / sizeof(void *) + 1);
    plan = &writePlan(request, static_cast<void *>(memory.data()));
    return executePlan(sys, *plan);
  }

private:
  std::vector<void *> memory;
};

std::string message(const SpawnRecord &record) {
  char text[80];
  spawnStepText(record, text);
  return text;
}

TEST(HostChild, RunsWordsWithoutAShell) {
  ChildRun run;
  run.job.kind = table::ProcessKind::Argv;
  run.job.text.clear();
  run.job.argv = {"printf", "%s", "x"};
  SpawnRecord record = run.go();
  EXPECT_EQ(record.step, SpawnStep::Execute);
  EXPECT_EQ(record.error, ENOENT);
  EXPECT_TRUE(record.fatal);
  EXPECT_TRUE(run.sys.did("exec /bin/printf"));
  EXPECT_EQ(run.sys.argv, run.job.argv);
  EXPECT_EQ(run.sys.env, run.environment);
  EXPECT_FALSE(run.sys.did("memfd"));
}

/// Runs `tool` with one PATH; "exec" calls without that word.
std::vector<std::string> tried(ChildRun &run, const std::string &path) {
  run.job.kind = table::ProcessKind::Argv;
  run.job.argv = {"tool", "x"};
  run.environment = {"XPATH=/no", "PATH=" + path, "PATH=/second"};
  run.go();
  std::vector<std::string> result;
  for (const std::string &call : run.sys.calls)
    if (call.rfind("exec ", 0) == 0)
      result.push_back(call.substr(5));
  return result;
}

TEST(HostChild, SearchesThePathOfTheJob) {
  using Paths = std::vector<std::string>;
  ChildRun plain;
  EXPECT_EQ(tried(plain, "/a:/b/:c"), (Paths{"/a/tool", "/b//tool", "c/tool"}));
  ChildRun here;
  EXPECT_EQ(tried(here, ":/a:"), (Paths{"tool", "/a/tool", "tool"}));
  ChildRun empty;
  EXPECT_EQ(tried(empty, ""), (Paths{"tool"}));
  ChildRun denied;
  denied.sys.failures["exec /a/tool"] = EACCES;
  EXPECT_EQ(tried(denied, "/a:/b"), (Paths{"/a/tool", "/b/tool"}));
  EXPECT_EQ(denied.go().error, EACCES) << "more telling than what came after";
  ChildRun broken;
  broken.sys.failures["exec /a/tool"] = EIO;
  EXPECT_EQ(tried(broken, "/a:/b"), (Paths{"/a/tool"}));
  ChildRun huge; // as if it were not there
  EXPECT_EQ(tried(huge, std::string(5000, 'x') + ":/b"), (Paths{"/b/tool"}));
  ChildRun unset;
  unset.job.kind = table::ProcessKind::Argv;
  unset.job.argv = {"tool"};
  unset.environment = {"A=b"};
  unset.go();
  EXPECT_TRUE(unset.sys.did("exec /bin/tool"));
  EXPECT_TRUE(unset.sys.did("exec /usr/bin/tool"));
}

TEST(HostChild, RefusesNamesThatAreNone) {
  for (const std::string &name : {std::string(), std::string(300, 'n')}) {
    ChildRun run;
    run.job.kind = table::ProcessKind::Argv;
    run.job.argv = {name};
    EXPECT_EQ(run.go().error, name.empty() ? ENOENT : ENAMETOOLONG);
  }
}

TEST(HostChild, LetsTheShellReadWhatHasNoFormat) {
  ChildRun run;
  run.sys.failures["exec /b/tool"] = ENOEXEC;
  EXPECT_EQ(
      tried(run, "/a:/b:/c"),
      (std::vector<std::string>{"/a/tool", "/b/tool", "/bin/sh", "/c/tool"}));
  EXPECT_EQ(run.sys.argv, run.job.argv) << "for the next";
  ChildRun shell;
  shell.sys.failures["exec /b/tool"] = ENOEXEC;
  shell.sys.failures["exec /bin/sh"] = EIO; // so that it is the last
  tried(shell, "/b:/c");
  EXPECT_EQ(shell.sys.argv,
            (std::vector<std::string>{"/bin/sh", "/b/tool", "x"}));
}

TEST(HostChild, GivesOneLineToTheShell) {
  ChildRun run;
  run.job.text = "exec a | b\n\n";
  run.go();
  std::vector<std::string> expected = {"/bin/sh", "-e", "-c", "exec a | b",
                                       "/bin/sh"};
  EXPECT_EQ(run.sys.argv, expected);
  EXPECT_FALSE(run.sys.did("memfd"));
}

TEST(HostChild, GivesSeveralLinesAsAFile) {
  ChildRun run;
  run.job.kind = table::ProcessKind::Script;
  run.job.text = "echo a\necho b\n";
  run.go();
  std::vector<std::string> expected = {"/bin/sh", "-e", "/proc/self/fd/9"};
  EXPECT_EQ(run.sys.argv, expected);
  EXPECT_EQ(run.sys.written[9], "exec 9<&-\necho a\necho b\n");
  EXPECT_TRUE(run.sys.did("fcntl")); // sealed
}

TEST(HostChild, ClosesBeforeItLimitsAndResetsSignalsLast) {
  ChildRun run;
  run.job.kind = table::ProcessKind::Script;
  run.job.text = "a\nb\n";
  run.job.limits = {table::Limit(table::Resource::Nofile, 4, 5)};
  run.job.chdir = "/srv";
  run.job.chroot = "/jail";
  run.go();
  const ChildSys &sys = run.sys;
  std::string limit = "setrlimit " + std::to_string(RLIMIT_NOFILE) + " 4";
  EXPECT_TRUE(sys.did(limit));
  EXPECT_LT(sys.when("setsid"), sys.when("close_range"));
  EXPECT_LT(sys.when("close_range"), sys.when("open /dev/null"))
      << "the daemon may have no descriptor left";
  EXPECT_LT(sys.when("close_range"), sys.when("dup 2"));
  EXPECT_LT(sys.when("dup 2"), sys.when("memfd"));
  EXPECT_LT(sys.when("dup 9"), sys.when(limit));
  EXPECT_LT(sys.when("chroot /jail"), sys.when("chdir /srv"));
  EXPECT_LT(sys.when("chdir /srv"), sys.when("default 1"));
  EXPECT_LT(sys.when("default 13"), sys.when("sigprocmask"));
  EXPECT_FALSE(sys.did("default 2"));
  EXPECT_LT(sys.when("sigprocmask"), sys.when("exec /bin/sh"));
}

TEST(HostChild, KeepsADescriptorLimitThatCouldNotBeRead) {
  ChildRun run;
  run.defaults.openFiles = {};
  run.go();
  EXPECT_FALSE(
      run.sys.did("setrlimit " + std::to_string(RLIMIT_NOFILE) + " 0"));
}

TEST(HostChild, RestoresTheDescriptorLimit) {
  ChildRun run;
  run.go();
  EXPECT_TRUE(
      run.sys.did("setrlimit " + std::to_string(RLIMIT_NOFILE) + " 256"));
}

TEST(HostChild, KeepsTheDirectoryOfASessionOnly) {
  ChildRun system;
  system.go();
  EXPECT_TRUE(system.sys.did("chdir /"));
  ChildRun session;
  session.defaults.userMode = true;
  session.go();
  EXPECT_FALSE(session.sys.did("chdir /"));
  ChildRun jailed;
  jailed.defaults.userMode = true;
  jailed.job.chroot = "/jail";
  jailed.go();
  EXPECT_TRUE(jailed.sys.did("chdir /"));
}

TEST(HostChild, BecomesTheUserForGood) {
  ChildRun run;
  run.job.setuid = "web";
  run.sys.files["/etc/passwd"] = "root:x:0:0::/:\nweb:x:33:34::/:\n";
  run.sys.files["/etc/group"] =
      "root:x:0:\nmedia:x:50:mail,web\nother:x:51:webber\nlogs:x:52:web\n";
  run.sys.failures["setuid 0"] = EPERM;
  SpawnRecord record = run.go();
  EXPECT_EQ(record.step, SpawnStep::Execute);
  EXPECT_TRUE(run.sys.did("setgroups 34 50 52"));
  EXPECT_LT(run.sys.when("setgroups 34 50 52"), run.sys.when("setgid 34"));
  EXPECT_LT(run.sys.when("setgid 34"), run.sys.when("setuid 33"));
}

TEST(HostChild, RefusesRightsThatCanBeRegained) {
  ChildRun run;
  run.job.setuid = "web";
  run.sys.files["/etc/passwd"] = "web:x:33:34::/:\n";
  SpawnRecord record = run.go(); // setuid(0) succeeds here
  EXPECT_EQ(record.step, SpawnStep::SetUser);
  EXPECT_EQ(record.error, EPERM);
  EXPECT_FALSE(run.sys.did("exec /bin/sh"));
}

TEST(HostChild, FindsGroups) {
  ChildRun run;
  run.job.setgid = "media";
  run.sys.runningAs = 1000;
  run.sys.files["/etc/group"] = "root:x:0:\nmedia:x:50:";
  EXPECT_EQ(run.go().step, SpawnStep::Execute);
  EXPECT_TRUE(run.sys.did("setgid 50"));
  ChildRun missing;
  missing.job.setgid = "nobody-here";
  missing.sys.files["/etc/group"] = "root:x:0:\n";
  SpawnRecord record = missing.go();
  EXPECT_EQ(record.step, SpawnStep::FindGroup);
  EXPECT_EQ(record.error, 0);
  EXPECT_EQ(message(record), "unable to find setgid group");
}

TEST(HostChild, StopsForTheDebugStanzaOnlyWhenAsked) {
  ChildRun run;
  run.job.debug = true;
  run.go();
  EXPECT_FALSE(run.sys.did("kill 4321 19"));
  ChildRun traced;
  traced.job.debug = true;
  traced.defaults.traceStanzas = true;
  traced.go();
  EXPECT_LT(traced.sys.when("close 3"), traced.sys.when("kill 4321 19"));
  EXPECT_EQ(traced.plan->errorPipe, -1);
}

TEST(HostChild, FallsBackToNullForConsoleOutput) {
  ChildRun run;
  run.request.console = Console::Output;
  run.sys.failures["open /dev/console"] = EIO;
  EXPECT_EQ(run.go().step, SpawnStep::Execute);
  // The warning is in the error pipe, and it is not fatal.
  ASSERT_EQ(run.sys.written[3].size(), sizeof(SpawnRecord));
  SpawnRecord warning;
  run.sys.written[3].copy(reinterpret_cast<char *>(&warning), sizeof warning);
  EXPECT_FALSE(warning.fatal);
  EXPECT_EQ(warning.error, EIO);
  ChildRun owner;
  owner.request.console = Console::Owner;
  owner.sys.failures["open /dev/console"] = EIO;
  EXPECT_EQ(owner.go().step, SpawnStep::OpenConsole);
}

TEST(HostChild, KeepsTheDescriptorsOfEvents) {
  ChildRun run;
  const int32_t events[] = {12, 13, 20};
  run.request.events = {events, 3};
  run.go();
  for (const char *call : {"close 3-11", "keep 12", "close 13-12", "keep 13",
                           "close 14-19", "keep 20", "close 21-"})
    EXPECT_TRUE(run.sys.did(call)) << call;
}

TEST(HostChild, MakesTemporaryFilesBeforePreStart) {
  ChildRun run;
  run.defaults.tmpfilesProgram = "/bin/tmpfiles";
  run.job.tmpfiles = {"/usr/lib/tmpfiles.d/foo.conf"};
  run.job.slot = table::Slot::PreStart;
  run.sys.childEnd.si_code = CLD_EXITED;
  run.go();
  EXPECT_LT(run.sys.when("await 77"), run.sys.when("exec /bin/sh"));

  ChildRun other;
  other.job.tmpfiles = {"a"};
  other.go(); // main
  EXPECT_FALSE(other.sys.did("fork"));
}

TEST(HostChild, FailsWithTheTmpfilesProgram) {
  for (int step = 0; step < 4; ++step) {
    ChildRun run;
    run.defaults.tmpfilesProgram = "/bin/tmpfiles";
    run.job.tmpfiles = {"a"};
    run.job.slot = table::Slot::PreStart;
    run.sys.childEnd.si_code = step == 3 ? CLD_KILLED : CLD_EXITED;
    run.sys.childEnd.si_status = step == 2 ? 65 : step == 3 ? SIGKILL : 0;
    if (step < 2)
      run.sys.failures[step == 0 ? "access /bin/tmpfiles" : "fork"] = EAGAIN;
    SpawnRecord record = run.go();
    EXPECT_TRUE(record.fatal);
    EXPECT_EQ(message(record), "unable to make temporary files");
    EXPECT_EQ(record.error, step < 2 ? EAGAIN : 0);
    EXPECT_FALSE(run.sys.did("exec /bin/sh"));
  }
}

TEST(HostChild, NeedsNoPreStartForTemporaryFiles) {
  ChildRun run;
  run.defaults.tmpfilesProgram = "/bin/tmpfiles";
  run.job.tmpfiles = {"a"};
  run.job.slot = table::Slot::PreStart;
  run.sys.childEnd.si_code = CLD_EXITED;
  run.withoutProcess = true;
  SpawnRecord record = run.go();
  EXPECT_FALSE(record.fatal);
  EXPECT_TRUE(run.sys.did("await 77"));
}

TEST(HostChild, SwitchesToTheExpandedProfile) {
  constexpr char State[] = "/sys/module/apparmor/parameters/enabled";
  for (int step = 0; step < 6; ++step) {
    ChildRun run;
    run.job.profile = "/etc/$A";
    run.request.profile = step == 1 ? nullptr : "/etc/b c";
    run.sys.files[State] = step == 2 ? "N\n" : "Y\n";
    run.sys.failures["access /run/container_type"] = ENOENT;
    run.sys.failures["access /rofs/etc/apparmor.d"] = ENOENT;
    if (step == 3)
      run.sys.failures["access /sbin/apparmor_parser"] = EACCES;
    if (step == 4)
      run.sys.modes["/sbin/apparmor_parser"] = S_IFDIR;
    if (step == 5)
      run.sys.failures["open /proc/self/attr/exec"] = EACCES;
    SpawnRecord record = run.go();
    bool fails = step == 1 || step == 5;
    EXPECT_EQ(record.step,
              fails ? SpawnStep::SecurityProfile : SpawnStep::Execute)
        << step;
    bool written = false;
    for (const auto &[descriptor, text] : run.sys.written)
      written = written || text == "exec /etc/b c";
    EXPECT_EQ(written, step == 0) << step;
  }
}

TEST(HostChild, GoesOnWithoutATrace) {
  ChildRun run;
  run.job.expect = table::Expect::Daemon;
  run.sys.failures["ptrace"] = EPERM;
  EXPECT_EQ(run.go().step, SpawnStep::Execute);
  EXPECT_TRUE(run.sys.did("exec /bin/sh"));
  ASSERT_EQ(run.sys.written[3].size(), sizeof(SpawnRecord));
  SpawnRecord warning;
  run.sys.written[3].copy(reinterpret_cast<char *>(&warning), sizeof warning);
  EXPECT_FALSE(warning.fatal);
  EXPECT_EQ(message(warning), "unable to set trace");
}

TEST(HostChild, LogsThroughAPipeWithoutATerminal) {
  ChildRun run;
  run.request.console = Console::Log;
  run.request.logPipe = 12;
  EXPECT_EQ(run.go().step, SpawnStep::Execute);
  EXPECT_FALSE(run.sys.did("ioctl"));
  EXPECT_LT(run.sys.when("dup 2"), run.sys.calls.size());
}

struct Failure {
  const char *call;
  int error;
  const char *text;
};

class HostChildFailure : public testing::TestWithParam<Failure> {};

/// A job that uses every step, and each step failing in turn.
TEST_P(HostChildFailure, IsToldAndEndsTheChild) {
  ChildRun run;
  run.job.kind = table::ProcessKind::Script;
  run.job.text = "a\nb\n";
  run.job.limits = {table::Limit(table::Resource::Cpu, 1, 2)};
  run.job.umask = 077;
  run.job.nice = 5;
  run.job.oom = -500;
  run.job.chroot = "/jail";
  run.job.chdir = "/srv";
  run.job.setuid = "web";
  run.job.setgid = "media";
  run.job.expect = table::Expect::Fork;
  run.request.console = Console::Log;
  run.request.terminal = 12;
  run.sys.files["/etc/passwd"] = "web:x:33:34::/:\n";
  run.sys.files["/etc/group"] = "media:x:50:\n";
  run.sys.failures["setuid 0"] = EPERM;
  run.sys.failures[GetParam().call] = GetParam().error;
  SpawnRecord record = run.go();
  EXPECT_TRUE(record.fatal);
  EXPECT_EQ(record.error, GetParam().error);
  EXPECT_EQ(message(record), GetParam().text);
  if (record.step != SpawnStep::Execute) {
    EXPECT_FALSE(run.sys.did("exec /bin/sh"));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Steps, HostChildFailure,
    testing::Values(
        Failure{"open /dev/null", EMFILE, "unable to open console"},
        Failure{"ioctl", EIO, "unable to open pty slave"},
        Failure{"memfd", ENFILE, "unable to move script fd"},
        Failure{"dup 9", EBUSY, "unable to move script fd"},
        Failure{"setrlimit 0", EPERM, "unable to set \"cpu\" resource limit"},
        Failure{"nice", EACCES, "unable to set priority"},
        Failure{"open /proc/self/oom_score_adj", EROFS,
                "unable to set oom adjustment"},
        Failure{"chroot", ENOENT, "unable to change root directory"},
        Failure{"chdir", ENOTDIR, "unable to change working directory"},
        Failure{"open /etc/passwd", EACCES, "unable to getpwnam"},
        Failure{"open /etc/group", EACCES, "unable to getgrnam"},
        Failure{"setgroups", EPERM, "unable to initgroups"},
        Failure{"setgid", EPERM, "unable to setgid"},
        Failure{"setuid 33", EAGAIN, "unable to setuid"},
        Failure{"default 1", EPERM, "unable to modify signal handler"},
        Failure{"exec", EACCES, "unable to execute"}));

} // namespace
