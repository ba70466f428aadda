// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the engine remembers of runs, and who holds an event.

#include "SimHost.h"
#include "starton/Table/JobTable_generated.h"
#include "gtest/gtest.h"
#include <cerrno>
#include <csignal>

using namespace starton;
using namespace starton::test;
using engine::LastRun;

namespace {

engine::Text view(const std::string &text) {
  return {text.data(), text.size()};
}

/// "main exited 3", or "" when nothing is known.
std::string lastRun(const SimHost &host, const std::string &job,
                    const std::string &instance = "") {
  static constexpr const char *Whys[] = {
      "exited",       "killed",   "stopped",      "respawn-limit",
      "spawn-failed", "vanished", "reload-signal"};
  LastRun run;
  engine::ClassIndex found = host.engine.findClass(view(job));
  if (!host.engine.lastRun(found, view(instance), run))
    return "";
  return std::string(engine::slotName(run.slot)) + " " +
         Whys[unsigned(run.why)] + (run.signalled ? " SIG" : " ") +
         std::to_string(run.status);
}

/// "EVENT: HOLDER HOLDER..." for each, those of conditions in parentheses.
Strings holders(const SimHost &host) {
  Vector<engine::Holder> list;
  EXPECT_TRUE(host.engine.holders(list));
  Strings lines;
  engine::EventIndex last = engine::NoEvent;
  for (const engine::Holder &holder : list) {
    if (holder.event != last) {
      engine::EventView event;
      EXPECT_TRUE(host.engine.viewEvent(holder.event, event));
      std::string line(event.name.begin(), event.name.end());
      for (char byte : event.variables)
        line += byte ? byte : ' ';
      lines.push_back(line + ":");
      last = holder.event;
    }
    std::string name = host.engine.classJob(holder.job).name()->str();
    engine::InstanceView instance;
    if (host.engine.viewInstance(holder.instance, instance))
      name.append("/").append(instance.name.begin(), instance.name.end());
    lines.back().append(holder.condition ? " (" : " ").append(name);
    lines.back().append(holder.condition ? ")" : "");
  }
  return lines;
}

TEST(EngineRuns, HowMainEnded) {
  Compiled compiled(Files{{"exits", "exec exit 3\n"},
                          {"good", "exec exit 0\n"},
                          {"dies", "exec die SEGV\n"},
                          {"runs", "exec run\n"},
                          {"missing", "exec missing\n"}});
  SimHost host(compiled);
  for (const char *job : {"exits", "good", "dies", "runs", "missing"}) {
    EXPECT_EQ(lastRun(host, job), "");
    host.start(job);
  }
  EXPECT_EQ(lastRun(host, "exits"), "main exited 3");
  EXPECT_EQ(lastRun(host, "good"), "main exited 0");
  EXPECT_EQ(lastRun(host, "dies"), "main killed SIG11");
  EXPECT_EQ(lastRun(host, "missing"),
            "main spawn-failed " + std::to_string(ENOENT));
  EXPECT_EQ(lastRun(host, "runs"), "");
  host.stop("runs");
  EXPECT_EQ(lastRun(host, "runs"),
            "main stopped SIG" + std::to_string(SIGTERM));
}

TEST(EngineRuns, TheFirstFailureDecides) {
  Compiled compiled(
      Files{{"pre", "pre-start exec exit 4\nexec run\npost-stop exec exit 5\n"},
            {"post", "exec run\npost-stop exec exit 5\n"}});
  SimHost host(compiled);
  host.start("pre");
  EXPECT_EQ(lastRun(host, "pre"), "pre-start exited 4");
  host.start("post");
  host.stop("post");
  EXPECT_EQ(lastRun(host, "post"), "post-stop exited 5");
}

TEST(EngineRuns, TheRespawnLimit) {
  Compiled compiled(
      Files{{"storm", "respawn\nrespawn limit 2 100\nexec exit 9\n"}});
  SimHost host(compiled);
  host.start("storm");
  EXPECT_EQ(lastRun(host, "storm"), "main respawn-limit 9");
}

TEST(EngineRuns, InstancesAreKeptApartAndBounded) {
  Compiled compiled(
      Files{{"tty", "instance $N\nexec exit 1\n"}, {"other", "exec exit 1\n"}});
  SimHost host(compiled);
  host.start("other");
  constexpr unsigned Count = engine::MaxRunsPerClass;
  for (unsigned i = 0; i < 3 * Count; ++i)
    host.start("tty", {"N=" + std::to_string(i)});
  for (unsigned i = 0; i < 3 * Count; ++i)
    EXPECT_EQ(lastRun(host, "tty", std::to_string(i)).empty(), i < 2 * Count)
        << i;
  // Used again, a record is the latest.
  host.start("tty", {"N=" + std::to_string(2 * Count)});
  host.start("tty", {"N=x"});
  EXPECT_NE(lastRun(host, "tty", std::to_string(2 * Count)), "");
  EXPECT_EQ(lastRun(host, "tty", std::to_string(2 * Count + 1)), "");
  EXPECT_EQ(lastRun(host, "other"), "main exited 1");
}

TEST(EngineRuns, HasTheTimes) {
  Compiled compiled(Files{{"runs", "exec run\n"}});
  SimHost host(compiled);
  uint64_t begin = host.now;
  host.start("runs");
  host.pass(3);
  host.exit(host.pid("runs"), 0);
  LastRun run;
  ASSERT_TRUE(host.engine.lastRun(0, {}, run));
  EXPECT_EQ(run.started, begin);
  EXPECT_EQ(run.ended, begin + 3'000'000'000);
}

TEST(EngineHolders, ConditionsAndJobs) {
  Compiled compiled(Files{{"half", "start on A and B\nexec run\n"},
                          {"task", "start on A\ntask\nexec run\n"},
                          {"stops", "start on X\nstop on A and C\nexec run\n"},
                          {"hook", "start on starting late\ntask\nexec run\n"},
                          {"late", "start on D\nexec run\n"}});
  SimHost host(compiled);
  EXPECT_EQ(holders(host), Strings());
  host.emit("X");
  uint64_t a = host.emit("A", {"K=v", "L="});
  host.emit("D");
  EXPECT_EQ(holders(host),
            (Strings{"AK=v L= : (half) task/ (stops/)", "D: late/",
                     "startingJOB=late INSTANCE= : hook/"}));
  engine::InstanceId late =
      host.engine.firstInstance(host.engine.findClass(textOf("late")));
  engine::EventView event;
  ASSERT_TRUE(host.engine.viewEvent(host.engine.blockerOf(late), event));
  EXPECT_EQ(std::string(event.name.begin(), event.name.end()), "starting");
  host.exit(host.pid("hook"), 0);
  host.exit(host.pid("task"), 0);
  EXPECT_EQ(holders(host), Strings{"AK=v L= : (half) (stops/)"});
  EXPECT_EQ(host.answer(a), "");
  host.emit("B");
  host.emit("C");
  EXPECT_EQ(holders(host), Strings());
  EXPECT_EQ(host.answer(a), "ok");
}

} // namespace
