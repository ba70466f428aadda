// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Objects, methods, properties, errors and signals of runtime §7.

#include "ControlDaemon.h"
#include "ControlPeer.h"
#include "starton/Runtime/Control/Upstart.h"
#include <dbus/dbus.h>
#include <gtest/gtest.h>
#include <unistd.h>

using namespace starton::control;
using namespace starton::test;

static const std::string Manager = ManagerInterface;
static const std::string Job = JobInterface;
static const std::string Instance = InstanceInterface;
static const std::string JobPath = "/com/ubuntu/Upstart/jobs/foo";

static Call manager(const char *method, std::vector<Argument> arguments = {}) {
  return {ManagerPath, Manager, method, std::move(arguments)};
}

static Call job(const char *method, std::vector<Argument> arguments = {},
                const std::string &path = JobPath) {
  return {path, Job, method, std::move(arguments)};
}

static Call get(const std::string &path, const std::string &interface,
                const std::string &name) {
  return {path, PropertiesInterface, "Get", {interface, name}};
}

TEST(ControlServer, FindsJobsByName) {
  TestDaemon daemon({.jobs = {{.name = "foo"}, {.name = "net/eth"}}});
  auto client = daemon.connect();
  EXPECT_EQ(
      client->call(manager("GetJobByName", {std::string("net/eth")})).string(),
      "/com/ubuntu/Upstart/jobs/net_2feth");
  EXPECT_EQ(
      errorOf(client->call(manager("GetJobByName", {std::string("none")}))),
      "com.ubuntu.Upstart0_6.Error.UnknownJob: Unknown job: none");
  EXPECT_EQ(errorOf(client->call(manager("GetJobByName", {std::string()}))),
            "org.freedesktop.DBus.Error.InvalidArgs: "
            "Name may not be empty string");
  EXPECT_EQ(client->call(manager("GetAllJobs")).strings(),
            (Strings{JobPath, "/com/ubuntu/Upstart/jobs/net_2feth"}));
}

TEST(ControlServer, StartsAndStopsInstances) {
  TestDaemon daemon({.jobs = {{.name = "tty", .instance = "$N"}}});
  auto client = daemon.connect();
  std::string tty = "/com/ubuntu/Upstart/jobs/tty";
  EXPECT_EQ(errorOf(client->call(job("Start", {Strings{}, true}, tty))),
            "org.freedesktop.DBus.Error.InvalidArgs: "
            "Unknown parameter: N\nUsage: none");
  EXPECT_EQ(client->call(job("Start", {Strings{"N=a/b"}, true}, tty)).string(),
            tty + "/a_2fb");
  EXPECT_EQ(errorOf(client->call(job("Start", {Strings{"N=a/b"}, true}, tty))),
            "com.ubuntu.Upstart0_6.Error.AlreadyStarted: "
            "Job is already running: tty");
  EXPECT_EQ(client->call(job("GetAllInstances", {}, tty)).strings(),
            Strings{tty + "/a_2fb"});
  EXPECT_EQ(client->call(job("GetInstance", {Strings{"N=a/b"}}, tty)).string(),
            tty + "/a_2fb");
  EXPECT_EQ(errorOf(client->call(job("GetInstance", {Strings{"N=c"}}, tty))),
            "com.ubuntu.Upstart0_6.Error.UnknownInstance: Unknown instance: c");
  EXPECT_EQ(client->call(job("GetInstanceByName", {std::string("a/b")}, tty))
                .string(),
            tty + "/a_2fb");
  EXPECT_EQ(
      errorOf(client->call(job("GetInstanceByName", {std::string("zz")}, tty))),
      "com.ubuntu.Upstart0_6.Error.UnknownInstance: "
      "Unknown instance: zz");
  EXPECT_EQ(errorOf(client->call({tty + "/a_2fb", Instance, "Start", {true}})),
            "com.ubuntu.Upstart0_6.Error.AlreadyStarted: "
            "Job is already running: x");
  EXPECT_EQ(errorOf(client->call({tty + "/a_2fb", Instance, "Reload", {}})),
            "com.ubuntu.Upstart0_6.Error.NotRunning: Job is not running: x");
  EXPECT_EQ(errorOf(client->call(job("Stop", {Strings{"N=a/b"}, true}, tty))),
            "");
  EXPECT_EQ(client->call(job("GetAllInstances", {}, tty)).strings(), Strings());
  EXPECT_TRUE(isError(client->call({tty + "/a_2fb", Instance, "Stop", {true}}),
                      "UnknownMethod"));
}

