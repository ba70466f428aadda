// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `expect stop`, `fork` and `daemon` (runtime §4.8), and what happens to a job
// that waits for them in `spawned`.

#include "SimHost.h"
#include "gtest/gtest.h"
#include <csignal>

using namespace starton;
using namespace starton::test;

namespace {

TEST(EngineTracking, ExpectStop) {
  Compiled compiled(Files{{"foo", "expect stop\nexec run\n"}});
  SimHost host(compiled);
  uint64_t request = host.start("foo");
  EXPECT_EQ(host.status("foo"), "start/spawned");
  host.stopped(host.pid("foo"), SIGTSTP);
  EXPECT_EQ(host.status("foo"), "start/spawned");
  host.stopped(host.pid("foo"), SIGSTOP);
  EXPECT_EQ(host.answer(request), "ok");
  EXPECT_EQ(host.signals(), (Strings{"CONT foo"}));
  host.stopped(host.pid("foo"), SIGSTOP);
  EXPECT_EQ(host.signals().size(), 1U);
}

TEST(EngineTracking, ExpectStopButExits) {
  Compiled compiled(Files{{"zero", "expect stop\nexec exit 0\n"},
                          {"one", "expect stop\nexec exit 1\n"}});
  SimHost host(compiled);
  EXPECT_EQ(host.answer(host.start("zero")), "ok");
  EXPECT_EQ(host.answer(host.start("one")), "Job failed to start");
  EXPECT_EQ(countOf(host.finished(), "started"), 0U);
  EXPECT_EQ(host.leftOver(), "");
}

TEST(EngineTracking, ExpectForkAndDaemon) {
  Compiled compiled(Files{{"f", "expect fork\nexec run\n"},
                          {"d", "expect daemon\nexec run\n"},
                          {"x", "expect daemon\nexec run\n"}});
  SimHost host(compiled);
  uint64_t request = host.start("f");
  int32_t parent = host.pid("f");
  host.forks(parent);
  EXPECT_EQ(host.answer(request), "ok");
  EXPECT_EQ(countOf(host.all(), "release " + std::to_string(host.pid("f"))),
            1U);
  EXPECT_EQ(countOf(host.logs(), "f main process (" + std::to_string(parent) +
                                     ") became new process (" +
                                     std::to_string(host.pid("f")) + ")"),
            1U);
  host.exit(parent, 0); // nobody's any more
  EXPECT_EQ(host.status("f"), "start/running");

  request = host.start("d");
  host.forks(host.pid("d"));
  EXPECT_EQ(host.answer(request), "");
  host.forks(host.pid("d"));
  EXPECT_EQ(host.answer(request), "ok");

  request = host.start("x");
  host.executes(host.pid("x"));
  EXPECT_EQ(host.answer(request), "");
  host.forks(host.pid("x"));
  host.executes(host.pid("x"));
  EXPECT_EQ(host.answer(request), "ok");
}

TEST(EngineTracking, WhatIsLeftOfATrackedJobBecomesMain) {
  Compiled compiled(Files{{"early", "expect daemon\nexec run\n"},
                          {"late", "expect fork\nexec run\n"}});
  SimHost host(compiled);
  uint64_t request = host.start("early");
  int32_t gone = host.pid("early");
  host.replaced(gone); // before the second fork: no more are waited for
  EXPECT_EQ(host.answer(request), "ok");
  EXPECT_EQ(countOf(host.logs(), "early main process (" + std::to_string(gone) +
                                     ") is gone, the job goes on as process (" +
                                     std::to_string(host.pid("early")) + ")"),
            1U);

  host.start("late");
  host.forks(host.pid("late"));
  gone = host.pid("late");
  engine::InstanceView view;
  host.lose(gone); // the host has not noticed yet when it is to be signalled
  request = host.stop("late");
  EXPECT_EQ(host.answer(request), "ok") << "nothing left, says the host";

  host.start("late");
  host.forks(host.pid("late"));
  host.replaced(host.pid("late"));
  EXPECT_EQ(host.status("late"), "start/running");
  EXPECT_TRUE(
      host.engine.viewInstance(host.process(host.pid("late"))->id, view));
  EXPECT_TRUE(view.retracked);
  EXPECT_EQ(host.answer(host.stop("late")), "ok");
  EXPECT_EQ(host.answer(host.stop("early")), "ok");
  EXPECT_EQ(host.leftOver(), "");
}

TEST(EngineTracking, ASignalThatMetNobodyIsRepeated) {
  Compiled compiled(Files{{"foo", "expect fork\nexec stubborn\n"}});
  SimHost host(compiled);
  host.start("foo");
  host.forks(host.pid("foo"));
  uint64_t request = host.stop("foo");
  host.replaced(host.pid("foo"));
  EXPECT_EQ(host.signals(), (Strings{"TERM foo", "TERM foo"}));
  host.pass(5);
  EXPECT_EQ(host.answer(request), "ok");
  EXPECT_EQ(host.signals().back(), "KILL foo");
  EXPECT_EQ(host.leftOver(), "");
}

TEST(EngineTracking, StopInSpawnedKills) {
  Compiled compiled(Files{{"foo", "expect fork\nrespawn\nexec run\n"}});
  SimHost host(compiled);
  uint64_t first = host.start("foo");
  EXPECT_EQ(host.status("foo"), "start/spawned");
  EXPECT_EQ(host.answer(host.stop("foo")), "ok");
  EXPECT_EQ(host.answer(first), "ok");
  EXPECT_EQ(host.signals(), (Strings{"TERM foo"}));
  EXPECT_EQ(host.leftOver(), "");
}

TEST(EngineTracking, StartAfterStopInSpawnedStartsAgain) {
  Compiled compiled(Files{{"foo", "expect fork\nexec stubborn\n"}});
  SimHost host(compiled);
  host.start("foo");
  int32_t first = host.pid("foo");
  host.stop("foo");
  EXPECT_EQ(host.status("foo"), "stop/spawned");
  host.start("foo");
  EXPECT_EQ(host.status("foo"), "start/spawned");
  host.pass(5);
  EXPECT_EQ(host.status("foo"), "start/spawned");
  EXPECT_NE(host.pid("foo"), first);
  host.forks(host.pid("foo"));
  EXPECT_EQ(host.status("foo"), "start/running");
  EXPECT_EQ(countOf(host.finished(), "started"), 1U);
}

/// The signal may have met the old process only, which the host lets go.
TEST(EngineTracking, StopInSpawnedFollowsTheFork) {
  Compiled compiled(Files{{"d", "expect daemon\nexec stubborn\n"}});
  SimHost host(compiled);
  host.start("d");
  uint64_t request = host.stop("d");
  host.forks(host.pid("d"));
  EXPECT_EQ(host.signals(), (Strings{"TERM d", "TERM d"}));
  host.pass(5);
  EXPECT_EQ(host.answer(request), "ok");
  EXPECT_EQ(host.leftOver(), "");
}

/// Goal `respawn` is for a main process that another one outlives.
TEST(EngineTracking, RespawnInSpawnedKeepsTheGoal) {
  Compiled compiled(Files{{"foo", "expect daemon\nrespawn\nexec run\n"}});
  SimHost host(compiled);
  host.start("foo");
  host.exit(host.pid("foo"), 1);
  EXPECT_EQ(countOf(host.all(), "goal foo"), 1U);
  EXPECT_EQ(host.status("foo"), "start/spawned");
}

TEST(EngineTracking, ARespawningJobThatDiesBeforeItsForkIsRespawned) {
  Compiled compiled(Files{{"foo", "expect fork\nrespawn\nrespawn limit 3 5\n"
                                  "exec exit 1\n"}});
  SimHost host(compiled);
  EXPECT_EQ(host.answer(host.start("foo")), "Job failed to start");
  EXPECT_EQ(host.spawns().size(), 4U);
  EXPECT_EQ(host.leftOver(), "");
}

} // namespace
