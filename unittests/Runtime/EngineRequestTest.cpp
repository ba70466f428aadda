// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Requests, their answers (runtime §2.5, §7), instances, expansion, the end of
// a session.

#include "SimHost.h"
#include "gtest/gtest.h"
#include <algorithm>
#include <csignal>

using namespace starton;
using namespace starton::test;
using engine::Input;
using engine::Slot;

namespace {

TEST(EngineRequest, TextsOfErrors) {
  Compiled compiled(
      Files{{"foo-bar", "instance $N\nusage \"N=number\"\nexec run\n"},
            {"nomain", "pre-start exec exit 0\n"},
            {"braces", "instance ${N:x}\nexec run\n"},
            {"open", "instance ${N\nexec run\n"}});
  SimHost host(compiled);
  EXPECT_EQ(host.answer(host.start("foo-bar", {"N=a/b.c_d"})), "ok");
  EXPECT_EQ(host.answer(host.start("foo-bar", {"N=a/b.c_d"})),
            "Job is already running: foo-bar (a/b.c_d)");
  EXPECT_EQ(host.answer(host.start("foo-bar", {"M=1"})),
            "Unknown parameter: N\nUsage: N=number");
  EXPECT_EQ(host.answer(host.stop("foo-bar")), "Unknown parameter: N");
  EXPECT_EQ(host.answer(host.stop("foo-bar", {"N=zz"})),
            "Unknown instance: zz");
  EXPECT_EQ(host.answer(host.restart("foo-bar", {"N=zz"})),
            "Unknown instance: zz");
  EXPECT_EQ(host.answer(host.start("foo-bar", {"N"})),
            "Env must be KEY=VALUE pairs");
  EXPECT_EQ(host.answer(host.emit("")), "Name may not be empty string");
  EXPECT_EQ(host.answer(host.emit("ev", {"A"})), "Env must be KEY=VALUE pairs");
  EXPECT_EQ(host.answer(host.start("braces", {"N=1"})), "Expected operator");
  EXPECT_EQ(host.answer(host.start("open", {"N=1"})), "Mismatched braces");
  EXPECT_EQ(host.answer(host.stop("nomain")), "Unknown instance: ");
  host.start("nomain");
  EXPECT_EQ(
      host.answer(host.onInstance(Input::Kind::Reload, "nomain", "", true)),
      "Job is not running: nomain");
  EXPECT_EQ(host.answer(host.start("unknown")), "Unknown job");
  EXPECT_EQ(host.broken(), "");
}

TEST(EngineRequest, Reload) {
  Compiled compiled(
      Files{{"foo", "exec run\n"}, {"bar", "reload signal USR1\nexec run\n"}});
  SimHost host(compiled);
  host.start("foo");
  host.start("bar");
  for (const char *job : {"foo", "bar"})
    EXPECT_EQ(host.answer(host.onInstance(Input::Kind::Reload, job, "", true)),
              "ok");
  EXPECT_EQ(host.signals(), (Strings{"HUP foo", "USR1 bar"}));
  EXPECT_EQ(host.status("foo"), "start/running");
}

TEST(EngineRequest, NotWaiting) {
  Compiled compiled(Files{{"foo", "pre-start exec run\nexec run\n"}});
  SimHost host(compiled);
  EXPECT_EQ(host.answer(host.start("foo", {}, false)), "ok");
  EXPECT_EQ(host.status("foo"), "start/pre-start");
  EXPECT_EQ(host.answer(host.restart("foo", {}, false)), "ok");
  EXPECT_EQ(host.status("foo"), "start/pre-start");
  EXPECT_EQ(host.answer(host.stop("foo", {}, false)), "ok");
  host.exit(host.pid("foo", Slot::PreStart), 0);
  EXPECT_EQ(host.answer(host.emit("nobody", {}, false)), "ok");
  EXPECT_EQ(host.leftOver(), "");
}

/// Runtime §2.5, §2.6: before the goal changes.
TEST(EngineRequest, WaitersAreAnsweredAtOnce) {
  Compiled compiled(Files{{"foo", "pre-start exec run\nexec run\n"}});
  SimHost host(compiled);
  host.start("foo");
  host.stop("foo", {}, false);
  host.start("foo");
  host.forget();
  host.exit(host.pid("foo", Slot::PreStart), 1);
  EXPECT_EQ(host.all()[1], "failed foo 1");
  EXPECT_EQ(host.all()[2], "answer 3 Job failed to start");
  EXPECT_EQ(host.all()[4], "goal foo stop");
  EXPECT_EQ(host.leftOver(), "");
}

TEST(EngineRequest, PreStartMayDecline) {
  Compiled compiled(Files{{"foo", "pre-start exec run\nexec run\n"
                                  "post-stop exec exit 0\n"}});
  SimHost host(compiled);
  uint64_t start = host.start("foo");
  host.onInstance(Input::Kind::StopInstance, "foo", "", false);
  EXPECT_EQ(host.answer(start), "ok");
  host.exit(host.pid("foo", Slot::PreStart), 0);
  EXPECT_EQ(host.spawns(), (Strings{"foo pre-start", "foo post-stop"}));
  EXPECT_EQ(host.finished().back(), "stopped JOB=foo INSTANCE= RESULT=ok");
  EXPECT_EQ(host.leftOver(), "");
}

TEST(EngineRequest, PreStopMayRefuse) {
  Compiled compiled(Files{{"foo", "exec run\npre-stop exec run\n"}});
  SimHost host(compiled);
  host.start("foo");
  int32_t pid = host.pid("foo");
  uint64_t stop = host.stop("foo", {"WHY=x"});
  EXPECT_EQ(host.variable("foo", "WHY", Slot::PreStop), "x");
  host.onInstance(Input::Kind::StartInstance, "foo", "", false);
  host.exit(host.pid("foo", Slot::PreStop), 0);
  EXPECT_EQ(host.status("foo"), "start/running");
  EXPECT_EQ(host.pid("foo"), pid);
  EXPECT_EQ(host.answer(stop), "ok");
  EXPECT_TRUE(host.signals().empty());
  host.stop("foo");
  EXPECT_EQ(host.variable("foo", "WHY", Slot::PreStop), "(unset)");
}

TEST(EngineRequest, StartDuringPreStopAfterMainDied) {
  Compiled compiled(Files{{"foo", "exec run\npre-stop exec run\n"}});
  SimHost host(compiled);
  host.start("foo");
  host.stop("foo");
  host.exit(host.pid("foo"), 0);
  uint64_t start = host.start("foo");
  host.exit(host.pid("foo", Slot::PreStop), 0);
  EXPECT_EQ(host.answer(start), "ok");
  EXPECT_EQ(host.status("foo"), "start/running");
  EXPECT_NE(host.pid("foo"), 0);
}

TEST(EngineRequest, RestartOfAWaitingTask) {
  Compiled compiled(Files{{"t", "task\nexec run\n"}});
  SimHost host(compiled);
  uint64_t start = host.start("t", {"N=1"});
  uint64_t restart = host.restart("t", {"N=2"});
  EXPECT_EQ(host.answer(start), "ok");
  EXPECT_EQ(host.variable("t", "N"), "2");
  EXPECT_EQ(host.answer(restart), "");
  host.exit(host.pid("t"), 0);
  EXPECT_EQ(host.answer(restart), "ok");
  EXPECT_EQ(host.leftOver(), "");
}

TEST(EngineRequest, RestartWithPreStopKeepsTheProcess) {
  Compiled compiled(Files{{"foo", "exec run\npre-stop exec exit 0\n"}});
  SimHost host(compiled);
  host.start("foo");
  int32_t pid = host.pid("foo");
  EXPECT_EQ(host.answer(host.restart("foo")), "ok");
  EXPECT_EQ(host.pid("foo"), pid);
}

TEST(EngineRequest, GoneClientsGetNoAnswer) {
  Compiled compiled(
      Files{{"t", "task\nexec run\n"}, {"h", "start on a and b\n"}});
  SimHost host(compiled);
  uint64_t start = host.start("t");
  uint64_t emit = host.emit("a");
  for (uint64_t request : {start, emit}) {
    Input gone;
    gone.kind = Input::Kind::ClientGone;
    gone.request = request;
    EXPECT_EQ(host.feed(gone), engine::FeedResult::Taken);
  }
  host.exit(host.pid("t"), 0);
  host.emit("b");
  EXPECT_EQ(host.answer(start), "");
  EXPECT_EQ(host.answer(emit), "");
}

TEST(EngineRequest, ManyInstancesInListOrder) {
  Compiled compiled(Files{{"foo", "instance $N\nexec run\n"}});
  SimHost host(compiled);
  auto bucket = [](const std::string &name) {
    uint32_t hash = 2166136261U;
    for (unsigned char c : name)
      hash = (hash * 16777619U) ^ c;
    return hash % 17;
  };
  std::vector<std::pair<uint32_t, int>> wanted;
  for (int i = 0; i < 200; ++i) {
    host.start("foo", {"N=" + std::to_string(i)});
    wanted.push_back({bucket(std::to_string(i)), i});
  }
  for (int i = 0; i < 200; i += 3)
    host.stop("foo", {"N=" + std::to_string(i)});
  for (int i = 0; i < 200; i += 6) {
    host.start("foo", {"N=" + std::to_string(i)});
    wanted[i].second += 1000; // now behind the others of its bucket
  }
  std::sort(wanted.begin(), wanted.end());
  Strings names;
  Strings listed;
  for (auto [hash, number] : wanted)
    if (number % 1000 % 3 || number >= 1000)
      names.push_back(std::to_string(number % 1000));
  engine::ClassIndex job = host.engine.findClass(textOf("foo"));
  for (engine::InstanceId id = host.engine.firstInstance(job);
       id != engine::NoInstance; id = host.engine.nextInstance(id)) {
    engine::InstanceView view;
    ASSERT_TRUE(host.engine.viewInstance(id, view));
    listed.push_back({view.name.data(), view.name.size()});
  }
  EXPECT_EQ(listed, names);
}

TEST(EngineRequest, InstanceNames) {
  struct {
    const char *stanza;
    const char *name; ///< null: an error
    const char *message;
  } rows[] = {
      {"$A-$B", "1-two", ""},
      {"\"${A}x${}\"", "1x$", ""},
      {"\"${$C}\"", "1", ""},
      {"\"${${C}}\"", "1", ""},
      {"\"${X-w$A}\"", "w1", ""},
      {"\"${E-w}\"", "", ""},
      {"\"${E:-w}\"", "w", ""},
      {"\"${A+w}\"", "w", ""},
      {"\"${X+w}\"", "", ""},
      {"\"${E:+w}\"", "", ""},
      {"\"${A:-a}b}\"", "1b}", ""},
      {"\"${A:-$X}\"", nullptr, "Unknown parameter: X"},
      {"\"$1$$A$\"", "$1$1$", ""},
      {"\"${A:x}\"", nullptr, "Expected operator"},
      {"\"${A:\"", nullptr, "Expected operator"},
      {"\"${A:-x\"", nullptr, "Mismatched braces"},
      {"\"${N A}\"", nullptr, "Unknown parameter: N A"},
  };
  for (const auto &row : rows) {
    Compiled compiled(Files{{"foo", std::string("instance ") + row.stanza +
                                        "\nenv E=\nexec run\n"}});
    SimHost host(compiled);
    std::string answer =
        host.answer(host.start("foo", {"A=1", "B=two", "C=A"}));
    EXPECT_EQ(answer, row.name ? "ok" : row.message) << row.stanza;
    if (row.name) {
      EXPECT_EQ(host.status("foo", row.name), "start/running") << row.stanza;
    }
  }
}

TEST(EngineRequest, ExpansionIsBounded) {
  std::string nested;
  for (int i = 0; i < 20000; ++i)
    nested += "${";
  Compiled compiled(Files{{"deep", "instance \"" + nested + "\"\nexec run\n"},
                          {"long", "instance $A$A$A\nexec run\n"}});
  SimHost host(compiled);
  EXPECT_EQ(host.answer(host.start("deep")), "Expansion too long");
  EXPECT_EQ(host.answer(host.start("long", {"A=" + std::string(30000, 'x')})),
            "Expansion too long");
  EXPECT_EQ(host.answer(host.start("long", {"A=" + std::string(20000, 'x')})),
            "ok");
}

TEST(EngineRequest, LogoutWaitsForItsTask) {
  Compiled compiled(Files{{"foo", "exec run\n"},
                          {"end", "start on session-end TYPE=logout\ntask\n"
                                  "exec run\n"}});
  SimHost host(compiled);
  host.start("foo");
  host.shutdown("logout");
  EXPECT_EQ(host.status("foo"), "stop/waiting");
  EXPECT_EQ(host.status("end"), "start/running");
  EXPECT_EQ(host.variable("end", "TYPE"), "logout");
  host.pass(2);
  EXPECT_FALSE(host.exited());
  host.exit(host.pid("end"), 0);
  EXPECT_TRUE(host.exited());
  EXPECT_EQ(host.logs().back(), "Quiesce logout sequence took 2 seconds");
}

TEST(EngineRequest, LogoutDoesNotWaitForEver) {
  Compiled compiled(Files{{"end", "start on session-end\ntask\nkill timeout 7\n"
                                  "exec stubborn\n"},
                          {"post", "exec run\npost-stop exec run\n"}});
  SimHost host(compiled);
  host.start("post");
  host.shutdown("logout");
  host.shutdown("logout");
  host.pass(5);
  EXPECT_EQ(host.signals(), (Strings{"TERM post", "TERM end"}));
  host.pass(7);
  EXPECT_TRUE(host.exited());
  bool complained = false;
  for (const std::string &line : host.logs())
    complained |= line == "job post failed to stop";
  EXPECT_TRUE(complained);
}

TEST(EngineRequest, ShutdownWithNothingRunning) {
  Compiled compiled(Files{{"foo", "exec run\n"}});
  SimHost host(compiled);
  host.shutdown("shutdown");
  EXPECT_TRUE(host.exited());
  EXPECT_EQ(host.finished(), (Strings{"session-end TYPE=shutdown"}));
}

TEST(EngineRequest, TheSameInputsGiveTheSameActions) {
  Compiled compiled(
      Files{{"a", "start on go\nrespawn\nexec run\n"},
            {"b", "start on started a\nstop on stopping a\nexec run\n"},
            {"c", "start on go and started b\ntask\nexec exit 1\n"}});
  auto trace = [&] {
    SimHost::Settings settings;
    settings.debug = true;
    SimHost host(compiled, settings);
    host.emit("go", {"X=1"});
    host.kill(host.pid("a"), SIGSEGV);
    host.stop("a");
    host.shutdown("logout");
    return host.all();
  };
  Strings first = trace();
  EXPECT_GT(first.size(), 100U);
  EXPECT_EQ(first, trace());
}

} // namespace