TEST(ControlServer, ChecksTheEnvironment) {
  TestDaemon daemon;
  auto client = daemon.connect();
  std::string expected = "org.freedesktop.DBus.Error.InvalidArgs: "
                         "Env must be KEY=VALUE pairs";
  Strings bad = {"A=1", "N"};
  EXPECT_EQ(errorOf(client->call(job("Start", {bad, true}))), expected);
  EXPECT_EQ(errorOf(client->call(job("Stop", {bad, true}))), expected);
  EXPECT_EQ(errorOf(client->call(job("Restart", {bad, true}))), expected);
  EXPECT_EQ(errorOf(client->call(job("GetInstance", {bad}))), expected);
  EXPECT_EQ(errorOf(client->call(
                manager("EmitEvent", {std::string("e"), bad, true}))),
            expected);
  EXPECT_EQ(daemon.inputs, 0u);
}

TEST(ControlServer, ChecksSignatures) {
  TestDaemon daemon;
  auto client = daemon.connect();
  EXPECT_EQ(errorOf(client->call(manager("GetJobByName"))),
            "org.freedesktop.DBus.Error.InvalidArgs: "
            "Invalid arguments to GetJobByName method");
  EXPECT_EQ(errorOf(client->call(job("Start", {Strings{}}))),
            "org.freedesktop.DBus.Error.InvalidArgs: "
            "Invalid arguments to Start method");
  EXPECT_EQ(errorOf(client->call(
                {JobPath, PropertiesInterface, "Get", {std::string()}})),
            "org.freedesktop.DBus.Error.InvalidArgs: "
            "Invalid arguments to Get method");
}

TEST(ControlServer, UnknownObjectsAndMethods) {
  TestDaemon daemon;
  auto client = daemon.connect();
  const Call unknown[] = {
      manager("Nothing"),
      job("GetAllInstances", {}, "/com/ubuntu/Upstart/jobs/bar"),
      job("GetAllInstances", {}, "/com/ubuntu/Upstart/jobs"),
      job("GetAllInstances", {}, "/com/ubuntu/Upstart/jobs/foo/none"),
      job("GetAllInstances", {}, "/com/ubuntu/Upstart/jobs/foo/_/x"),
      {ManagerPath, Job, "GetAllInstances"},
      {"/", Manager, "GetAllJobs"},
      {ManagerPath, "org.freedesktop.DBus.Peer", "GetMachineId"},
  };
  for (const Call &call : unknown)
    EXPECT_TRUE(isError(client->call(call), "UnknownMethod")) << call.path;
  EXPECT_EQ(errorOf(client->call({"/any/path", PeerInterface, "Ping"})), "");
}

TEST(ControlServer, MethodsOfThingsNotBuiltSaySo) {
  TestDaemon daemon({.bare = true});
  auto client = daemon.connect();
  EXPECT_EQ(errorOf(client->call(manager("GetState"))),
            "org.freedesktop.DBus.Error.NotSupported: "
            "GetState is not supported by this daemon");
  EXPECT_TRUE(
      isError(client->call(manager("ReloadConfiguration")), "NotSupported"));
  EXPECT_TRUE(isError(client->call(manager("Restart")), "NotSupported"));
}

