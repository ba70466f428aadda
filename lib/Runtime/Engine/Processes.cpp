// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What becomes of processes: spawned, confirmed, ended, stopped, followed,
// signalled (runtime §2.6-§2.8, §4.3-§4.8).

#include "Impl.h"
#include "Transitions.h"
#include <cerrno>
#include <csignal>

namespace starton::engine {

namespace {

/// What passes by itself. The daemon's own descriptors do not come back unless
/// somebody stops something, so whoever starts a job is told (EMFILE).
bool isTemporary(int32_t error) {
  return error == EAGAIN || error == ENOMEM || error == ENFILE;
}

bool isNormal(const table::Job &job, int32_t status) {
  for (uint32_t i = 0; i < countOf(job.normal_exit()); ++i)
    if (job.normal_exit()->Get(i) == status)
      return true;
  return false;
}

} // namespace

void Engine::Impl::spawn(uint32_t index, Slot slot) {
  const table::Process *process = processOfSlot(jobOf(instances[index]), slot);
  bool makesFiles =
      slot == Slot::PreStart && countOf(jobOf(instances[index]).tmpfiles()) > 0;
  if (!process && !makesFiles)
    return;
  if (process && process->kind() == table::ProcessKind::Broken) {
    spawnFailed(index, slot, textOf("the stanza has no command"), 0, 0);
    return;
  }
  emitFor(Action::Kind::Spawn, index).slot = slot;
  owed = {++tokens, index, slot, {}, true};
}

/// The outcome of the mover's spawn.
void Engine::Impl::spawned(const Outcome &outcome) {
  uint32_t index = owed.instance;
  Slot slot = owed.slot;
  Instance &instance = instances[index];
  bool taken = outcome.pid > 0 && !processes.find(uint32_t(outcome.pid));
  if (taken) {
    instance.delayed = false;
    instance.pids[unsigned(slot)] = outcome.pid;
    processes.insert(uint32_t(outcome.pid), index * 8 + unsigned(slot));
    noteProcess(Priority::Info, Note::ProcessStarted, index, slot, outcome.pid);
    if (slot == Slot::Main) {
      instance.forks = 0;
      instance.killed = false;
      instance.retracked = false;
      instance.reloaded = false;
    }
    return;
  }
  int32_t error = outcome.pid > 0 || !outcome.error ? EINVAL : outcome.error;
  if (!isTemporary(error)) {
    spawnFailed(index, slot, textOf("unable to spawn"), error, 0);
    return;
  }
  if (!instance.delayed)
    noteProcess(Priority::Warn, Note::SpawnDelayed, index, slot, 0, error);
  instance.delayed = instance.retrySpawn = true;
  mover = None;
  armTimer(index, Second);
}

void Engine::Impl::spawnFailed(uint32_t index, Slot slot, Text step,
                               int32_t error, int32_t pid) {
  constexpr size_t MaxStep = 256; // what `prepared` always has room for
  prepared.clear();
  prepared.append(step.slice(0, step.size() < MaxStep ? step.size() : MaxStep));
  noteProcess(Priority::Warn, Note::SpawnFailed, index, slot, pid, error);
  if (slot == Slot::PostStart || slot == Slot::PreStop)
    return;
  recordRun(index, slot, LastRun::Why::SpawnFailed, error, false, step);
  markFailed(index, slot, -1, false);
  changeGoal(index, Goal::Stop);
}

/// The process of a resting state is gone: the instance moves on.
void Engine::Impl::afterProcess(uint32_t index, Slot slot) {
  const StateRow &row = rowOf(instances[index].state);
  if (row.rest == Rest::Process && row.process == slot)
    mover = index;
}

void Engine::Impl::sendSignal(uint32_t index, SignalKind kind, int number,
                              bool group) {
  int32_t pid = instances[index].pids[unsigned(Slot::Main)];
  if (kind == SignalKind::Kill || kind == SignalKind::KillAgain)
    noteProcess(Priority::Info, Note::Sending, index, Slot::Main, pid, number);
  Record &record = emitFor(Action::Kind::Signal, index);
  record.pid = pid;
  record.value = number;
  record.group = group;
  owed = {++tokens, index, Slot::Main, kind, false};
}

/// Runtime §2.8. No time to end by itself: KILL at once.
void Engine::Impl::killMain(uint32_t index) {
  const table::Job &job = jobOf(instances[index]);
  instances[index].killed = true;
  int number = job.kill_timeout() == 0 ? SIGKILL : job.kill_signal();
  sendSignal(index, SignalKind::Kill, number, true);
}

void Engine::Impl::signalled(const Outcome &outcome) {
  uint32_t index = owed.instance;
  if (owed.signal != SignalKind::Kill && owed.signal != SignalKind::KillAgain)
    return;
  if (outcome.error == ESRCH) {
    mainGone(index);
    return;
  }
  if (outcome.error)
    noteProcess(Priority::Warn, Note::SignalFailed, index, Slot::Main,
                instances[index].pids[unsigned(Slot::Main)], outcome.error);
  int64_t timeout = jobOf(instances[index]).kill_timeout();
  constexpr int64_t Longest = INT64_MAX / int64_t(2 * Second);
  if (owed.signal == SignalKind::Kill && timeout > 0)
    armTimer(index, uint64_t(timeout < Longest ? timeout : Longest) * Second);
}

/// There was nothing to signal: main has ended without our being told.
void Engine::Impl::mainGone(uint32_t index) {
  Operation end;
  end.pid = instances[index].pids[unsigned(Slot::Main)];
  end.vanished = true;
  processEnded(end);
}

bool Engine::Impl::processOf(int32_t pid, uint32_t &instance,
                             Slot &slot) const {
  const uint32_t *found = pid > 0 ? processes.find(uint32_t(pid)) : nullptr;
  if (!found)
    return false;
  instance = *found / 8;
  slot = Slot(*found % 8);
  return true;
}

void Engine::Impl::forgetProcess(uint32_t index, Slot slot) {
  int32_t &pid = instances[index].pids[unsigned(slot)];
  processes.remove(uint32_t(pid));
  pid = 0;
}

void Engine::Impl::execConfirmed(const Input &input) {
  uint32_t index = None;
  Slot slot{};
  if (processOf(input.pid, index, slot) && slot == Slot::Main &&
      instances[index].state == State::Spawned &&
      jobOf(instances[index]).expect() == table::Expect::None)
    afterProcess(index, slot);
}

void Engine::Impl::execFailed(const Input &input) {
  uint32_t index = None;
  Slot slot{};
  if (!processOf(input.pid, index, slot))
    return;
  forgetProcess(index, slot);
  Instance &instance = instances[index];
  if (slot == Slot::Main && !instance.retrySpawn && !instance.retryMove)
    cancelTimer(index);
  spawnFailed(index, slot, input.name, input.error, input.pid);
  afterProcess(index, slot);
}

void Engine::Impl::childEnded(int32_t pid, int32_t status, bool bySignal,
                              bool vanished) {
  uint32_t index = None;
  Slot slot{};
  if (!processOf(pid, index, slot))
    return;
  Operation end;
  end.kind = Operation::Kind::ProcessEnd;
  end.pid = pid;
  end.status = status;
  end.signalled = bySignal;
  end.vanished = vanished;
  // The end tells as well as a confirmation that the exec went well: the
  // outcome does not depend on which of the two is noticed first.
  if (slot == Slot::Main && instances[index].state == State::Spawned &&
      jobOf(instances[index]).expect() == table::Expect::None) {
    mover = index;
    op = end;
    return;
  }
  processEnded(end);
}

void Engine::Impl::processEnded(const Operation &end) {
  uint32_t index = None;
  Slot slot{};
  if (!processOf(end.pid, index, slot))
    return;
  noteEnd(index, slot, end);
  recordEnd(index, slot, end);
  forgetProcess(index, slot);
  int32_t status = end.signalled ? end.status * 256 : end.status;
  if (slot == Slot::Main) {
    mainEnded(index, status);
    return;
  }
  if (status != 0 && (slot == Slot::PreStart || slot == Slot::PostStop)) {
    markFailed(index, slot, status, false);
    changeGoal(index, Goal::Stop);
  }
  afterProcess(index, slot);
}

void Engine::Impl::noteEnd(uint32_t index, Slot slot, const Operation &end) {
  const Instance &instance = instances[index];
  const table::Job &job = jobOf(instance);
  Note what = Note::ExitedNormally;
  Priority priority = Priority::Info;
  if (end.vanished) {
    what = Note::Vanished;
  } else if (end.signalled) {
    what = Note::KilledBySignal;
    bool ours = slot == Slot::Main && instance.killed;
    if (!ours && !isNormal(job, end.status * 256))
      priority = Priority::Warn;
  } else if (end.status) {
    what = Note::ExitedStatus;
    if (!isNormal(job, end.status))
      priority = Priority::Warn;
  }
  noteProcess(priority, what, index, slot, end.pid, end.status);
}

/// Runtime §2.6, the rows of main, and §2.7.
void Engine::Impl::mainEnded(uint32_t index, int32_t status) {
  Instance &instance = instances[index];
  const table::Job &job = jobOf(instance);
  MainEnd means = rowOf(instance.state).mainEnd;
  bool killed = instance.killed;
  instance.killed = false;
  if (!instance.retrySpawn && !instance.retryMove)
    cancelTimer(index);
  if (means == MainEnd::Ignored)
    return;
  bool resting = means == MainEnd::Decides;
  if (means == MainEnd::Expected || (instance.goal == Goal::Stop && resting)) {
    mover = index;
    return;
  }
  if (instance.goal == Goal::Stop)
    return; // post-start or pre-stop is waited for
  bool succeeded = status == 0 && !(job.respawn() && !job.task());
  if (killed) { // the stop was taken back too late
    if (!resting)
      changeGoal(index, Goal::Respawn);
  } else if (succeeded || isNormal(job, status)) {
    changeGoal(index, Goal::Stop);
  } else if (!job.respawn() || quiesce.active) {
    markFailed(index, Slot::Main, status, false);
    changeGoal(index, Goal::Stop);
  } else if (!respawnAllowed(instance)) {
    noteOf(Priority::Warn, Note::TooFast, index);
    recordRun(index, Slot::Main, LastRun::Why::RespawnLimit,
              status < 256 ? status : status / 256, status >= 256);
    markFailed(index, Slot::Main, 0, true);
    changeGoal(index, Goal::Stop);
  } else {
    noteOf(Priority::Warn, Note::Respawning, index);
    if (!resting)
      changeGoal(index, Goal::Respawn);
  }
  if (resting)
    mover = index;
}

bool Engine::Impl::respawnAllowed(Instance &instance) {
  const table::Job &job = jobOf(instance);
  if (job.respawn_limit() <= 0 || job.respawn_interval() <= 0)
    return true;
  uint64_t seconds = now / Second;
  if (seconds - instance.respawnStart < uint64_t(job.respawn_interval()))
    return ++instance.respawns <= uint32_t(job.respawn_limit());
  instance.respawnStart = seconds;
  instance.respawns = 1;
  return true;
}

void Engine::Impl::childStopped(const Input &input) {
  uint32_t index = None;
  Slot slot{};
  if (!processOf(input.pid, index, slot))
    return;
  noteProcess(Priority::Info, Note::StoppedBySignal, index, slot, input.pid,
              input.status);
  Instance &instance = instances[index];
  if (slot != Slot::Main || instance.state != State::Spawned ||
      input.status != SIGSTOP ||
      jobOf(instance).expect() != table::Expect::Stop)
    return;
  mover = index;
  sendSignal(index, SignalKind::Continue, SIGCONT, false);
}

void Engine::Impl::childContinued(const Input &input) {
  uint32_t index = None;
  Slot slot{};
  if (processOf(input.pid, index, slot))
    noteProcess(Priority::Info, Note::ContinuedBySignal, index, slot, input.pid,
                SIGCONT);
}

/// Runtime §4.8: main is the new process from now on.
void Engine::Impl::childForked(const Input &input) {
  uint32_t index = None;
  Slot slot{};
  if (!processOf(input.pid, index, slot) || slot != Slot::Main ||
      input.status <= 0 || processes.find(uint32_t(input.status)))
    return;
  Instance &instance = instances[index];
  table::Expect expect = jobOf(instance).expect();
  bool follows =
      instance.state == State::Spawned &&
      (expect == table::Expect::Fork || expect == table::Expect::Daemon);
  if (follows) {
    noteProcess(Priority::Info, Note::BecameProcess, index, slot, input.pid,
                input.status);
    forgetProcess(index, slot);
    instance.pids[unsigned(slot)] = input.status;
    processes.insert(uint32_t(input.status), index * 8 + unsigned(slot));
    ++instance.forks;
    // A signal on the way may not have met the new process.
    instance.killed = false;
    cancelTimer(index);
    if (instance.forks < (expect == table::Expect::Fork ? 1 : 2)) {
      if (instance.goal == Goal::Stop)
        killMain(index);
      return;
    }
    afterProcess(index, slot);
  }
  Record &record = emitFor(Action::Kind::Release, index);
  record.pid = input.status;
  record.slot = slot;
}

/// What was tracked is gone, and this is what is left of the job. A signal that
/// was meant for it has met nobody.
void Engine::Impl::childReplaced(const Input &input) {
  uint32_t index = None;
  Slot slot{};
  if (!processOf(input.pid, index, slot))
    return;
  if (slot != Slot::Main || input.status <= 0 ||
      processes.find(uint32_t(input.status))) {
    childEnded(input.pid, 0, false, true);
    return;
  }
  noteProcess(Priority::Warn, Note::Replaced, index, slot, input.pid,
              input.status);
  forgetProcess(index, slot);
  Instance &instance = instances[index];
  instance.pids[unsigned(slot)] = input.status;
  processes.insert(uint32_t(input.status), index * 8 + unsigned(slot));
  instance.retracked = true;
  if (instance.killed)
    killMain(index);
  else if (instance.state == State::Spawned)
    afterProcess(index, slot);
}

void Engine::Impl::childExecuted(const Input &input) {
  uint32_t index = None;
  Slot slot{};
  if (!processOf(input.pid, index, slot) || slot != Slot::Main)
    return;
  noteProcess(Priority::Info, Note::Executed, index, slot, input.pid);
  Instance &instance = instances[index];
  if (instance.state != State::Spawned || instance.forks == 0)
    return;
  Record &record = emitFor(Action::Kind::Release, index);
  record.pid = input.pid;
  record.slot = slot;
  afterProcess(index, slot);
}

void Engine::Impl::timerDue(const Input &input) {
  if (input.instance == EngineTimer) {
    engineTimer = false;
    retry = {true, 0, None};
    return;
  }
  if (!isLive(input.instance) || !instances[input.instance.index].timer)
    return;
  uint32_t index = input.instance.index;
  Instance &instance = instances[index];
  instance.timer = false;
  if (instance.retrySpawn || instance.retryMove) {
    mover = index;
  } else if (instance.killed && instance.pids[unsigned(Slot::Main)]) {
    sendSignal(index, SignalKind::KillAgain, SIGKILL, true);
  }
}

} // namespace starton::engine
