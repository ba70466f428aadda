// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Main of `expect fork` and `expect daemon`: traced, watched, and found again.

#include "HostTrackingFixture.h"

using namespace starton;
using namespace starton::host;

namespace {

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

TEST_F(HostTracking, AVanishedHelperIsReplacedByWhatIsLeft) {
  start(table::Expect::Fork);
  fork(FirstPid, Helper);
  ASSERT_EQ(status(), "start/running 300");
  sys.addProcess(350, 350, 49, "foo"); // of an earlier run
  sys.addProcess(FirstPid, FirstPid, 50, "foo");
  sys.addProcess(351, FirstPid, 50, "foo");
  sys.addProcess(352, 352, 60, "bar");
  vanish(Helper);
  EXPECT_EQ(status(), "start/running 100 retracked");

  // The daemon's parent leaves: the daemon is main, leader or not.
  sys.files["/proc/thread-self/children"] = "350 352 400 ";
  sys.addProcess(Real, 399, 51, "foo");
  news(FirstPid, CLD_EXITED, 0);
  EXPECT_EQ(status(), "start/running 400 retracked");
  // Its own end is the job's, whatever it leaves behind.
  sys.addProcess(401, 401, 70, "foo");
  news(Real, CLD_EXITED, 0);
  EXPECT_EQ(status(), "");
}

TEST_F(HostTracking, NothingLeftEndsTheJob) {
  start(table::Expect::Fork);
  fork(FirstPid, Helper);
  vanish(Helper);
  EXPECT_EQ(heard.back().kind, Kind::ChildVanished);
  EXPECT_EQ(status(), "");
}

TEST_F(HostTracking, AMainThatIsOurChildAfterAllIsReaped) {
  start(table::Expect::Fork);
  fork(FirstPid, Helper);
  sys.ends[Helper].si_pid = Helper;
  sys.ends[Helper].si_code = CLD_KILLED;
  sys.ends[Helper].si_status = SIGSEGV;
  vanish(Helper);
  EXPECT_EQ(heard.back().kind, Kind::ChildKilled);
  EXPECT_EQ(heard.back().status, SIGSEGV);
}

TEST_F(HostTracking, ASignalThatMeetsNobodyFindsWhatIsLeft) {
  start(table::Expect::Fork);
  fork(FirstPid, Helper);
  sys.addProcess(Real, Real, 60, "foo");
  sys.killResult = -ESRCH; // before the pidfd was looked at
  request(Kind::Stop);
  EXPECT_EQ(status(), "stop/killed 300");
  sys.killResult = 0;
  loop.runOnce(false);
  EXPECT_EQ(status(), "stop/killed 400 retracked");
  EXPECT_TRUE(sys.did("kill -400 15"));
  news(Real, CLD_KILLED, SIGTERM);
  EXPECT_EQ(status(), "");
}

TEST_F(HostTracking, AfterASignalNobodyIsTakenForMain) {
  start(table::Expect::Fork);
  fork(FirstPid, Helper);
  request(Kind::Stop);
  sys.addProcess(Real, Real, 60, "foo"); // left over, and left alone
  vanish(Helper);
  EXPECT_EQ(status(), "");
  EXPECT_FALSE(sys.did("kill -400 15"));
}

TEST_F(HostTracking, NoSignalGoesToAStrangerWithThatPid) {
  start(table::Expect::Fork);
  fork(FirstPid, Helper);
  sys.end(Helper); // and the loop has not looked
  sys.calls.clear();
  request(Kind::Stop);
  EXPECT_FALSE(sys.did("kill -300 15"));
  loop.runOnce(false);
  EXPECT_EQ(status(), "");
}

TEST_F(HostTracking, AnEndBeforeTheCountLeadsToWhatIsLeft) {
  start(table::Expect::Daemon);
  sys.addProcess(Real, Real, 55, "foo"); // made by vfork
  news(FirstPid, CLD_EXITED, 0);
  EXPECT_EQ(status(), "start/running 400 retracked");
}

TEST_F(HostTracking, WaitsForAnExecThatIsUnderWay) {
  start(table::Expect::Daemon);
  sys.addProcess(Real, Real, 55, "foo");
  std::string environment;
  environment.swap(sys.files["/proc/400/environ"]);
  news(FirstPid, CLD_EXITED, 0);
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(status(), "start/spawned 100") << "the end is not told yet";
    sys.clock += 10'000'000;
    loop.runOnce(false);
  }
  sys.files["/proc/400/environ"] = environment;
  for (int round = 0; round < 3; ++round) {
    sys.clock += 10'000'000;
    loop.runOnce(false);
  }
  EXPECT_EQ(status(), "start/running 400 retracked");
}

TEST_F(HostTracking, DoesNotWaitForAnEnvironmentForEver) {
  start(table::Expect::Fork);
  fork(FirstPid, Helper);
  sys.addProcess(Real, Real, 55, "foo");
  sys.files["/proc/400/environ"] = "";
  vanish(Helper);
  EXPECT_EQ(status(), "start/running 300");
  for (int round = 0; round < 300; ++round) {
    sys.clock += 60'000'000;
    loop.runOnce(false);
  }
  EXPECT_EQ(status(), "");
}

TEST_F(HostTracking, AFailureBeforeTheCountIsOne) {
  start(table::Expect::Daemon);
  sys.addProcess(Real, Real, 55, "foo");
  news(FirstPid, CLD_EXITED, 1);
  EXPECT_EQ(status(), "");
  EXPECT_EQ(heard.back().kind, Kind::ChildExited);
}

