// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What waits for a compilation and what does not; reload, restart and state as
// the daemon around the server sees them.

#include "ControlDaemon.h"
#include "ControlPeer.h"
#include "starton/Runtime/Control/Upstart.h"
#include <cerrno>
#include <gtest/gtest.h>
#include <unistd.h>

using namespace starton::control;
using namespace starton::test;

static const std::string JobPath = "/com/ubuntu/Upstart/jobs/foo";

static Call manager(const char *method, std::vector<Argument> arguments = {}) {
  return {ManagerPath, ManagerInterface, method, std::move(arguments)};
}

static Call emit(const std::string &name) {
  return manager("EmitEvent", {name, Strings{}, true});
}

/// A call in a thread of its own.
class Waiting {
public:
  Waiting(TestDaemon &daemon, Call call)
      : client(daemon.connect()), thread([this, call = std::move(call)] {
          reply = client->call(call);
          done = true;
        }) {}
  ~Waiting() {
    if (thread.joinable())
      thread.join();
  }

  std::atomic<bool> done{false};
  Reply result() {
    thread.join();
    return reply;
  }

private:
  std::unique_ptr<Client> client;
  Reply reply;
  std::thread thread;
};

TEST(ControlGate, HoldsBackWhatCouldSeeTheResult) {
  TestDaemon daemon;
  daemon.setGate(true);
  std::vector<std::unique_ptr<Waiting>> calls;
  calls.push_back(std::make_unique<Waiting>(daemon, manager("GetAllJobs")));
  calls.push_back(std::make_unique<Waiting>(
      daemon, manager("GetJobByName", {std::string("foo")})));
  calls.push_back(std::make_unique<Waiting>(
      daemon, Call{JobPath, JobInterface, "Start", {Strings{}, false}}));
  calls.push_back(std::make_unique<Waiting>(daemon, emit("ok")));
  // All others are served at once, whatever waits.
  auto client = daemon.connect();
  EXPECT_EQ(
      client
          ->call({ManagerPath,
                  PropertiesInterface,
                  "Get",
                  {std::string(ManagerInterface), std::string("version")}})
          .string(),
      "init (upstart 1.13.2)");
  EXPECT_TRUE(
      isError(client->call({JobPath, JobInterface, "Stop", {Strings{}, true}}),
              "UnknownInstance"));
  for (auto &call : calls)
    EXPECT_FALSE(call->done);
  daemon.setGate(false);
  for (auto &call : calls)
    EXPECT_EQ(errorOf(call->result()), "");
}

TEST(ControlGate, WhatIsAboutAnotherJobNeedNotWait) {
  TestDaemon daemon;
  daemon.gatedJob = "changed";
  daemon.setGate(true);
  Waiting changed(daemon, manager("GetJobByName", {std::string("changed")}));
  Waiting all(daemon, manager("GetAllJobs"));
  auto client = daemon.connect();
  EXPECT_EQ(
      errorOf(client->call(manager("GetJobByName", {std::string("foo")}))), "");
  EXPECT_EQ(errorOf(client->call(
                {JobPath, JobInterface, "Start", {Strings{}, false}})),
            "");
  EXPECT_FALSE(changed.done);
  EXPECT_FALSE(all.done);
  daemon.setGate(false);
  EXPECT_TRUE(isError(changed.result(), "UnknownJob"));
  EXPECT_EQ(errorOf(all.result()), "");
}

/// Of one client a request after a reload sees what was reloaded, although it
/// came when nothing had to wait yet.
TEST(ControlGate, WhatComesAfterAReloadWaitsForIt) {
  TestDaemon daemon;
  RawPeer peer(daemon.address());
  ASSERT_TRUE(peer.authenticate());
  peer.send(rawCall(1, ManagerPath, ManagerInterface, "ReloadConfiguration") +
            rawCall(2, ManagerPath, ManagerInterface, "GetAllJobs"));
  EXPECT_EQ(peer.receive(1), "");
  daemon.endReload(nullptr);
  std::string all = peer.receive(16);
  ASSERT_EQ(all.size(), 16u);
  EXPECT_EQ(all[1], 2) << "a method return";
}

TEST(ControlGate, RequestsOfOneClientStayInOrder) {
  TestDaemon daemon;
  daemon.setGate(true);
  RawPeer peer(daemon.address());
  ASSERT_TRUE(peer.authenticate());
  peer.send(rawCall(1, ManagerPath, ManagerInterface, "GetAllJobs") +
            rawCall(2, "/", PeerInterface, "Ping"));
  EXPECT_EQ(peer.receive(1), "");
  daemon.setGate(false);
  std::string all = peer.receive(16);
  ASSERT_EQ(all.size(), 16u);
  EXPECT_EQ(all[1], 2) << "a method return";
  // The answer with a body comes first.
  EXPECT_NE(all[4], 0);
}

