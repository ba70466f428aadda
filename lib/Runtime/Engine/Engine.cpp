// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Runtime/Engine/Engine.h"
#include "Impl.h"
#include "Inert.h"
#include <new>

namespace starton::engine {

Engine::Impl::~Impl() {
  for (uint32_t i = 0; i < instances.limit(); ++i)
    if (instances[i].block)
      freeInstance(i);
  for (uint32_t i = 0; i < events.limit(); ++i)
    release(events[i].data);
  for (Text step : steps)
    release(const_cast<char *>(step.data()));
  for (ClassIndex i = 0; i < classes.size(); ++i) {
    release(classes[i].tails);
    if (classes[i].ownsLatches)
      release(classes[i].latches);
    if (classes[i].inert)
      releaseInert(classes[i].job);
  }
  for (uint32_t i = 0; i < successors.limit(); ++i)
    release(successors[i].latches);
}

bool Engine::Impl::init(const table::JobTable &given, const Options &options) {
  constexpr size_t FirstInstances = 64;
  constexpr size_t PreparedRoom = 512;
  baseJobs = &given;
  verification = options.verification;
  logPriority = options.logPriority;
  appArmor = options.appArmor;
  limitsImports = given.dialect() == table::Dialect::ChromeOS;
  return initClasses() && shared.init(options) && expander.init() &&
         instanceTable.resize(FirstInstances, 0xff) &&
         builder.reserve(size_t(shared.base().count) + 3) &&
         prepared.reserve(PreparedRoom) && reserveNames(0) && initShutdown();
}

bool Engine::Impl::next(Action &action) {
  for (;;) {
    if (ringTaken < ringSize) {
      render(ring[ringTaken++], action);
      return true;
    }
    ringTaken = ringSize = 0;
    if (owed.token)
      return false;
    bool between = released == None && intent.instance == None &&
                   mover == None && op.kind == Operation::Kind::None &&
                   zombie == None;
    if (work >= MaxWork && between) {
      work = 0;
      action = {};
      action.kind = Action::Kind::Yield;
      return true;
    }
    if (!step()) {
      work = 0;
      ++round;
      agenda.rest();
      return false;
    }
  }
}

/// See Impl.h. False: nothing is left to do.
bool Engine::Impl::step() {
  ++work;
  if (zombie != None) {
    freeInstance(zombie);
    zombie = None;
    return true;
  }
  if (newsStep())
    return true;
  if (released != None) {
    releaseOne();
    return true;
  }
  if (intent.instance != None) {
    Intent change = intent;
    intent = {};
    changeGoal(change.instance, change.goal, change.restarting);
    return true;
  }
  if (mover != None) {
    move();
    return true;
  }
  if (op.kind != Operation::Kind::None)
    return finishOperation();
  if (quiesce.active && quiesceStep())
    return true;
  if (retryStep())
    return true;
  if (poll.event != None) {
    pollEvent();
    return true;
  }
  if (agenda.empty())
    return false;
  poll.event = agenda.pop();
  bool isNew = events[poll.event].progress == Progress::Pending;
  poll.phase = isNew ? Poll::Phase::Handle : Poll::Phase::Finish;
  return true;
}

bool Engine::Impl::finishOperation() {
  Operation done = op;
  op = {};
  switch (done.kind) {
  case Operation::Kind::Answer:
    if (done.request)
      emitFor(Action::Kind::Reply, done.instance).request = done.request;
    break;
  case Operation::Kind::RestartSecondHalf:
    if (done.waiter != None)
      addWaiter(done.instance, done.waiter);
    else
      op = {Operation::Kind::Answer, done.instance, None, done.request};
    changeGoal(done.instance, Goal::Start);
    break;
  case Operation::Kind::ProcessEnd:
    processEnded(done);
    break;
  case Operation::Kind::None:
    break;
  }
  return true;
}

Engine::~Engine() {
  if (impl)
    impl->~Impl();
  release(impl);
}

bool Engine::init(const table::JobTable &jobs, const Options &options) {
  void *memory = allocate(sizeof(Impl));
  if (!memory)
    return false;
  impl = new (memory) Impl;
  if (impl->init(jobs, options))
    return true;
  impl->~Impl();
  release(impl);
  impl = nullptr;
  return false;
}

SwitchResult Engine::switchTable(const table::JobTable &jobs, uint32_t id,
                                 SwitchKind kind, Span<const Text> removed) {
  return impl->switchTable(jobs, id, kind, removed);
}

FeedResult Engine::feed(const Input &input) { return impl->feed(input); }

bool Engine::next(Action &action) { return impl->next(action); }

void Engine::complete(uint64_t token, const Outcome &outcome) {
  if (!token || token != impl->owed.token)
    return;
  if (impl->owed.isSpawn)
    impl->spawned(outcome);
  else
    impl->signalled(outcome);
  impl->owed.token = 0;
}

void Engine::setLogPriority(Priority priority) { impl->logPriority = priority; }

} // namespace starton::engine
