// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// org.starton.Init1 (docs/dbus.md), with names and values of any bytes.

#include "ControlDaemon.h"
#include "ControlPeer.h"
#include "starton/Runtime/Control/Upstart.h"
#include <cerrno>
#include <csignal>
#include <gtest/gtest.h>
#include <unistd.h>

using namespace starton;
using namespace starton::control;
using namespace starton::test;

static Call init1(const char *method, std::vector<Argument> arguments = {}) {
  return {ManagerPath, Init1Interface, method, std::move(arguments)};
}

static Properties details(Client &client, const std::string &job,
                          const std::string &instance = "") {
  Reply reply = client.call(init1("GetDetails", {job, instance}));
  EXPECT_EQ(errorOf(reply), "");
  return reply.properties;
}

/// "j" and the byte.
static std::string named(int byte) {
  std::string name = "j";
  name += static_cast<char>(byte);
  return name;
}

TEST(ControlInit1, EveryByteReachesEveryStringSafely) {
  std::vector<FakeJob> jobs;
  for (int byte = 1; byte < 256; ++byte)
    jobs.push_back({.name = named(byte), .instance = "$N"});
  TestDaemon daemon({.jobs = jobs});
  auto client = daemon.connect();
  daemon.run([&] {
    auto &engine = daemon.fakeEngine();
    for (int byte = 1; byte < 256; ++byte) {
      std::string name = named(byte);
      auto job = static_cast<engine::ClassIndex>(byte - 1);
      engine.instances.push_back(
          std::make_unique<FakeInstance>(FakeInstance{job, name}));
      engine.holders.push_back({job, job, {job, 1}, byte % 2 == 0});
      std::string variable = name;
      variable.append("=").append(name).push_back('\0');
      engine.events.emplace_back(name, variable);
      daemon.rejectedFiles.emplace_back(name, name + ":1:1: bad");
    }
  });
  Reply all = client->call(init1("ListAll"));
  const auto *rows = all.get<std::vector<StatusEntry>>(1);
  ASSERT_TRUE(rows);
  ASSERT_EQ(rows->size(), 255u);
  Reply blocked = client->call(init1("ListBlocked"));
  const auto *events = blocked.get<std::vector<HeldEvent>>();
  ASSERT_TRUE(events);
  ASSERT_EQ(events->size(), 255u);
  Reply rejected = client->call(init1("GetRejected"));
  const auto *files = rejected.get<std::vector<Strings>>();
  ASSERT_TRUE(files);
  ASSERT_EQ(files->size(), 255u);
  for (int byte = 1; byte < 256; ++byte) {
    std::string shown = printable(named(byte));
    const StatusEntry &row = (*rows)[byte - 1];
    EXPECT_EQ(row.job, shown);
    EXPECT_EQ(row.instance, shown);
    EXPECT_EQ(row.state, "running");
    const HeldEvent &event = (*events)[byte - 1];
    EXPECT_EQ(event.name, shown);
    EXPECT_EQ(event.environment,
              Strings{std::string(shown).append("=").append(shown)});
    ASSERT_EQ(event.holders.size(), 1u);
    EXPECT_EQ(event.holders[0].job, shown);
    EXPECT_EQ(event.holders[0].instance, shown);
    EXPECT_EQ(event.holders[0].why, byte % 2 == 0 ? "condition" : "running");
    EXPECT_EQ((*files)[byte - 1],
              (Strings{shown, std::string(shown).append(":1:1: bad")}));
    // Asked for as it is shown.
    Properties known = details(*client, shown, shown);
    EXPECT_EQ(property<std::string>(known, "log"),
              std::string("/log/").append(shown));
    EXPECT_EQ(
        property<Strings>(known, "held-events"),
        Strings{std::string(shown).append(" ").append(shown).append("=").append(
            shown)});
  }
}

