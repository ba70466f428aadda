// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the simulated host makes of the engine's actions, and what it demands of
// them.

#include "EngineInvariants.h"
#include "SimHost.h"
#include "starton/Table/JobTable_generated.h"
#include <cerrno>
#include <csignal>
#include <cstdlib>

namespace starton::test {

using engine::Action;
using engine::Input;
using engine::State;

namespace {

int signalNumber(const std::string &name) {
  for (int number = 1; number < 32; ++number)
    if (const char *known = sigabbrev_np(number); known && name == known)
      return number;
  return SIGTERM;
}

/// Which states may follow (runtime §2.2, and the ways out of a cycle whose
/// main process was lost).
bool mayFollow(State from, State to) {
  auto upward = unsigned(to) == unsigned(from) + 1;
  switch (from) {
  case State::Running:
    return to == State::PreStopping || to == State::Stopping;
  case State::PreStopping:
    return upward || to == State::Stopping;
  case State::PreStop:
    return to == State::Running || to == State::Stopping;
  case State::PostStop:
    return to == State::Waiting || to == State::Starting;
  case State::Waiting:
  case State::Stopping:
  case State::Killed:
  case State::PostStopping:
    return upward;
  default:
    return upward || to == State::Stopping;
  }
}

} // namespace

void SimHost::drain() {
  Action action;
  while (engine.next(action)) {
    perform(action);
    // A host looks at its descriptors here.
    if (action.kind == Action::Kind::Yield)
      (void)deliver();
  }
  if (std::string what = brokenInvariant(engine, true); !what.empty())
    check(false, what);
}

void SimHost::drainOne() {
  Action action;
  atRest = !engine.next(action);
  if (atRest)
    return;
  perform(action);
  atRest = action.kind == Action::Kind::Yield;
}

/// The next consequence: execs and ends in the order of the spawns.
bool SimHost::deliver() {
  if (pending.empty())
    return false;
  Input input = pending.front();
  pending.pop_front();
  if (input.kind == Input::Kind::ExecConfirmed) {
    auto found = processes.find(input.pid);
    if (found == processes.end())
      return true;
    found->second.confirmed = true;
  } else {
    dropProcess(input.pid);
  }
  (void)feed(input);
  return true;
}

void SimHost::run() {
  do
    drain();
  while (deliver());
}

std::string SimHost::describe(const Action &action) const {
  std::string all;
  for (int64_t field :
       {int64_t(action.kind), int64_t(action.announce), int64_t(action.token),
        int64_t(action.instance.index), int64_t(action.instance.generation),
        int64_t(action.slot), int64_t(action.goal), int64_t(action.state),
        int64_t(action.request), int64_t(action.error),
        int64_t(action.priority), int64_t(action.deadline), int64_t(action.pid),
        int64_t(action.signal), int64_t(action.status),
        int64_t(action.descriptor), int64_t(action.group)})
    all += std::to_string(field) + " ";
  // Slots of classes are counted anew by another engine.
  if (action.job != engine::NoClass)
    all += toString(engine.className(action.job)) + " ";
  for (engine::Text entry : action.env)
    all += "[" + toString(entry) + "]";
  return all + toString(action.text);
}

void SimHost::perform(const Action &action) {
  engine::Outcome outcome;
  std::string text = toString(action.text);
  if (settings.record)
    actionLog.push_back(describe(action));
  switch (action.kind) {
  case Action::Kind::Spawn:
    outcome = spawn(action);
    break;
  case Action::Kind::Signal:
    outcome = signal(action);
    break;
  case Action::Kind::ArmTimer:
    timers[{action.instance.index, action.instance.generation}] =
        action.deadline;
    break;
  case Action::Kind::CancelTimer:
    check(timers.erase({action.instance.index, action.instance.generation}),
          "a timer that was not armed is cancelled");
    break;
  case Action::Kind::Reply:
    answered(action.request, "ok");
    break;
  case Action::Kind::ReplyError:
    check(!text.empty(), "an error without a text");
    answered(action.request, text);
    break;
  case Action::Kind::Announce:
    announce(action);
    break;
  case Action::Kind::Log:
    check(!text.empty(), "an empty log message");
    logLog.push_back(text);
    allLog.push_back("log " + text);
    break;
  case Action::Kind::Release:
    allLog.push_back("release " + std::to_string(action.pid));
    break;
  case Action::Kind::Close:
    check(closedDescriptors.insert(action.descriptor).second,
          "a descriptor is closed twice");
    break;
  case Action::Kind::Exit:
    check(!exitSeen, "the session ends twice");
    exitSeen = true;
    break;
  case Action::Kind::Yield:
    ++yieldCount;
    break;
  case Action::Kind::TableUnused:
    check(kept.erase(uint32_t(action.status)) == 1,
          "a table is given back twice");
    allLog.push_back("unused " + std::to_string(action.status));
    break;
  }
  engine.complete(action.token, outcome);
}

std::string SimHost::key(const Action &action) const {
  std::string job =
      toString(textOf(engine.classJob(action.job).name()->c_str()));
  std::string instance = toString(action.text);
  return instance.empty() ? job : job + " (" + instance + ")";
}

engine::Outcome SimHost::spawn(const Action &action) {
  SimProcess process;
  const table::Job &job = engine.classJob(action.job);
  process.job = job.name()->str();
  process.instance = toString(action.text);
  process.id = action.instance;
  process.slot = action.slot;
  for (engine::Text entry : action.env) {
    check(entry.data()[entry.size()] == 0, "no NUL behind a variable");
    process.env.push_back(toString(entry));
  }
  check(job.processes() != nullptr, "a spawn of nothing");
  for (const table::Process *each : *job.processes())
    if (unsigned(each->slot()) == unsigned(action.slot) && each->argv())
      for (const flatbuffers::String *word : *each->argv())
        process.command.push_back(word->str());
  std::string what = key(action) + " " + engine::slotName(action.slot);
  if (!spawnErrors.empty()) {
    int error = spawnErrors.front();
    spawnErrors.pop_front();
    return {0, error};
  }
  std::string first = process.command.empty() ? "run" : process.command[0];
  if (first == "refused")
    return {0, EPERM};
  process.pid = ++lastPid;
  spawnLog.push_back(what);
  allLog.push_back("spawn " + what);
  processes[process.pid] = process;
  lastSpawned[process.job + "/" + engine::slotName(action.slot)] = process;

  Input confirmed;
  confirmed.kind = Input::Kind::ExecConfirmed;
  confirmed.pid = process.pid;
  Input end;
  end.pid = process.pid;
  if (first == "missing") {
    end.kind = Input::Kind::ExecFailed;
    end.name = textOf("unable to execute");
    end.error = ENOENT;
    pending.push_back(end);
    return {process.pid, 0};
  }
  bool ends = first == "exit" || first == "die";
  end.kind =
      first == "die" ? Input::Kind::ChildKilled : Input::Kind::ChildExited;
  if (first == "exit" && process.command.size() > 1)
    end.status = std::atoi(process.command[1].c_str());
  if (first == "die" && process.command.size() > 1)
    end.status = signalNumber(process.command[1]);
  if (!(ends && settings.confirmLate))
    pending.push_back(confirmed);
  if (ends)
    pending.push_back(end);
  return {process.pid, 0};
}

engine::Outcome SimHost::signal(const Action &action) {
  const char *name = sigabbrev_np(action.signal);
  std::string text = std::string(name ? name : "0") + " " + key(action);
  signalLog.push_back(text);
  allLog.push_back("signal " + text);
  auto found = processes.find(action.pid);
  if (found == processes.end())
    return {0, ESRCH};
  bool deadly = action.signal == SIGKILL || action.signal == SIGTERM ||
                action.signal == SIGINT;
  bool stubborn =
      !found->second.command.empty() && found->second.command[0] == "stubborn";
  if (deadly && (!stubborn || action.signal == SIGKILL)) {
    Input end;
    end.kind = Input::Kind::ChildKilled;
    end.pid = action.pid;
    end.status = action.signal;
    pending.push_back(end);
  }
  return {};
}

void SimHost::announce(const Action &action) {
  using What = Action::Announcement;
  if (action.announce == What::EventEmitted) {
    std::string text = toString(action.text);
    for (engine::Text entry : action.env)
      text += " " + toString(entry);
    events.push_back(text);
    allLog.push_back("event " + text);
    return;
  }
  if (action.announce == What::JobAdded || action.announce == What::JobRemoved)
    return announceJob(action);
  std::string name = key(action);
  check(jobs.count(toString(engine.className(action.job))),
        "something of a job that was not announced");
  switch (action.announce) {
  case What::InstanceAdded:
    check(shown.emplace(name, "waiting").second, name + " was added twice");
    allLog.push_back("added " + name);
    break;
  case What::InstanceRemoved:
    check(shown[name] == "waiting", name + " removed in " + shown[name]);
    shown.erase(name);
    allLog.push_back("removed " + name);
    break;
  case What::GoalChanged:
    check(shown.count(name), "goal of an unknown instance");
    allLog.push_back("goal " + name + " " + engine::goalName(action.goal));
    break;
  case What::StateChanged: {
    check(shown.count(name), "state of an unknown instance");
    for (unsigned s = 0; s <= unsigned(State::PostStop); ++s)
      if (shown[name] == engine::stateName(State(s)))
        check(mayFollow(State(s), action.state),
              name + " from " + shown[name] + " to " +
                  engine::stateName(action.state));
    shown[name] = engine::stateName(action.state);
    if (action.state == State::Starting)
      cycles[name] = 1;
    if (action.state == State::Waiting)
      cycles[name] = 0;
    stateLog.push_back(name + " " + engine::stateName(action.state));
    allLog.push_back("state " + stateLog.back());
    break;
  }
  case What::Failed:
    allLog.push_back("failed " + name + " " + std::to_string(action.status));
    break;
  case What::EventEmitted:
  case What::JobAdded:
  case What::JobRemoved:
    break;
  }
}

void SimHost::announceJob(const Action &action) {
  std::string name = toString(action.text);
  check(toString(engine.className(action.job)) == name,
        "a job of another name is announced");
  if (action.announce == Action::Announcement::JobAdded) {
    check(jobs.insert(name).second, "job " + name + " was added twice");
    allLog.push_back("job added " + name);
    return;
  }
  check(jobs.erase(name) == 1, "job " + name + " was not there");
  allLog.push_back("job removed " + name);
}

void SimHost::answered(uint64_t request, const std::string &text) {
  check(waiting.erase(request) == 1,
        "request " + std::to_string(request) + " is answered twice");
  answers[request] = text;
  allLog.push_back("answer " + std::to_string(request) + " " + text);
}

} // namespace starton::test
