// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Order of processes, respawn, kill, spawn retries (runtime §2.2, §2.7, §2.8).

#include "SimHost.h"
#include "gtest/gtest.h"
#include <algorithm>
#include <cerrno>
#include <csignal>

using namespace starton;
using namespace starton::test;
using engine::Slot;

namespace {

const char *const AllProcesses =
    "pre-start exec exit 0\nexec run\n"
    "post-start exec exit 0\n"
    "pre-stop exec exit 0\npost-stop exec exit 0\n";

TEST(EngineProcess, OrderOfAFullCycle) {
  Compiled compiled(Files{{"foo", AllProcesses}});
  SimHost host(compiled);
  host.start("foo");
  host.stop("foo");
  EXPECT_EQ(host.spawns(),
            (Strings{"foo pre-start", "foo main", "foo post-start",
                     "foo pre-stop", "foo post-stop"}));
  EXPECT_EQ(host.states(),
            (Strings{"foo starting", "foo security-spawning", "foo security",
                     "foo pre-starting", "foo pre-start", "foo spawning",
                     "foo spawned", "foo post-starting", "foo post-start",
                     "foo running", "foo pre-stopping", "foo pre-stop",
                     "foo stopping", "foo killed", "foo post-stopping",
                     "foo post-stop", "foo waiting"}));
  EXPECT_EQ(host.signals(), (Strings{"TERM foo"}));
  EXPECT_EQ(host.leftOver(), "");
}

TEST(EngineProcess, VerboseMessages) {
  Compiled compiled(
      Files{{"foo", "instance $N\npre-start exec exit 0\nexec exit 3\n"}});
  SimHost host(compiled);
  host.start("foo", {"N=1"});
  host.shutdown("shutdown");
  EXPECT_EQ(host.logs(),
            (Strings{"foo (1) goal changed from stop to start",
                     "foo (1) state changed from waiting to starting",
                     "Handling starting event",
                     "foo (1) state changed from starting to security-spawning",
                     "foo (1) state changed from security-spawning to security",
                     "foo (1) state changed from security to pre-starting",
                     "foo (1) pre-start process (1001)",
                     "foo (1) state changed from pre-starting to pre-start",
                     "foo (1) pre-start process (1001) exited normally",
                     "foo (1) state changed from pre-start to spawning",
                     "foo (1) main process (1002)",
                     "foo (1) state changed from spawning to spawned",
                     "foo (1) state changed from spawned to post-starting",
                     "foo (1) state changed from post-starting to post-start",
                     "foo (1) state changed from post-start to running",
                     "Handling started event",
                     "foo (1) main process (1002) terminated with status 3",
                     "foo (1) goal changed from start to stop",
                     "foo (1) state changed from running to stopping",
                     "Handling stopping event",
                     "foo (1) state changed from stopping to killed",
                     "foo (1) state changed from killed to post-stopping",
                     "foo (1) state changed from post-stopping to post-stop",
                     "foo (1) state changed from post-stop to waiting",
                     "Handling stopped event",
                     "Quiescing due to shutdown request",
                     "Handling session-end event",
                     "Quiesce shutdown sequence took <1 second"}));
  EXPECT_TRUE(host.exited());
}

TEST(EngineProcess, EnvironmentOfMain) {
  Compiled compiled(Files{{"foo", "env A=1\nenv HOME\nenv TERM=x\nenv NONE\n"
                                  "env A=2\nexec run\n"}});
  SimHost host(compiled);
  host.start("foo", {"B=2", "B=3"});
  EXPECT_EQ(host.process(host.pid("foo"))->env,
            (Strings{"PATH=/bin", "TERM=x", "HOME=/root", "A=2", "B=3",
                     "UPSTART_JOB=foo", "UPSTART_INSTANCE=",
                     "UPSTART_SESSION=unix:abstract=/test"}));
}

TEST(EngineProcess, EnvironmentOfASystemJob) {
  Compiled compiled(Files{{"foo", "env TERM\nenv PATH=/x\nexec run\n"},
                          {"bar", "env HOME\nenv GONE\nexec run\n"}});
  SimHost::Settings system;
  system.userMode = false;
  system.environment = {"PATH=/bin", "TERM=linux", "HOME=/root", "junk"};
  SimHost host(compiled, system);
  host.start("foo");
  host.start("bar");
  EXPECT_EQ(host.process(host.pid("foo"))->env,
            (Strings{"PATH=/x", "TERM=linux", "UPSTART_JOB=foo",
                     "UPSTART_INSTANCE="}));
  EXPECT_EQ(host.process(host.pid("bar"))->env,
            (Strings{"PATH=/bin", "TERM=linux", "HOME=/root", "UPSTART_JOB=bar",
                     "UPSTART_INSTANCE="}));
}

TEST(EngineProcess, RestartEnvironment) {
  Compiled compiled(Files{{"foo", "env A=job\nexec run\n"}});
  SimHost host(compiled);
  host.start("foo", {"A=1", "B=2"});
  host.restart("foo");
  EXPECT_EQ(host.variable("foo", "A"), "job");
  EXPECT_EQ(host.variable("foo", "B"), "(unset)");
  host.restart("foo", {"B=3"});
  EXPECT_EQ(host.variable("foo", "B"), "3");
  EXPECT_EQ(host.answer(host.onInstance(engine::Input::Kind::RestartInstance,
                                        "foo", "", true)),
            "ok");
  EXPECT_EQ(host.variable("foo", "B"), "3");
  host.stop("foo");
  EXPECT_EQ(host.leftOver(), "");
}

TEST(EngineProcess, RespawnRunsEverythingAgain) {
  Compiled compiled(Files{{"foo", std::string("respawn\n") + AllProcesses}});
  SimHost host(compiled);
  host.start("foo");
  host.forget();
  host.kill(host.pid("foo"), SIGKILL);
  EXPECT_EQ(host.spawns(), (Strings{"foo post-stop", "foo pre-start",
                                    "foo main", "foo post-start"}));
  EXPECT_EQ(host.finished(), (Strings{"stopping JOB=foo INSTANCE= RESULT=ok",
                                      "starting JOB=foo INSTANCE=",
                                      "started JOB=foo INSTANCE="}));
  host.exit(host.pid("foo"), 0);
  EXPECT_EQ(host.status("foo"), "start/running");
}

TEST(EngineProcess, RespawnLimitIsAWindow) {
  Compiled compiled(Files{{"foo", "respawn\nrespawn limit 2 5\nexec run\n"}});
  SimHost host(compiled);
  host.start("foo");
  for (int burst = 0; burst < 3; ++burst) {
    for (int i = 0; i < 2; ++i)
      host.exit(host.pid("foo"), 1);
    EXPECT_EQ(host.status("foo"), "start/running");
    host.pass(5);
  }
  for (int i = 0; i < 3; ++i)
    host.exit(host.pid("foo"), 1);
  EXPECT_EQ(host.status("foo"), "stop/waiting");
  EXPECT_EQ(countOf(host.logs(), "foo respawning too fast, stopped"), 1U);
  EXPECT_EQ(countOf(host.all(), "failed foo 0"), 1U);
  EXPECT_EQ(host.leftOver(), "");
}

TEST(EngineProcess, DefaultAndUnlimitedRespawn) {
  Compiled compiled(
      Files{{"foo", "respawn\nexec run\n"},
            {"bar", "respawn\nrespawn limit unlimited\nexec run\n"}});
  SimHost host(compiled);
  host.start("foo");
  host.start("bar");
  for (int i = 0; i < 30; ++i) {
    if (host.pid("foo"))
      host.exit(host.pid("foo"), 1);
    host.exit(host.pid("bar"), 1);
  }
  EXPECT_EQ(host.status("foo"), "stop/waiting");
  EXPECT_EQ(countOf(host.spawns(), "foo main"), 11U);
  EXPECT_EQ(host.status("bar"), "start/running");
}

TEST(EngineProcess, RespawnDuringPostStart) {
  Compiled compiled(Files{{"foo", "respawn\nexec run\npost-start exec run\n"}});
  SimHost host(compiled);
  uint64_t request = host.start("foo");
  host.kill(host.pid("foo"), SIGKILL);
  EXPECT_EQ(host.status("foo"), "respawn/post-start");
  host.exit(host.pid("foo", Slot::PostStart), 0);
  EXPECT_EQ(host.status("foo"), "start/post-start");
  EXPECT_EQ(host.answer(request), "");
  host.exit(host.pid("foo", Slot::PostStart), 0);
  EXPECT_EQ(host.status("foo"), "start/running");
  EXPECT_EQ(host.answer(request), "ok");
}

TEST(EngineProcess, RespawnedTaskKeepsItsWaiters) {
  Compiled compiled(Files{{"t", "task\nrespawn\nexec run\n"}});
  SimHost host(compiled);
  uint64_t request = host.start("t");
  host.exit(host.pid("t"), 1);
  host.exit(host.pid("t"), 1);
  EXPECT_EQ(host.answer(request), "");
  host.exit(host.pid("t"), 0);
  EXPECT_EQ(host.answer(request), "ok");
  EXPECT_EQ(host.leftOver(), "");
}

TEST(EngineProcess, NoRespawnDuringShutdown) {
  Compiled compiled(Files{{"foo", "respawn\nexec run\npre-stop exec run\n"}});
  SimHost host(compiled);
  host.start("foo");
  host.shutdown("shutdown");
  host.exit(host.pid("foo"), 1);
  host.exit(host.pid("foo", Slot::PreStop), 0);
  EXPECT_EQ(host.status("foo"), "stop/waiting");
  EXPECT_TRUE(host.exited());
  EXPECT_EQ(host.leftOver(), "");
}

TEST(EngineProcess, KillAfterTheTimeout) {
  Compiled compiled(Files{{"foo", "kill timeout 3\nkill signal INT\n"
                                  "exec stubborn\n"}});
  SimHost host(compiled);
  host.start("foo");
  uint64_t request = host.stop("foo");
  EXPECT_EQ(host.status("foo"), "stop/killed");
  host.pass(2);
  EXPECT_EQ(host.signals(), (Strings{"INT foo"}));
  host.pass(1);
  EXPECT_EQ(host.signals(), (Strings{"INT foo", "KILL foo"}));
  EXPECT_EQ(host.answer(request), "ok");
  EXPECT_EQ(countOf(host.finished(), "stopped JOB=foo INSTANCE= RESULT=ok"),
            1U);
  EXPECT_EQ(host.leftOver(), "");
}

TEST(EngineProcess, KillTimeoutZeroKillsAtOnce) {
  Compiled compiled(Files{{"foo", "kill timeout 0\nexec stubborn\n"}});
  SimHost host(compiled);
  host.start("foo");
  EXPECT_EQ(host.answer(host.stop("foo")), "ok");
  EXPECT_EQ(host.signals(), (Strings{"KILL foo"}));
  EXPECT_EQ(host.leftOver(), "");
}

TEST(EngineProcess, AVanishedMainCountsAsEnded) {
  Compiled compiled(Files{{"foo", "exec run\npost-stop exec exit 0\n"}});
  SimHost host(compiled);
  host.start("foo");
  host.lose(host.pid("foo"));
  EXPECT_EQ(host.answer(host.stop("foo")), "ok");
  EXPECT_EQ(host.leftOver(), "");
  host.start("foo");
  EXPECT_EQ(host.status("foo"), "start/running");
}

TEST(EngineProcess, ImportLimitsWhatReachesAJob) {
  Files files = {{"some", "start on ev\nimport A B\nimport JOB\nexec run\n"},
                 {"none", "start on ev\nexec run\n"},
                 {"after", "start on started some\nexec run\n"}};
  Compiled compiled(files, true);
  SimHost host(compiled);
  host.emit("ev", {"A=1", "JOB=forged", "C=3", "UPSTART_X=1", "B=2"});
  EXPECT_EQ(host.variable("some", "A"), "1");
  EXPECT_EQ(host.variable("some", "B"), "2");
  EXPECT_EQ(host.variable("some", "C"), "(unset)");
  EXPECT_EQ(host.variable("some", "JOB"), "(unset)") << "never an emitter's";
  EXPECT_EQ(host.variable("some", "UPSTART_X"), "(unset)");
  EXPECT_EQ(host.variable("some", "UPSTART_EVENTS"), "ev");
  EXPECT_EQ(host.variable("none", "A"), "(unset)");
  EXPECT_EQ(host.variable("after", "JOB"), "some") << "the daemon's own";
  EXPECT_EQ(countOf(host.finished(), "ev A=1 C=3 B=2"), 1U);

  host.stop("some");
  host.start("some", {"A=4", "C=5", "UPSTART_EVENTS=forged"});
  EXPECT_EQ(host.variable("some", "A"), "4");
  EXPECT_EQ(host.variable("some", "C"), "(unset)");
  EXPECT_EQ(host.variable("some", "UPSTART_EVENTS"), "(unset)");

  Compiled upstart(Files{{"foo", "start on ev\nexec run\n"}});
  SimHost other(upstart);
  other.emit("ev", {"C=3"});
  EXPECT_EQ(other.variable("foo", "C"), "3");
}

TEST(EngineProcess, TemporaryFilesNeedAPreStart) {
  Compiled compiled(Files{{"foo", "tmpfiles /a.conf\nexec run\n"}}, true);
  SimHost host(compiled);
  host.start("foo");
  EXPECT_NE(host.pid("foo", engine::Slot::PreStart), 0);
  host.exit(host.pid("foo", engine::Slot::PreStart), 0);
  EXPECT_EQ(host.status("foo"), "start/running");
}

TEST(EngineProcess, TemporarySpawnErrorsAreTriedAgain) {
  Compiled compiled(Files{{"foo", AllProcesses}});
  SimHost host(compiled);
  host.spawnErrors = {EAGAIN};
  uint64_t request = host.start("foo");
  EXPECT_EQ(host.status("foo"), "start/pre-starting");
  host.pass(1);
  EXPECT_EQ(host.answer(request), "ok");
  host.spawnErrors = {ENFILE};
  host.restart("foo"); // pre-stop is tried again, then the stop is cancelled
  EXPECT_EQ(host.status("foo"), "start/pre-stopping");
  host.pass(1);
  EXPECT_EQ(host.status("foo"), "start/running");
  host.spawnErrors = {ENOMEM};
  host.stop("foo");
  host.pass(2);
  EXPECT_EQ(host.leftOver(), "");
}

TEST(EngineProcess, AStartWithoutDescriptorsFailsAndTheNextDoesNot) {
  Compiled compiled(Files{{"foo", "exec run\n"}});
  SimHost host(compiled);
  host.spawnErrors = {EMFILE};
  EXPECT_EQ(host.answer(host.start("foo")), "Job failed to start");
  EXPECT_EQ(host.status("foo"), "stop/waiting");
  EXPECT_EQ(std::count(host.logs().begin(), host.logs().end(),
                       "Failed to spawn foo main process: unable to spawn: "
                       "Too many open files"),
            1);
  EXPECT_EQ(host.answer(host.start("foo")), "ok");
  EXPECT_EQ(host.status("foo"), "start/running");
  EXPECT_EQ(host.broken(), "");
}

TEST(EngineProcess, ADelayedSpawnIsSaidOnce) {
  Compiled compiled(Files{{"foo", "exec run\n"}});
  SimHost host(compiled);
  auto said = [&] {
    return std::count(host.logs().begin(), host.logs().end(),
                      "Temporary process spawn error: Resource temporarily "
                      "unavailable");
  };
  host.spawnErrors = {EAGAIN, EAGAIN, EAGAIN};
  host.start("foo", {}, false);
  host.pass(5);
  EXPECT_EQ(host.status("foo"), "start/running");
  EXPECT_EQ(said(), 1);
  host.stop("foo");
  host.spawnErrors = {EAGAIN, EAGAIN};
  host.start("foo", {}, false);
  host.pass(5);
  EXPECT_EQ(said(), 2);
  EXPECT_EQ(host.broken(), "");
}

TEST(EngineProcess, StopWhileASpawnIsTriedAgain) {
  Compiled compiled(Files{{"foo", "exec run\n"}});
  SimHost host(compiled);
  host.spawnErrors = {ENOMEM};
  host.start("foo");
  EXPECT_EQ(host.status("foo"), "start/spawning");
  EXPECT_EQ(host.answer(host.stop("foo")), "ok");
  EXPECT_EQ(host.leftOver(), "");
}

} // namespace