TEST(ControlServer, EnvironmentMethods) {
  TestDaemon daemon;
  auto client = daemon.connect();
  auto call = [&](const char *method, std::vector<Argument> arguments) {
    return client->call(manager(method, std::move(arguments)));
  };
  EXPECT_EQ(errorOf(call("SetEnv", {Strings{}, std::string("A=1"), true})), "");
  EXPECT_EQ(errorOf(call("SetEnvList",
                         {Strings{}, Strings{"A=2", "B", "C=x=y"}, false})),
            "");
  EXPECT_EQ(call("GetEnv", {Strings{}, std::string("A")}).string(), "1");
  EXPECT_EQ(call("ListEnv", {Strings{}}).strings(),
            (Strings{"A=1", "B=", "C=x=y"}));
  EXPECT_EQ(errorOf(call("UnsetEnv", {Strings{}, std::string("A")})), "");
  EXPECT_EQ(errorOf(call("UnsetEnvList", {Strings{}, Strings{"B", "Z"}})), "");
  EXPECT_EQ(call("ListEnv", {Strings{}}).strings(), Strings{"C=x=y"});
  EXPECT_EQ(errorOf(call("GetEnv", {Strings{}, std::string("A")})),
            "org.freedesktop.DBus.Error.InvalidArgs: No such variable: A");
  EXPECT_EQ(errorOf(call("ResetEnv", {Strings{}})), "");
  EXPECT_EQ(call("ListEnv", {Strings{}}).strings(), Strings());
  std::string empty = "org.freedesktop.DBus.Error.InvalidArgs: "
                      "Variable may not be empty string";
  EXPECT_EQ(errorOf(call("GetEnv", {Strings{}, std::string()})), empty);
  EXPECT_EQ(errorOf(call("SetEnv", {Strings{}, std::string(), true})), empty);
  EXPECT_EQ(errorOf(call("SetEnv", {Strings{}, std::string("=x"), true})),
            empty);
  EXPECT_EQ(errorOf(call("UnsetEnvList", {Strings{}, Strings{"A", ""}})),
            empty);
  // Of an instance.
  client->call(job("Start", {Strings{}, true}));
  EXPECT_EQ(errorOf(call("SetEnv", {Strings{"foo"}, std::string("I=1"), true})),
            "");
  EXPECT_EQ(call("ListEnv", {Strings{"foo", ""}}).strings(), Strings{"I=1"});
  EXPECT_EQ(call("ListEnv", {Strings{}}).strings(), Strings());
  EXPECT_EQ(errorOf(client->call(manager("ListEnv", {Strings{"nojob"}}))),
            "com.ubuntu.Upstart0_6.Error.UnknownJob: Unknown job: nojob");
  EXPECT_EQ(errorOf(client->call(manager("ListEnv", {Strings{""}}))),
            "org.freedesktop.DBus.Error.InvalidArgs: "
            "Job may not be empty string");
  EXPECT_EQ(errorOf(client->call(manager("ListEnv", {Strings{"foo", "i"}}))),
            "com.ubuntu.Upstart0_6.Error.UnknownJobInstance: "
            "Unknown instance: i of job foo");
}

TEST(ControlServer, NobodyChangesTheSystemsEnvironment) {
  TestDaemon daemon({.userMode = false});
  auto client = daemon.connect();
  EXPECT_EQ(errorOf(client->call(
                manager("SetEnv", {Strings{}, std::string("A=1"), true}))),
            "com.ubuntu.Upstart0_6.Error.PermissionDenied: "
            "Not permissible to modify PID 1 job environment");
  EXPECT_EQ(errorOf(client->call(manager("ListEnv", {Strings{}}))), "");
}

TEST(ControlServer, DiskWriteableAnswersWithTheHostsError) {
  TestDaemon daemon;
  auto client = daemon.connect();
  EXPECT_EQ(errorOf(client->call(manager("NotifyDiskWriteable"))), "");
  daemon.run([&] { daemon.diskError = EROFS; });
  EXPECT_EQ(errorOf(client->call(manager("NotifyDiskWriteable"))),
            "org.freedesktop.DBus.Error.Failed: Read-only file system");
}

TEST(ControlServer, EmitsEvents) {
  TestDaemon daemon;
  auto client = daemon.connect();
  std::string ok = "ok";
  EXPECT_EQ(
      errorOf(client->call(manager("EmitEvent", {ok, Strings{"A=1"}, true}))),
      "");
  EXPECT_EQ(errorOf(client->call(
                manager("EmitEvent", {std::string(), Strings{}, true}))),
            "org.freedesktop.DBus.Error.InvalidArgs: "
            "Name may not be empty string");
  EXPECT_EQ(errorOf(client->call(
                manager("EmitEvent", {std::string("fail"), Strings{}, true}))),
            "com.ubuntu.Upstart0_6.Error.EventFailed: Event failed");
  EXPECT_EQ(errorOf(client->call(manager(
                "EmitEvent", {std::string("refuse"), Strings{}, true}))),
            "org.freedesktop.DBus.Error.NoMemory: Out of memory");
}

