// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "SimHost.h"
#include "starton/Runtime/Support/StateStream.h"
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>

namespace starton::test {

using engine::Input;
using engine::Slot;

unsigned countOf(const Strings &lines, const std::string &part) {
  unsigned count = 0;
  for (const std::string &line : lines)
    count += line.find(part) != std::string::npos;
  return count;
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
    names.push_back(toString(engine.className(engine.classAt(i))));
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
    check(job != engine::NoClass && toString(engine.className(job)) == name,
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

} // namespace starton::test