TEST(ControlInit1, ConfigurationInPages) {
  std::vector<FakeJob> jobs;
  std::vector<std::string> names;
  // So long that no two of them are on one page.
  std::string event(300'000, 'e');
  for (const char *name : {"a", "b-\xff", "c"})
    jobs.push_back({.name = name, .startOn = {Strings{event, "X=1"}}});
  TestDaemon daemon({.jobs = jobs});
  auto client = daemon.connect();
  std::string after;
  for (;;) {
    Reply reply = client->call(init1("ListConfig", {after}));
    ASSERT_EQ(errorOf(reply), "");
    const auto *rows = reply.get<std::vector<ConfigEntry>>();
    ASSERT_NE(rows, nullptr);
    if (rows->empty())
      break;
    ASSERT_EQ(rows->size(), 1u);
    EXPECT_EQ(rows->front().startOn,
              (std::vector<Strings>{Strings{event, "X=1"}}));
    EXPECT_TRUE(rows->front().stopOn.empty());
    after = rows->front().job;
    names.push_back(after);
  }
  EXPECT_EQ(names, (std::vector<std::string>{"a", "b-\\xff", "c"}));
  EXPECT_TRUE(isError(client->call(init1("ListConfig", {std::string("gone")})),
                      "UnknownJob"));
}

TEST(ControlInit1, WhatIsOutdatedIsTold) {
  TestDaemon daemon;
  auto client = daemon.connect();
  EXPECT_TRUE(isError(
      client->call(init1("GetDetails", {std::string("none"), std::string()})),
      "UnknownJob"));
  daemon.run([&] { daemon.outdated = "no compiler"; });
  EXPECT_EQ(property<std::string>(details(*client, "none"), "outdated"),
            "no compiler");
  EXPECT_EQ(property<std::string>(details(*client, "foo"), "outdated"),
            "no compiler");
}

TEST(ControlInit1, TheLastRun) {
  TestDaemon daemon;
  auto client = daemon.connect();
  EXPECT_EQ(details(*client, "foo").count("last-why"), 0u);
  auto remember = [&](engine::LastRun run) {
    daemon.run([&] { daemon.fakeEngine().lastRuns = {run}; });
    return details(*client, "foo");
  };
  engine::LastRun run;
  run.status = 3;
  Properties exited = remember(run);
  EXPECT_EQ(property<std::string>(exited, "last-why"), "exited");
  EXPECT_EQ(property<int32_t>(exited, "last-exit"), 3);
  EXPECT_EQ(exited.count("last-signal"), 0u);
  EXPECT_LT(property<uint64_t>(exited, "last-started"), 2'000'000'000'000'000u);
  run.why = engine::LastRun::Why::Stopped;
  run.signalled = true;
  run.status = SIGTERM;
  Properties stopped = remember(run);
  EXPECT_EQ(property<std::string>(stopped, "last-why"), "stopped");
  EXPECT_EQ(property<int32_t>(stopped, "last-signal"), SIGTERM);
  run.why = engine::LastRun::Why::SpawnFailed;
  run.signalled = false;
  run.status = ENOENT;
  run.step = textOf("unable to execute");
  Properties failed = remember(run);
  EXPECT_EQ(property<int32_t>(failed, "last-error"), ENOENT);
  EXPECT_EQ(property<std::string>(failed, "last-step"), "unable to execute");
  EXPECT_EQ(failed.count("last-exit"), 0u);
}

TEST(ControlInit1, RejectedFilesWithoutAJob) {
  TestDaemon daemon;
  auto client = daemon.connect();
  EXPECT_EQ(errorOf(client->call(
                init1("GetDetails", {std::string("bad"), std::string()}))),
            "com.ubuntu.Upstart0_6.Error.UnknownJob: Unknown job: bad");
  daemon.run([&] { daemon.rejectedFiles = {{"bad", "bad.conf:2:1: why"}}; });
  Properties known = details(*client, "bad");
  EXPECT_EQ(property<std::string>(known, "rejected"), "bad.conf:2:1: why");
  EXPECT_EQ(known.size(), 1u);
}

TEST(ControlInit1, ChangesGoToThoseWhoAsked) {
  TestDaemon daemon;
  Peer other(daemon.address());
  other.ping();
  RawPeer follower(daemon.address());
  ASSERT_TRUE(follower.authenticate());
  follower.send(rawCall(1, ManagerPath, Init1Interface, "ListAll"));
  ASSERT_EQ(follower.receive(16).size(), 16u);
  auto client = daemon.connect();
  client->call({"/com/ubuntu/Upstart/jobs/foo",
                JobInterface,
                "Start",
                {Strings{}, true}});
  EXPECT_EQ(other.signals(3).size(), 3u); // and no more
  std::string all;
  auto changes = [&] {
    size_t count = 0;
    for (size_t at = 0;
         (at = all.find("Changed\0\0", at, 8)) != std::string::npos; ++at)
      count += at < 4 || all.compare(at - 4, 4, "Goal") != 0;
    return count;
  };
  // InstanceAdded, GoalChanged and StateChanged are a change each; the latter
  // two end in the same word.
  for (int i = 0; i < 500 && changes() < 4; ++i) {
    all += follower.receiveAvailable();
    usleep(10'000);
  }
  EXPECT_EQ(changes(), 4u) << "three of ours and StateChanged";
}