TEST(ControlServer, ManagerProperties) {
  TestDaemon daemon;
  auto client = daemon.connect();
  EXPECT_EQ(client->call(get(ManagerPath, Manager, "version")).string(),
            "init (upstart 1.13.2)");
  EXPECT_EQ(client->call(get(ManagerPath, "", "log_priority")).string(),
            "message");
  auto set = [&](const std::string &name, const Argument &value) {
    return errorOf(client->call(
        {ManagerPath, PropertiesInterface, "Set", {Manager, name, value}}));
  };
  for (const char *name :
       {"debug", "info", "message", "warn", "error", "fatal"}) {
    EXPECT_EQ(set("log_priority", VariantString{name}), "");
    EXPECT_EQ(client->call(get(ManagerPath, Manager, "log_priority")).string(),
              name);
  }
  EXPECT_EQ(set("log_priority", VariantString{"loud"}),
            "org.freedesktop.DBus.Error.InvalidArgs: "
            "The log priority given was not recognised");
  EXPECT_EQ(set("version", VariantString{"x"}),
            "org.freedesktop.DBus.Error.AccessDenied: "
            "The version property is read-only");
  EXPECT_EQ(set("log_priority", std::string("info")),
            "org.freedesktop.DBus.Error.InvalidArgs: "
            "Invalid arguments to Set method");
  EXPECT_TRUE(isError(client->call(get(ManagerPath, Manager, "nothing")),
                      "UnknownMethod"));
  EXPECT_TRUE(
      isError(client->call(get(ManagerPath, "other.interface", "version")),
              "UnknownMethod"));
  Reply all = client->call(
      {ManagerPath, PropertiesInterface, "GetAll", {std::string()}});
  EXPECT_EQ(all.properties.size(), 2u);
}

TEST(ControlServer, JobAndInstanceProperties) {
  FakeJob foo = {.name = "foo",
                 .description = "does it",
                 .emits = {"x", "y"},
                 .startOn = {{"A"}, {"B", "K=v"}, {"C"}, {"/OR"}, {"/AND"}}};
  TestDaemon daemon({.jobs = {foo}});
  auto client = daemon.connect();
  Properties all =
      client->call({JobPath, PropertiesInterface, "GetAll", {Job}}).properties;
  EXPECT_EQ(all.size(), 8u);
  EXPECT_EQ(property<std::string>(all, "name"), "foo");
  EXPECT_EQ(property<std::string>(all, "description"), "does it");
  EXPECT_EQ(property<std::string>(all, "usage"), "");
  EXPECT_EQ(property<Strings>(all, "emits"), (Strings{"x", "y"}));
  EXPECT_EQ(property<std::vector<Strings>>(all, "start_on"), foo.startOn);
  EXPECT_TRUE(std::holds_alternative<std::vector<Strings>>(all["stop_on"]));

  EXPECT_EQ(client->call(job("Start", {Strings{}, true})).string(),
            JobPath + "/_");
  Properties one =
      client->call({JobPath + "/_", PropertiesInterface, "GetAll", {Instance}})
          .properties;
  EXPECT_EQ(one.size(), 4u);
  EXPECT_EQ(property<std::string>(one, "goal"), "start");
  EXPECT_EQ(property<std::string>(one, "state"), "running");
  auto processes = property<std::vector<ProcessEntry>>(one, "processes");
  ASSERT_EQ(processes.size(), 2u);
  EXPECT_EQ(processes[0].name, "main");
  EXPECT_EQ(processes[0].pid, 4711);
  EXPECT_EQ(processes[1].name, "post-start");
}

