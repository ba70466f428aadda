// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "ControlFakeEngine.h"
#include "starton/Table/JobTable_generated.h"
#include "starton/Table/Reader.h"

namespace starton::test {

using flatbuffers::FlatBufferBuilder;

static flatbuffers::Offset<table::Condition>
buildCondition(FlatBufferBuilder &builder, const FakeJob &job) {
  std::vector<table::Node> nodes;
  std::vector<flatbuffers::Offset<flatbuffers::String>> words;
  for (const std::vector<std::string> &entry : job.startOn) {
    if (entry[0] == "/AND" || entry[0] == "/OR") {
      auto kind =
          entry[0] == "/AND" ? table::NodeKind::And : table::NodeKind::Or;
      nodes.emplace_back(kind, 0, 0, 0, 0);
      continue;
    }
    nodes.emplace_back(table::NodeKind::Match, 0, words.size(), entry.size(),
                       0);
    for (const std::string &word : entry)
      words.push_back(builder.CreateString(word));
  }
  auto nodeVector = builder.CreateVectorOfStructs(nodes);
  return table::CreateCondition(builder, nodeVector,
                                builder.CreateVector(words));
}

std::string buildTable(const std::vector<FakeJob> &jobs) {
  FlatBufferBuilder builder;
  std::vector<flatbuffers::Offset<table::Job>> made;
  for (const FakeJob &job : jobs) {
    auto condition = buildCondition(builder, job);
    auto emits = builder.CreateVectorOfStrings(job.emits);
    auto name = builder.CreateString(job.name);
    auto description = builder.CreateString(job.description);
    flatbuffers::Offset<flatbuffers::String> instance;
    if (!job.instance.empty())
      instance = builder.CreateString(job.instance);
    table::JobBuilder row(builder);
    row.add_name(name);
    row.add_description(description);
    row.add_emits(emits);
    if (!job.instance.empty())
      row.add_instance(instance);
    if (!job.startOn.empty())
      row.add_start_on(condition);
    made.push_back(row.Finish());
  }
  auto jobVector = builder.CreateVector(made);
  table::JobTableBuilder root(builder);
  root.add_format_version(table::FormatVersion);
  root.add_jobs(jobVector);
  builder.Finish(
      flatbuffers::Offset<table::JobTable>(builder.EndTable(root.start_)));
  return {reinterpret_cast<const char *>(builder.GetBufferPointer()),
          builder.GetSize()};
}

} // namespace starton::test

