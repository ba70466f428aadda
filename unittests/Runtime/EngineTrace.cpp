// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The engine as a filter, for comparison with the reference interpreter
// (test/Reference): systems of jobs and inputs on standard input, what the
// engine does about them on standard output. Words are separated by tabs.
//
//   job NAME        begins a job file, whose lines follow, each behind a tab
//   run SESSION KEY=VALUE...   compiles them; the daemon's environment
//   (inputs: see Trace::feed)
//   end             ends the system

#include "SimHost.h"
#include "starton/Table/JobTable_generated.h"
#include <cerrno>
#include <csignal>
#include <iostream>
#include <optional>
#include <sstream>

using namespace starton;
using engine::Action;
using engine::Input;
using test::Files;
using test::Strings;

namespace {

constexpr uint64_t Second = 1'000'000'000;

Strings split(const std::string &line) {
  Strings words;
  std::istringstream stream(line);
  for (std::string word; std::getline(stream, word, '\t');)
    words.push_back(word);
  if (!line.empty() && line.back() == '\t')
    words.emplace_back();
  return words;
}

std::string toString(engine::Text text) {
  return {text.data() ? text.data() : "", text.size()};
}

engine::Text toText(const std::string &string) {
  return {string.data(), string.size()};
}

/// One system: an engine and the world it sees.
class Trace {
public:
  Trace(const Files &files, const Strings &words) : compiled(files) {
    engine::Options options;
    options.userMode = true;
    options.appArmor = true;
    options.sessionAddress = toText(words.at(1));
    environment = textsOf(words, 2);
    options.daemonEnvironment = {environment.data(), environment.size()};
    if (!engine.init(compiled.table(), options))
      std::abort();
  }

  void feed(const Strings &words);

private:
  static std::vector<engine::Text> textsOf(const Strings &words, size_t from) {
    std::vector<engine::Text> texts;
    for (size_t i = from; i < words.size(); ++i)
      texts.push_back(toText(words[i]));
    return texts;
  }
  engine::InstanceId instance(const Strings &words) const {
    return engine.findInstance(engine.findClass(toText(words.at(1))),
                               toText(words.at(2)));
  }
  std::string nameOf(const Action &action) const {
    std::string job = engine.classJob(action.job).name()->str();
    std::string name = toString(action.text);
    return name.empty() ? job : job + " (" + name + ")";
  }
  std::string nameOf(engine::InstanceId id) const {
    engine::InstanceView view;
    if (!engine.viewInstance(id, view))
      return "(gone)";
    Action action;
    action.job = view.job;
    action.text = view.name;
    return nameOf(action);
  }
  engine::Outcome perform(const Action &action);
  void announce(const Action &action) const;

