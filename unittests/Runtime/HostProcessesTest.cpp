// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Starting, confirming, signalling and reaping.

#include "HostProcessesFixture.h"

using namespace starton;
using namespace starton::host;

namespace {

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

TEST_F(HostProcesses, FailsAStartWithoutDescriptorsUnlessSomeWillBeFreeSoon) {
  define();
  sys.pipeError = EMFILE;
  EXPECT_EQ(spawn().error, EMFILE);
  sys.pipeError = 0;
  EXPECT_GT(spawn().pid, 0);
  sys.pipeError = EMFILE;
  EXPECT_EQ(spawn().error, EAGAIN) << "a child has not reported yet";
  closeChild();
  loop.runOnce(false);
  EXPECT_EQ(spawn().error, EMFILE);
  sys.pipeError = 0;
  EXPECT_GT(spawn().pid, 0);
}

TEST_F(HostProcesses, FailsAStartWhereOnlyStoppedChildrenHoldDescriptors) {
  define();
  pid_t held = spawn().pid;
  sys.report(held, CLD_STOPPED, SIGSTOP); // `debug`
  processes.reap();
  sys.pipeError = EMFILE;
  EXPECT_EQ(spawn().error, EMFILE) << "that may be for ever";
}

TEST_F(HostProcesses, RemembersWhoseOutputIsLostAndWhy) {
  define();
  logs.setDirectory("/nonexistent");
  processes.setConsole(Console::Log);
  logs.setDescriptorLimit(0); // no number is low enough
  pid_t lost = spawn().pid;
  ASSERT_GT(lost, 0) << "that is no reason not to start";
  logs.setDescriptorLimit(INT_MAX);
  closeChild();
  loop.runOnce(false);
  EXPECT_EQ(processes.logError(lost), EMFILE);
  pid_t logged = spawn().pid;
  EXPECT_EQ(processes.logError(logged), 0);
  EXPECT_EQ(processes.logError(4242), 0);
  sys.report(lost, CLD_EXITED, 0);
  processes.reap();
  EXPECT_EQ(processes.logError(lost), 0);
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

TEST_F(HostProcesses, AChildStoppedBeforeItsExecHoldsNothingUp) {
  define();
  spawn();
  sys.report(FirstPid, CLD_STOPPED, SIGSTOP);
  processes.reap();
  EXPECT_EQ(kinds(), (std::vector{Kind::ExecConfirmed, Kind::ChildStopped}));
  childWrites({SpawnStep::Execute, true, 0, ENOENT}); // continued, and failed
  closeChild();
  loop.runOnce(false);
  EXPECT_EQ(heard.back().kind, Kind::ExecFailed);
  EXPECT_EQ(heard.size(), 3U);
}

TEST_F(HostProcesses, HandsDescriptorsOfEventsOn) {
  int32_t given[3], own[3];
  for (int i = 0; i < 3; ++i) {
    given[i] = own[i] = sys.open("/dev/null", O_RDONLY | O_CLOEXEC, 0);
    ASSERT_TRUE(processes.adoptDescriptor(own[i]));
    EXPECT_GE(own[i], FirstEventDescriptor);
    EXPECT_NE(own[i], given[i]);
  }
  struct stat status = {};
  processes.closeDescriptor(own[1]);
  EXPECT_EQ(sys.statDescriptor(own[1], status), -EBADF);
  EXPECT_EQ(sys.statDescriptor(own[0], status), 0);
  int32_t bad = -5;
  EXPECT_FALSE(processes.adoptDescriptor(bad));
  EXPECT_EQ(bad, -5);
  setAllocationFilter([] { return false; });
  int32_t more[16];
  bool refused = false;
  for (int32_t &descriptor : more) {
    descriptor = given[0];
    refused = refused || !processes.adoptDescriptor(descriptor);
  }
  setAllocationFilter(nullptr);
  EXPECT_TRUE(refused);
  for (int32_t descriptor : more)
    if (descriptor != given[0])
      processes.closeDescriptor(descriptor);
  processes.closeDescriptor(own[0]);
  processes.closeDescriptor(own[2]);
  for (int32_t descriptor : given)
    sys.close(descriptor);
}

TEST_F(HostProcesses, TellsLeftOverProcesses) {
  define();
  sys.addProcess(500, 500, 90, "foo", "a/b");
  sys.addProcess(501, 500, 91, "foo", "a/b");
  sys.addProcess(502, 502, 92, "foo");
  sys.addProcess(503, 503, 93, "food", "a/b");
  sys.files["/proc/504/environ"] = ""; // a zombie
  sys.files["/proc/thread-self/children"] += "504 505 ";
  int32_t pids[4] = {};
  EXPECT_EQ(processes.leftOver(textOf("foo"), textOf("a/b"), pids, 4), 2U);
  EXPECT_EQ(pids[0], 500);
  EXPECT_EQ(pids[1], 501);
  EXPECT_EQ(processes.leftOver(textOf("foo"), textOf("a/b"), pids, 1), 1U);
  EXPECT_EQ(processes.leftOver(textOf("foo"), textOf(""), pids, 4), 1U);
  EXPECT_EQ(pids[0], 502);
  EXPECT_EQ(processes.leftOver(textOf("fo"), textOf("a/b"), pids, 4), 0U);
  sys.files.clear(); // /proc is not there
  EXPECT_EQ(processes.leftOver(textOf("foo"), textOf(""), pids, 4), 0U);
}

} // namespace
