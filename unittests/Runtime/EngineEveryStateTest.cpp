// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Start, stop and restart in every state in which an instance rests.

#include "SimHost.h"
#include "gtest/gtest.h"
#include <algorithm>

using namespace starton;
using namespace starton::test;
using engine::Slot;

namespace {

/// A resting state on the way up or down.
struct Place {
  const char *state;
  Slot next; ///< whose end leads on
};

class EveryState : public testing::TestWithParam<Place> {
protected:
  EveryState()
      : compiled({{"foo", "pre-start exec run\nexec run\npost-start exec run\n"
                          "pre-stop exec run\npost-stop exec run\n"},
                  {"up", "start on starting foo\ntask\nexec run\n"},
                  {"down", "start on stopping foo\ntask\nexec run\n"}}),
        host(compiled) {}

  bool is(const char *state) {
    std::string status = host.status("foo");
    return status.substr(status.find('/') + 1) == state;
  }
  /// Ends whatever is waited for, once.
  void step() {
    if (is("starting"))
      host.exit(host.pid("up"), 0);
    else if (is("pre-start"))
      host.exit(host.pid("foo", Slot::PreStart), 0);
    else if (is("post-start"))
      host.exit(host.pid("foo", Slot::PostStart), 0);
    else if (is("pre-stop"))
      host.exit(host.pid("foo", Slot::PreStop), 0);
    else if (is("stopping"))
      host.exit(host.pid("down"), 0);
    else if (is("post-stop"))
      host.exit(host.pid("foo", Slot::PostStop), 0);
  }
  void reach(const char *state) {
    firstStart = host.start("foo");
    for (int i = 0; i < 5 && !is(state) && !is("running"); ++i)
      step();
    if (!is(state) && is("running"))
      firstStop = host.stop("foo");
    for (int i = 0; i < 5 && !is(state); ++i)
      step();
    ASSERT_TRUE(is(state)) << host.status("foo");
  }
  void settle() {
    for (int i = 0; i < 12; ++i)
      step();
  }
  bool goingUp() const { return GetParam().next != Slot::PostStop; }

  Compiled compiled;
  SimHost host;
  uint64_t firstStart = 0, firstStop = 0;
};

TEST_P(EveryState, Stop) {
  reach(GetParam().state);
  uint64_t request = host.stop("foo");
  if (!goingUp()) {
    EXPECT_EQ(host.answer(request), "Job has already been stopped: foo");
  } else {
    EXPECT_EQ(host.answer(firstStart), "ok"); // released by the stop
    EXPECT_EQ(host.answer(request), "");
  }
  settle();
  EXPECT_EQ(host.status("foo"), "stop/waiting");
  if (goingUp()) {
    EXPECT_EQ(host.answer(request), "ok");
  }
  EXPECT_EQ(host.leftOver(), "");
}

TEST_P(EveryState, Start) {
  reach(GetParam().state);
  uint64_t request = host.start("foo", {"N=2"});
  if (goingUp()) {
    EXPECT_EQ(host.answer(request), "Job is already running: foo");
  } else {
    EXPECT_EQ(host.answer(firstStop), "ok");
  }
  bool cancelled = is("pre-stop");
  settle();
  EXPECT_EQ(host.status("foo"), "start/running");
  if (!goingUp()) {
    EXPECT_EQ(host.answer(request), "ok");
    EXPECT_EQ(host.variable("foo", "N"), cancelled ? "(unset)" : "2");
  }
  host.stop("foo");
  settle();
  EXPECT_EQ(host.leftOver(), "");
}

TEST_P(EveryState, Restart) {
  reach(GetParam().state);
  size_t before = host.spawns().size();
  uint64_t request = host.restart("foo", {"N=2"});
  if (!goingUp()) {
    EXPECT_EQ(host.answer(request), "Job has already been stopped: foo");
    settle();
    EXPECT_EQ(host.status("foo"), "stop/waiting");
  } else {
    settle();
    EXPECT_EQ(host.status("foo"), "start/running");
    EXPECT_EQ(host.answer(request), "ok");
    EXPECT_GE(host.spawns().size(), before);
    host.stop("foo");
    settle();
  }
  EXPECT_EQ(host.leftOver(), "");
}

INSTANTIATE_TEST_SUITE_P(Engine, EveryState,
                         testing::Values(Place{"starting", Slot::Main},
                                         Place{"pre-start", Slot::Main},
                                         Place{"post-start", Slot::Main},
                                         Place{"running", Slot::Main},
                                         Place{"pre-stop", Slot::PostStop},
                                         Place{"stopping", Slot::PostStop},
                                         Place{"post-stop", Slot::PostStop}),
                         [](const testing::TestParamInfo<Place> &info) {
                           std::string name = info.param.state;
                           name.erase(
                               std::remove(name.begin(), name.end(), '-'),
                               name.end());
                           return name;
                         });

} // namespace