  test::Compiled compiled;
  engine::Engine engine;
  std::vector<engine::Text> environment;
  std::set<int32_t> vanished; ///< signals to them fail with ESRCH
  uint64_t now = 1000 * Second;
  uint64_t sequence = 0;
  int32_t lastPid = 1000;
};

/// start|stop|restart JOB WAIT REQUEST KEY=VALUE...
/// start-instance|stop-instance|restart-instance|reload JOB NAME WAIT REQUEST
/// emit EVENT WAIT REQUEST DESCRIPTOR KEY=VALUE...
/// exec PID | exec-failed PID | exit PID STATUS | kill PID SIGNAL
/// stopped PID SIGNAL | forked PID CHILD | executed PID | vanish PID
/// time SECONDS | timer JOB NAME
void Trace::feed(const Strings &words) {
  using Kind = Input::Kind;
  static const std::map<std::string, Kind> kinds = {
      {"start", Kind::Start},
      {"stop", Kind::Stop},
      {"restart", Kind::Restart},
      {"start-instance", Kind::StartInstance},
      {"stop-instance", Kind::StopInstance},
      {"restart-instance", Kind::RestartInstance},
      {"reload", Kind::Reload},
      {"emit", Kind::EmitEvent},
      {"exec", Kind::ExecConfirmed},
      {"exec-failed", Kind::ExecFailed},
      {"exit", Kind::ChildExited},
      {"kill", Kind::ChildKilled},
      {"stopped", Kind::ChildStopped},
      {"forked", Kind::ChildForked},
      {"executed", Kind::ChildExecuted},
      {"timer", Kind::Timer}};
  auto number = [&](size_t at) { return std::stoi(words.at(at)); };
  if (words.at(0) == "time")
    now = uint64_t(number(1)) * Second;
  if (words[0] == "vanish")
    vanished.insert(number(1));
  auto kind = kinds.find(words[0]);
  if (kind == kinds.end())
    return;
  Input input;
  input.kind = kind->second;
  input.now = now;
  input.sequence = ++sequence;
  std::vector<engine::Text> env;
  if (input.kind <= Kind::Restart || input.kind == Kind::EmitEvent) {
    bool isEvent = input.kind == Kind::EmitEvent;
    input.name = toText(words.at(1));
    input.job = isEvent ? engine::NoClass : engine.findClass(input.name);
    input.wait = words.at(2) == "1";
    input.request = uint64_t(number(3));
    if (isEvent)
      input.descriptor = number(4);
    env = textsOf(words, isEvent ? 5 : 4);
    input.env = {env.data(), env.size()};
  } else if (input.kind < Kind::EmitEvent) {
    input.instance = instance(words);
    input.wait = words.at(3) == "1";
    input.request = uint64_t(number(4));
  } else if (input.kind == Kind::Timer) {
    input.instance = instance(words);
  } else {
    input.pid = number(1);
    input.status = words.size() > 2 ? number(2) : 0;
    input.name = textOf("unable to execute");
    input.error = ENOENT;
  }
  if (input.kind == Kind::ChildForked)
    lastPid = input.status;
  if (engine.feed(input) == engine::FeedResult::Refused)
    std::cout << "refused\n";
  Action action;
  while (engine.next(action))
    engine.complete(action.token, perform(action));
}

engine::Outcome Trace::perform(const Action &action) {
  switch (action.kind) {
  case Action::Kind::Spawn: {
    std::cout << "spawn " << nameOf(action) << " "
              << engine::slotName(action.slot) << " " << ++lastPid;
    std::set<std::string> sorted; // the order is not specified
    for (engine::Text entry : action.env)
      sorted.insert(toString(entry));
    for (const std::string &entry : sorted)
      std::cout << " " << entry;
    std::cout << "\n";
    return {lastPid, 0};
  }
  case Action::Kind::Signal:
    std::cout << "signal " << action.signal << " " << action.pid
              << (action.group ? " group\n" : " process\n");
    return {0, vanished.count(action.pid) ? ESRCH : 0};
  case Action::Kind::ArmTimer:
    std::cout << "arm " << nameOf(action.instance) << " "
              << action.deadline / Second << "\n";
    break;
  case Action::Kind::CancelTimer:
    std::cout << "cancel " << nameOf(action.instance) << "\n";
    break;
  case Action::Kind::Reply:
    std::cout << "reply " << action.request << "\n";
    break;
  case Action::Kind::ReplyError:
    std::cout << "error " << action.request << " " << toString(action.text)
              << "\n";
    break;
  case Action::Kind::Announce:
    announce(action);
    break;
  case Action::Kind::Release:
    std::cout << "release " << action.pid << "\n";
    break;
  case Action::Kind::Close:
    std::cout << "close " << action.descriptor << "\n";
    break;
  case Action::Kind::Exit:
    std::cout << "end of session\n";
    break;
  case Action::Kind::TableUnused: // there is one table
  case Action::Kind::Log:         // texts are the business of other tests
  case Action::Kind::Yield:
    break;
  }
  return {};
}

void Trace::announce(const Action &action) const {
  using What = Action::Announcement;
  switch (action.announce) {
  case What::InstanceAdded:
    std::cout << "added " << nameOf(action) << "\n";
    break;
  case What::InstanceRemoved:
    std::cout << "removed " << nameOf(action) << "\n";
    break;
  case What::GoalChanged:
    std::cout << "goal " << nameOf(action) << " "
              << engine::goalName(action.goal) << "\n";
    break;
  case What::StateChanged:
    std::cout << "state " << nameOf(action) << " "
              << engine::stateName(action.state) << "\n";
    break;
  case What::JobAdded:
  case What::JobRemoved:
    break;
  case What::Failed:
    std::cout << "failed " << nameOf(action) << " " << action.status << "\n";
    break;
  case What::EventEmitted:
    std::cout << "event " << toString(action.text);
    for (engine::Text entry : action.env)
      std::cout << " " << toString(entry);
    std::cout << "\n";
    break;
  }
}

} // namespace

int main() {
  std::ios::sync_with_stdio(false);
  Files files;
  std::string *file = nullptr;
  std::optional<Trace> trace;
  for (std::string line; std::getline(std::cin, line);) {
    Strings words = split(line);
    if (line[0] == '\t')
      *file += line.substr(1) + "\n";
    else if (words[0] == "job")
      file = &(files[words.at(1)] = "");
    else if (words[0] == "run")
      trace.emplace(files, words);
    else if (words[0] == "end") {
      trace.reset();
      files.clear();
      std::cout << "end\n" << std::flush;
    } else {
      std::cout << "> " << line << "\n";
      trace->feed(words);
    }
  }
}
