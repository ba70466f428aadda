// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The event loop over the real system: pipes and short timers.

#include "starton/Runtime/Host/Loop.h"
#include "starton/Runtime/Host/Sys.h"
#include <algorithm>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <random>
#include <vector>

using namespace starton::host;

namespace {

class HostLoop : public testing::Test {
protected:
  HostLoop() : sys(realSystem()), loop(sys) {}
  void SetUp() override {
    int error = 0;
    ASSERT_TRUE(loop.open(error)) << error;
  }

  Sys &sys;
  Loop loop;
};

struct Noted {
  Timer timer;
  std::vector<uint64_t> *order = nullptr;
};

TEST_F(HostLoop, FiresTimersInOrderOfDeadlineWhateverTheOrderOfArming) {
  std::vector<uint64_t> order;
  std::vector<Noted> nodes(500);
  std::mt19937 random(7);
  uint64_t base = loop.now() - 10'000'000;
  for (Noted &node : nodes) {
    node.order = &order;
    node.timer.context = &node;
    node.timer.handler = [](Timer &timer) {
      static_cast<Noted *>(timer.context)->order->push_back(timer.deadline);
    };
    loop.arm(node.timer, base + random() % 1'000'000);
  }
  // Move a third, cancel a third.
  for (size_t i = 0; i < nodes.size(); ++i)
    if (i % 3 == 0)
      loop.arm(nodes[i].timer, base + random() % 1'000'000);
    else if (i % 3 == 1)
      loop.cancel(nodes[i].timer);
  loop.runOnce(true);
  size_t expected = 0;
  for (size_t i = 0; i < nodes.size(); ++i) {
    EXPECT_FALSE(nodes[i].timer.armed);
    expected += i % 3 != 1;
  }
  EXPECT_EQ(order.size(), expected);
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
}

TEST_F(HostLoop, NeverFiresEarly) {
  struct State {
    Loop *loop;
    uint64_t fired = 0;
  } state{&loop};
  Timer timer;
  timer.context = &state;
  timer.handler = [](Timer &due) {
    auto *noted = static_cast<State *>(due.context);
    noted->fired = noted->loop->now();
  };
  uint64_t deadline = loop.now() + 20'000'000;
  loop.arm(timer, deadline);
  while (state.fired == 0)
    loop.runOnce(true);
  EXPECT_GE(state.fired, deadline);
}

TEST_F(HostLoop, ATimerThatRearmsItselfDoesNotKeepOthersOut) {
  struct State {
    Loop *loop;
    unsigned count = 0;
  } state{&loop};
  Timer timer;
  timer.context = &state;
  timer.handler = [](Timer &due) {
    auto *again = static_cast<State *>(due.context);
    ++again->count;
    again->loop->arm(due, 0);
  };
  loop.arm(timer, 0);
  for (unsigned round = 1; round <= 5; ++round) {
    loop.runOnce(true);
    EXPECT_EQ(state.count, round);
  }
  loop.cancel(timer);
}

/// A handler removes and frees itself and the other node of the same batch.
TEST_F(HostLoop, NeverTouchesAnUnlinkedNode) {
  struct Pair {
    Loop *loop;
    Sys *sys;
    Watch *watches[2];
    int calls = 0;
  } pair{&loop, &sys, {}};
  int ends[2][2];
  for (int i = 0; i < 2; ++i) {
    ASSERT_EQ(sys.pipe(ends[i], O_CLOEXEC | O_NONBLOCK), 0);
    ASSERT_EQ(sys.write(ends[i][1], "x", 1), 1);
    auto *watch = new Watch;
    pair.watches[i] = watch;
    watch->descriptor = ends[i][0];
    watch->events = EPOLLIN;
    watch->context = &pair;
    watch->handler = [](Watch &ready, uint32_t) {
      auto *both = static_cast<Pair *>(ready.context);
      ++both->calls;
      Watch *other = both->watches[&ready == both->watches[0]];
      both->loop->remove(*other);
      both->loop->remove(ready);
      delete other;
      delete &ready;
    };
    ASSERT_EQ(loop.add(*watch), 0);
  }
  loop.runOnce(true);
  EXPECT_EQ(pair.calls, 1);
  loop.runOnce(false);
  EXPECT_EQ(pair.calls, 1);
  for (auto &both : ends)
    for (int end : both)
      sys.close(end);
}

TEST_F(HostLoop, ReportsAgainWhatIsLeft) {
  int ends[2];
  ASSERT_EQ(sys.pipe(ends, O_CLOEXEC | O_NONBLOCK), 0);
  ASSERT_EQ(sys.write(ends[1], "ab", 2), 2);
  int calls = 0;
  Watch watch;
  watch.descriptor = ends[0];
  watch.events = EPOLLIN;
  watch.context = &calls;
  watch.handler = [](Watch &ready, uint32_t) {
    char byte;
    ++*static_cast<int *>(ready.context);
    EXPECT_EQ(realSystem().read(ready.descriptor, &byte, 1), 1);
  };
  ASSERT_EQ(loop.add(watch), 0);
  loop.runOnce(true);
  loop.runOnce(true);
  EXPECT_EQ(calls, 2);
  EXPECT_EQ(loop.modify(watch, 0), 0);
  ASSERT_EQ(sys.write(ends[1], "c", 1), 1);
  loop.runOnce(false);
  EXPECT_EQ(calls, 2);
  loop.remove(watch);
  for (int end : ends)
    sys.close(end);
}

} // namespace