TEST_F(HostTracking, ARefusedTraceEndsWithWhatIsLeft) {
  define(table::Expect::Fork);
  runEngine();
  request(Kind::Start);
  childWrites({SpawnStep::Trace, false, 0, EPERM});
  closeChild();
  loop.runOnce(false);
  EXPECT_EQ(status(), "start/spawned 100");
  sys.addProcess(Real, Real, 55, "foo");
  news(FirstPid, CLD_EXITED, 0);
  EXPECT_EQ(status(), "start/running 400 retracked");
}

TEST_F(HostTracking, PollsWithoutPidfds) {
  sys.pidfdError = ENOSYS;
  sys.files["/proc/300/stat"] =
      "300 (d) S 100 300 300 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 60 4096\n";
  start(table::Expect::Fork);
  fork(FirstPid, Helper);
  EXPECT_EQ(status(), "start/running 300");
  // Another process has the pid now.
  sys.files["/proc/300/stat"] =
      "300 (x) S 100 300 300 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 99 4096\n";
  for (int round = 0; round < 2; ++round) {
    sys.clock += 2'000'000'000;
    loop.runOnce(false);
  }
  EXPECT_EQ(status(), "");
  EXPECT_EQ(heard.back().kind, Kind::ChildVanished);
}

/// The last descriptors are for clients.
TEST_F(HostTracking, PollsWherePidfdsAreScarce) {
  sys.leastPidfd = 976;
  sys.files["/proc/300/stat"] = facts(Helper, 'S', FirstPid, 60);
  start(table::Expect::Fork);
  fork(FirstPid, Helper);
  EXPECT_EQ(status(), "start/running 300");
  EXPECT_EQ(fcntl(976, F_GETFD), -1);
  sys.files.erase("/proc/300/stat");
  sys.clock += 2'000'000'000;
  loop.runOnce(false);
  sys.clock += 2'000'000'000;
  loop.runOnce(false);
  EXPECT_EQ(status(), "");
  EXPECT_EQ(heard.back().kind, Kind::ChildVanished);
}

// --- KILL at every step of the count.

TEST_F(HostTracking, KilledBeforeTheExec) {
  define(table::Expect::Daemon);
  runEngine();
  request(Kind::Start);
  closeChild();
  news(FirstPid, CLD_KILLED, SIGKILL);
  EXPECT_EQ(status(), "");
}

TEST_F(HostTracking, KilledWhileItsForkIsTold) {
  start(table::Expect::Daemon);
  sys.files["/proc/300/stat"] =
      "300 (d) t 100 100 100 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 60 4096\n";
  news(Helper, CLD_TRAPPED, SIGSTOP); // before its birth: kept
  EXPECT_FALSE(sys.did(traced(PTRACE_DETACH, Helper)));
  sys.traceResults[PTRACE_GETEVENTMSG] = -ESRCH;
  news(FirstPid, CLD_TRAPPED, ForkTrap);
  EXPECT_EQ(status(), "start/spawned 100");
  news(FirstPid, CLD_KILLED, SIGKILL);
  EXPECT_EQ(status(), "");
  EXPECT_TRUE(sys.did(traced(PTRACE_DETACH, Helper))) << "not left stopped";
}

TEST_F(HostTracking, AChildThatNobodyTracesIsLetGo) {
  start(table::Expect::Daemon);
  sys.files["/proc/300/stat"] =
      "300 (d) t 77 100 100 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 60 4096\n";
  news(Helper, CLD_TRAPPED, SIGSTOP);
  EXPECT_TRUE(sys.did(traced(PTRACE_DETACH, Helper)));
}

TEST_F(HostTracking, KilledBeforeItsBirthIsTold) {
  start(table::Expect::Daemon);
  sys.files["/proc/300/stat"] =
      "300 (d) t 100 100 100 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 60 4096\n";
  news(Helper, CLD_TRAPPED, SIGSTOP);
  news(Helper, CLD_KILLED, SIGKILL);
  sys.traceResults[PTRACE_CONT] = -ESRCH; // its parent has not reaped it
  fork(FirstPid, Helper);
  EXPECT_EQ(status(), "");
  EXPECT_EQ(heard.back().kind, Kind::ChildKilled);
  EXPECT_EQ(heard.back().status, SIGKILL);
}

TEST_F(HostTracking, KilledBeforeItsBirthIsToldToNobody) {
  start(table::Expect::Daemon);
  sys.traceResults[PTRACE_CONT] = -ESRCH;
  sys.killResult = -ESRCH; // its end was told while there was no memory
  fork(FirstPid, Helper);
  EXPECT_EQ(status(), "start/spawned 300");
  loop.runOnce(false);
  EXPECT_EQ(status(), "");
}

TEST_F(HostTracking, KilledAsTheSecondChildIsAwaited) {
  start(table::Expect::Daemon);
  fork(FirstPid, Helper);
  EXPECT_EQ(status(), "start/spawned 300");
  news(Helper, CLD_KILLED, SIGKILL);
  EXPECT_EQ(status(), "");
}

TEST_F(HostTracking, KilledAsItIsLetGo) {
  start(table::Expect::Fork);
  sys.traceResults[PTRACE_DETACH] = -ESRCH;
  sys.pidfdError = ESRCH; // reaped
  fork(FirstPid, Helper);
  EXPECT_EQ(status(), "start/running 300");
  loop.runOnce(false);
  EXPECT_EQ(status(), "");
}

} // namespace