TEST(ControlServer, EverySignalGoesToEveryConnection) {
  TestDaemon daemon;
  Peer one(daemon.address());
  Peer two(daemon.address());
  one.ping();
  two.ping();
  auto client = daemon.connect();
  client->call(job("Start", {Strings{}, true}));
  client->call({JobPath + "/_", Instance, "Stop", {true}});
  client->call(
      manager("EmitEvent", {std::string("ev"), Strings{"A=1", "B="}, false}));
  const std::vector<std::string> expected = {
      JobPath + " " + Job + ".InstanceAdded o=" + JobPath + "/_",
      JobPath + "/_ " + Instance + ".GoalChanged s=start",
      JobPath + "/_ " + Instance + ".StateChanged s=running",
      JobPath + "/_ " + Instance + ".Failed i=0",
      JobPath + " " + Job + ".InstanceRemoved o=" + JobPath + "/_",
      std::string(ManagerPath) + " " + Manager + ".EventEmitted s=ev as=A=1,B=",
  };
  EXPECT_EQ(one.signals(expected.size()), expected);
  EXPECT_EQ(two.signals(expected.size()), expected);
}

TEST(ControlServer, EndSessionIsALogout) {
  TestDaemon session;
  EXPECT_EQ(errorOf(session.connect()->call(manager("EndSession"))), "");
  std::string reason;
  session.run([&] { reason = session.lastShutdown; });
  EXPECT_EQ(reason, "logout");

  TestDaemon system({.userMode = false});
  EXPECT_EQ(errorOf(system.connect()->call(manager("EndSession"))), "");
  system.run([&] { reason = system.lastShutdown; });
  EXPECT_EQ(reason, "");
}

TEST(ControlServer, OnlyTheDaemonsUserChangesTheManager) {
  if (geteuid() != 0)
    GTEST_SKIP() << "only root may connect to another user's daemon";
  TestDaemon daemon({.userMode = false, .user = 12345});
  auto client = daemon.connect();
  auto refusal = [](const char *what) {
    return std::string("com.ubuntu.Upstart0_6.Error.PermissionDenied: "
                       "You do not have permission to ")
        .append(what);
  };
  std::string name = "x";
  EXPECT_EQ(errorOf(client->call(manager("ReloadConfiguration"))),
            refusal("reload configuration"));
  EXPECT_EQ(
      errorOf(client->call(manager("EmitEvent", {name, Strings{}, true}))),
      refusal("emit an event"));
  EXPECT_EQ(errorOf(client->call(manager("EndSession"))),
            refusal("end session"));
  EXPECT_EQ(errorOf(client->call(manager("GetEnv", {Strings{}, name}))),
            refusal("query job environment"));
  EXPECT_EQ(errorOf(client->call(manager("SetEnv", {Strings{}, name, true}))),
            refusal("modify job environment"));
  EXPECT_EQ(errorOf(client->call({ManagerPath,
                                  PropertiesInterface,
                                  "Set",
                                  {Manager, std::string("log_priority"),
                                   VariantString{"info"}}})),
            refusal("set log priority"));
  EXPECT_EQ(errorOf(client->call(manager("GetAllJobs"))), "");
  EXPECT_EQ(errorOf(client->call(job("Start", {Strings{}, true}))), "");
}

