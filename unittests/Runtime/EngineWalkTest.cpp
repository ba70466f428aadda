// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The machine, exhaustively: its table against the one of runtime §2.2, and
// every input in every state, under every goal, for jobs of every kind.

#include "SimHost.h"
#include "Transitions.h"
#include "starton/Table/JobTable_generated.h"
#include "gtest/gtest.h"
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <functional>

using namespace starton;
using namespace starton::engine;
using test::Compiled;
using test::Files;
using test::SimHost;

namespace {

/// Runtime §2.2 as it stands there: goal start, stop, respawn; "" is a dash.
const char *const Specified[NumStates][3] = {
    {"starting", "", ""},
    {"security-spawning", "stopping", ""},
    {"security", "stopping", ""},
    {"pre-starting", "stopping", ""},
    {"pre-start", "stopping", ""},
    {"spawning", "stopping", ""},
    {"spawned", "stopping", ""},
    {"post-starting", "stopping", ""},
    {"post-start", "stopping", ""},
    {"running", "stopping", "stopping"},
    {"stopping", "pre-stopping", ""},
    {"pre-stop", "pre-stop", ""},
    {"running", "stopping", "stopping"},
    {"killed", "killed", ""},
    {"post-stopping", "post-stopping", ""},
    {"post-stop", "post-stop", ""},
    {"starting", "waiting", ""}};

TEST(EngineWalk, TheTableIsTheSpecified) {
  const Way ways[] = {Way::Start, Way::Stop, Way::Respawn};
  for (unsigned state = 0; state < NumStates; ++state)
    for (unsigned goal = 0; goal < 3; ++goal) {
      const char *wanted = Specified[state][goal];
      State next = Transitions[state].next[unsigned(ways[goal])];
      if (*wanted) {
        EXPECT_STREQ(stateName(next), wanted) << stateName(State(state));
      }
    }
  EXPECT_EQ(rowOf(State::Running).next[unsigned(Way::StopWithoutMain)],
            State::Stopping);
}

/// However a state was entered, a goal leads to its end.
TEST(EngineWalk, EveryGoalEnds) {
  struct {
    Way way;
    State end;
  } const goals[] = {{Way::Stop, State::Waiting},
                     {Way::StopWithoutMain, State::Waiting},
                     {Way::Start, State::Starting},
                     {Way::StartMainLost, State::Starting},
                     {Way::Respawn, State::Starting}};
  for (unsigned from = 1; from < NumStates; ++from)
    for (auto [way, end] : goals) {
      State state = State(from);
      unsigned steps = 0;
      do
        state = rowOf(state).next[unsigned(way)];
      while (state != end && ++steps <= NumStates);
      EXPECT_LE(steps, NumStates)
          << stateName(State(from)) << " way " << unsigned(way);
    }
}

/// Entering a state spawns a process only where the next one waits for it.
TEST(EngineWalk, SpawnedProcessesAreWaitedFor) {
  for (const StateRow &row : Transitions)
    if (row.spawns) {
      const StateRow &next = rowOf(row.next[unsigned(Way::Start)]);
      EXPECT_EQ(next.rest, Rest::Process);
      EXPECT_EQ(next.process, row.process);
    }
}

constexpr char AllProcesses[] =
    "start on go\nstop on halt\napparmor load profile\n"
    "pre-start exec run\nexec stubborn\npost-start exec run\n"
    "pre-stop exec run\npost-stop exec run\nnormal exit 3\n";

/// Jobs called foo, and hooks that hold its `starting` and `stopping`.
std::vector<Files> systems() {
  std::vector<Files> all;
  for (const char *kind :
       {"", "task\n", "respawn\n", "task\nrespawn\nrespawn limit 1 100\n"})
    for (const char *expect :
         {"", "expect daemon\n", "expect stop\n", "expect fork\n"})
      if (!*kind || !std::strcmp(kind, "respawn\n") || expect[0] == 0)
        all.push_back({{"foo", std::string(AllProcesses) + kind + expect},
                       {"up", "start on starting foo\ntask\nexec run\n"},
                       {"down", "start on stopping foo\ntask\nexec run\n"}});
  return all;
}

/// A host tells of forks while it is asked to.
bool follows(const SimHost &host) {
  auto expect =
      host.engine.classJob(host.engine.findClass(textOf("foo"))).expect();
  bool forks = expect == table::Expect::Fork || expect == table::Expect::Daemon;
  return forks && host.pid("foo") &&
         host.status("foo").find("/spawned") != std::string::npos;
}

/// Ends what foo waits for where it stands. False: nothing does.
bool lead(SimHost &host) {
  std::string status = host.status("foo");
  State state = State::Waiting;
  for (unsigned each = 0; each < NumStates; ++each)
    if (status.substr(status.find('/') + 1) == stateName(State(each)))
      state = State(each);
  const StateRow &row = rowOf(state);
  int32_t main = host.pid("foo");
  switch (state) {
  case State::Waiting:
    return false;
  case State::Starting:
    host.exit(host.pid("up"), 0);
    return true;
  case State::Stopping:
    host.exit(host.pid("down"), 0);
    return true;
  case State::Spawned:
    host.stopped(main, SIGSTOP);
    while (follows(host))
      host.forks(host.pid("foo"));
    if (host.status("foo") == status)
      host.exit(main, 1);
    return true;
  case State::Running:
    host.stop("foo", {}, false);
    return true;
  default:
    if (row.spawns)
      host.pass(1);
    else
      host.exit(host.pid("foo", row.process), 0);
    return true;
  }
}

/// Brings foo into a state; false: it does not rest there.
bool bring(SimHost &host, State state) {
  host.start("foo", {}, false);
  for (int step = 0; step < 40; ++step) {
    std::string at = host.status("foo");
    if (at.substr(at.find('/') + 1) == stateName(state))
      return true;
    // Its process cannot be had for the moment, so it rests before it.
    bool before =
        rowOf(state).spawns &&
        rowOf(State(unsigned(state) - 1)).rest != Rest::Passes &&
        at.find(std::string("/") + stateName(State(unsigned(state) - 1))) !=
            std::string::npos;
    bool fromKilled =
        state == State::PostStopping && at.find("/killed") != std::string::npos;
    host.spawnErrors.clear();
    if (before || fromKilled)
      host.spawnErrors = {EAGAIN};
    if (!lead(host))
      return false;
  }
  return false;
}

using Step = std::function<void(SimHost &)>;

/// What is done with the goal in a state before the input.
const std::vector<std::pair<const char *, Step>> Turns = {
    {"as it is", [](SimHost &) {}},
    {"stop", [](SimHost &host) { host.stop("foo", {}, false); }},
    {"start", [](SimHost &host) { host.start("foo", {}, false); }},
    {"stop and start",
     [](SimHost &host) {
       host.stop("foo", {}, false);
       host.start("foo");
     }},
    {"main dies", [](SimHost &host) { host.exit(host.pid("foo"), 1); }},
};

void feed(SimHost &host, Input::Kind kind, int32_t pid, int32_t status) {
  Input input;
  input.kind = kind;
  input.pid = pid;
  input.status = status;
  input.instance =
      host.engine.findInstance(host.engine.findClass(textOf("foo")), {});
  input.name = textOf(kind == Input::Kind::Shutdown ? "logout" : "step");
  input.error = ENOENT;
  (void)host.feed(input);
  host.run();
}

/// Every kind of input, with every process it may be about.
std::vector<std::pair<std::string, Step>> inputs() {
  using Kind = Input::Kind;
  std::vector<std::pair<std::string, Step>> all = {
      {"start", [](SimHost &host) { host.start("foo"); }},
      {"stop", [](SimHost &host) { host.stop("foo"); }},
      {"restart", [](SimHost &host) { host.restart("foo"); }},
      {"go", [](SimHost &host) { host.emit("go"); }},
      {"halt", [](SimHost &host) { host.emit("halt"); }},
      {"client gone",
       [](SimHost &host) { host.forgetClient(host.start("foo")); }},
      {"time", [](SimHost &host) { host.pass(6); }},
  };
  for (Kind kind : {Kind::Reload, Kind::StartInstance, Kind::StopInstance,
                    Kind::RestartInstance})
    all.emplace_back(
        "instance request " + std::to_string(unsigned(kind)),
        [kind](SimHost &host) { host.onInstance(kind, "foo", "", true); });
  for (Kind kind : {Kind::Timer, Kind::Shutdown, Kind::ShutdownTick})
    all.emplace_back("input " + std::to_string(unsigned(kind)),
                     [kind](SimHost &host) { feed(host, kind, 0, 0); });
  for (unsigned slot = 0; slot < NumSlots; ++slot) {
    auto about = [&](const std::string &what, auto act) {
      all.emplace_back(std::string(slotName(Slot(slot))) + " " + what,
                       [=](SimHost &host) {
                         if (int32_t pid = host.pid("foo", Slot(slot)))
                           act(host, pid);
                       });
    };
    for (int status : {0, 1, 3})
      about("exits " + std::to_string(status),
            [=](SimHost &host, int32_t pid) { host.exit(pid, status); });
    for (int signal : {SIGTERM, 40})
      about("is killed by " + std::to_string(signal),
            [=](SimHost &host, int32_t pid) { host.kill(pid, signal); });
    for (int signal : {SIGSTOP, SIGTSTP})
      about("is stopped by " + std::to_string(signal),
            [=](SimHost &host, int32_t pid) { host.stopped(pid, signal); });
    for (Kind kind :
         {Kind::ExecConfirmed, Kind::ChildContinued, Kind::ChildExecuted})
      about("input " + std::to_string(unsigned(kind)),
            [=](SimHost &host, int32_t pid) { feed(host, kind, pid, 0); });
    for (Kind kind : {Kind::ExecFailed, Kind::ChildVanished})
      about("ends by input " + std::to_string(unsigned(kind)),
            [=](SimHost &host, int32_t pid) {
              host.lose(pid);
              feed(host, kind, pid, 0);
            });
  }
  // Signals to it find nobody then.
  all.emplace_back("main is lost",
                   [](SimHost &host) { host.lose(host.pid("foo")); });
  all.emplace_back("main forks", [](SimHost &host) {
    if (follows(host))
      host.forks(host.pid("foo"));
  });
  all.emplace_back("unknown pid", [](SimHost &host) { host.exit(77, 0); });
  return all;
}

/// Everything ends from there.
std::string end(SimHost &host) {
  for (int round = 0; round < 60 && !host.leftOver().empty(); ++round) {
    for (const char *job : {"foo", "up", "down"})
      host.onInstance(Input::Kind::StopInstance, job, "", false);
    for (unsigned slot = 1; slot < NumSlots; ++slot)
      host.exit(host.pid("foo", Slot(slot)), 0);
    host.kill(host.pid("up"), SIGTERM);
    host.kill(host.pid("down"), SIGTERM);
    host.pass(6);
  }
  return host.leftOver();
}

TEST(EngineWalk, EveryInputInEveryState) {
  SimHost::Settings settings;
  settings.appArmor = true;
  auto all = inputs();
  unsigned walked = 0;
  std::set<State> seen;
  for (const Files &files : systems()) {
    Compiled compiled(files);
    for (unsigned state = 1; state < NumStates; ++state)
      for (const auto &[turn, change] : Turns)
        for (const auto &[name, input] : all) {
          SimHost host(compiled, settings);
          if (!bring(host, State(state)))
            break;
          seen.insert(State(state));
          std::string place = files.at("foo").substr(sizeof AllProcesses - 1) +
                              stateName(State(state)) + ", " + turn + ", " +
                              name;
          change(host);
          input(host);
          ASSERT_EQ(host.broken(), "") << place;
          ASSERT_EQ(end(host), "") << place;
          ++walked;
        }
  }
  EXPECT_EQ(seen.size(), NumStates - 1);
  std::printf("%u places walked\n", walked);
  EXPECT_GT(walked, 30'000U);
}

} // namespace
