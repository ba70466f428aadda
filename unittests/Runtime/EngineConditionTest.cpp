// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Conditions, what holds events, and the order of things (runtime §3).

#include "SimHost.h"
#include "gtest/gtest.h"

using namespace starton;
using namespace starton::test;
using engine::Slot;

namespace {

Strings starts(const SimHost &host) {
  Strings names;
  for (const std::string &spawn : host.spawns())
    names.push_back(spawn.substr(0, spawn.rfind(' ')));
  return names;
}

TEST(EngineCondition, AndNeedsBothInAnyOrder) {
  Compiled compiled(Files{{"foo", "start on A and B\nexec run\n"}});
  SimHost host(compiled);
  host.emit("A", {}, false);
  EXPECT_EQ(host.status("foo"), "stop/waiting");
  host.emit("B", {}, false);
  EXPECT_EQ(host.status("foo"), "start/running");
  EXPECT_EQ(host.variable("foo", "UPSTART_EVENTS"), "A B");
  host.stop("foo");
  host.emit("B", {}, false);
  EXPECT_EQ(host.status("foo"), "stop/waiting");
  host.emit("A", {}, false);
  EXPECT_EQ(host.variable("foo", "UPSTART_EVENTS"), "A B");
}

TEST(EngineCondition, AndHoldsTheEvent) {
  Compiled compiled(Files{{"foo", "start on A and B\nexec run\n"}});
  SimHost host(compiled);
  uint64_t a = host.emit("A");
  EXPECT_EQ(host.answer(a), "");
  EXPECT_EQ(host.answer(host.emit("B")), "ok");
  EXPECT_EQ(host.answer(a), "ok");
}

TEST(EngineCondition, OrNamesTheOne) {
  Compiled compiled(Files{{"foo", "start on A or B\nexec run\n"}});
  SimHost host(compiled);
  host.emit("B");
  EXPECT_EQ(host.variable("foo", "UPSTART_EVENTS"), "B");
}

TEST(EngineCondition, LatchesWhileRunning) {
  Compiled compiled(Files{{"foo", "start on A and B\nexec run\n"}});
  SimHost host(compiled);
  host.start("foo");
  host.emit("A", {}, false);
  host.stop("foo");
  host.emit("B");
  EXPECT_EQ(host.status("foo"), "start/running");
  host.emit("A", {}, false);
  EXPECT_EQ(host.answer(host.emit("B")), "ok"); // complete while running: lost
  host.stop("foo");
  host.emit("B", {}, false);
  EXPECT_EQ(host.status("foo"), "stop/waiting");
}

TEST(EngineCondition, NestedConditionFiresAgain) {
  Compiled compiled(
      Files{{"foo", "start on A and (B or C)\ntask\nexec exit 0\n"}});
  SimHost host(compiled);
  Strings fired;
  for (const char *event : {"A", "B", "A", "C", "C", "A"}) {
    host.forget();
    host.emit(event, {}, false);
    if (!host.spawns().empty())
      fired.push_back(host.variable("foo", "UPSTART_EVENTS"));
  }
  EXPECT_EQ(fired, (Strings{"A B", "A C", "A C"}));
}

TEST(EngineCondition, OneEventForTwoLeaves) {
  Compiled compiled(Files{{"foo", "start on A and A\ntask\nexec exit 0\n"}});
  SimHost host(compiled);
  EXPECT_EQ(host.answer(host.emit("A", {"X=1"})), "ok");
  EXPECT_EQ(host.variable("foo", "UPSTART_EVENTS"), "A A");
  EXPECT_EQ(host.variable("foo", "X"), "1");
}

TEST(EngineCondition, LaterEventsOverride) {
  Compiled compiled(Files{{"foo", "start on A and B\ntask\nexec exit 0\n"}});
  SimHost host(compiled);
  host.emit("B", {"X=b"}, false);
  host.emit("A", {"X=a", "Y=a"}, false);
  EXPECT_EQ(host.variable("foo", "X"), "b");
  EXPECT_EQ(host.variable("foo", "Y"), "a");
}

TEST(EngineCondition, Operands) {
  Compiled compiled(Files{{"class", "start on ev [!x]*\ntask\nexec exit 0\n"},
                          {"glob", "start on ev A=o*\ntask\nexec exit 0\n"},
                          {"named", "start on ev B=two\ntask\nexec exit 0\n"},
                          {"neg", "start on ev C!=three\ntask\nexec exit 0\n"},
                          {"pos", "start on ev one two\ntask\nexec exit 0\n"}});
  auto started = [&](const Strings &env) {
    SimHost host(compiled);
    host.emit("ev", env);
    Strings names = starts(host);
    return std::set<std::string>(names.begin(), names.end());
  };
  using Set = std::set<std::string>;
  EXPECT_EQ(started({}), Set{});
  EXPECT_EQ(started({"A=one"}), (Set{"class", "glob"}));
  EXPECT_EQ(started({"A=one", "B=two"}),
            (Set{"class", "glob", "named", "pos"}));
  EXPECT_EQ(started({"A=one", "B=two", "C=three"}),
            (Set{"class", "glob", "named", "pos"}));
  EXPECT_EQ(started({"A=one", "B=two", "C=four"}),
            (Set{"class", "glob", "named", "neg", "pos"}));
  EXPECT_EQ(started({"X=one", "Y=two"}), (Set{"class", "pos"}));
  EXPECT_EQ(started({"A=xo", "B=two"}), Set{"named"});
  EXPECT_EQ(started({"B=two", "A=o/p"}), (Set{"class", "glob", "named"}));
  EXPECT_EQ(started({"C="}), Set{"neg"});
}

TEST(EngineCondition, OnlyStopOnExpands) {
  Compiled compiled(
      Files{{"foo", "env COLOUR=red\nstart on paint WITH=$COLOUR\nexec run\n"},
            {"bar", "env COLOUR=red\nstop on paint WITH=$COLOUR\nexec run\n"},
            {"baz", "stop on paint WITH=$MISSING\nexec run\n"}});
  SimHost host(compiled);
  host.start("bar");
  host.start("baz");
  host.emit("paint", {"WITH=red"});
  EXPECT_EQ(host.status("foo"), "stop/waiting");
  EXPECT_EQ(host.status("bar"), "stop/waiting");
  EXPECT_EQ(host.status("baz"), "start/running");
  host.start("bar", {"COLOUR=blue"});
  host.emit("paint", {"WITH=red"});
  EXPECT_EQ(host.status("bar"), "start/running");
  host.emit("paint", {"WITH=blue"});
  EXPECT_EQ(host.status("bar"), "stop/waiting");
}

TEST(EngineCondition, OneEventStopsAndStarts) {
  Compiled compiled(Files{{"foo", "start on ev\nstop on ev\nexec run\n"}});
  SimHost host(compiled);
  host.emit("ev");
  int32_t first = host.pid("foo");
  EXPECT_NE(first, 0);
  EXPECT_EQ(host.answer(host.emit("ev")), "ok");
  EXPECT_EQ(host.status("foo"), "start/running");
  EXPECT_NE(host.pid("foo"), first);
}

TEST(EngineCondition, AFailedJobFailsTheEvent) {
  Compiled compiled(
      Files{{"t", "start on ev\ntask\nexec exit 1\n"},
            {"r", "start on ev/failed\ntask\nexec exit 1\n"},
            {"s", "start on ev/failed/failed\ntask\nexec exit 0\n"},
            {"u", "start on ev\nexec run\n"}});
  SimHost host(compiled);
  EXPECT_EQ(host.answer(host.emit("ev", {"A=1"})), "Event failed");
  EXPECT_EQ(host.variable("r", "A"), "1");
  EXPECT_EQ(host.variable("r", "UPSTART_EVENTS"), "ev/failed");
  EXPECT_EQ(host.variable("s", "A"), "(no process)");
  EXPECT_EQ(host.status("u"), "start/running");
  EXPECT_EQ(host.answer(host.emit("other")), "ok");
}

TEST(EngineCondition, AFailingHookDoesNotFailTheJob) {
  Compiled compiled(Files{
      {"foo", "exec run\n"},
      {"hook", "start on starting foo\ntask\nexec exit 1\n"},
      {"after", "start on starting/failed JOB=foo\ntask\nexec exit 0\n"}});
  SimHost host(compiled);
  EXPECT_EQ(host.answer(host.start("foo")), "ok");
  EXPECT_EQ(host.status("foo"), "start/running");
  EXPECT_EQ(host.variable("after", "JOB"), "foo");
}

TEST(EngineCondition, DependentService) {
  Compiled compiled(Files{{"db", "exec run\n"},
                          {"app", "start on started db\nstop on stopping db\n"
                                  "exec run\n"}});
  SimHost host(compiled);
  host.start("db");
  EXPECT_EQ(host.status("app"), "start/running");
  uint64_t request = host.stop("db");
  EXPECT_EQ(host.answer(request), "ok");
  EXPECT_EQ(host.status("app"), "stop/waiting");
  EXPECT_EQ(host.signals(), (Strings{"TERM app", "TERM db"}));
  EXPECT_EQ(host.leftOver(), "");
}

TEST(EngineCondition, RespawnTakesDependentsAlong) {
  Compiled compiled(Files{{"db", "respawn\nexec run\n"},
                          {"app", "start on started db\nstop on stopping db\n"
                                  "exec run\n"}});
  SimHost host(compiled);
  host.start("db");
  int32_t app = host.pid("app");
  host.kill(host.pid("db"), 9);
  EXPECT_EQ(host.status("db"), "start/running");
  EXPECT_EQ(host.status("app"), "start/running");
  EXPECT_NE(host.pid("app"), app);
}

TEST(EngineCondition, ServiceHookOnStarting) {
  Compiled compiled(Files{{"db", "exec run\n"},
                          {"net", "start on starting db\nstop on stopped db\n"
                                  "post-start exec run\nexec run\n"}});
  SimHost host(compiled);
  uint64_t request = host.start("db");
  EXPECT_EQ(host.status("db"), "start/starting");
  host.exit(host.pid("net", Slot::PostStart), 0);
  EXPECT_EQ(host.answer(request), "ok");
  host.stop("db");
  EXPECT_EQ(host.status("net"), "stop/waiting");
  EXPECT_EQ(host.leftOver(), "");
}

TEST(EngineCondition, StopEnvironment) {
  Compiled compiled(
      Files{{"foo", "stop on halt-it\nenv NAME=job\n"
                    "pre-stop exec exit 0\npost-stop exec exit 0\n"
                    "exec run\n"}});
  SimHost host(compiled);
  host.start("foo");
  host.emit("halt-it", {"WHY=100%s", "NAME=event"});
  for (Slot slot : {Slot::PreStop, Slot::PostStop}) {
    EXPECT_EQ(host.variable("foo", "UPSTART_STOP_EVENTS", slot), "halt-it");
    EXPECT_EQ(host.variable("foo", "WHY", slot), "100%s");
    EXPECT_EQ(host.variable("foo", "NAME", slot), "event");
  }
  host.start("foo");
  host.stop("foo", {"WHY=manual"});
  for (Slot slot : {Slot::PreStop, Slot::PostStop}) {
    EXPECT_EQ(host.variable("foo", "UPSTART_STOP_EVENTS", slot), "(unset)");
    EXPECT_EQ(host.variable("foo", "WHY", slot), "manual");
    EXPECT_EQ(host.variable("foo", "NAME", slot), "job");
  }
  EXPECT_EQ(host.leftOver(), "");
}

TEST(EngineCondition, InstancesByEvent) {
  Compiled compiled(Files{{"port", "instance $PORT\nstart on plug\n"
                                   "stop on unplug PORT=$PORT\nexec run\n"}});
  SimHost host(compiled);
  for (const char *port : {"PORT=1", "PORT=2", "PORT=3"})
    host.emit("plug", {port});
  host.emit("unplug", {"PORT=2"});
  EXPECT_EQ(host.status("port", "1"), "start/running");
  EXPECT_EQ(host.status("port", "2"), "stop/waiting");
  EXPECT_EQ(host.status("port", "3"), "start/running");
  EXPECT_EQ(host.variable("port", "UPSTART_INSTANCE"), "3");
}

TEST(EngineCondition, StopEventWithoutVariablesStopsAll) {
  Compiled compiled(Files{
      {"port", "instance $PORT\nstart on plug\nstop on down\nexec run\n"}});
  SimHost host(compiled);
  for (int port = 0; port < 60; ++port)
    host.emit("plug", {"PORT=" + std::to_string(port)});
  EXPECT_EQ(host.answer(host.emit("down")), "ok");
  EXPECT_EQ(host.leftOver(), "");
}

TEST(EngineCondition, ABadInstanceSkipsOnlyItsClass) {
  std::map<std::string, std::string> jobs = {
      {"aa", "start on ev\ninstance $MISSING\nexec run\n"}};
  for (char name = 'b'; name <= 'q'; ++name)
    jobs[std::string(1, name)] = "start on ev\nexec run\n";
  Compiled compiled(jobs);
  SimHost host(compiled);
  EXPECT_EQ(host.answer(host.emit("ev")), "ok");
  for (char name = 'b'; name <= 'q'; ++name)
    EXPECT_EQ(host.status(std::string(1, name)), "start/running");
  bool said = false;
  for (const std::string &line : host.logs())
    said |= line == "Failed to obtain aa instance: Unknown parameter: MISSING";
  EXPECT_TRUE(said);
}

TEST(EngineCondition, EventWhileTheTaskRunsIsDropped) {
  Compiled compiled(Files{{"t", "start on ev\ntask\nexec run\n"}});
  SimHost host(compiled);
  uint64_t first = host.emit("ev");
  EXPECT_EQ(host.answer(host.emit("ev")), "ok");
  EXPECT_EQ(host.answer(first), "");
  host.exit(host.pid("t"), 0);
  EXPECT_EQ(host.answer(first), "ok");
  EXPECT_EQ(host.spawns().size(), 1U);
}

TEST(EngineCondition, EventWhileStoppingStartsAgain) {
  Compiled compiled(
      Files{{"foo", "start on ev\nexec run\npost-stop exec run\n"}});
  SimHost host(compiled);
  host.emit("ev", {"N=1"});
  host.stop("foo", {}, false);
  uint64_t second = host.emit("ev", {"N=2"});
  EXPECT_EQ(host.status("foo"), "start/post-stop");
  EXPECT_EQ(host.answer(second), "");
  EXPECT_EQ(host.variable("foo", "N", Slot::PostStop), "1");
  host.exit(host.pid("foo", Slot::PostStop), 0);
  EXPECT_EQ(host.answer(second), "ok");
  EXPECT_EQ(host.variable("foo", "N"), "2");
}

TEST(EngineCondition, StopOnAndSurvivesRestartOnly) {
  Compiled compiled(Files{{"foo", "stop on A and B\nexec run\n"}});
  SimHost host(compiled);
  host.start("foo");
  host.emit("A", {}, false);
  host.restart("foo");
  host.emit("B");
  EXPECT_EQ(host.status("foo"), "stop/waiting");
  host.start("foo");
  uint64_t held = host.emit("A");
  EXPECT_EQ(host.answer(held), "");
  host.stop("foo");
  EXPECT_EQ(host.answer(held), "ok"); // its holder is gone
  host.start("foo");
  host.emit("B", {}, false);
  EXPECT_EQ(host.status("foo"), "start/running");
}

TEST(EngineCondition, MutualHooksDoNotDeadlock) {
  Compiled compiled(Files{{"a", "start on starting b\nexec run\n"},
                          {"b", "start on starting a\nexec run\n"}});
  SimHost host(compiled);
  EXPECT_EQ(host.answer(host.start("a")), "ok");
  EXPECT_EQ(host.status("b"), "start/running");
}

TEST(EngineCondition, AHalfTrueAndHoldsStarting) {
  Compiled compiled(
      Files{{"db", "exec run\n"},
            {"helper", "start on starting db and other\nexec run\n"}});
  SimHost host(compiled);
  uint64_t request = host.start("db");
  EXPECT_EQ(host.status("db"), "start/starting");
  host.emit("other");
  EXPECT_EQ(host.answer(request), "ok");
  EXPECT_EQ(host.status("helper"), "start/running");
}

TEST(EngineCondition, OneLatchForAllInstances) {
  Compiled compiled(
      Files{{"foo", "start on A and B\ninstance $N\nexec run\n"}});
  SimHost host(compiled);
  host.emit("A", {"N=1"}, false);
  EXPECT_EQ(host.answer(host.emit("A", {"N=2"})), "ok");
  host.emit("B");
  EXPECT_EQ(host.status("foo", "1"), "start/running");
  EXPECT_EQ(host.status("foo", "2"), "stop/waiting");
}

TEST(EngineCondition, EventsAreHandledInOrder) {
  Compiled compiled(Files{{"a", "start on one\nstop on two\nexec run\n"},
                          {"b", "start on two\nstop on three\nexec run\n"},
                          {"c", "start on three\nexec run\n"}});
  SimHost host(compiled);
  for (const char *event : {"one", "two", "three", "one", "two"})
    host.emit(event, {}, false);
  EXPECT_EQ(host.status("a"), "stop/waiting");
  EXPECT_EQ(host.status("b"), "start/running");
  EXPECT_EQ(host.status("c"), "start/running");
}

TEST(EngineCondition, ClassesInListOrder) {
  // FNV-1 modulo 17 of b..q (scenario 155): e to p come before b, c, d, q.
  std::map<std::string, std::string> jobs;
  for (char name = 'b'; name <= 'q'; ++name)
    jobs[std::string(1, name)] = "start on ev\nexec run\n";
  Compiled compiled(jobs);
  SimHost host(compiled);
  host.emit("ev");
  Strings listed;
  for (uint32_t i = 0; i < host.engine.classCount(); ++i) {
    std::string name;
    for (char each = 'b'; each <= 'q'; ++each)
      if (host.engine.findClass({&each, 1}) == host.engine.classAt(i))
        name = each;
    listed.push_back(name);
  }
  EXPECT_EQ(starts(host), listed);
  EXPECT_LT(host.pid("e"), host.pid("b"));
  EXPECT_LT(host.pid("p"), host.pid("q"));
}

TEST(EngineCondition, OwnEvents) {
  Compiled compiled(Files{{"again", "start on stopped again\nexec run\n"},
                          {"once", "stop on started once\nexec run\n"}});
  SimHost host(compiled);
  host.start("again");
  int32_t first = host.pid("again");
  host.kill(first, 9);
  EXPECT_EQ(host.status("again"), "start/running");
  EXPECT_NE(host.pid("again"), first);
  EXPECT_EQ(host.answer(host.start("once")), "ok");
  EXPECT_EQ(host.status("once"), "stop/waiting");
}

TEST(EngineCondition, StoppingATaskReleasesItsEvent) {
  Compiled compiled(Files{{"t", "start on ev\ntask\nexec run\n"}});
  SimHost host(compiled);
  uint64_t event = host.emit("ev");
  EXPECT_EQ(host.answer(host.stop("t")), "ok");
  EXPECT_EQ(host.answer(event), "ok");
}

TEST(EngineCondition, FailureAfterRunningDoesNotFailTheEvent) {
  Compiled compiled(Files{{"foo", "start on ev\nexec run\n"}});
  SimHost host(compiled);
  EXPECT_EQ(host.answer(host.emit("ev")), "ok");
  host.exit(host.pid("foo"), 1);
  EXPECT_EQ(host.status("foo"), "stop/waiting");
}

TEST(EngineCondition, DescriptorsOfEvents) {
  Compiled compiled(Files{{"foo", "start on sock and other\nexec run\n"}});
  SimHost host(compiled);
  host.emit("sock", {}, false, 7);
  EXPECT_TRUE(host.closed().empty());
  host.emit("other", {}, true, 12);
  EXPECT_EQ(host.variable("foo", "UPSTART_FDS"), "7 12");
  EXPECT_EQ(host.closed(), (std::set<int>{7, 12}));
}

TEST(EngineCondition, InputsComeInBetweenTheWork) {
  Files files;
  for (int i = 0; i < 1500; ++i)
    files[std::string("j").append(std::to_string(i))] =
        "start on go\nstop on halt\n" +
        std::string(i % 2 ? "exec run\n" : "exec exit 1\n");
  Compiled compiled(files);
  SimHost host(compiled);
  EXPECT_EQ(host.answer(host.emit("go")), "ok");
  EXPECT_GT(host.yields(), 10U);
  EXPECT_EQ(host.status("j1"), "start/running");
  EXPECT_EQ(host.status("j2"), "stop/waiting");
  EXPECT_EQ(host.answer(host.emit("halt")), "ok");
  EXPECT_EQ(host.leftOver(), "");
}

TEST(EngineCondition, JobsThatStartEachOtherYieldAndAreNamed) {
  Compiled compiled(
      Files{{"a", "start on go or stopped b\ntask\nexec refused\n"},
            {"b", "start on stopped a\ntask\nexec refused\n"}});
  SimHost host(compiled);
  engine::Input input;
  input.kind = engine::Input::Kind::EmitEvent;
  input.name = textOf("go");
  ASSERT_EQ(host.engine.feed(input), engine::FeedResult::Taken);
  unsigned yields = 0;
  unsigned named = 0;
  engine::Action action;
  for (int i = 0; i < 200000; ++i) {
    ASSERT_TRUE(host.engine.next(action));
    engine::Outcome refused{0, 1};
    yields += action.kind == engine::Action::Kind::Yield;
    std::string text(action.text.data() ? action.text.data() : "",
                     action.text.size());
    named += text.find("cycle") != std::string::npos;
    host.engine.complete(action.token, refused);
  }
  EXPECT_GT(yields, 10U);
  EXPECT_EQ(named, 2U);
}

} // namespace