TEST(ControlServer, EveryByteReachesEveryStringSafely) {
  std::vector<FakeJob> jobs;
  for (int byte = 1; byte < 256; ++byte) {
    std::string name = "j";
    name += static_cast<char>(byte);
    std::string pair = name;
    pair.append("=").append(name);
    jobs.push_back({.name = name,
                    .description = name,
                    .emits = {name},
                    .startOn = {{name, pair}}});
  }
  TestDaemon daemon({.jobs = jobs});
  auto client = daemon.connect();
  Peer peer(daemon.address());
  peer.ping();
  Strings paths = client->call(manager("GetAllJobs")).strings();
  ASSERT_EQ(paths.size(), jobs.size());
  for (size_t i = 0; i < paths.size(); ++i) {
    std::string shown = printable(jobs[i].name);
    std::string pair = shown;
    pair.append("=").append(shown);
    Properties all =
        client->call({paths[i], PropertiesInterface, "GetAll", {Job}})
            .properties;
    EXPECT_EQ(property<std::string>(all, "name"), shown);
    EXPECT_EQ(property<std::string>(all, "description"), shown);
    EXPECT_EQ(property<Strings>(all, "emits"), Strings{shown});
    EXPECT_EQ(property<std::vector<Strings>>(all, "start_on"),
              (std::vector<Strings>{{shown, pair}}));
    // The name as shown finds the job again, and its path leads to it.
    EXPECT_EQ(client->call(manager("GetJobByName", {shown})).string(),
              paths[i]);
    EXPECT_EQ(client->call(job("Start", {Strings{}, true}, paths[i])).string(),
              paths[i] + "/_");
  }
  // In errors and signals, straight from the engine's side.
  for (const FakeJob &fake : jobs) {
    daemon.run([&] {
      starton::engine::Action action;
      action.kind = starton::engine::Action::Kind::Announce;
      action.announce = starton::engine::Action::Announcement::EventEmitted;
      action.text = {fake.name.data(), fake.name.size()};
      action.env = {&action.text, 1};
      daemon.perform(action);
    });
  }
  std::vector<std::string> signals = peer.signals(4 * jobs.size());
  EXPECT_EQ(signals.back(), std::string(ManagerPath) + " " + Manager +
                                ".EventEmitted s=j\\xff as=j\\xff");
  EXPECT_EQ(errorOf(client->call(manager("GetAllJobs"))), "");
}

TEST(ControlServer, ErrorsHoldAnyBytes) {
  TestDaemon daemon({.jobs = {{.name = "tty", .instance = "$K\xE9Y"}}});
  auto client = daemon.connect();
  EXPECT_EQ(errorOf(client->call(job("GetInstance", {Strings{}},
                                     "/com/ubuntu/Upstart/jobs/tty"))),
            "org.freedesktop.DBus.Error.InvalidArgs: "
            "Unknown parameter: K\\xe9Y\nUsage: none");
}

TEST(ControlServer, ErrorsHoldEveryByte) {
  std::vector<FakeJob> jobs;
  for (int byte = 1; byte < 256; ++byte)
    jobs.push_back({.name = "j" + std::to_string(byte),
                    .instance = std::string("$K") + static_cast<char>(byte)});
  TestDaemon daemon({.jobs = jobs});
  auto client = daemon.connect();
  for (const FakeJob &fake : jobs) {
    std::string key = fake.instance.substr(1);
    EXPECT_EQ(
        errorOf(client->call(job("Start", {Strings{}, true},
                                 "/com/ubuntu/Upstart/jobs/" + fake.name))),
        "org.freedesktop.DBus.Error.InvalidArgs: Unknown parameter: " +
            printable(key) + "\nUsage: none");
  }
}

TEST(ControlServer, AMistakeWithLibdbusEndsNobody) {
  TestDaemon daemon;
  // Says so on standard error and fails, where the default is to abort.
  EXPECT_EQ(dbus_message_new_signal("no path", "a.b", "C"), nullptr);
  EXPECT_EQ(errorOf(daemon.connect()->call(manager("GetAllJobs"))), "");
}

TEST(ControlServer, ManyCallsInFlight) {
  TestDaemon daemon;
  auto client = daemon.connect();
  std::vector<Call> calls(5000, get(JobPath, Job, "name"));
  for (const Reply &reply : client->callAll(calls))
    ASSERT_EQ(reply.string(), "foo");
}

TEST(ControlServer, TheDaemonGoesWhileAClientWaits) {
  auto daemon = std::make_unique<TestDaemon>();
  auto client = daemon->connect();
  Call call = manager("EmitEvent", {std::string("hold"), Strings{}, true});
  call.patient = true;
  std::thread waiter([&] {
    EXPECT_EQ(errorOf(client->call(call)),
              "org.freedesktop.DBus.Error.Disconnected: "
              "Connection was disconnected before a reply was received");
  });
  while (daemon->inputs == 0)
    usleep(1000);
  daemon.reset();
  waiter.join();
  EXPECT_TRUE(client->call(manager("GetAllJobs")).error);
}
