// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Clients that mean harm: nothing they do may cost more than the limits say,
// nor keep the others from being served.

#include "ControlDaemon.h"
#include "ControlPeer.h"
#include "starton/Runtime/Control/Upstart.h"
#include <chrono>
#include <cstdio>
#include <gtest/gtest.h>
#include <malloc.h>
#include <random>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

using namespace starton::control;
using namespace starton::test;

static Call emit(const std::string &name, Strings environment = {},
                 bool wait = true) {
  return {ManagerPath,
          ManagerInterface,
          "EmitEvent",
          {name, std::move(environment), wait}};
}

/// The server still answers a well-behaved client.
static void expectService(TestDaemon &daemon) {
  auto client = daemon.connect();
  ASSERT_TRUE(client);
  EXPECT_EQ(errorOf(client->call(emit("ok"))), "");
}

static size_t memoryInUse() { return mallinfo2().uordblks; }

static bool waitFor(const std::function<bool()> &condition) {
  for (int i = 0; i < 500; ++i) {
    if (condition())
      return true;
    usleep(10'000);
  }
  return false;
}

TEST(ControlHostile, SilentClientsAreClosedAfterFiveSeconds) {
  TestDaemon daemon;
  RawPeer silent(daemon.address());
  RawPeer half(daemon.address());
  RawPeer good(daemon.address());
  half.send(std::string(1, '\0') + "AUTH EXT");
  ASSERT_TRUE(good.authenticate());
  expectService(daemon);
  EXPECT_FALSE(silent.closedWithin(0.1));
  daemon.clockOffset = AuthenticationTime;
  daemon.run([] {}); // Has it look at the clock.
  EXPECT_TRUE(silent.closedWithin(5));
  EXPECT_TRUE(half.closedWithin(5));
  EXPECT_FALSE(good.closedWithin(0.1));
  expectService(daemon);
}

TEST(ControlHostile, UnauthenticatedClientsAreCounted) {
  TestDaemon daemon;
  std::vector<std::unique_ptr<RawPeer>> silent;
  for (unsigned i = 0; i < 4 * MaxUnauthenticated; ++i) {
    silent.push_back(std::make_unique<RawPeer>(daemon.address()));
    ASSERT_TRUE(silent.back()->connected()) << i;
    daemon.run([] {}); // A turn for each: the kernel's backlog is shorter.
  }
  expectService(daemon);
  EXPECT_LE(daemon.connectionCount(), MaxUnauthenticated + 1);
  EXPECT_TRUE(silent.front()->closedWithin(5));
}

TEST(ControlHostile, OnlyExternalAuthentication) {
  TestDaemon daemon;
  for (const char *mechanism : {"ANONYMOUS 00", "DBUS_COOKIE_SHA1 00"}) {
    RawPeer peer(daemon.address());
    peer.send(std::string(1, '\0') + "AUTH " + mechanism + "\r\n");
    EXPECT_EQ(peer.receive(17), "REJECTED EXTERNAL") << mechanism;
  }
}

TEST(ControlHostile, AnotherUserIsRefused) {
  TestDaemon daemon;
  if (geteuid() != 0) {
    RawPeer liar(daemon.address());
    liar.send(std::string(1, '\0') + "AUTH EXTERNAL 30\r\n");
    EXPECT_EQ(liar.receive(8), "REJECTED");
    return;
  }
  std::thread([&] {
    // The system call changes this thread only.
    ASSERT_EQ(syscall(SYS_setresuid, -1, 65534, -1), 0);
    RawPeer stranger(daemon.address());
    EXPECT_TRUE(stranger.closedWithin(5));
    std::string root = "AUTH EXTERNAL 30\r\n";
    RawPeer liar(daemon.address());
    liar.send(std::string(1, '\0') + root);
    EXPECT_TRUE(liar.closedWithin(5));
  }).join();
  expectService(daemon);
}

/// The daemon of an ordinary user: its clients are that user's and root's.
TEST(ControlHostile, SilentClientsOfAUserLeaveRoomForRoot) {
  if (geteuid() != 0)
    GTEST_SKIP() << "only root can be two users";
  constexpr uint32_t User = 65534;
  TestDaemon daemon({.user = User});
  std::vector<std::unique_ptr<RawPeer>> silent;
  std::thread([&] {
    // The system call changes this thread only.
    ASSERT_EQ(syscall(SYS_setresuid, -1, User, -1), 0);
    for (unsigned i = 0; i < 1000; ++i) {
      silent.push_back(std::make_unique<RawPeer>(daemon.address()));
      if (i % 2 == 0)
        silent.back()->authenticate();
      daemon.run([] {}); // A turn for each: the kernel's backlog is shorter.
    }
  }).join();
  EXPECT_LE(daemon.connectionCount(), MaxConnections - ReservedConnections);
  EXPECT_GE(daemon.connectionCount(),
            MaxConnections - ReservedConnections - MaxUnauthenticated);
  expectService(daemon);
  // What root is slow with is not given up for others.
  RawPeer slow(daemon.address());
  std::thread([&] {
    ASSERT_EQ(syscall(SYS_setresuid, -1, User, -1), 0);
    silent.resize(silent.size() / 2);
    for (unsigned i = 0; i < 2 * MaxUnauthenticated; ++i) {
      silent.push_back(std::make_unique<RawPeer>(daemon.address()));
      daemon.run([] {});
    }
  }).join();
  EXPECT_TRUE(slow.authenticate());
  expectService(daemon);
}

TEST(ControlHostile, AuthenticationFloodIsClosed) {
  TestDaemon daemon;
  RawPeer peer(daemon.address());
  std::string line(64 << 10, 'A');
  peer.send(std::string(1, '\0'));
  bool open = true;
  for (int i = 0; i < 64 && open; ++i)
    open = peer.send(line);
  EXPECT_TRUE(peer.closedWithin(5));
  expectService(daemon);
}

TEST(ControlHostile, TooLargeMessagesCloseTheConnection) {
  TestDaemon daemon;
  RawPeer peer(daemon.address());
  ASSERT_TRUE(peer.authenticate());
  // The header alone announces a body of 64 MiB.
  std::string header("l\1\0\1\0\0\0\4\1\0\0\0\0\0\0\0", 16);
  peer.send(header);
  EXPECT_TRUE(peer.closedWithin(5));
  expectService(daemon);

  // Through libdbus: an environment just above and just below the limit.
  auto client = daemon.connect();
  EXPECT_EQ(errorOf(client->call(
                emit("ok", {"A=" + std::string(MaxMessageBytes - 4096, 'x')}))),
            "");
  EXPECT_TRUE(
      client->call(emit("ok", {"A=" + std::string(MaxMessageBytes, 'x')}))
          .error);
  expectService(daemon);
}

TEST(ControlHostile, HalfMessagesWaitWithoutCost) {
  TestDaemon daemon;
  std::vector<std::unique_ptr<RawPeer>> peers;
  std::string message = rawCall(1, ManagerPath, ManagerInterface, "GetAllJobs");
  for (size_t cut = 1; cut < message.size(); cut += 7) {
    peers.push_back(std::make_unique<RawPeer>(daemon.address()));
    ASSERT_TRUE(peers.back()->authenticate());
    peers.back()->send(message.substr(0, cut));
  }
  expectService(daemon);
  unsigned before = daemon.wakeUps;
  usleep(100'000);
  EXPECT_LE(daemon.wakeUps - before, 2u) << "the loop spins";
  for (size_t i = 0; i < peers.size(); ++i) {
    peers[i]->send(message.substr(1 + 7 * i));
    EXPECT_FALSE(peers[i]->receive(16).empty()) << i;
  }
}

/// Sending a signal to a client that is about to authenticate makes libdbus
/// read what the client has sent: its socket is then empty for good.
TEST(ControlHostile, AFirstCallReadWhileSendingIsServed) {
  TestDaemon daemon;
  RawPeer peer(daemon.address());
  ASSERT_TRUE(peer.greet());
  daemon.run([&] {
    peer.send("BEGIN\r\n" +
              rawCall(1, ManagerPath, ManagerInterface, "GetAllJobs"));
    starton::engine::Action action;
    action.kind = starton::engine::Action::Kind::Announce;
    action.announce = starton::engine::Action::Announcement::EventEmitted;
    action.text = starton::textOf("signal");
    daemon.perform(action);
  });
  // The signal, and the answer behind it.
  std::string all;
  EXPECT_TRUE(waitFor([&] {
    all += peer.receiveAvailable();
    return all.find("/com/ubuntu/Upstart/jobs/foo") != std::string::npos;
  }));
}

TEST(ControlHostile, AClientThatStopsReadingIsBounded) {
  TestDaemon daemon;
  size_t before = memoryInUse();
  RawPeer deaf(daemon.address());
  ASSERT_TRUE(deaf.authenticate());
  // Requests without end whose answers are never read.
  std::string batch;
  for (int i = 0; i < 1000; ++i)
    batch += rawCall(i + 1, ManagerPath, "org.freedesktop.DBus.Introspectable",
                     "Introspect");
  // The server stops reading long before all of it is through.
  for (int i = 0; i < 200 && deaf.send(batch); ++i)
    continue;
  EXPECT_TRUE(deaf.stalled());
  expectService(daemon);
  size_t used = 0;
  daemon.run([&] { used = memoryInUse(); });
  EXPECT_LT(used, before + (16u << 20));
}

TEST(ControlHostile, SignalsToADeafClientEndInItsClosing) {
  TestDaemon daemon;
  size_t before = memoryInUse();
  RawPeer deaf(daemon.address());
  ASSERT_TRUE(deaf.authenticate());
  auto client = daemon.connect();
  Call big = emit("ok", {"A=" + std::string(500'000, 'x')});
  EXPECT_EQ(errorOf(client->call(big)), "");
  EXPECT_EQ(daemon.connectionCount(), 2u);
  size_t peak = 0;
  for (int i = 0; i < 60; ++i) {
    EXPECT_EQ(errorOf(client->call(big)), "");
    peak = std::max(peak, memoryInUse());
  }
  EXPECT_TRUE(waitFor([&] { return daemon.connectionCount() == 1; }));
  EXPECT_LT(peak, before + (32u << 20));
  expectService(daemon);
}

/// As many as the user of this test may have.
static unsigned mostConnections() {
  return geteuid() == 0 ? MaxConnections : MaxConnections - ReservedConnections;
}

TEST(ControlHostile, ConnectionsAreLimited) {
  TestDaemon daemon;
  std::vector<std::unique_ptr<RawPeer>> peers;
  for (unsigned i = 0; i < MaxConnections + 20; ++i) {
    auto peer = std::make_unique<RawPeer>(daemon.address());
    ASSERT_TRUE(peer->connected());
    ASSERT_TRUE(peer->authenticate());
    peers.push_back(std::move(peer));
  }
  EXPECT_EQ(daemon.connectionCount(), mostConnections());
  // Nobody of them has called: who does is served.
  expectService(daemon);
  peers.resize(peers.size() / 2);
  EXPECT_TRUE(
      waitFor([&] { return daemon.connectionCount() < MaxConnections; }));
  expectService(daemon);
}

/// Who has called goes after those that have not, and who waits for something
/// stays.
TEST(ControlHostile, TheSilentMakeRoom) {
  TestDaemon daemon;
  auto caller = daemon.connect();
  EXPECT_EQ(errorOf(caller->call({"/", PeerInterface, "Ping"})), "");
  RawPeer waiting(daemon.address());
  ASSERT_TRUE(waiting.authenticate());
  ASSERT_TRUE(waiting.send(rawEmit(1, "hold", true)));
  EXPECT_TRUE(waitFor([&] { return daemon.inputs == 1; }));
  std::vector<std::unique_ptr<RawPeer>> silent;
  for (unsigned i = 0; i < 2 * MaxConnections; ++i) {
    silent.push_back(std::make_unique<RawPeer>(daemon.address()));
    ASSERT_TRUE(silent.back()->authenticate());
  }
  EXPECT_EQ(errorOf(caller->call({"/", PeerInterface, "Ping"})), "");
  EXPECT_FALSE(waiting.closedWithin(0.1));
  EXPECT_EQ(daemon.clientsGone, 0u);
  EXPECT_TRUE(silent.front()->closedWithin(5));
}

TEST(ControlHostile, WhoFindsNoPlaceIsTold) {
  TestDaemon daemon;
  std::vector<std::unique_ptr<RawPeer>> waiting;
  for (unsigned i = 0; i < mostConnections(); ++i) {
    waiting.push_back(std::make_unique<RawPeer>(daemon.address()));
    ASSERT_TRUE(waiting.back()->authenticate());
    ASSERT_TRUE(waiting.back()->send(rawEmit(1, "hold", true)));
  }
  EXPECT_TRUE(waitFor([&] { return daemon.inputs == mostConnections(); }));
  std::vector<std::unique_ptr<Client>> refused;
  for (unsigned i = 0; i < 2 * RefusedConnections; ++i) {
    refused.push_back(daemon.connect());
    EXPECT_EQ(errorOf(refused.back()->call({"/", PeerInterface, "Ping"})),
              "org.freedesktop.DBus.Error.LimitsExceeded: Too many clients are "
              "connected to the daemon");
  }
  EXPECT_EQ(daemon.connectionCount(), mostConnections() + RefusedConnections);
  waiting.pop_back();
  EXPECT_TRUE(waitFor([&] { return daemon.clientsGone == 1; }));
  expectService(daemon);
}

TEST(ControlHostile, PendingRequestsAreLimitedAndForgotten) {
  TestDaemon daemon;
  {
    RawPeer greedy(daemon.address());
    ASSERT_TRUE(greedy.authenticate());
    unsigned refused = 0;
    for (uint32_t i = 0; i < MaxPendingPerConnection + 100; ++i) {
      ASSERT_TRUE(greedy.send(rawEmit(i + 1, "hold", true)));
      if (i % 64 != 0 && i < MaxPendingPerConnection)
        continue;
      std::string answers = greedy.receiveAvailable();
      for (size_t at = 0;
           (at = answers.find("LimitsExceeded", at)) != std::string::npos; ++at)
        ++refused;
    }
    while (refused < 100) {
      std::string answers = greedy.receive(1 << 16);
      if (answers.empty())
        break;
      for (size_t at = 0;
           (at = answers.find("LimitsExceeded", at)) != std::string::npos; ++at)
        ++refused;
    }
    EXPECT_EQ(refused, 100u);
    expectService(daemon);
    EXPECT_EQ(daemon.clientsGone, 0u);
  }
  EXPECT_TRUE(
      waitFor([&] { return daemon.clientsGone == MaxPendingPerConnection; }));
  expectService(daemon);
}

TEST(ControlHostile, AFloodDoesNotStarveOthers) {
  TestDaemon daemon;
  RawPeer flood(daemon.address());
  ASSERT_TRUE(flood.authenticate());
  std::string batch;
  for (int i = 0; i < 200; ++i)
    batch += rawCall(i + 1, "/", "org.freedesktop.DBus.Peer", "Nothing");
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    while (!stop && flood.send(batch))
      flood.receiveAvailable();
    EXPECT_TRUE(stop) << "the flood was not taken";
  });
  auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < 20; ++i)
    expectService(daemon);
  auto took = std::chrono::steady_clock::now() - start;
  stop = true;
  writer.join();
  EXPECT_LT(took, std::chrono::seconds(10));
}

TEST(ControlHostile, WithoutDescriptorsClientsWait) {
  TestDaemon daemon;
  int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un to = {};
  to.sun_family = AF_UNIX;
  std::string name = daemon.address().substr(daemon.address().find('=') + 1);
  name.copy(to.sun_path + 1, name.size());
  rlimit limit = {};
  getrlimit(RLIMIT_NOFILE, &limit);
  int lowest = dup(client);
  close(lowest);
  rlimit none = {static_cast<rlim_t>(lowest), limit.rlim_max};
  setrlimit(RLIMIT_NOFILE, &none);
  unsigned before = daemon.wakeUps;
  EXPECT_EQ(connect(client, reinterpret_cast<sockaddr *>(&to),
                    offsetof(sockaddr_un, sun_path) + 1 + name.size()),
            0);
  usleep(250'000);
  EXPECT_LE(daemon.wakeUps - before, 12u) << "the loop spins";
  setrlimit(RLIMIT_NOFILE, &limit);
  // The loop has no room either when the socket is to be heard again.
  daemon.run([&] { daemon.refuseWatches = true; });
  usleep(250'000);
  daemon.run([&] { daemon.refuseWatches = false; });
  EXPECT_TRUE(waitFor([&] { return daemon.connectionCount() == 1; }));
  close(client);
  expectService(daemon);
}

TEST(ControlHostile, ALoopWithoutRoomClosesTheClient) {
  TestDaemon daemon;
  auto old = daemon.connect();
  EXPECT_EQ(errorOf(old->call(emit("ok"))), "");
  daemon.run([&] { daemon.refuseWatches = true; });
  RawPeer fresh(daemon.address());
  EXPECT_TRUE(fresh.closedWithin(5));
  EXPECT_EQ(errorOf(old->call(emit("ok"))), "");
  daemon.run([&] { daemon.refuseWatches = false; });
  expectService(daemon);
}

TEST(ControlHostile, RandomBytesAreSurvived) {
  TestDaemon daemon;
  std::mt19937 random(7);
  const std::string sample =
      rawEmit(1, "ok", true) + rawCall(2, ManagerPath,
                                       "org.freedesktop.DBus.Introspectable",
                                       "Introspect");
  for (int round = 0; round < 400; ++round) {
    RawPeer peer(daemon.address());
    ASSERT_TRUE(peer.authenticate());
    std::string bytes = sample;
    for (unsigned edits = 1 + random() % 4; edits > 0; --edits)
      bytes[random() % bytes.size()] = static_cast<char>(random());
    peer.send(bytes.substr(0, random() % (bytes.size() + 1)));
  }
  expectService(daemon);
  EXPECT_TRUE(waitFor([&] { return daemon.connectionCount() == 0; }));
}
