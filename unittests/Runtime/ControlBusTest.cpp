// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The daemon's side of a message bus: what it believes of its relay, and of
// nobody else.

#include "ControlDaemon.h"
#include "ControlPeer.h"
#include "starton/Runtime/Control/Relay.h"
#include "starton/Runtime/Control/Upstart.h"
#include <cerrno>
#include <gtest/gtest.h>
#include <unistd.h>

using namespace starton::control;
using namespace starton::test;

static std::string tell(const std::string &member) {
  return rawCall(9, ManagerPath, RelayInterface, member);
}

static std::string tell(const std::string &member, const std::string &text) {
  return rawCall(9, ManagerPath, RelayInterface, member, "s", rawString(text));
}

/// Waits until \p expected is in what \p peer has received.
static bool receives(RawPeer &peer, const std::string &expected) {
  std::string all;
  for (int i = 0; i < 2000; ++i) {
    all += peer.receiveAvailable();
    if (all.find(expected) != std::string::npos)
      return true;
    usleep(5000);
  }
  return false;
}

/// What the relay has told the daemon so far.
static bool told(TestDaemon &daemon, const std::string &expected) {
  for (int i = 0; i < 2000; ++i) {
    std::string last;
    daemon.run([&] { last = daemon.told; });
    if (last == expected)
      return true;
    usleep(5000);
  }
  return false;
}

static void setRelay(TestDaemon &daemon, bool on) {
  daemon.run([&] { daemon.relay = on; });
}

TEST(ControlBus, TheCallersUserIsTheRelaysWord) {
  TestDaemon daemon({.userMode = false});
  setRelay(daemon, true);
  RawPeer relay(daemon.address());
  ASSERT_TRUE(relay.authenticate());
  std::string own = ":" + std::to_string(geteuid()) + ".1.7";
  relay.send(rawEmit(1, "ok", true, own));
  EXPECT_TRUE(receives(relay, "EventEmitted"));
  for (const char *bad : {":4711.1.7", ":99999999999.1", ":x.1"}) {
    relay.send(rawEmit(2, "no", true, bad));
    EXPECT_TRUE(receives(relay, "PermissionDenied")) << bad;
  }
  // Without a caller it is nobody's call.
  relay.send(rawEmit(3, "no", true));
  EXPECT_TRUE(receives(relay, "PermissionDenied"));
}

TEST(ControlBus, NobodyElseIsBelieved) {
  TestDaemon daemon;
  RawPeer liar(daemon.address());
  ASSERT_TRUE(liar.authenticate());
  liar.send(tell("Failed", "lies"));
  EXPECT_TRUE(receives(liar, "UnknownMethod"));
  EXPECT_TRUE(told(daemon, ""));
}

TEST(ControlBus, AClientOfTheBusThatLeaves) {
  TestDaemon daemon;
  setRelay(daemon, true);
  RawPeer relay(daemon.address());
  ASSERT_TRUE(relay.authenticate());
  relay.send(rawEmit(1, "hold", true, ":0.1.7"));
  relay.send(rawEmit(2, "hold", true, ":0.1.8"));
  relay.send(tell("ClientGone", "1.7") + tell("Connected"));
  EXPECT_TRUE(told(daemon, "connected"));
  EXPECT_EQ(daemon.clientsGone, 1u);
}

TEST(ControlBus, NotifyIsAnsweredWhenTheBusIsJoined) {
  TestDaemon daemon;
  Call notify = {ManagerPath,
                 ManagerInterface,
                 "NotifyDBusAddress",
                 {std::string("unix:path=/bus")}};
  auto outcome = [&](const char *why) {
    auto client = daemon.connect();
    std::atomic<bool> done{false};
    Reply reply;
    std::thread waiter([&] {
      reply = client->call(notify);
      done = true;
    });
    usleep(20'000);
    EXPECT_FALSE(done);
    while (!done) {
      daemon.run([&] { daemon.controlServer().busSettled(why); });
      usleep(1000);
    }
    waiter.join();
    return errorOf(reply);
  };
  EXPECT_EQ(outcome(nullptr), "");
  EXPECT_EQ(outcome("no such bus"),
            "org.freedesktop.DBus.Error.Failed: no such bus");
  daemon.run([&] { daemon.joinError = EALREADY; });
  EXPECT_EQ(errorOf(daemon.connect()->call(notify)), "");
  daemon.run([&] { daemon.joinError = EINVAL; });
  EXPECT_EQ(errorOf(daemon.connect()->call(notify)),
            "org.freedesktop.DBus.Error.Failed: Invalid argument");
  TestDaemon system({.userMode = false});
  EXPECT_EQ(errorOf(system.connect()->call(notify)),
            "com.ubuntu.Upstart0_6.Error.PermissionDenied: "
            "Not permissible to notify D-Bus address for PID 1");
}

/// After a re-exec nobody is connected; the bus hears of it nevertheless.
TEST(ControlBus, RestartedReachesTheBus) {
  TestDaemon daemon;
  daemon.run([&] { daemon.controlServer().restarted(); });
  setRelay(daemon, true);
  RawPeer relay(daemon.address());
  ASSERT_TRUE(relay.authenticate());
  relay.send(tell("Connected"));
  EXPECT_TRUE(receives(relay, "Restarted"));
}

TEST(ControlBus, GlobalVariablesGoToTheRelayOnly) {
  TestDaemon daemon;
  RawPeer other(daemon.address());
  ASSERT_TRUE(other.authenticate());
  setRelay(daemon, true);
  RawPeer relay(daemon.address());
  ASSERT_TRUE(relay.authenticate());
  relay.send(tell("Connected"));
  ASSERT_TRUE(told(daemon, "connected"));
  setRelay(daemon, false);
  auto client = daemon.connect();
  EXPECT_EQ(errorOf(client->call({ManagerPath,
                                  ManagerInterface,
                                  "SetEnv",
                                  {Strings{}, std::string("A=1"), true}})),
            "");
  EXPECT_TRUE(receives(relay, "SetEnvironment"));
  EXPECT_EQ(other.receiveAvailable().find("SetEnvironment"), std::string::npos);
}