namespace starton::engine {

static std::string toString(Text text) { return {text.begin(), text.end()}; }

static Text view(const std::string &text) { return {text.data(), text.size()}; }

const char *goalName(Goal goal) {
  return goal == Goal::Stop ? "stop" : "start";
}
const char *stateName(State state) {
  return state == State::Running ? "running" : "waiting";
}
const char *slotName(Slot slot) {
  return slot == Slot::Main ? "main" : "post-start";
}

Engine::~Engine() { delete impl; }

bool Engine::init(const table::JobTable &jobs, const Options &) {
  impl = new Impl;
  impl->table = &jobs;
  return true;
}

uint32_t Engine::classCount() const { return impl->table->jobs()->size(); }
ClassIndex Engine::classAt(uint32_t position) const { return position; }

ClassIndex Engine::findClass(Text name) const {
  for (uint32_t i = 0; i < classCount(); ++i)
    if (impl->table->jobs()->Get(i)->name()->str() == toString(name))
      return i;
  return NoClass;
}

Text Engine::className(ClassIndex job) const {
  const flatbuffers::String *name = classJob(job).name();
  return {name->c_str(), name->size()};
}

const table::Job &Engine::classJob(ClassIndex job) const {
  return *impl->table->jobs()->Get(job);
}

static InstanceId nextOf(const Engine::Impl &impl, ClassIndex job,
                         uint32_t from) {
  for (; from < impl.instances.size(); ++from)
    if (impl.instances[from] && impl.instances[from]->job == job)
      return {from, 1};
  return NoInstance;
}

InstanceId Engine::firstInstance(ClassIndex job) const {
  return nextOf(*impl, job, 0);
}

InstanceId Engine::nextInstance(InstanceId instance) const {
  return nextOf(*impl, impl->instances[instance.index]->job,
                instance.index + 1);
}

bool Engine::viewInstance(InstanceId id, InstanceView &out) const {
  if (id.index >= impl->instances.size() || !impl->instances[id.index])
    return false;
  const test::FakeInstance &instance = *impl->instances[id.index];
  out = {id,          instance.job,   view(instance.name),
         Goal::Start, State::Running, {}};
  out.pids[0] = 4711;
  out.pids[2] = 4712;
  return true;
}

InstanceId Engine::findInstance(ClassIndex job, Text name) const {
  for (uint32_t i = 0; i < impl->instances.size(); ++i)
    if (impl->instances[i] && impl->instances[i]->job == job &&
        impl->instances[i]->name == toString(name))
      return {i, 1};
  return NoInstance;
}

bool Engine::instanceName(ClassIndex job, Span<const Text> env, bool withUsage,
                          Text &name, Text &message) {
  const auto *stanza = classJob(job).instance();
  impl->expanded.clear();
  if (stanza) {
    std::string key = stanza->str().substr(1) + "=";
    bool found = false;
    for (Text variable : env)
      if (toString(variable).compare(0, key.size(), key) == 0) {
        impl->expanded = toString(variable).substr(key.size());
        found = true;
      }
    if (!found) {
      impl->problem = "Unknown parameter: " + stanza->str().substr(1);
      if (withUsage)
        impl->problem += "\nUsage: none";
      message = view(impl->problem);
      return false;
    }
  }
  name = view(impl->expanded);
  return true;
}

bool Engine::getEnv(InstanceId instance, Text name, Text &value) const {
  auto &variables = impl->environments[instance.index];
  auto found = variables.find(toString(name));
  if (found != variables.end())
    value = view(found->second);
  return found != variables.end();
}

bool Engine::listEnv(InstanceId instance, Span<const Text> &entries) {
  impl->listed.clear();
  impl->listedViews.clear();
  for (const auto &[name, value] : impl->environments[instance.index])
    impl->listed.emplace_back(name).append("=").append(value);
  for (const std::string &entry : impl->listed)
    impl->listedViews.push_back(view(entry));
  entries = {impl->listedViews.data(), impl->listedViews.size()};
  return true;
}

static void changeEnvironment(Engine::Impl &impl, const Input &input) {
  auto &variables = impl.environments[input.instance.index];
  if (input.kind == Input::Kind::ResetEnv)
    variables.clear();
  for (Text entry : input.env) {
    std::string text = toString(entry);
    std::string name = text.substr(0, text.find('='));
    bool set = input.kind == Input::Kind::SetEnv;
    if (!set || !input.retain)
      variables.erase(name);
    if (set)
      variables.emplace(name, text == name ? "" : text.substr(name.size() + 1));
  }
}

bool Engine::lastRun(ClassIndex job, Text, LastRun &run) const {
  if (job < impl->lastRuns.size())
    run = impl->lastRuns[job];
  return job < impl->lastRuns.size();
}

bool Engine::holders(Vector<Holder> &list) const {
  list.clear();
  for (const Holder &holder : impl->holders)
    if (!list.push(holder))
      return false;
  return true;
}

bool Engine::viewEvent(EventIndex event, EventView &out) const {
  if (event >= impl->events.size())
    return false;
  out.name = view(impl->events[event].first);
  out.variables = view(impl->events[event].second);
  return true;
}

uint32_t Engine::generationOf(ClassIndex) const { return 3; }

EventIndex Engine::blockerOf(InstanceId) const { return impl->blocker; }

void Engine::complete(uint64_t, const Outcome &) {}
void Engine::setLogPriority(Priority) {}

static void announce(Engine::Impl &impl, Action::Announcement what,
                     ClassIndex job, const std::string &text) {
  test::FakeAction made;
  made.action.kind = Action::Kind::Announce;
  made.action.announce = what;
  made.action.job = job;
  made.action.goal = Goal::Start;
  made.action.state = State::Running;
  made.text = text;
  impl.actions.push_back(std::move(made));
}

static void reply(Engine::Impl &impl, const Input &input, ClassIndex job,
                  const std::string &text) {
  test::FakeAction made;
  made.action.kind = Action::Kind::Reply;
  made.action.request = input.request;
  made.action.job = job;
  made.text = text;
  impl.actions.push_back(std::move(made));
}

static void fail(Engine::Impl &impl, const Input &input, ErrorName error,
                 const std::string &text) {
  test::FakeAction made;
  made.action.kind = Action::Kind::ReplyError;
  made.action.request = input.request;
  made.action.error = error;
  made.text = text;
  impl.actions.push_back(std::move(made));
}

static void start(Engine &engine, Engine::Impl &impl, const Input &input) {
  Text name;
  Text problem;
  if (!engine.instanceName(input.job, input.env, true, name, problem))
    return fail(impl, input, ErrorName::InvalidArgs, toString(problem));
  std::string job = engine.classJob(input.job).name()->str();
  if (engine.findInstance(input.job, name).index != NoInstance.index)
    return fail(impl, input, ErrorName::AlreadyStarted,
                "Job is already running: " + job);
  std::string made = toString(name);
  impl.instances.push_back(std::make_unique<test::FakeInstance>(
      test::FakeInstance{input.job, made}));
  announce(impl, Action::Announcement::InstanceAdded, input.job, made);
  announce(impl, Action::Announcement::GoalChanged, input.job, made);
  announce(impl, Action::Announcement::StateChanged, input.job, made);
  if (!input.wait || job.compare(0, 4, "hold") != 0)
    reply(impl, input, input.job, made);
}

static void stop(Engine &engine, Engine::Impl &impl, const Input &input,
                 InstanceId id) {
  InstanceView instance;
  if (!engine.viewInstance(id, instance))
    return fail(impl, input, ErrorName::UnknownInstance, "Unknown instance: ");
  std::string name = toString(instance.name);
  impl.instances[id.index].reset();
  announce(impl, Action::Announcement::Failed, instance.job, name);
  announce(impl, Action::Announcement::InstanceRemoved, instance.job, name);
  reply(impl, input, instance.job, name);
}

static void emit(Engine::Impl &impl, const Input &input) {
  std::string name = toString(input.name);
  announce(impl, Action::Announcement::EventEmitted, NoClass, name);
  for (Text variable : input.env)
    impl.actions.back().environment.push_back(toString(variable));
  if (name == "fail")
    fail(impl, input, ErrorName::EventFailed, "Event failed");
  else if (!input.wait || name.compare(0, 4, "hold") != 0)
    reply(impl, input, NoClass, "");
}

FeedResult Engine::feed(const Input &input) {
  if (input.kind == Input::Kind::EmitEvent && toString(input.name) == "refuse")
    return FeedResult::Refused;
  switch (input.kind) {
  case Input::Kind::Start:
  case Input::Kind::Restart:
    start(*this, *impl, input);
    break;
  case Input::Kind::Stop: {
    Text name;
    Text problem;
    if (instanceName(input.job, input.env, false, name, problem))
      stop(*this, *impl, input, findInstance(input.job, name));
    else
      fail(*impl, input, ErrorName::InvalidArgs, toString(problem));
    break;
  }
  case Input::Kind::StopInstance:
    stop(*this, *impl, input, input.instance);
    break;
  case Input::Kind::StartInstance:
  case Input::Kind::RestartInstance:
    fail(*impl, input, ErrorName::AlreadyStarted, "Job is already running: x");
    break;
  case Input::Kind::Reload:
    fail(*impl, input, ErrorName::NotRunning, "Job is not running: x");
    break;
  case Input::Kind::EmitEvent:
    emit(*impl, input);
    break;
  case Input::Kind::SetEnv:
  case Input::Kind::UnsetEnv:
  case Input::Kind::ResetEnv:
    changeEnvironment(*impl, input);
    reply(*impl, input, NoClass, "");
    break;
  default:
    break;
  }
  return FeedResult::Taken;
}

bool Engine::next(Action &action) {
  if (impl->actions.empty())
    return false;
  impl->current = std::move(impl->actions.front());
  impl->actions.pop_front();
  test::FakeAction &current = impl->current;
  current.views.clear();
  for (const std::string &variable : current.environment)
    current.views.push_back(view(variable));
  action = current.action;
  action.text = view(current.text);
  action.env = {current.views.data(), current.views.size()};
  return true;
}

} // namespace starton::engine
