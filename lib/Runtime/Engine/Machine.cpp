// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Goals and states (runtime §2). Entering a state does what its row of §2.1
// says; the next one follows from §2.2. An instance moves on by itself until it
// is in a state where it waits for something.

#include "Impl.h"
#include "Transitions.h"

namespace starton::engine {

/// Runtime §2.2. A job that lost its main process on the way up, or whose goal
/// is `respawn`, goes through the rest of the cycle instead of resting in
/// `running` without a process.
State Engine::Impl::nextState(const Instance &instance) const {
  bool mainRuns = instance.pids[unsigned(Slot::Main)] != 0;
  bool hasMain = processOfSlot(jobOf(instance), Slot::Main) != nullptr;
  Way way = Way::Start;
  if (instance.goal == Goal::Respawn)
    way = Way::Respawn;
  else if (instance.goal == Goal::Stop)
    way = mainRuns ? Way::Stop : Way::StopWithoutMain;
  else if (hasMain && !mainRuns)
    way = Way::StartMainLost;
  return rowOf(instance.state).next[unsigned(way)];
}

/// Runtime §2.3. \p restarting: the goal will be start again at once.
void Engine::Impl::changeGoal(uint32_t index, Goal goal, bool restarting) {
  Instance &instance = instances[index];
  // Whoever waited for the old goal hears of it first (§2.6, §3.3).
  if (released != None) {
    intent = {index, goal, restarting};
    return;
  }
  if (instance.goal == goal)
    return;
  if (Record *record = noteOf(Priority::Info, Note::GoalChanged, index)) {
    record->from = uint8_t(instance.goal);
    record->to = uint8_t(goal);
  }
  instance.goal = goal;
  announce(Action::Announcement::GoalChanged, index).to = uint8_t(goal);
  if (goal == Goal::Start) {
    if (instance.state == State::Waiting)
      mover = index;
    return;
  }
  if (goal == Goal::Stop && instance.state == State::Running) {
    mover = index;
    return;
  }
  bool spawnsForStart = instance.state < State::Running;
  if (instance.retrySpawn && spawnsForStart) {
    instance.retrySpawn = false;
    cancelTimer(index);
    mover = index;
    return;
  }
  // The awaited fork or SIGSTOP may never come.
  if (goal == Goal::Stop && !restarting && instance.state == State::Spawned &&
      instance.pids[unsigned(Slot::Main)] &&
      jobOf(instance).expect() != table::Expect::None && mover != index)
    killMain(index);
}

/// One transition of the mover.
void Engine::Impl::move() {
  uint32_t index = mover;
  Instance &instance = instances[index];
  if (instance.ending) {
    mover = None;
    destroy(index);
    return;
  }
  if (instance.retryMove) {
    instance.retryMove = false;
    cancelTimer(index);
  }
  if (instance.retrySpawn) {
    instance.retrySpawn = false;
    spawn(index, rowOf(instance.state).process);
    return;
  }
  State next = nextState(instance);
  bool takesNext = next == State::Starting && instance.hasNextEnv;
  if (beginsWithEvent(instance.state, next) &&
      !ensureSpare(index, takesNext ? instance.nextEnv : instance.env)) {
    stallForMemory(index);
    return;
  }
  if (instance.goal == Goal::Respawn && next == State::Stopping)
    changeGoal(index, Goal::Start);
  enter(index, next);
}

void Engine::Impl::enter(uint32_t index, State state) {
  Instance &instance = instances[index];
  State from = instance.state;
  if (Record *record = noteOf(Priority::Info, Note::StateChanged, index)) {
    record->from = uint8_t(from);
    record->to = uint8_t(state);
  }
  instance.state = state;
  instance.delayed = false;
  announce(Action::Announcement::StateChanged, index).to = uint8_t(state);
  const StateRow &row = rowOf(state);
  if (row.spawns && (row.process != Slot::Security || appArmor))
    spawn(index, row.process);
  switch (state) {
  case State::Starting:
    enterStarting(index);
    break;
  case State::Running:
    enterRunning(index, from);
    break;
  case State::Stopping:
    instance.blocker = instance.spare;
    emitJobEvent(index, "stopping", true);
    break;
  case State::Killed:
    if (instance.pids[unsigned(Slot::Main)])
      killMain(index);
    break;
  case State::Waiting:
    enterWaiting(index);
    break;
  default:
    break;
  }
  if (rests(instance))
    mover = None;
}

bool Engine::Impl::rests(const Instance &instance) const {
  const StateRow &row = rowOf(instance.state);
  return row.rest == Rest::Event || row.rest == Rest::Goal ||
         (row.rest == Rest::Process &&
          instance.pids[unsigned(row.process)] != 0);
}

void Engine::Impl::enterStarting(uint32_t index) {
  Instance &instance = instances[index];
  if (instance.hasNextEnv) {
    freeBlob(instance.env);
    instance.env = instance.nextEnv;
    instance.nextEnv = {};
    instance.hasNextEnv = false;
  }
  freeBlob(instance.stopEnv);
  instance.failed = instance.failedRespawn = false;
  instance.started = now;
  countStart(instance.job);
  instance.blocker = instance.spare;
  emitJobEvent(index, "starting", false);
}

void Engine::Impl::enterRunning(uint32_t index, State from) {
  Instance &instance = instances[index];
  if (from == State::PostStart)
    emitJobEvent(index, "started", false);
  else
    freeBlob(instance.stopEnv); // the stop was taken back
  if (from == State::PreStop || !jobOf(instance).task())
    releaseWaiters(index, false);
}

void Engine::Impl::enterWaiting(uint32_t index) {
  emitJobEvent(index, "stopped", true);
  releaseWaiters(index, false);
  instances[index].ending = true;
}

/// The event that the next state needs cannot be had: the instance stays where
/// it is and tries again.
void Engine::Impl::stallForMemory(uint32_t index) {
  mover = None;
  instances[index].retryMove = true;
  if (Record *record = note(Priority::Warn, Note::NoMemory))
    record->job = instances[index].job;
  armTimer(index, Second);
}

/// Jobs without processes can start each other for ever; they are named.
void Engine::Impl::countStart(ClassIndex job) {
  JobClass &jobClass = classes[job];
  if (jobClass.busyRound != round) {
    jobClass.busyRound = round;
    jobClass.starts = 0;
  }
  if (jobClass.starts == CycleStarts)
    return;
  if (++jobClass.starts == CycleStarts)
    if (Record *record = note(Priority::Warn, Note::Cycle))
      record->job = job;
}

void Engine::Impl::armTimer(uint32_t index, uint64_t nanoseconds) {
  instances[index].timer = true;
  emitFor(Action::Kind::ArmTimer, index).deadline = now + nanoseconds;
}

void Engine::Impl::cancelTimer(uint32_t index) {
  if (!instances[index].timer)
    return;
  instances[index].timer = false;
  emitFor(Action::Kind::CancelTimer, index);
}

/// Runtime §2.6: the first failure of a cycle counts.
void Engine::Impl::markFailed(uint32_t index, Slot slot, int32_t status,
                              bool respawn) {
  Instance &instance = instances[index];
  if (instance.failed)
    return;
  instance.failed = true;
  instance.failedRespawn = respawn;
  instance.failedSlot = slot;
  instance.failedStatus = status;
  announce(Action::Announcement::Failed, index).value = status;
  releaseWaiters(index, true);
}

/// They are answered by the next steps.
void Engine::Impl::releaseWaiters(uint32_t index, bool failed) {
  Instance &instance = instances[index];
  if (instance.waiters == None)
    return;
  for (uint32_t at = instance.waiters; at != None; at = waiters[at].link) {
    waiters[at].failed = failed;
    waiters[at].instance = index;
  }
  if (released == None)
    released = instance.waiters;
  else
    waiters[lastReleased].link = instance.waiters;
  lastReleased = instance.lastWaiter;
  instance.waiters = instance.lastWaiter = None;
}

uint32_t Engine::Impl::makeWaiter(WaitKind kind, RequestToken request) {
  uint32_t index = waiters.take();
  if (index == None)
    return None;
  waiters[index].kind = kind;
  waiters[index].request = request;
  waiters[index].event = None;
  return index;
}

void Engine::Impl::addWaiter(uint32_t index, uint32_t waiter) {
  Instance &instance = instances[index];
  waiters[waiter].link = None;
  if (instance.waiters == None)
    instance.waiters = waiter;
  else
    waiters[instance.lastWaiter].link = waiter;
  instance.lastWaiter = waiter;
}

void Engine::Impl::releaseOne() {
  uint32_t index = released;
  Waiter waiter = waiters[index];
  released = waiter.link;
  waiters.give(index);
  if (waiter.kind == WaitKind::Event) {
    events[waiter.event].failed = events[waiter.event].failed || waiter.failed;
    unblock(waiter.event);
    return;
  }
  if (!waiter.request)
    return;
  if (!waiter.failed) {
    emitFor(Action::Kind::Reply, waiter.instance).request = waiter.request;
    return;
  }
  Problem problem = waiter.kind == WaitKind::Start  ? Problem::FailedToStart
                    : waiter.kind == WaitKind::Stop ? Problem::FailedToStop
                                                    : Problem::FailedToRestart;
  replyError(waiter.request, ErrorName::JobFailed, problem, waiter.instance);
}

} // namespace starton::engine
