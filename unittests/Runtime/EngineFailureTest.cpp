// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What ends how (runtime §2.6), who is answered when (§2.5), and what the
// job's events say of it (§3.6).

#include "SimHost.h"
#include "gtest/gtest.h"
#include <csignal>

using namespace starton;
using namespace starton::test;
using engine::Slot;

namespace {

bool has(const Strings &lines, const std::string &line) {
  for (const std::string &each : lines)
    if (each == line)
      return true;
  return false;
}

std::string stoppedEvent(const SimHost &host) {
  for (const std::string &event : host.finished())
    if (event.compare(0, 15, "stopped JOB=foo") == 0)
      return event.substr(8);
  return "(none)";
}

struct Row {
  const char *name;
  const char *job;
  const char *answer;  ///< of the waiting start
  const char *status;  ///< afterwards
  const char *stopped; ///< variables of `stopped`, "(none)"
};

class FailureRows : public testing::TestWithParam<Row> {};

TEST_P(FailureRows, EndsAsSpecified) {
  const Row &row = GetParam();
  Compiled compiled(Files{{"foo", row.job}});
  SimHost host(compiled);
  ASSERT_TRUE(host.ready());
  uint64_t request = host.start("foo");
  EXPECT_EQ(host.answer(request), row.answer);
  EXPECT_EQ(host.status("foo"), row.status);
  EXPECT_EQ(stoppedEvent(host), row.stopped);
  if (host.status("foo") == "start/running")
    host.stop("foo");
  EXPECT_EQ(host.leftOver(), "");
}

INSTANTIATE_TEST_SUITE_P(
    Engine, FailureRows,
    testing::Values(
        Row{"Service", "exec run\n", "ok", "start/running", "(none)"},
        Row{"State", "pre-start exec exit 0\n", "ok", "start/running",
            "(none)"},
        Row{"PreStartExits", "pre-start exec exit 3\nexec run\n",
            "Job failed to start", "stop/waiting",
            "JOB=foo INSTANCE= RESULT=failed PROCESS=pre-start EXIT_STATUS=3"},
        Row{"PreStartKilled", "pre-start exec die USR1\nexec run\n",
            "Job failed to start", "stop/waiting",
            "JOB=foo INSTANCE= RESULT=failed PROCESS=pre-start "
            "EXIT_SIGNAL=USR1"},
        Row{"PreStartMissing", "pre-start exec missing\nexec run\n",
            "Job failed to start", "stop/waiting",
            "JOB=foo INSTANCE= RESULT=failed PROCESS=pre-start"},
        Row{"PreStartRefused", "pre-start exec refused\nexec run\n",
            "Job failed to start", "stop/waiting",
            "JOB=foo INSTANCE= RESULT=failed PROCESS=pre-start"},
        Row{"MainMissing", "exec missing\n", "Job failed to start",
            "stop/waiting", "JOB=foo INSTANCE= RESULT=failed PROCESS=main"},
        Row{"MainMissingIsNotRespawned", "respawn\nexec missing\n",
            "Job failed to start", "stop/waiting",
            "JOB=foo INSTANCE= RESULT=failed PROCESS=main"},
        Row{"MainRefused", "exec refused\n", "Job failed to start",
            "stop/waiting", "JOB=foo INSTANCE= RESULT=failed PROCESS=main"},
        Row{"ServiceExitsZero", "exec exit 0\n", "ok", "stop/waiting",
            "JOB=foo INSTANCE= RESULT=ok"},
        Row{"ServiceExitsNine", "exec exit 9\n", "ok", "stop/waiting",
            "JOB=foo INSTANCE= RESULT=failed PROCESS=main EXIT_STATUS=9"},
        Row{"TaskExitsZero", "task\nexec exit 0\n", "ok", "stop/waiting",
            "JOB=foo INSTANCE= RESULT=ok"},
        Row{"TaskExitsSeven", "task\nexec exit 7\n", "Job failed to start",
            "stop/waiting",
            "JOB=foo INSTANCE= RESULT=failed PROCESS=main EXIT_STATUS=7"},
        Row{"TaskKilled", "task\nexec die SEGV\n", "Job failed to start",
            "stop/waiting",
            "JOB=foo INSTANCE= RESULT=failed PROCESS=main EXIT_SIGNAL=SEGV"},
        Row{"NormalExitCode", "task\nnormal exit 7 TERM\nexec exit 7\n", "ok",
            "stop/waiting", "JOB=foo INSTANCE= RESULT=ok"},
        Row{"NormalExitSignal", "task\nnormal exit 7 TERM\nexec die TERM\n",
            "ok", "stop/waiting", "JOB=foo INSTANCE= RESULT=ok"},
        Row{"SignalIsNoExitCode", "task\nnormal exit TERM\nexec exit 15\n",
            "Job failed to start", "stop/waiting",
            "JOB=foo INSTANCE= RESULT=failed PROCESS=main EXIT_STATUS=15"},
        Row{"PostStartFails", "post-start exec exit 1\nexec run\n", "ok",
            "start/running", "(none)"},
        Row{"PostStartMissing", "post-start exec missing\nexec run\n", "ok",
            "start/running", "(none)"},
        Row{"PostStartRefused", "post-start exec refused\nexec run\n", "ok",
            "start/running", "(none)"},
        Row{"PostStopFailsAfterTask",
            "task\nexec exit 0\npost-stop exec exit 3\n", "Job failed to start",
            "stop/waiting",
            "JOB=foo INSTANCE= RESULT=failed PROCESS=post-stop EXIT_STATUS=3"},
        Row{"FirstFailureCounts",
            "pre-start exec exit 2\nexec run\npost-stop exec exit 3\n",
            "Job failed to start", "stop/waiting",
            "JOB=foo INSTANCE= RESULT=failed PROCESS=pre-start EXIT_STATUS=2"},
        Row{"RespawnedTaskEndsWithZero", "task\nrespawn\nexec exit 0\n", "ok",
            "stop/waiting", "JOB=foo INSTANCE= RESULT=ok"},
        Row{"TooFast", "respawn\nrespawn limit 3 5\nexec exit 1\n", "ok",
            "stop/waiting", "JOB=foo INSTANCE= RESULT=failed PROCESS=respawn"},
        Row{"RespawnNormalExit", "respawn\nnormal exit 0 3\nexec exit 3\n",
            "ok", "stop/waiting", "JOB=foo INSTANCE= RESULT=ok"}),
    [](const testing::TestParamInfo<Row> &info) {
      return std::string(info.param.name);
    });

TEST(EngineFailure, PreStopFailureIsIgnored) {
  for (const char *preStop : {"exit 1", "missing", "refused"}) {
    Compiled compiled(Files{
        {"foo", std::string("exec run\npre-stop exec ") + preStop + "\n"}});
    SimHost host(compiled);
    host.start("foo");
    EXPECT_EQ(host.answer(host.stop("foo")), "ok") << preStop;
    EXPECT_EQ(stoppedEvent(host), "JOB=foo INSTANCE= RESULT=ok");
    EXPECT_EQ(host.leftOver(), "");
  }
}

TEST(EngineFailure, PostStopFailureFailsTheStop) {
  for (const char *postStop : {"exit 3", "missing", "refused"}) {
    Compiled compiled(Files{
        {"foo", std::string("exec run\npost-stop exec ") + postStop + "\n"}});
    SimHost host(compiled);
    host.start("foo");
    EXPECT_EQ(host.answer(host.stop("foo")), "Job failed while stopping");
    EXPECT_TRUE(has(host.finished(), "stopping JOB=foo INSTANCE= RESULT=ok"));
    EXPECT_EQ(stoppedEvent(host).substr(0, 49),
              "JOB=foo INSTANCE= RESULT=failed PROCESS=post-stop");
    EXPECT_EQ(host.leftOver(), "");
  }
}

TEST(EngineFailure, PostStopFailureCancelsRestart) {
  Compiled compiled(Files{{"foo", "exec run\npost-stop exec exit 1\n"}});
  SimHost host(compiled);
  host.start("foo");
  EXPECT_EQ(host.answer(host.restart("foo")), "Job failed to restart");
  EXPECT_EQ(host.status("foo"), "stop/waiting");
  EXPECT_EQ(host.leftOver(), "");
}

TEST(EngineFailure, RestartThatFails) {
  Compiled compiled(Files{{"foo", "pre-start exec run\nexec run\n"}});
  SimHost host(compiled);
  host.start("foo", {}, false);
  host.exit(host.pid("foo", Slot::PreStart), 0);
  uint64_t request = host.restart("foo");
  EXPECT_EQ(host.answer(request), "");
  host.exit(host.pid("foo", Slot::PreStart), 1);
  EXPECT_EQ(host.answer(request), "Job failed to restart");
  EXPECT_EQ(host.leftOver(), "");
}

TEST(EngineFailure, RealTimeSignalIsANumber) {
  Compiled compiled(Files{{"foo", "exec run\n"}});
  SimHost host(compiled);
  host.start("foo");
  host.kill(host.pid("foo"), 40);
  EXPECT_EQ(stoppedEvent(host),
            "JOB=foo INSTANCE= RESULT=failed PROCESS=main EXIT_SIGNAL=40");
}

TEST(EngineFailure, MainEndsWhilePreStopRuns) {
  Compiled compiled(Files{{"foo", "respawn\nexec run\npre-stop exec run\n"}});
  SimHost host(compiled);
  host.start("foo");
  uint64_t request = host.stop("foo");
  host.kill(host.pid("foo"), SIGKILL);
  EXPECT_EQ(host.status("foo"), "stop/pre-stop");
  host.exit(host.pid("foo", Slot::PreStop), 0);
  EXPECT_EQ(host.answer(request), "ok");
  EXPECT_EQ(stoppedEvent(host), "JOB=foo INSTANCE= RESULT=ok");
  EXPECT_EQ(host.leftOver(), "");
}

TEST(EngineFailure, MainEndsWhileStoppingIsHeld) {
  Compiled compiled(Files{{"foo", "respawn\nexec run\n"},
                          {"hook", "start on stopping foo\ntask\nexec run\n"}});
  SimHost host(compiled);
  host.start("foo");
  uint64_t request = host.stop("foo");
  EXPECT_EQ(host.status("foo"), "stop/stopping");
  EXPECT_TRUE(host.signals().empty());
  host.kill(host.pid("foo"), SIGKILL);
  EXPECT_EQ(host.status("foo"), "stop/stopping");
  host.exit(host.pid("hook"), 0);
  EXPECT_EQ(host.answer(request), "ok");
  EXPECT_EQ(stoppedEvent(host), "JOB=foo INSTANCE= RESULT=ok");
  EXPECT_EQ(host.leftOver(), "");
}

TEST(EngineFailure, MainEndsDuringPostStart) {
  Compiled compiled(Files{{"foo", "exec run\npost-start exec run\n"}});
  SimHost host(compiled);
  uint64_t request = host.start("foo");
  host.exit(host.pid("foo"), 4);
  EXPECT_EQ(host.answer(request), "Job failed to start");
  EXPECT_EQ(host.status("foo"), "stop/post-start");
  host.exit(host.pid("foo", Slot::PostStart), 0);
  EXPECT_EQ(host.status("foo"), "stop/waiting");
  EXPECT_EQ(stoppedEvent(host),
            "JOB=foo INSTANCE= RESULT=failed PROCESS=main EXIT_STATUS=4");
  EXPECT_EQ(host.leftOver(), "");
}

TEST(EngineFailure, TheOrderOfExecAndEndDoesNotMatter) {
  for (const char *text :
       {"exec exit 0\n", "exec exit 9\n", "task\nexec exit 1\n",
        "exec exit 9\npost-start exec exit 0\n",
        "respawn\nrespawn limit 2 5\nexec exit 1\n"}) {
    Compiled compiled(Files{{"foo", text}});
    SimHost first(compiled);
    SimHost::Settings late;
    late.confirmLate = true;
    SimHost second(compiled, late);
    EXPECT_EQ(first.answer(first.start("foo")),
              second.answer(second.start("foo")));
    EXPECT_EQ(first.finished(), second.finished()) << text;
    EXPECT_EQ(second.leftOver(), "");
  }
}

TEST(EngineFailure, ExportedVariablesFollow) {
  Compiled compiled(Files{{"foo", "env A=1\nenv B=2\nexport B C A JOB\n"
                                  "exec exit 1\n"}});
  SimHost host(compiled);
  host.start("foo", {"C=c", "JOB=other"});
  EXPECT_EQ(host.finished()[0], "starting JOB=foo INSTANCE= B=2 C=c A=1");
  EXPECT_EQ(stoppedEvent(host),
            "JOB=foo INSTANCE= RESULT=failed PROCESS=main EXIT_STATUS=1 B=2 "
            "C=c A=1");
}

TEST(EngineFailure, TheSecurityProcessIsWaitedForAndIgnored) {
  Compiled compiled(
      Files{{"foo", "apparmor load /etc/apparmor.d/x\nexec run\n"}});
  SimHost::Settings settings;
  SimHost without(compiled, settings);
  EXPECT_EQ(without.answer(without.start("foo")), "ok");
  EXPECT_EQ(without.spawns(), (Strings{"foo main"}));

  settings.appArmor = true;
  SimHost host(compiled, settings);
  uint64_t request = host.start("foo");
  EXPECT_EQ(host.status("foo"), "start/security");
  host.exit(host.pid("foo", Slot::Security), 1);
  EXPECT_EQ(host.answer(request), "ok");
  host.stop("foo");
  host.spawnErrors = {1};
  EXPECT_EQ(host.answer(host.start("foo")), "Job failed to start");
  EXPECT_EQ(host.finished().back(), "stopped JOB=foo INSTANCE= RESULT=failed "
                                    "PROCESS=security");
  EXPECT_EQ(host.leftOver(), "");
}

TEST(EngineFailure, AStanzaWithoutCommandFailsTheJob) {
  Compiled compiled(
      Files{{"foo", "exec run\n"}, {"foo.override", "pre-start\n"}});
  SimHost host(compiled);
  EXPECT_EQ(host.answer(host.start("foo")), "Job failed to start");
  EXPECT_EQ(stoppedEvent(host),
            "JOB=foo INSTANCE= RESULT=failed PROCESS=pre-start");
  EXPECT_EQ(host.leftOver(), "");
}

} // namespace
