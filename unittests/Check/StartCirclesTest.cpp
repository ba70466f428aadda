// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Random systems: circles and what depends on them are the jobs that cannot
// start, each told once, and a circle is one.

#include "starton/Check/StartCircles.h"
#include "TestSystem.h"
#include <random>

using namespace starton;
using namespace starton::check;

namespace {

std::string randomSystem(std::mt19937 &random) {
  auto below = [&](unsigned limit) {
    return static_cast<unsigned>(random() % limit);
  };
  unsigned jobs = 2 + below(11);
  auto leaf = [&]() -> std::string {
    unsigned kind = below(12);
    if (kind == 0)
      return "startup";
    if (kind == 1)
      return "made-" + std::to_string(below(3));
    return "started j" + std::to_string(below(jobs));
  };
  std::string text;
  for (unsigned job = 0; job != jobs; ++job) {
    text += "#--- j" + std::to_string(job) + ".conf\nstart on " + leaf();
    for (unsigned more = below(3); more != 0; --more)
      text += (below(3) == 0 ? " and " : " or ") + leaf();
    text += "\n";
    if (below(3) == 0)
      text += "emits made-" + std::to_string(below(3)) + "\n";
  }
  return text;
}

/// Counts each job of the circle, whose leaves wait for one another in turn.
void checkCircle(const System &system, const StartCircle &circle,
                 std::map<uint32_t, unsigned> &told) {
  ASSERT_FALSE(circle.leaves.empty());
  llvm::ArrayRef<Leaf> leaves = system.graph().leaves();
  for (size_t i = 0; i != circle.leaves.size(); ++i) {
    const Leaf &leaf = leaves[circle.leaves[i]];
    size_t next = (i + 1) % circle.leaves.size();
    EXPECT_FALSE(leaf.stops);
    EXPECT_FALSE(system.reachability().canHappen(leaf));
    EXPECT_TRUE(llvm::is_contained(system.reachability().jobsBehind(leaf),
                                   leaves[circle.leaves[next]].job));
    ++told[leaf.job];
  }
}

TEST(StartCircles, TellEachJobThatCannotStartOnce) {
  std::mt19937 random(20);
  unsigned circles = 0, shared = 0;
  for (unsigned round = 0; round != 120; ++round) {
    std::string text = randomSystem(random);
    TestSystem test(text);
    const System &system = test.system();
    std::map<uint32_t, unsigned> told;
    for (const StartCircle &circle : findStartCircles(system)) {
      checkCircle(system, circle, told);
      for (uint32_t job : circle.dependents)
        ++told[job];
      ++circles;
      shared += circle.dependents.empty() ? 0 : 1;
    }
    for (uint32_t job = 0; job != system.set().jobs.size(); ++job)
      EXPECT_EQ(told[job], system.reachability().canStart(job) ? 0U : 1U)
          << system.set().jobs[job].name << " in\n"
          << text;
  }
  // Both happen often enough to mean something.
  EXPECT_GT(circles, 40U);
  EXPECT_GT(shared, 15U);
}

} // namespace
