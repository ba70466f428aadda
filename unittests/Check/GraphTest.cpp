// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "TestSystem.h"
#include "starton/Check/Condition.h"
#include "starton/Check/Precedence.h"
#include "starton/Check/Reachability.h"
#include "starton/Check/Variables.h"
#include <algorithm>

using namespace starton;
using namespace starton::check;

namespace {

/// The names of the jobs that can start, in their order.
std::string startable(TestSystem &test) {
  const System &system = test.system();
  std::string names;
  for (uint32_t job = 0; job != system.set().jobs.size(); ++job)
    if (system.reachability().canStart(job))
      names += (names.empty() ? "" : " ") + system.set().jobs[job].name;
  return names;
}

TEST(Graph, LeavesKnowTheJobTheyAreAbout) {
  TestSystem test("#--- a.conf\nstart on started b and stopped JOB=c X=1\n"
                  "stop on stopping b* or starting or started JOB!=b or "
                  "stopped $B\n#--- b.conf\ntask\n");
  const System &system = test.system();
  llvm::ArrayRef<Leaf> starts = system.graph().leavesOf(test.job("a"), false);
  ASSERT_EQ(starts.size(), 2U);
  EXPECT_EQ(starts[0].operand, JobOperand::Literal);
  EXPECT_EQ(starts[0].target, test.job("b"));
  EXPECT_EQ(starts[1].operand, JobOperand::Literal);
  EXPECT_EQ(starts[1].target, System::NoJob);
  EXPECT_EQ(system.text(starts[1].jobName.place), "JOB=c");
  llvm::ArrayRef<Leaf> stops = system.graph().leavesOf(test.job("a"), true);
  ASSERT_EQ(stops.size(), 4U);
  EXPECT_EQ(stops[0].operand, JobOperand::Pattern);
  EXPECT_EQ(stops[1].operand, JobOperand::None);
  EXPECT_EQ(stops[2].operand, JobOperand::Negated);
  EXPECT_EQ(stops[3].operand, JobOperand::Variable);
  std::vector<uint32_t> targets;
  system.graph().forEachTarget(stops[0],
                               [&](uint32_t job) { targets.push_back(job); });
  EXPECT_EQ(targets, std::vector<uint32_t>{test.job("b")});
}

TEST(Graph, EventsAreEmittedByStanzasAndCatalogues) {
  TestSystem test("#--- a.conf\nemits plain disk-*-full\n"
                  "#--- own.yaml\nname: own\nevents:\n"
                  "  - {name: mine, emitter: us, description: d}\n");
  const Graph &graph = test.system().graph();
  for (const char *event :
       {"plain", "disk-a-full", "mine", "startup", "started", "plain/failed",
        "started/failed", "net-device-added"})
    EXPECT_TRUE(graph.isEmitted(event)) << event;
  for (const char *event : {"plainer", "disk-full", "other/failed"})
    EXPECT_FALSE(graph.isEmitted(event)) << event;
}

TEST(Graph, ManyJobsOnePattern) {
  std::string text;
  for (unsigned i = 0; i != 300; ++i)
    text += "#--- job" + std::to_string(i) + ".conf\nstart on started job" +
            std::to_string(i / 2) + "*\n";
  TestSystem test(text);
  const Graph &graph = test.system().graph();
  size_t targets = 0;
  graph.forEachTarget(graph.leavesOf(test.job("job2"), false).front(),
                      [&](uint32_t) { ++targets; });
  EXPECT_EQ(targets, 111U); // job1, job1?, job1??
}

TEST(Condition, FalseLeavesAreThoseToBlame) {
  TestSystem test("start on a and (b or c) or d\n");
  const sema::Condition &condition = test.system().set().jobs[0].startOn;
  auto blame = [&](std::vector<bool> values) {
    return falseLeaves(condition, [&](size_t leaf) { return values[leaf]; });
  };
  EXPECT_EQ(blame({false, false, false, false}), (std::vector<size_t>{0, 3}));
  EXPECT_EQ(blame({true, false, false, false}), (std::vector<size_t>{1, 2, 3}));
  EXPECT_EQ(blame({true, false, true, false}), std::vector<size_t>());
  EXPECT_EQ(blame({false, false, false, true}), std::vector<size_t>());
}

TEST(Reachability, GoesThroughJobsAndTheirEvents) {
  TestSystem test("#--- a.conf\nstart on startup\nemits made\n"
                  "#--- b.conf\nstart on made and started a\n"
                  "#--- c.conf\nstart on stopped d\n"
                  "#--- d.conf\nstart on started c\nemits lost\n"
                  "#--- e.conf\nstart on lost\n"
                  "#--- f.conf\ntask\n"
                  "#--- g.conf\nstart on started f or lost\n"
                  "#--- h.conf\nstart on started x* and unheard-of\n");
  EXPECT_EQ(startable(test), "a b f g h");
}

TEST(Reachability, TellsTheMissingLink) {
  TestSystem test("#--- a.conf\nstart on startup and (started b or started c)\n"
                  "#--- b.conf\nstart on started a\n"
                  "#--- c.conf\nstart on started b\n");
  const System &system = test.system();
  std::vector<uint32_t> missing =
      system.reachability().missingLinks(test.job("a"));
  ASSERT_EQ(missing.size(), 2U);
  EXPECT_EQ(system.graph().leaves()[missing[0]].target, test.job("b"));
}

TEST(Precedence, IsWhatAllWaysHaveInCommon) {
  TestSystem test("#--- a.conf\nstart on startup\n"
                  "#--- b.conf\nstart on stopped a\n"
                  "#--- c.conf\nstart on started a and net-device-up\n"
                  "#--- d.conf\nstart on started b or started c\n");
  const System &system = test.system();
  Precedence precedence(system);
  uint32_t a = test.job("a"), b = test.job("b");
  EXPECT_EQ(precedence.beforeStart(b), (Milestones{{a, Step::Begun},
                                                   {a, Step::Started},
                                                   {a, Step::Ended},
                                                   {a, Step::Stopped},
                                                   {a, Step::Gone}}));
  EXPECT_EQ(precedence.beforeStart(test.job("d")),
            (Milestones{{a, Step::Begun}, {a, Step::Started}}));
}

TEST(Precedence, LongChainsEnd) {
  std::string text = "#--- job0.conf\nstart on startup\n";
  for (unsigned i = 1; i != 500; ++i)
    text += "#--- job" + std::to_string(i) + ".conf\nstart on started job" +
            std::to_string(i - 1) + "\n";
  TestSystem test(text);
  Precedence precedence(test.system());
  EXPECT_FALSE(precedence.beforeStart(test.job("job499")).empty());
}

TEST(Variables, References) {
  auto names = [](llvm::StringRef text) {
    std::string result;
    for (const VariableReference &use : variableReferences(text))
      result += (result.empty() ? "" : " ") + use.name.str() +
                (use.optional ? "?" : "");
    return result;
  };
  EXPECT_EQ(names("$A-${B}x$C"), "A B C");
  EXPECT_EQ(names("${A:-$B}${C+x}"), "A? B C?");
  EXPECT_EQ(names("${}$1$$A"), "A");
  EXPECT_EQ(names("${$N}${A$B}"), "N B");
  EXPECT_EQ(names("$"), "");
  EXPECT_EQ(names("${A"), "A");
  EXPECT_EQ(names("${1}"), "1");
}

TEST(Variables, WhatEventsCarry) {
  TestSystem test("#--- a.conf\nexport PORT\n"
                  "#--- b.conf\nstart on started a or stopped a or "
                  "net-device-up or runlevel or made or session-end\n"
                  "emits made\n");
  const System &system = test.system();
  llvm::ArrayRef<Leaf> leaves = system.graph().leavesOf(test.job("b"), false);
  auto carried = [&](size_t leaf, llvm::StringRef name) {
    return carries(system, leaves[leaf], name);
  };
  EXPECT_EQ(carried(0, "PORT"), Carries::Yes);
  EXPECT_EQ(carried(0, "INSTANCE"), Carries::Yes);
  EXPECT_EQ(carried(0, "RESULT"), Carries::No);
  EXPECT_EQ(carried(1, "RESULT"), Carries::Yes);
  EXPECT_EQ(carried(1, "HOST"), Carries::No);
  EXPECT_EQ(carried(2, "IFACE"), Carries::Yes);
  EXPECT_EQ(carried(3, "INIT_HALT"), Carries::Unknown);
  EXPECT_EQ(carried(4, "ANY"), Carries::Unknown);
  EXPECT_EQ(carried(5, "TYPE"), Carries::Yes);
  EXPECT_EQ(carried(5, "ANY"), Carries::No);
}

} // namespace
