// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What becomes of a tracked job does not depend on the order in which the ends
// of its processes are noticed, nor on what could not be read when.

#include "HostTrackingFixture.h"

using namespace starton;
using namespace starton::host;

namespace {

class HostTrackingOrder : public HostTracking {
protected:
  void SetUp() override {
    HostTracking::SetUp();
    start(table::Expect::Fork);
    ASSERT_FALSE(HasFatalFailure());
  }
  void turn() {
    sys.clock += 60'000'000;
    loop.runOnce(false);
  }
  /// The parent of what is tracked, which runs.
  void addParent() { sys.addProcess(FirstPid, FirstPid, 50, "foo"); }
  void removeParent() {
    std::string &children = sys.files["/proc/thread-self/children"];
    children.erase(children.find("100 "), 4);
    sys.files.erase("/proc/100/stat");
    sys.files.erase("/proc/100/environ");
  }
};

TEST_F(HostTrackingOrder, AnEndIsToldTwice) {
  // The helper is reaped by its parent while the engine hears of it.
  sys.killResult = -ESRCH;
  fork(FirstPid, Helper);
  addParent();
  vanish(Helper);
  turn();
  EXPECT_EQ(status(), "start/running 100 retracked");
  removeParent();
  sys.addProcess(Real, Real, 60, "foo");
  news(FirstPid, CLD_EXITED, 0);
  turn();
  EXPECT_EQ(status(), "start/running 400 retracked");
}

TEST_F(HostTrackingOrder, ASignalMeetsNobodyBeforeTheEndIsNoticed) {
  fork(FirstPid, Helper);
  addParent();
  sys.killResult = -ESRCH;
  engine::Action action;
  action.kind = engine::Action::Kind::Signal;
  action.pid = Helper;
  action.signal = SIGHUP;
  EXPECT_EQ(processes.signal(action), 0);
  vanish(Helper);
  turn();
  EXPECT_EQ(status(), "start/running 100 retracked");
}

TEST_F(HostTrackingOrder, AChildEndsBetweenTheListAndTheLook) {
  fork(FirstPid, Helper);
  addParent();
  sys.beforeOpen = [this](const std::string &path) {
    if (path != "/proc/100/stat")
      return;
    sys.beforeOpen = nullptr;
    // Its children are ours from now on.
    sys.addProcess(Real, Real, 60, "foo");
    sys.files[path] = facts(FirstPid, 'Z', 1, 50);
  };
  vanish(Helper);
  EXPECT_EQ(status(), "start/running 400 retracked");
}

TEST_F(HostTrackingOrder, AChildThatEndsHasItsChildrenYet) {
  // Its memory is gone first, and is not there to be opened.
  fork(FirstPid, Helper);
  addParent();
  sys.openErrors = {{"/proc/100/environ", ESRCH}};
  vanish(Helper);
  EXPECT_EQ(status(), "start/running 300");
  sys.addProcess(Real, Real, 60, "foo");
  sys.files["/proc/100/stat"] = facts(FirstPid, 'Z', 1, 50);
  turn();
  turn();
  EXPECT_EQ(status(), "start/running 400 retracked");
}

TEST_F(HostTrackingOrder, WhatCannotBeReadProvesNothing) {
  fork(FirstPid, Helper);
  sys.addProcess(Real, Real, 60, "foo");
  bool first = true;
  for (const char *path :
       {"/proc/thread-self/children", "/proc/400/stat", "/proc/400/environ"}) {
    sys.openErrors = {{path, ENFILE}};
    if (first)
      vanish(Helper);
    first = false;
    turn();
    EXPECT_EQ(status(), "start/running 300") << path;
  }
  sys.openErrors.clear();
  turn();
  turn();
  EXPECT_EQ(status(), "start/running 400 retracked");
}

TEST_F(HostTrackingOrder, NobodyIsChosenBeforeAllAreKnown) {
  fork(FirstPid, Helper);
  sys.addProcess(350, 100, 55, "foo");
  sys.addProcess(Real, Real, 60, "foo");
  std::string environment;
  environment.swap(sys.files["/proc/400/environ"]);
  vanish(Helper);
  EXPECT_EQ(status(), "start/running 300") << "it may lead a session";
  sys.files["/proc/400/environ"] = environment;
  turn();
  turn();
  EXPECT_EQ(status(), "start/running 400 retracked");
}

TEST_F(HostTrackingOrder, AProcessWithoutEnvironmentIsNotWaitedFor) {
  fork(FirstPid, Helper);
  sys.addProcess(Real, Real, 60, "foo");
  sys.files["/proc/400/environ"] = "";
  std::string &stat = sys.files["/proc/400/stat"];
  stat.pop_back(); // the newline; what follows ends with its environment's
                   // place
  stat += " 0 0 5000";
  for (int token = 27; token <= 49; ++token)
    stat += " 0";
  stat += " 7000 7000 0\n";
  vanish(Helper);
  EXPECT_EQ(status(), "");
}

TEST_F(HostTrackingOrder, AnEnvironmentIsNotEmptyBeforeItsExecIsDone) {
  fork(FirstPid, Helper);
  sys.addProcess(Real, Real, 60, "foo");
  std::string environment, done = sys.files["/proc/400/stat"];
  environment.swap(sys.files["/proc/400/environ"]);
  std::string &stat = sys.files["/proc/400/stat"];
  stat.pop_back();
  for (int token = 24; token <= 49; ++token)
    stat += " 0"; // no place of its code yet
  stat += " 7000 7000 0\n";
  vanish(Helper);
  EXPECT_EQ(status(), "start/running 300");
  sys.files["/proc/400/stat"] = done;
  sys.files["/proc/400/environ"] = environment;
  turn();
  turn();
  EXPECT_EQ(status(), "start/running 400 retracked");
}

TEST_F(HostTrackingOrder, ALongEnvironmentIsCutByAnExec) {
  fork(FirstPid, Helper);
  sys.addProcess(Real, Real, 60, "foo");
  sys.files["/proc/400/environ"].insert(0, "LONG=" + std::string(5000, 'x') +
                                               '\0');
  sys.environmentLeft = 4096;
  vanish(Helper);
  EXPECT_EQ(status(), "start/running 300");
  sys.environmentLeft = SIZE_MAX;
  turn();
  turn();
  EXPECT_EQ(status(), "start/running 400 retracked");
}

TEST_F(HostTrackingOrder, ALongEnvironmentOfAnotherJobIsNotWaitedFor) {
  fork(FirstPid, Helper);
  sys.addProcess(Real, Real, 60, "other");
  sys.files["/proc/400/environ"].insert(0, "LONG=" + std::string(5000, 'x') +
                                               '\0');
  vanish(Helper);
  EXPECT_EQ(status(), "");
}

TEST_F(HostTrackingOrder, KilledBeforeItIsLetGo) {
  // Traced to its end, it is told to us, but it is its parent's child.
  sys.traceResults[PTRACE_DETACH] = -ESRCH;
  fork(FirstPid, Helper);
  ASSERT_EQ(status(), "start/running 300");
  addParent();
  news(Helper, CLD_KILLED, SIGKILL);
  EXPECT_EQ(status(), "start/running 100 retracked");
}

TEST_F(HostTrackingOrder, KilledBeforeItIsLetGoAsOurChild) {
  sys.traceResults[PTRACE_DETACH] = -ESRCH;
  fork(FirstPid, Helper);
  sys.files.erase("/proc/100/stat");
  news(Helper, CLD_KILLED, SIGKILL);
  EXPECT_EQ(status(), "");
  EXPECT_EQ(heard.back().kind, Kind::ChildKilled);
}

TEST_F(HostTrackingOrder, TheParentsEndIsNoticedFirst) {
  fork(FirstPid, Helper);
  sys.killResult = -ESRCH; // it was reaped
  sys.addProcess(Real, Real, 60, "foo");
  news(FirstPid, CLD_EXITED, 0);
  EXPECT_EQ(status(), "start/running 400 retracked");
  news(Real, CLD_EXITED, 3);
  EXPECT_EQ(status(), "");
}

TEST_F(HostTrackingOrder, TheParentsFailureIsNoticedFirst) {
  fork(FirstPid, Helper);
  sys.killResult = -ESRCH;
  sys.addProcess(Real, Real, 60, "foo");
  news(FirstPid, CLD_EXITED, 3);
  EXPECT_EQ(status(), "") << "as if the helper had been noticed first";
  EXPECT_EQ(heard.back().kind, Kind::ChildExited);
  EXPECT_EQ(heard.back().pid, FirstPid);
  EXPECT_EQ(heard.back().status, 3);
}

TEST_F(HostTrackingOrder, TheDaemonOutlivesItsParent) {
  fork(FirstPid, Helper);
  news(FirstPid, CLD_EXITED, 3);
  EXPECT_EQ(status(), "start/running 300");
}

} // namespace