TEST(ControlGate, WhatAClientSentBeforeItLeftIsCarriedOut) {
  TestDaemon daemon;
  daemon.setGate(true);
  {
    RawPeer peer(daemon.address());
    ASSERT_TRUE(peer.authenticate());
    peer.send(rawEmit(1, "ok", false));
  }
  EXPECT_EQ(errorOf(daemon.connect()->call({"/", PeerInterface, "Ping"})), "");
  EXPECT_EQ(daemon.inputs, 0u);
  daemon.setGate(false);
  while (daemon.inputs == 0)
    usleep(1000);
  while (daemon.connectionCount() != 0)
    usleep(1000);
}

TEST(ControlGate, NoMoreIsHeldThanTheLimit) {
  TestDaemon daemon;
  daemon.setGate(true);
  RawPeer peer(daemon.address());
  ASSERT_TRUE(peer.authenticate());
  std::string batch;
  for (unsigned i = 0; i < 1000; ++i)
    batch += rawEmit(i + 1, "hold" + std::string(40'000, 'x'), false);
  EXPECT_FALSE(peer.send(batch));
  EXPECT_TRUE(peer.stalled());
  unsigned before = daemon.wakeUps;
  usleep(50'000);
  EXPECT_LE(daemon.wakeUps - before, 2u) << "the loop spins";
  daemon.setGate(false);
  EXPECT_EQ(errorOf(daemon.connect()->call(emit("ok"))), "");
}

TEST(ControlGate, AReloadIsAnsweredWhenItIsDone) {
  TestDaemon daemon;
  {
    Waiting reload(daemon, manager("ReloadConfiguration"));
    auto reloads = [&] {
      unsigned count = 0;
      daemon.run([&] { count = daemon.reloads; });
      return count;
    };
    while (reloads() == 0)
      usleep(1000);
    EXPECT_FALSE(reload.done);
    // That nobody else waits any more is no answer to it.
    daemon.setGate(false);
    EXPECT_EQ(errorOf(daemon.connect()->call(emit("ok"))), "");
    EXPECT_FALSE(reload.done);
    daemon.endReload(nullptr);
    EXPECT_EQ(errorOf(reload.result()), "");
    EXPECT_EQ(reloads(), 1u);
  }
  daemon.run([&] { daemon.reloadRefusal = "no compiler"; });
  EXPECT_EQ(errorOf(daemon.connect()->call(manager("ReloadConfiguration"))),
            "org.freedesktop.DBus.Error.Failed: no compiler");
}

TEST(ControlGate, AReloadThatFailsIsAnError) {
  TestDaemon daemon;
  Waiting reload(daemon, manager("ReloadConfiguration"));
  while (!reload.done) {
    daemon.endReload("it makes no sense");
    usleep(1000);
  }
  EXPECT_EQ(errorOf(reload.result()),
            "org.freedesktop.DBus.Error.Failed: it makes no sense");
}

TEST(ControlGate, WhatIsHeldIsToldOfAReExec) {
  TestDaemon daemon;
  daemon.setGate(true);
  Waiting waits(daemon, manager("GetAllJobs"));
  while (!waits.done) {
    daemon.run([&] { daemon.controlServer().abandonRequests(); });
    usleep(1000);
  }
  EXPECT_TRUE(isError(waits.result(), "NoReply"));
}

TEST(ControlGate, StateIsTheDaemonsText) {
  TestDaemon daemon;
  daemon.run([&] { daemon.state = "{\"events\":[\"\xE9\"]}"; });
  auto client = daemon.connect();
  EXPECT_EQ(client->call(manager("GetState")).string(),
            "{\"events\":[\"\\xe9\"]}");
  daemon.run([&] { daemon.state = ""; });
  EXPECT_EQ(errorOf(client->call(manager("GetState"))),
            "org.freedesktop.DBus.Error.NoMemory: Out of memory");
}

TEST(ControlGate, RestartIsAnsweredOnlyWhenItFails) {
  TestDaemon daemon;
  daemon.run([&] { daemon.restartError = EPERM; });
  EXPECT_EQ(errorOf(daemon.connect()->call(manager("Restart"))),
            "org.freedesktop.DBus.Error.Failed: Operation not permitted");
  daemon.run([&] { daemon.restartError = 0; });
  Call hold = emit("hold");
  hold.patient = true;
  Waiting waiting(daemon, hold);
  Waiting refused(daemon, manager("Restart"));
  auto ready = [&] {
    unsigned restarts = 0;
    daemon.run([&] { restarts = daemon.restarts; });
    return restarts == 2 && daemon.inputs == 1;
  };
  while (!ready())
    usleep(1000);
  daemon.run([&] {
    daemon.controlServer().refuseRestart(starton::textOf("bad state"));
  });
  EXPECT_EQ(errorOf(refused.result()),
            "org.freedesktop.DBus.Error.Failed: bad state");
  EXPECT_FALSE(waiting.done);
  daemon.run([&] { daemon.controlServer().abandonRequests(); });
  EXPECT_TRUE(isError(waiting.result(), "NoReply"));
}

TEST(ControlGate, RestartedIsASignal) {
  TestDaemon daemon;
  Peer peer(daemon.address());
  peer.ping();
  daemon.run([&] { daemon.controlServer().restarted(); });
  EXPECT_EQ(peer.signals(1),
            std::vector<std::string>{"/com/ubuntu/Upstart "
                                     "com.ubuntu.Upstart0_6.Restarted"});
}
