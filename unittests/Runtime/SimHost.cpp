// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "SimHost.h"
#include "EngineInvariants.h"
#include "starton/Runtime/Support/StateStream.h"
#include "starton/Sema/JobSet.h"
#include "starton/Table/JobTable_generated.h"
#include "starton/Table/Reader.h"
#include "starton/Table/Writer.h"
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <unistd.h>

namespace starton::test {

using engine::Action;
using engine::Input;
using engine::Slot;
using engine::State;

namespace {

std::string toString(engine::Text text) {
  return {text.data() ? text.data() : "", text.size()};
}

engine::Text toText(const std::string &string) {
  return {string.data(), string.size()};
}

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

Compiled::Compiled(const Files &files, bool chromeOs) {
  namespace fs = std::filesystem;
  static int number = 0;
  fs::path directory =
      fs::temp_directory_path() /
      ("engine-" + std::to_string(getpid()) + "-" + std::to_string(++number));
  size_t overrides = 0;
  for (const auto &[name, text] : files) {
    fs::create_directories((directory / name).parent_path());
    bool isOverride = name.find(".override") != std::string::npos;
    overrides += isOverride;
    std::ofstream(directory / (isOverride ? name : name + ".conf")) << text;
  }
  sema::SystemOptions options;
  options.directories = {directory.string()};
  options.root = directory.string();
  if (chromeOs)
    options.dialect = Dialect::ChromeOS;
  sema::JobSet set = sema::loadSystem(options);
  fs::remove_all(directory);
  std::string error;
  bytes = table::writeTable(set, error);
  if (set.jobs.size() != files.size() - overrides) {
    std::fprintf(stderr, "a job of the test is rejected: %s\n", error.c_str());
    std::abort();
  }
  open();
}

Compiled::Compiled(const Compiled &other) : bytes(other.bytes) { open(); }

Compiled::~Compiled() { std::fill(bytes.begin(), bytes.end(), '\xff'); }

void Compiled::open() {
  table::LoadError error;
  root = table::verify(
      {reinterpret_cast<const uint8_t *>(bytes.data()), bytes.size()}, error);
  if (!root) {
    std::fprintf(stderr, "a table of the test: %s\n", error.message);
    std::abort();
  }
}

SimHost::SimHost(const Compiled &compiled, Settings given)
    : SimHost(std::make_unique<Compiled>(compiled), std::move(given)) {}

SimHost::SimHost(std::unique_ptr<Compiled> own, Settings given)
    : SimHost(own->table(), std::move(given)) {
  kept[0] = std::move(own);
}

SimHost::SimHost(const table::JobTable &first, Settings given)
    : table(&first), settings(std::move(given)) {
  engine::Options options;
  options.userMode = settings.userMode;
  options.appArmor = settings.appArmor;
  options.verification = settings.verification;
  std::string session = "unix:abstract=/test";
  if (settings.userMode)
    options.sessionAddress = toText(session);
  std::vector<engine::Text> environment;
  for (const std::string &entry : settings.environment)
    environment.push_back(toText(entry));
  options.daemonEnvironment = {environment.data(), environment.size()};
  options.logPriority =
      settings.debug ? engine::Priority::Debug : engine::Priority::Info;
  kept[0] = nullptr;
  initialised = engine.init(first, options);
  if (initialised)
    for (const std::string &name : classes())
      jobs.insert(name);
}

bool SimHost::switchTo(const Compiled &compiled, engine::SwitchKind kind,
                       const Strings &removed) {
  auto copy = std::make_unique<Compiled>(compiled);
  std::vector<engine::Text> names;
  for (const std::string &name : removed)
    names.push_back(toText(name));
  uint32_t id = ++lastTable;
  if (engine.switchTable(copy->table(), id, kind,
                         {names.data(), names.size()}) ==
      engine::SwitchResult::Refused)
    return false;
  kept[id] = std::move(copy);
  run();
  checkClasses();
  return true;
}

Strings SimHost::classes() const {
  Strings names;
  for (uint32_t i = 0; i < engine.classCount(); ++i)
    names.push_back(engine.classJob(engine.classAt(i)).name()->str());
  return names;
}

Strings SimHost::instances(const std::string &job) const {
  Strings names;
  engine::ClassIndex at = engine.findClass(toText(job));
  if (at == engine::NoClass)
    return names;
  engine::InstanceView view;
  for (engine::InstanceId id = engine.firstInstance(at);
       engine.viewInstance(id, view); id = engine.nextInstance(id))
    names.push_back(toString(view.name));
  return names;
}

Strings SimHost::tables() const {
  Strings ids;
  for (const auto &[id, table] : kept)
    ids.push_back(std::to_string(id));
  return ids;
}

Strings SimHost::environmentOf(engine::InstanceId instance) {
  Strings all;
  Span<const engine::Text> entries;
  check(engine.listEnv(instance, entries), "an environment is not there");
  for (engine::Text entry : entries)
    all.push_back(toString(entry));
  std::sort(all.begin(), all.end());
  return all;
}

void SimHost::checkClasses() {
  Strings names = classes();
  std::set<std::string> unique(names.begin(), names.end());
  check(unique == jobs && unique.size() == names.size(),
        "the classes are not those that were announced");
  unsigned last = 0;
  for (const std::string &name : names) {
    uint32_t hash = 2166136261U;
    for (char c : name)
      hash = (hash * 16777619U) ^ uint32_t(static_cast<unsigned char>(c));
    check(hash % 17 >= last, name + " is out of order");
    last = hash % 17;
    engine::ClassIndex job = engine.findClass(toText(name));
    check(job != engine::NoClass && engine.classJob(job).name()->str() == name,
          name + " is not found");
  }
}

void SimHost::check(bool good, const std::string &what) {
  if (!good && firstBroken.empty())
    firstBroken = what;
}

engine::FeedResult SimHost::feed(Input input) {
  input.now = now;
  input.sequence = ++sequence;
  if (settings.reincarnateEvery && sequence % settings.reincarnateEvery == 0)
    reincarnate();
  engine::FeedResult result = engine.feed(input);
  if (result == engine::FeedResult::Refused) {
    ++refusedCount;
    bool isRequest = input.kind <= Input::Kind::ResetEnv;
    check(isRequest, "an internal input was refused");
  }
  return result;
}

std::vector<engine::TableOfState> SimHost::savedTables() const {
  std::vector<engine::TableOfState> tables;
  tables.reserve(kept.size());
  for (const auto &[id, compiled] : kept)
    tables.push_back({id, compiled ? &compiled->table() : table});
  return tables;
}

void SimHost::reincarnate() {
  StateWriter first;
  engine.snapshot(first);
  first.finish();
  check(first.good(), "the state cannot be saved");
  StateReader reader(first.bytes());
  std::destroy_at(&engine);
  std::construct_at(&engine);
  auto tables = savedTables();
  if (!engine.restore(reader, {tables.data(), tables.size()})) {
    std::fprintf(stderr, "the state cannot be read back: %s\n", reader.why());
    std::abort();
  }
  check(reader.atEnd(), "the state was not read to its end");
  StateWriter second;
  engine.snapshot(second);
  second.finish();
  check(first.bytes().size() == second.bytes().size() &&
            std::equal(first.bytes().begin(), first.bytes().end(),
                       second.bytes().begin()),
        "what was read back is saved as something else");
}

void SimHost::reexec() {
  reincarnate();
  engine.forgetCallers();
  waiting.clear();
  answers.clear();
  lastRequest = 0;
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
    all += engine.classJob(action.job).name()->str() + " ";
  for (engine::Text entry : action.env)
    all += "[" + toString(entry) + "]";
  return all + toString(action.text);
}

std::string SimHost::nameOf(const Input &input) const {
  return std::to_string(input.request) + " of kind " +
         std::to_string(unsigned(input.kind)) + " about " +
         toString(input.name);
}

uint64_t SimHost::request(Input::Kind kind, const std::string &job,
                          const Strings &env, bool wait) {
  Input input;
  input.kind = kind;
  input.job = engine.findClass(toText(job));
  input.name = toText(job);
  input.wait = wait;
  return send(input, env);
}

uint64_t SimHost::start(const std::string &job, const Strings &env, bool wait) {
  return request(Input::Kind::Start, job, env, wait);
}

uint64_t SimHost::stop(const std::string &job, const Strings &env, bool wait) {
  return request(Input::Kind::Stop, job, env, wait);
}

uint64_t SimHost::restart(const std::string &job, const Strings &env,
                          bool wait) {
  return request(Input::Kind::Restart, job, env, wait);
}

uint64_t SimHost::emit(const std::string &event, const Strings &env, bool wait,
                       int descriptor) {
  Input input;
  input.kind = Input::Kind::EmitEvent;
  input.name = toText(event);
  input.wait = wait;
  input.descriptor = descriptor;
  return send(input, env);
}

uint64_t SimHost::environment(Input::Kind kind, const Strings &env, bool retain,
                              engine::InstanceId instance) {
  Input input;
  input.kind = kind;
  input.retain = retain;
  input.instance = instance;
  return send(input, env);
}

uint64_t SimHost::send(Input input, const Strings &env) {
  input.request = ++lastRequest;
  std::vector<engine::Text> entries;
  for (const std::string &entry : env)
    entries.push_back(toText(entry));
  input.env = {entries.data(), entries.size()};
  waiting.insert(input.request);
  requestNames[lastRequest] = nameOf(input);
  uint64_t number = lastRequest;
  if (feed(input) == engine::FeedResult::Refused) {
    waiting.erase(number);
    number = 0;
  }
  run();
  return number;
}

uint64_t SimHost::onInstance(Input::Kind kind, const std::string &job,
                             const std::string &instance, bool wait) {
  Input input;
  input.kind = kind;
  input.instance =
      engine.findInstance(engine.findClass(toText(job)), toText(instance));
  input.wait = wait;
  return send(input, {});
}

void SimHost::shutdown(const char *why) {
  Input input;
  input.kind = Input::Kind::Shutdown;
  input.name = textOf(why);
  (void)feed(input);
  run();
}

void SimHost::forgetClient(uint64_t request) {
  Input input;
  input.kind = Input::Kind::ClientGone;
  input.request = request;
  waiting.erase(request);
  (void)feed(input);
  run();
}

std::string SimHost::answer(uint64_t request) const {
  auto found = answers.find(request);
  return found == answers.end() ? "" : found->second;
}

int32_t SimHost::pid(const std::string &job, Slot slot,
                     const std::string &instance) const {
  for (const auto &[pid, process] : processes)
    if (process.job == job && process.slot == slot &&
        process.instance == instance)
      return pid;
  return 0;
}

const SimProcess *SimHost::process(int32_t pid) const {
  auto found = processes.find(pid);
  return found == processes.end() ? nullptr : &found->second;
}

std::string SimHost::variable(const std::string &job, const std::string &key,
                              Slot slot) const {
  auto found = lastSpawned.find(job + "/" + engine::slotName(slot));
  if (found == lastSpawned.end())
    return "(no process)";
  for (const std::string &entry : found->second.env)
    if (entry.compare(0, key.size() + 1, key + "=") == 0)
      return entry.substr(key.size() + 1);
  return "(unset)";
}

void SimHost::dropProcess(int32_t pid) { processes.erase(pid); }

void SimHost::exit(int32_t pid, int status) {
  Input input;
  input.kind = Input::Kind::ChildExited;
  input.pid = pid;
  input.status = status;
  dropProcess(pid);
  (void)feed(input);
  run();
}

void SimHost::kill(int32_t pid, int signal) {
  Input input;
  input.kind = Input::Kind::ChildKilled;
  input.pid = pid;
  input.status = signal;
  dropProcess(pid);
  (void)feed(input);
  run();
}

void SimHost::stopped(int32_t pid, int signal) {
  Input input;
  input.kind = Input::Kind::ChildStopped;
  input.pid = pid;
  input.status = signal;
  (void)feed(input);
  run();
}

void SimHost::forks(int32_t pid) { becomes(Input::Kind::ChildForked, pid); }

void SimHost::replaced(int32_t pid) {
  becomes(Input::Kind::ChildReplaced, pid);
}

void SimHost::becomes(Input::Kind kind, int32_t pid) {
  Input input;
  input.kind = kind;
  input.pid = pid;
  input.status = ++lastPid;
  SimProcess child = processes[pid];
  child.pid = lastPid;
  child.confirmed = true;
  dropProcess(pid);
  processes[lastPid] = child;
  (void)feed(input);
  run();
}

void SimHost::executes(int32_t pid) {
  Input input;
  input.kind = Input::Kind::ChildExecuted;
  input.pid = pid;
  (void)feed(input);
  run();
}

void SimHost::lose(int32_t pid) { dropProcess(pid); }

void SimHost::pass(uint64_t seconds) {
  for (uint64_t second = 0; second < seconds; ++second) {
    now += 1'000'000'000;
    for (bool more = true; more;) {
      more = false;
      for (auto [id, deadline] : timers) {
        if (deadline > now)
          continue;
        timers.erase(id);
        Input input;
        input.kind = Input::Kind::Timer;
        input.instance = {id.first, id.second};
        (void)feed(input);
        run();
        more = true;
        break;
      }
    }
    Input tick;
    tick.kind = Input::Kind::ShutdownTick;
    if (!exitSeen)
      (void)feed(tick);
    run();
  }
}

std::string SimHost::status(const std::string &job,
                            const std::string &instance) const {
  engine::InstanceView view;
  engine::InstanceId id =
      engine.findInstance(engine.findClass(toText(job)), toText(instance));
  if (!engine.viewInstance(id, view))
    return "stop/waiting";
  return std::string(engine::goalName(view.goal)) + "/" +
         engine::stateName(view.state);
}

void SimHost::forget() {
  for (Strings *log :
       {&events, &spawnLog, &stateLog, &logLog, &signalLog, &allLog})
    log->clear();
}

std::string SimHost::leftOver() const {
  if (!firstBroken.empty())
    return firstBroken;
  if (!waiting.empty())
    return "request " + requestNames.at(*waiting.begin()) + " has no answer";
  for (const auto &[name, count] : cycles)
    if (count)
      return name + " was starting and never stopped";
  if (!shown.empty())
    return "instance " + shown.begin()->first + " is left in " +
           shown.begin()->second;
  if (!processes.empty())
    return "a process of " + processes.begin()->second.job + " is left";
  return "";
}

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
  check(jobs.count(engine.classJob(action.job).name()->str()),
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
  check(engine.classJob(action.job).name()->str() == name,
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
