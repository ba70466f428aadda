// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Memory that is not there. Each scenario is run again and again, with the
// n-th allocation failing (alone, with the four after it, or with all the rest
// of the scenario), for every n until none fails. Whatever fails: the engine
// goes on, every request that was taken gets one answer, every instance that
// sent `starting` sends `stopped`, nothing is left over.

#include "AllocationFaults.h"
#include "SimHost.h"
#include "gtest/gtest.h"
#include <csignal>
#include <functional>

using namespace starton;
using namespace starton::test;

namespace {

struct Scenario {
  const char *name;
  Files files;
  std::function<void(SimHost &)> run;
};

const Scenario Scenarios[] = {
    {"StartStop",
     {{"foo", "env A=1\nexport A B\nusage \"B=x\"\npre-start exec exit 0\n"
              "exec run\npost-stop exec exit 0\n"}},
     [](SimHost &host) {
       host.start("foo", {"B=2"});
       host.stop("foo", {"WHY=x"});
     }},
    {"Instances",
     {{"tty", "instance $N\nexport N\nstop on down N=$N\nexec run\n"}},
     [](SimHost &host) {
       for (const char *n : {"N=1", "N=2", "N=3"})
         host.start("tty", {n});
       host.start("tty");
       host.emit("down", {"N=2"});
       host.stop("tty", {"N=1"});
       host.stop("tty", {"N=9"});
     }},
    {"Dependents",
     {{"db", "respawn\nexec run\n"},
      {"app", "start on started db\nstop on stopping db\n"
              "post-stop exec exit 0\nexec run\n"},
      {"hook", "start on starting db\ntask\nexec exit 0\n"}},
     [](SimHost &host) {
       host.start("db");
       host.kill(host.pid("db"), SIGSEGV);
       host.restart("db", {"X=1"});
       host.stop("db");
     }},
    {"Conditions",
     {{"foo", "start on A and (B or C)\nstop on D and E\nexec run\n"},
      {"bar", "start on stopped foo and F\ntask\nexec exit 1\n"},
      {"sock", "start on A\ntask\nexec exit 0\n"}},
     [](SimHost &host) {
       host.emit("A", {"X=1", "Y=2"}, false, 3);
       host.emit("C", {"Y=3"});
       host.emit("D", {}, false);
       host.emit("F", {}, false);
       host.emit("E", {"Z=1"});
       host.emit("A", {}, false);
       host.emit("B");
     }},
    {"HeldEvents",
     {{"foo", "exec run\n"},
      {"v", "instance $N\nstop on started foo and H\nexec run\n"}},
     [](SimHost &host) {
       // Each v holds the `started` of one more cycle of foo.
       for (const char *n : {"N=1", "N=2", "N=3", "N=4", "N=5"}) {
         host.start("v", {n});
         host.start("foo");
         host.restart("foo", {n});
       }
       host.kill(host.pid("foo"), SIGKILL);
     }},
    {"Failures",
     {{"t", "start on ev\ntask\nexec exit 1\n"},
      {"u", "start on ev/failed\nexport X\nexec missing\n"},
      {"s", "start on ev\nkill timeout 1\nexec stubborn\n"}},
     [](SimHost &host) {
       host.emit("ev", {"X=12345678901234567890"});
       host.stop("s", {}, false);
       host.pass(2);
     }},
    {"Switches",
     {{"foo", "start on A and B\nstop on D\nexec run\n"},
      {"bar", "start on C\nstop on D\nexec run\n"},
      {"old", "start on B\nstop on D\nexec run\n"}},
     [](SimHost &host) {
       static const Compiled overlay(
           Files{{"foo", "start on A and C\nstop on D or E\nexec run\n"},
                 {"bar", "start on C and F\nstop on G\nexec run\nenv X=1\n"},
                 {"a-new-one", "start on B\nstop on D\nexec run\n"}});
       static const Compiled whole(
           Files{{"foo", "start on A and C\nstop on D or E\nexec run\n"},
                 {"bar", "start on F or F or F\nstop on G\nexec run\n"},
                 {"another", "start on C or D\nstop on E\nexec run\n"}});
       host.emit("A", {}, false);
       host.start("bar");
       host.environment(engine::Input::Kind::SetEnv, {"V=1", "W=2"});
       host.switchTo(overlay, engine::SwitchKind::Overlay, {"old"});
       host.emit("B", {}, false);
       host.emit("C", {}, false);
       host.switchTo(whole, engine::SwitchKind::Whole);
       host.stop("bar");
       host.environment(engine::Input::Kind::UnsetEnv, {"V"});
       host.emit("D", {}, false);
       host.environment(engine::Input::Kind::ResetEnv);
       host.switchTo(overlay, engine::SwitchKind::Overlay, {"another"});
     }},
};

/// Lets everything come to its end; the events complete whatever holds others.
void finish(SimHost &host) {
  AllocationFaults::disarm();
  host.pass(3);
  for (int round = 0; round < 4; ++round) {
    for (const char *event : {"A", "B", "C", "D", "E", "F", "G", "H"})
      host.emit(event, {}, false);
    host.pass(3);
    if (round == 0)
      host.shutdown("shutdown");
  }
  host.pass(20);
}

/// Runs once; false: nothing was injected, so the last n was passed.
bool runWithFaults(const Scenario &scenario, const Compiled &compiled,
                   uint64_t first, uint64_t count) {
  AllocationFaults::arm(first - 1, count);
  {
    SimHost host(compiled);
    if (host.ready()) {
      scenario.run(host);
      finish(host);
      EXPECT_EQ(host.leftOver(), "")
          << scenario.name << ", fault " << first << " for " << count;
      EXPECT_TRUE(host.exited());
    }
    AllocationFaults::disarm();
  }
  return AllocationFaults::injected() != 0;
}

TEST(EngineMemory, EveryAllocationMayFail) {
  uint64_t total = 0;
  for (size_t reserve : {size_t(0), size_t(16384)}) {
    ASSERT_TRUE(setReserve(reserve));
    for (const Scenario &scenario : Scenarios) {
      Compiled compiled(scenario.files);
      for (uint64_t count : {uint64_t(1), uint64_t(5), ~uint64_t(0)}) {
        uint64_t n = 1;
        while (runWithFaults(scenario, compiled, n, count) &&
               !testing::Test::HasFailure()) {
          total += AllocationFaults::injected();
          ++n;
        }
      }
      if (testing::Test::HasFailure())
        break;
    }
  }
  ASSERT_TRUE(setReserve(0));
  std::printf("%llu faults injected\n", static_cast<unsigned long long>(total));
  EXPECT_GT(total, 1000U);
}

TEST(EngineMemory, WithoutMemoryARequestLeavesNoTrace) {
  Compiled compiled(Files{{"foo", "exec run\n"}, {"t", "start on ev\ntask\n"}});
  SimHost host(compiled);
  host.start("foo");
  AllocationFaults::arm(0);
  size_t before = host.all().size();
  EXPECT_EQ(host.start("t"), 0U);
  EXPECT_EQ(host.restart("foo", {"A=1"}), 0U);
  EXPECT_EQ(host.emit("ev"), 0U);
  EXPECT_EQ(host.all().size(), before);
  EXPECT_EQ(host.refusals(), 3U);
  // What ends things still works.
  host.kill(host.pid("foo"), SIGKILL);
  EXPECT_EQ(host.status("foo"), "stop/waiting");
  AllocationFaults::disarm();
  EXPECT_EQ(host.broken(), "");
}

TEST(EngineMemory, StopAndShutdownNeedNone) {
  Compiled compiled(
      Files{{"foo", "exec run\npost-stop exec exit 0\nexport A\n"},
            {"bar", "exec run\n"}});
  SimHost host(compiled);
  host.start("foo", {"A=1"});
  host.start("bar");
  AllocationFaults::arm(0);
  EXPECT_EQ(host.answer(host.stop("foo", {}, false)), "ok");
  host.shutdown("shutdown");
  EXPECT_TRUE(host.exited());
  AllocationFaults::disarm();
  EXPECT_EQ(host.leftOver(), "");
}

TEST(EngineMemory, TheReserveIsGivenUpOnceAndRefilled) {
  Compiled compiled(Files{{"foo", "exec run\n"}, {"bar", "exec run\n"}});
  ASSERT_TRUE(setReserve(4096));
  SimHost host(compiled);
  AllocationFaults::arm(0, 1); // meets the reserve: the second try succeeds
  EXPECT_EQ(host.answer(host.start("foo")), "ok");
  AllocationFaults::arm(0);
  EXPECT_EQ(host.start("bar"), 0U);
  AllocationFaults::disarm();
  EXPECT_EQ(host.answer(host.start("bar")), "ok");
  ASSERT_TRUE(setReserve(0));
}

TEST(EngineMemory, AStartThatFoundNoMemoryHappensLater) {
  Compiled compiled(Files{{"foo", "start on ev\ninstance $N\nexec run\n"},
                          {"bar", "start on ev\nstop on end\nexec run\n"}});
  SimHost host(compiled);
  host.start("bar", {}, false);
  host.stop("bar", {}, false);
  engine::Input input;
  input.kind = engine::Input::Kind::EmitEvent;
  input.name = textOf("ev");
  engine::Text variable = textOf("N=1");
  input.env = {&variable, 1};
  ASSERT_EQ(host.feed(input), engine::FeedResult::Taken);
  AllocationFaults::arm(0);
  host.run();
  EXPECT_EQ(host.status("foo", "1"), "stop/waiting");
  EXPECT_EQ(host.status("bar"), "stop/waiting");
  host.pass(2);
  AllocationFaults::disarm();
  host.pass(1);
  EXPECT_EQ(host.status("foo", "1"), "start/running");
  EXPECT_EQ(host.status("bar"), "start/running");
  EXPECT_EQ(host.broken(), "");
}

} // namespace
