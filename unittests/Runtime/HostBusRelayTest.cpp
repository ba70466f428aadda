// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// When a relay is started, and whose outcome is told to whom.

#include "HostProcessesFixture.h"
#include "starton/Runtime/Host/BusRelay.h"

using namespace starton;
using namespace starton::host;

namespace {

class RelaySys : public KernelSys {
public:
  int access(const char *, int) override { return 0; }
};

class HostBusRelay : public testing::Test {
protected:
  HostBusRelay()
      : loop(sys), messages(sys),
        relay(
            sys, loop, messages, "unix:path=/own", mask,
            [](void *context, const char *why) {
              static_cast<HostBusRelay *>(context)->settled.push_back(
                  why ? why : "joined");
            },
            this) {
    sigemptyset(&mask);
    messages.setPriority(engine::Priority::Fatal);
  }
  void SetUp() override {
    int error = 0;
    ASSERT_TRUE(loop.open(error));
  }
  int join(const char *address) { return relay.join(textOf(address)); }
  void end(pid_t pid) {
    sys.end(pid);
    loop.runOnce(false);
  }

  RelaySys sys;
  Loop loop;
  Messages messages;
  sigset_t mask;
  BusRelay relay;
  std::vector<std::string> settled;
};

using Outcomes = std::vector<std::string>;

TEST_F(HostBusRelay, TellsWhatTheRelaySays) {
  EXPECT_EQ(join("unix:path=/a"), 0);
  EXPECT_TRUE(relay.isRelay(100));
  relay.told(true, {});
  EXPECT_EQ(settled, Outcomes{"joined"});
  EXPECT_EQ(join("unix:path=/b"), EALREADY);
}

TEST_F(HostBusRelay, TellsWhyItFailed) {
  EXPECT_EQ(join("unix:path=/a"), 0);
  relay.told(false, textOf("nothing there"));
  end(100);
  EXPECT_EQ(settled, Outcomes{"nothing there"});
}

TEST_F(HostBusRelay, ANewAddressIsNotToldTheEndOfTheOld) {
  EXPECT_EQ(join("unix:path=/a"), 0);
  end(100);
  EXPECT_EQ(settled, Outcomes{"the relay has ended"});
  sys.clock += 1'000'000'000; // it is tried again, and has not failed yet
  loop.runOnce(false);
  ASSERT_TRUE(relay.isRelay(101));

  EXPECT_EQ(join("unix:path=/b"), 0);
  EXPECT_TRUE(sys.did("kill 101 9"));
  relay.told(true, {}); // said before it was killed
  end(101);
  EXPECT_EQ(settled.size(), 1U);
  EXPECT_TRUE(relay.isRelay(102)) << "at once";
  EXPECT_STREQ(relay.address(), "unix:path=/b");
  relay.told(true, {});
  EXPECT_EQ(settled, (Outcomes{"the relay has ended", "joined"}));
}

TEST_F(HostBusRelay, ANewAddressIsToldThatThereIsNoRelay) {
  EXPECT_EQ(join("unix:path=/a"), 0);
  EXPECT_EQ(join("unix:path=/b"), 0);
  sys.forkError = EAGAIN;
  end(100);
  EXPECT_EQ(settled, Outcomes{"the relay has ended"});
}

} // namespace
