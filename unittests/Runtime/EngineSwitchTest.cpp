// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Classes that come and go while the engine runs (runtime §1.2, §1.4, §6.5).

#include "SimHost.h"
#include "gtest/gtest.h"
#include <algorithm>
#include <csignal>
#include <malloc.h>

using namespace starton;
using namespace starton::test;
using engine::Slot;
using engine::SwitchKind;

namespace {

/// The command of the last process spawned there.
std::string command(const SimHost &host, const std::string &job,
                    const std::string &instance = "") {
  const SimProcess *process = host.process(host.pid(job, Slot::Main, instance));
  std::string text;
  for (const std::string &word : process ? process->command : Strings{"none"})
    text += (text.empty() ? "" : " ") + word;
  return text;
}

/// Of everything that happened, what begins with that.
Strings only(const SimHost &host, const std::string &prefix) {
  Strings found;
  for (const std::string &line : host.all())
    if (line.compare(0, prefix.size(), prefix) == 0)
      found.push_back(line);
  return found;
}

TEST(EngineSwitch, AnIdleClassIsReplacedAtOnce) {
  SimHost host(Compiled(Files{{"foo", "exec run old\n"}}));
  ASSERT_TRUE(host.switchTo(Compiled(Files{{"foo", "exec run new\n"}}),
                            SwitchKind::Overlay));
  EXPECT_EQ(only(host, "job"), (Strings{"job removed foo", "job added foo"}));
  host.start("foo");
  EXPECT_EQ(command(host, "foo"), "run new");
  EXPECT_EQ(host.tables(), (Strings{"0", "1"}));
  EXPECT_EQ(host.broken(), "");
}

TEST(EngineSwitch, ABusyClassKeepsItsDefinitionUntilItsLastInstanceEnds) {
  SimHost host(Compiled(Files{{"foo", "instance $N\nexec run old\n"}}));
  host.start("foo", {"N=1"});
  ASSERT_TRUE(
      host.switchTo(Compiled(Files{{"foo", "instance $M\nexec run new\n"}}),
                    SwitchKind::Overlay));
  host.start("foo", {"N=2"});
  EXPECT_EQ(command(host, "foo", "2"), "run old");
  host.restart("foo", {"N=1"});
  EXPECT_EQ(command(host, "foo", "1"), "run old");
  host.stop("foo", {"N=1"});
  EXPECT_EQ(only(host, "job"), Strings());
  host.stop("foo", {"N=2"});
  EXPECT_EQ(only(host, "job"), (Strings{"job removed foo", "job added foo"}));
  EXPECT_EQ(host.answer(host.start("foo", {"N=1"})), "Unknown parameter: M");
  host.start("foo", {"M=1"});
  EXPECT_EQ(command(host, "foo", "1"), "run new");
  EXPECT_EQ(host.broken(), "");
}

TEST(EngineSwitch, TheLastSwitchCountsForABusyClass) {
  SimHost host(Compiled(Files{{"foo", "exec run 1\n"}}));
  host.start("foo");
  ASSERT_TRUE(host.switchTo(Compiled(Files{{"foo", "exec run 2\n"}}),
                            SwitchKind::Overlay));
  ASSERT_TRUE(
      host.switchTo(Compiled(Files{}), SwitchKind::Overlay, {"foo", "foo"}));
  EXPECT_EQ(host.tables(), Strings{"0"});
  ASSERT_TRUE(host.switchTo(Compiled(Files{{"foo", "exec run 3\n"}}),
                            SwitchKind::Overlay));
  EXPECT_EQ(only(host, "job"), Strings());
  host.stop("foo");
  host.start("foo");
  EXPECT_EQ(command(host, "foo"), "run 3");
  // Back to what it is: nothing is left to be done at its end.
  ASSERT_TRUE(host.switchTo(Compiled(Files{{"foo", "exec run 4\n"}}),
                            SwitchKind::Overlay));
  ASSERT_TRUE(host.switchTo(Compiled(Files{{"foo", "exec run 3\n"}}),
                            SwitchKind::Overlay));
  host.forget();
  host.stop("foo");
  EXPECT_EQ(only(host, "job"), Strings());
  EXPECT_EQ(host.tables(), (Strings{"0", "3"}));
  EXPECT_EQ(host.broken(), "");
}

TEST(EngineSwitch, DefinitionsInUseAreNumbered) {
  SimHost host(Compiled(Files{{"foo", "exec run 1\n"}, {"bar", "exec run\n"}}));
  auto generation = [&](const char *job) {
    return host.engine.generationOf(host.engine.findClass(textOf(job)));
  };
  ASSERT_TRUE(host.switchTo(Compiled(Files{{"foo", "exec run 2\n"}}),
                            SwitchKind::Overlay));
  EXPECT_EQ(generation("foo"), 1u);
  EXPECT_EQ(generation("bar"), 0u);
  host.start("foo");
  ASSERT_TRUE(host.switchTo(
      Compiled(Files{{"foo", "exec run 3\n"}, {"bar", "exec run\n"}}),
      SwitchKind::Whole));
  EXPECT_EQ(generation("foo"), 1u); // what runs is the old one
  host.stop("foo");
  EXPECT_EQ(generation("foo"), 2u);
  EXPECT_EQ(generation("bar"), 0u); // rebound, but the same
  EXPECT_EQ(host.broken(), "");
}

TEST(EngineSwitch, ClassesComeAndGo) {
  SimHost host(Compiled(Files{{"foo", "exec run\n"}}));
  ASSERT_TRUE(host.switchTo(Compiled(Files{{"bar", "start on ev\nexec run\n"}}),
                            SwitchKind::Overlay));
  EXPECT_EQ(only(host, "job"), Strings{"job added bar"});
  host.emit("ev");
  EXPECT_EQ(host.status("bar"), "start/running");
  // The name stays until the last instance has ended.
  ASSERT_TRUE(host.switchTo(Compiled(Files{}), SwitchKind::Overlay,
                            {"bar", "foo", "unknown"}));
  EXPECT_EQ(host.classes(), Strings{"bar"});
  host.stop("bar");
  EXPECT_EQ(host.classes(), Strings());
  EXPECT_EQ(host.answer(host.start("bar")), "Unknown job");
  host.emit("ev");
  EXPECT_EQ(only(host, "job"),
            (Strings{"job added bar", "job removed foo", "job removed bar"}));
  EXPECT_EQ(host.tables(), Strings{"0"}); // the base, of which nothing is used
  EXPECT_EQ(host.leftOver(), "");
}

TEST(EngineSwitch, AWholeTableTakesOverWhatIsUnchanged) {
  Files files{{"run", "start on ev\nstop on end\nexec run\n"},
              {"idle", "start on ev2\nexec run\n"},
              {"edited", "exec run old\n"},
              {"gone", "exec run\n"}};
  SimHost host((Compiled(files)));
  host.start("run");
  ASSERT_TRUE(
      host.switchTo(Compiled(Files{{"more", "start on ev2\nexec run\n"}}),
                    SwitchKind::Overlay));
  host.forget();
  files["edited"] = "exec run new\n";
  files["more"] = "start on ev2\nexec run\n";
  files.erase("gone");
  ASSERT_TRUE(host.switchTo(Compiled(files), SwitchKind::Whole));
  EXPECT_EQ(
      only(host, "job"),
      (Strings{"job removed edited", "job added edited", "job removed gone"}));
  EXPECT_EQ(host.tables(), Strings{"2"});
  EXPECT_EQ(host.status("run"), "start/running");
  host.emit("end");
  EXPECT_EQ(host.status("run"), "stop/waiting");
  host.emit("ev2");
  EXPECT_EQ(host.status("idle"), "start/running");
  EXPECT_EQ(host.status("more"), "start/running");
  EXPECT_EQ(host.broken(), "");
}

TEST(EngineSwitch, ABusyClassOutlivesItsWholeTable) {
  SimHost host(Compiled(Files{{"foo", "start on ev\nstop on end\nexec run 1\n"},
                              {"bar", "stop on end\nexec run\n"}}));
  host.start("foo");
  host.start("bar");
  ASSERT_TRUE(host.switchTo(
      Compiled(Files{{"foo", "start on ev\nstop on no\nexec run 2\n"}}),
      SwitchKind::Whole));
  EXPECT_EQ(host.tables(), (Strings{"0", "1"}));
  EXPECT_EQ(only(host, "job"), Strings());
  // What runs listens to what it always did.
  host.emit("end");
  EXPECT_EQ(host.status("foo"), "stop/waiting");
  EXPECT_EQ(host.classes(), Strings{"foo"});
  EXPECT_EQ(host.tables(), Strings{"1"});
  host.emit("ev");
  EXPECT_EQ(command(host, "foo"), "run 2");
  host.emit("end");
  EXPECT_EQ(host.status("foo"), "start/running");
  EXPECT_EQ(host.broken(), "");
}

TEST(EngineSwitch, OnlyPlacesMatterNot) {
  SimHost host(Compiled(Files{{"foo", "exec run\nenv A=1\n"}}));
  ASSERT_TRUE(host.switchTo(Compiled(Files{{"foo", "# a comment\n\nexec run\n"
                                                   "env A=1\n"}}),
                            SwitchKind::Overlay));
  EXPECT_EQ(only(host, "job"), Strings());
  EXPECT_EQ(host.tables(), Strings{"0"});
  EXPECT_EQ(host.broken(), "");
}

/// Every kind of stanza, changed: each makes another definition.
TEST(EngineSwitch, EveryStanzaCounts) {
  const char *const stanzas[] = {"description a",
                                 "description b",
                                 "author a",
                                 "version a",
                                 "usage a",
                                 "instance $A",
                                 "emits a",
                                 "emits b",
                                 "env A=1",
                                 "env A=2",
                                 "export A",
                                 "start on a",
                                 "start on b",
                                 "start on a and b",
                                 "start on a or b",
                                 "stop on a",
                                 "task",
                                 "respawn",
                                 "respawn limit 3 4",
                                 "respawn limit 3 5",
                                 "respawn limit 4 5",
                                 "debug",
                                 "manual",
                                 "pre-start exec a",
                                 "pre-start exec b",
                                 "post-stop exec a",
                                 "script\na\nend script",
                                 "normal exit 1",
                                 "normal exit 2",
                                 "expect fork",
                                 "expect stop",
                                 "kill timeout 9",
                                 "kill signal INT",
                                 "reload signal USR1",
                                 "console none",
                                 "console output",
                                 "umask 077",
                                 "nice 3",
                                 "oom score 5",
                                 "limit nofile 1 2",
                                 "limit nofile 1 3",
                                 "limit cpu 1 2",
                                 "chroot /a",
                                 "chdir /a",
                                 "setuid a",
                                 "setgid a",
                                 "apparmor switch a",
                                 "cgroup cpu a",
                                 "cgroup cpu a b c"};
  SimHost host(Compiled(Files{{"foo", ""}}));
  for (const char *stanza : stanzas) {
    host.forget();
    Compiled next(Files{{"foo", std::string(stanza) + "\n"}});
    ASSERT_TRUE(host.switchTo(next, SwitchKind::Whole));
    EXPECT_EQ(only(host, "job").size(), 2U) << stanza;
    EXPECT_EQ(host.tables().size(), 1U) << stanza;
    ASSERT_TRUE(host.switchTo(next, SwitchKind::Whole));
    EXPECT_EQ(only(host, "job").size(), 2U) << stanza;
  }
  EXPECT_EQ(host.broken(), "");
}

TEST(EngineSwitch, HeldEventsAreHeldByTheNewCondition) {
  SimHost host(Compiled(Files{{"foo", "start on a X=1 and b\nexec run\n"}}));
  uint64_t event = host.emit("a", {"X=1", "Y=2"});
  EXPECT_EQ(host.answer(event), "");
  ASSERT_TRUE(host.switchTo(
      Compiled(Files{{"foo", "start on c and (b or a Y=2)\nexec run\n"}}),
      SwitchKind::Overlay));
  EXPECT_EQ(host.answer(event), "");
  host.emit("c", {"Z=3"});
  EXPECT_EQ(host.answer(event), "ok");
  EXPECT_EQ(host.status("foo"), "start/running");
  EXPECT_EQ(host.variable("foo", "Y"), "2");
  EXPECT_EQ(host.variable("foo", "UPSTART_EVENTS"), "c a");
  EXPECT_EQ(host.broken(), "");
}

TEST(EngineSwitch, WhatTheNewConditionDoesNotWantIsReleased) {
  SimHost host(Compiled(Files{{"foo", "start on a and b\nexec run\n"},
                              {"bar", "start on c and d\nexec run\n"}}));
  uint64_t event = host.emit("a");
  uint64_t other = host.emit("c");
  ASSERT_TRUE(host.switchTo(
      Compiled(Files{{"foo", "start on a Y=2 and b\nexec run\n"}}),
      SwitchKind::Overlay, {"bar"}));
  EXPECT_EQ(host.answer(event), "ok");
  EXPECT_EQ(host.answer(other), "ok"); // its holder is gone (scenario 126)
  EXPECT_EQ(host.broken(), "");
}

TEST(EngineSwitch, NoJobIsStartedByASwitch) {
  SimHost host(Compiled(Files{{"foo", "start on a and b\nexec run\n"}}));
  uint64_t event = host.emit("a");
  ASSERT_TRUE(host.switchTo(Compiled(Files{{"foo", "start on a\nexec run\n"}}),
                            SwitchKind::Overlay));
  EXPECT_EQ(host.answer(event), "ok");
  EXPECT_EQ(host.status("foo"), "stop/waiting");
  host.emit("a"); // and it is not lost
  EXPECT_EQ(host.status("foo"), "start/running");
}

TEST(EngineSwitch, ABusyClassTakesNothingAlong) {
  SimHost host(Compiled(Files{{"foo", "start on a and b\nexec run\n"}}));
  host.start("foo");
  uint64_t event = host.emit("a");
  ASSERT_TRUE(
      host.switchTo(Compiled(Files{{"foo", "start on a and c\nexec run\n"}}),
                    SwitchKind::Overlay));
  EXPECT_EQ(host.answer(event), "");
  host.stop("foo");
  EXPECT_EQ(host.answer(event), "ok");
  host.emit("c", {}, false);
  EXPECT_EQ(host.status("foo"), "stop/waiting");
}

TEST(EngineSwitch, UnchangedConditionsKeepTheirEvents) {
  Files files{{"foo", "start on a and b\nexec run\n"}, {"bar", "exec run 1\n"}};
  SimHost host((Compiled(files)));
  uint64_t event = host.emit("a");
  files["bar"] = "exec run 2\n";
  ASSERT_TRUE(host.switchTo(Compiled(files), SwitchKind::Whole));
  EXPECT_EQ(host.answer(event), "");
  host.emit("b");
  EXPECT_EQ(host.answer(event), "ok");
  EXPECT_EQ(host.status("foo"), "start/running");
}

/// Names that share a bucket with "j0".
Strings sameBucket(size_t count) {
  Strings names;
  for (int i = 0; names.size() < count; ++i) {
    std::string name = "j" + std::to_string(i);
    uint32_t hash = 2166136261U;
    for (char c : name)
      hash = (hash * 16777619U) ^ uint32_t(static_cast<unsigned char>(c));
    if (hash % 17 == 3)
      names.push_back(name);
  }
  return names;
}

TEST(EngineSwitch, ANewDefinitionGoesToTheEndOfItsBucket) {
  Strings names = sameBucket(5);
  std::sort(names.begin(), names.end());
  Files files;
  for (const std::string &name : names)
    files[name] = "start on ev\nexec run\n";
  files["other"] = "exec run\n";
  files["third"] = "exec run\n";
  SimHost host((Compiled(files)));
  auto bucket = [&] {
    Strings there;
    for (const std::string &name : host.classes())
      if (name[0] == 'j')
        there.push_back(name);
    return there;
  };
  EXPECT_EQ(bucket(), names);
  ASSERT_TRUE(
      host.switchTo(Compiled(Files{{names[1], "start on ev\nexec run new\n"}}),
                    SwitchKind::Overlay, {names[3], "other"}));
  Strings expected{names[0], names[2], names[4], names[1]};
  EXPECT_EQ(bucket(), expected);
  ASSERT_TRUE(host.switchTo(
      Compiled(Files{{names[3], "start on ev\nexec run\n"}, {"new", ""}}),
      SwitchKind::Overlay));
  expected.push_back(names[3]);
  EXPECT_EQ(bucket(), expected);
  host.emit("ev");
  Strings spawned;
  for (const std::string &name : expected)
    spawned.push_back(name + " main");
  EXPECT_EQ(host.spawns(), spawned);
  EXPECT_EQ(host.broken(), "");
}

/// The engine yields in the middle of an event, and another table comes then.
TEST(EngineSwitch, InTheMiddleOfAnEvent) {
  Files files;
  for (int i = 0; i < 600; ++i)
    files["job" + std::to_string(i)] = "start on ev\n";
  for (int i = 0; i < 17; ++i)
    files["odd" + std::to_string(i)] = "exec run\n";
  Compiled before(files);
  for (int i = 0; i < 600; i += 3)
    files.erase("job" + std::to_string(i));
  for (int i = 1; i < 600; i += 3)
    files["job" + std::to_string(i)] = "start on other\n";
  for (int i = 0; i < 500; ++i)
    files["new" + std::to_string(i)] = "start on ev\n";
  Compiled after(files);
  for (unsigned yieldsBefore : {1U, 2U, 3U, 4U}) {
    SimHost host(before);
    engine::Input input;
    input.kind = engine::Input::Kind::EmitEvent;
    input.name = textOf("ev");
    ASSERT_EQ(host.feed(input), engine::FeedResult::Taken);
    while (host.yields() < yieldsBefore)
      host.drainOne();
    ASSERT_TRUE(host.switchTo(after, SwitchKind::Whole));
    std::map<std::string, int> starts;
    for (const std::string &line : only(host, "event starting JOB="))
      ++starts[line.substr(19, line.find(' ', 19) - 19)];
    for (int i = 0; i < 600; ++i) {
      int count = starts["job" + std::to_string(i)];
      EXPECT_LE(count, 1) << i;
      if (i % 3 == 2) {
        EXPECT_EQ(count, 1) << i;
      }
    }
    for (int i = 0; i < 500; ++i) // it came before they did
      EXPECT_EQ(starts["new" + std::to_string(i)], 0) << i;
    EXPECT_EQ(host.broken(), "");
  }
}

TEST(EngineSwitch, WalksKeepTheirPlace) {
  Files files;
  for (int i = 0; i < 1500; ++i)
    files["job" + std::to_string(i)] = "\n";
  Compiled before(files);
  for (int i = 0; i < 1500; i += 2)
    files["job" + std::to_string(i)] = "description \"another\"\n";
  for (int i = 0; i < 500; ++i)
    files["new" + std::to_string(i)] = "\n";
  Compiled after(files);
  SimHost host(before);
  for (int i = 0; i < 1500; ++i)
    host.start("job" + std::to_string(i), {}, false);
  engine::Input input;
  input.kind = engine::Input::Kind::Shutdown;
  input.name = textOf("shutdown");
  ASSERT_EQ(host.feed(input), engine::FeedResult::Taken);
  while (host.yields() < 1)
    host.drainOne();
  ASSERT_TRUE(host.switchTo(after, SwitchKind::Whole));
  host.pass(1);
  EXPECT_TRUE(host.exited());
  EXPECT_EQ(host.leftOver(), "");
}

TEST(EngineSwitch, TenThousandSwitchesDoNotGrow) {
  Files files;
  for (int i = 0; i < 40; ++i)
    files["job" + std::to_string(i)] = "start on ev or started job" +
                                       std::to_string(i + 1) +
                                       "\nstop on end\nexec run\n";
  Compiled whole(files);
  Compiled overlay(Files{{"job1", "start on a and b\nexec run 1\n"},
                         {"job7", "start on a or b or c\nexec run 1\n"},
                         {"job8", "exec run\n"},
                         {"more", "start on a and b\nexec run\n"}});
  Compiled other(Files{{"job1", "start on a\nexec run 2\n"},
                       {"job7", "start on a and b and c and d\nexec run\n"}});
  SimHost host(whole);
  host.start("job5", {}, false);
  host.start("job7", {}, false);
  size_t used = 0;
  for (int i = 0; i < 10000; ++i) {
    ASSERT_TRUE(host.switchTo(overlay, SwitchKind::Overlay));
    ASSERT_TRUE(host.switchTo(other, SwitchKind::Overlay, {"more", "job9"}));
    if (i % 50 == 0) {
      host.emit("a", {}, false);
      host.stop("job7", {}, false);
      host.start("job7", {}, false);
    }
    if (i % 10 == 0) {
      ASSERT_TRUE(host.switchTo(whole, SwitchKind::Whole));
    }
    host.forget();
    EXPECT_LE(host.tables().size(), 4U);
    if (i == 1000)
      used = mallinfo2().uordblks;
  }
  // What the test itself remembers of each request counts too.
  EXPECT_LE(mallinfo2().uordblks, used + 200'000);
  EXPECT_EQ(host.status("job5"), "start/running");
  EXPECT_EQ(host.broken(), "");
}

} // namespace
