// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Inputs. A request takes all the memory it needs before it changes anything;
// everything else takes none.

#include "Impl.h"

namespace starton::engine {

FeedResult Engine::Impl::feed(const Input &input) {
  now = input.now > now ? input.now : now;
  switch (input.kind) {
  case Input::Kind::ClientGone:
    forgetClient(input.request);
    break;
  case Input::Kind::ExecConfirmed:
    execConfirmed(input);
    break;
  case Input::Kind::ExecFailed:
    execFailed(input);
    break;
  case Input::Kind::ChildExited:
    childEnded(input.pid, input.status & 0xff, false, false);
    break;
  case Input::Kind::ChildKilled:
    childEnded(input.pid, input.status & 0x7f, true, false);
    break;
  case Input::Kind::ChildVanished:
    childEnded(input.pid, 0, false, true);
    break;
  case Input::Kind::ChildReplaced:
    childReplaced(input);
    break;
  case Input::Kind::ChildStopped:
    childStopped(input);
    break;
  case Input::Kind::ChildContinued:
    childContinued(input);
    break;
  case Input::Kind::ChildForked:
    childForked(input);
    break;
  case Input::Kind::ChildExecuted:
    childExecuted(input);
    break;
  case Input::Kind::Timer:
    timerDue(input);
    break;
  case Input::Kind::Shutdown:
    shutdown(input);
    break;
  case Input::Kind::ShutdownTick:
    shutdownTick();
    break;
  default:
    return request(input);
  }
  return FeedResult::Taken;
}

FeedResult Engine::Impl::request(const Input &input) {
  if (refuseArguments(input))
    return FeedResult::Taken;
  bool ofInstance =
      input.kind == Input::Kind::Reload ||
      input.kind == Input::Kind::StartInstance ||
      input.kind == Input::Kind::StopInstance ||
      input.kind == Input::Kind::RestartInstance ||
      (input.kind >= Input::Kind::SetEnv && input.instance != NoInstance);
  if (ofInstance && !isLive(input.instance))
    return unknownInstance(input, {});
  uint32_t index = input.instance.index;
  switch (input.kind) {
  case Input::Kind::Start:
    return startClass(input);
  case Input::Kind::Stop:
    return stopClass(input);
  case Input::Kind::Restart:
    return restartClass(input);
  case Input::Kind::StartInstance:
    return start(input, index, false, false);
  case Input::Kind::StopInstance:
    return stop(input, index, false);
  case Input::Kind::RestartInstance:
    return restart(input, index, false);
  case Input::Kind::Reload:
    return reload(input, index);
  case Input::Kind::EmitEvent:
    return emitEvent(input);
  case Input::Kind::SetEnv:
  case Input::Kind::UnsetEnv:
  case Input::Kind::ResetEnv:
    return changeEnvironment(input);
  default:
    return FeedResult::Taken;
  }
}

/// True: answered with an error.
bool Engine::Impl::refuseArguments(const Input &input) {
  const char *why = nullptr;
  bool ofEnvironment =
      input.kind == Input::Kind::SetEnv || input.kind == Input::Kind::UnsetEnv;
  for (Text entry : input.env) {
    if (ofEnvironment && keyOf(entry).empty())
      why = "Variable may not be empty string";
    else if ((!ofEnvironment && !isAssignment(entry)) ||
             (!entry.empty() && std::memchr(entry.data(), 0, entry.size())))
      why = "Env must be KEY=VALUE pairs";
  }
  bool badName = input.name.empty() ||
                 std::memchr(input.name.data(), 0, input.name.size());
  if (input.kind == Input::Kind::EmitEvent && badName)
    why = "Name may not be empty string";
  bool ofClass = input.kind == Input::Kind::Start ||
                 input.kind == Input::Kind::Stop ||
                 input.kind == Input::Kind::Restart;
  ErrorName error = ErrorName::InvalidArgs;
  if (ofClass && !isClass(input.job)) {
    why = "Unknown job";
    error = ErrorName::UnknownJob;
  }
  if (!why)
    return false;
  prepared.clear();
  prepared.append(why);
  replyError(input.request, error, Problem::Prepared);
  return true;
}

FeedResult Engine::Impl::unknownInstance(const Input &input, Text name) {
  constexpr char Prefix[] = "Unknown instance: ";
  if (!prepared.reserve(sizeof Prefix + name.size()))
    return FeedResult::Refused;
  prepared.clear();
  prepared.append(Prefix);
  prepared.append(name);
  replyError(input.request, ErrorName::UnknownInstance, Problem::Prepared);
  return FeedResult::Taken;
}

/// The instance's name. \p answered: it could not be had, and that was said.
FeedResult Engine::Impl::expandRequest(const Input &input, bool withUsage,
                                       Text &name, bool &answered) {
  const table::Job &job = jobOf(input.job);
  Environment environment{&shared, &job, {}, input.env};
  ExpandStatus status = expandName(input.job, environment, name);
  answered = status != ExpandStatus::Ok;
  if (!answered)
    return FeedResult::Taken;
  if (!prepareExpandError(status, withUsage ? textOf(job.usage()) : Text{}))
    return FeedResult::Refused;
  replyError(input.request, ErrorName::InvalidArgs, Problem::Prepared);
  return FeedResult::Taken;
}

bool Engine::Impl::gather(const Input &input, WaitKind kind,
                          bool withEnvironment, Needs &needs) {
  if (withEnvironment && !makeBlob(input.env, needs.env))
    return false;
  if (withEnvironment && limitsImports && kind != WaitKind::Stop)
    keepImported(jobOf(input.job), false, needs.env);
  if (!input.wait || !input.request)
    return true;
  needs.waiter = makeWaiter(kind, input.request);
  if (needs.waiter != None)
    return true;
  drop(needs);
  return false;
}

void Engine::Impl::drop(Needs &needs) {
  freeBlob(needs.env);
  if (needs.waiter != None)
    waiters.give(needs.waiter);
  needs.waiter = None;
}

FeedResult Engine::Impl::startClass(const Input &input) {
  // The last memory is kept for what ends things.
  if (!refillReserve())
    return FeedResult::Refused;
  Text name;
  bool answered = false;
  FeedResult result = expandRequest(input, true, name, answered);
  if (answered || result == FeedResult::Refused)
    return result;
  uint32_t index = findInstance(input.job, name);
  bool fresh = index == None;
  if (fresh)
    index = prepareInstance(input.job, name);
  if (index == None)
    return FeedResult::Refused;
  return start(input, index, true, fresh);
}

/// What a start of any kind takes, so that nothing can fail afterwards. What
/// was got is in \p needs either way.
bool Engine::Impl::gatherStart(const Input &input, WaitKind kind,
                               uint32_t index, bool newEnvironment,
                               Needs &needs) {
  return gather(input, kind, newEnvironment, needs) &&
         (!newEnvironment ||
          (growSpares(index, needs.env) &&
           reserveEnvironment(jobOf(instances[index]), needs.env.count,
                              instances[index].stopEnv.count)));
}

FeedResult Engine::Impl::start(const Input &input, uint32_t index,
                               bool newEnvironment, bool fresh) {
  if (instances[index].goal != Goal::Stop) {
    replyError(input.request, ErrorName::AlreadyStarted,
               Problem::AlreadyRunning, index);
    return FeedResult::Taken;
  }
  Needs needs;
  if (!gatherStart(input, WaitKind::Start, index, newEnvironment, needs)) {
    drop(needs);
    if (fresh)
      freeInstance(index);
    return FeedResult::Refused;
  }
  if (fresh)
    publishInstance(index);
  if (newEnvironment)
    setNextEnvironment(index, needs.env);
  releaseWaiters(index, false);
  if (needs.waiter != None)
    addWaiter(index, needs.waiter);
  changeGoal(index, Goal::Start);
  if (needs.waiter == None)
    op = {Operation::Kind::Answer, index, None, input.request};
  return FeedResult::Taken;
}

/// The instance that a request to stop or restart names. None: \p result is
/// what has become of the request.
uint32_t Engine::Impl::namedInstance(const Input &input, FeedResult &result) {
  Text name;
  bool answered = false;
  result = expandRequest(input, false, name, answered);
  if (answered || result == FeedResult::Refused)
    return None;
  uint32_t index = findInstance(input.job, name);
  if (index == None)
    result = unknownInstance(input, name);
  return index;
}

/// True: it is, and the request has been answered.
bool Engine::Impl::isStopped(const Input &input, uint32_t index) {
  if (instances[index].goal != Goal::Stop)
    return false;
  replyError(input.request, ErrorName::AlreadyStopped, Problem::AlreadyStopped,
             index);
  return true;
}

FeedResult Engine::Impl::stopClass(const Input &input) {
  FeedResult result = FeedResult::Taken;
  uint32_t index = namedInstance(input, result);
  return index == None ? result : stop(input, index, true);
}

FeedResult Engine::Impl::stop(const Input &input, uint32_t index,
                              bool newEnvironment) {
  if (isStopped(input, index))
    return FeedResult::Taken;
  Needs needs;
  if (!gather(input, WaitKind::Stop, newEnvironment, needs))
    return FeedResult::Refused;
  if (!reserveEnvironment(jobOf(instances[index]), largestDelta(index),
                          needs.env.count)) {
    drop(needs);
    return FeedResult::Refused;
  }
  freeBlob(instances[index].stopEnv);
  instances[index].stopEnv = needs.env;
  releaseWaiters(index, false);
  if (needs.waiter != None)
    addWaiter(index, needs.waiter);
  else
    op = {Operation::Kind::Answer, index, None, input.request};
  changeGoal(index, Goal::Stop);
  return FeedResult::Taken;
}

FeedResult Engine::Impl::restartClass(const Input &input) {
  if (!refillReserve())
    return FeedResult::Refused;
  FeedResult result = FeedResult::Taken;
  uint32_t index = namedInstance(input, result);
  return index == None ? result : restart(input, index, true);
}

/// Goal stop, and start again as soon as that has led to a resting state.
FeedResult Engine::Impl::restart(const Input &input, uint32_t index,
                                 bool newEnvironment) {
  if (isStopped(input, index))
    return FeedResult::Taken;
  Needs needs;
  if (!gatherStart(input, WaitKind::Restart, index, newEnvironment, needs)) {
    drop(needs);
    return FeedResult::Refused;
  }
  if (newEnvironment)
    setNextEnvironment(index, needs.env);
  freeBlob(instances[index].stopEnv);
  releaseWaiters(index, false);
  op = {Operation::Kind::RestartSecondHalf, index, needs.waiter, input.request};
  changeGoal(index, Goal::Stop, true);
  return FeedResult::Taken;
}

FeedResult Engine::Impl::reload(const Input &input, uint32_t index) {
  if (!instances[index].pids[unsigned(Slot::Main)]) {
    replyError(input.request, ErrorName::NotRunning, Problem::NotRunning,
               index);
    return FeedResult::Taken;
  }
  op = {Operation::Kind::Answer, index, None, input.request};
  instances[index].reloaded = true;
  sendSignal(index, SignalKind::Reload, jobOf(instances[index]).reload_signal(),
             false);
  return FeedResult::Taken;
}

FeedResult Engine::Impl::emitEvent(const Input &input) {
  if (!refillReserve())
    return FeedResult::Refused;
  uint32_t index = makeEvent(input.name, input.env);
  if (index == None)
    return FeedResult::Refused;
  Event &event = events[index];
  event.request = input.wait ? input.request : 0;
  event.descriptor = input.descriptor;
  if (limitsImports)
    dropReserved(event);
  queueEvent(index);
  if (!input.wait && input.request)
    emit(Action::Kind::Reply).request = input.request;
  return FeedResult::Taken;
}

void Engine::Impl::forgetClient(RequestToken request) {
  if (!request)
    return;
  for (uint32_t i = 0; i < waiters.limit(); ++i)
    if (waiters[i].request == request)
      waiters[i].request = 0;
  for (uint32_t i = 0; i < events.limit(); ++i)
    if (events[i].request == request)
      events[i].request = 0;
}

void Engine::Impl::forgetCallers() {
  for (uint32_t i = 0; i < waiters.limit(); ++i)
    waiters[i].request = 0;
  for (uint32_t i = 0; i < events.limit(); ++i)
    events[i].request = 0;
}

void Engine::forgetCallers() { impl->forgetCallers(); }

} // namespace starton::engine
