// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Runtime/Engine/Engine.h"
#include "Impl.h"
#include "Inert.h"
#include "starton/Table/Verification.h"
#include <new>

namespace starton::engine {

Engine::Impl::~Impl() {
  for (uint32_t i = 0; i < instances.limit(); ++i)
    if (instances[i].block)
      freeInstance(i);
  for (uint32_t i = 0; i < events.limit(); ++i)
    release(events[i].data);
  for (JobClass &jobClass : classes) {
    release(jobClass.tails);
    if (jobClass.inert)
      releaseInert(jobClass.job);
  }
}

bool Engine::Impl::init(const table::JobTable &given, const Options &options) {
  constexpr size_t FirstInstances = 64;
  constexpr size_t PreparedRoom = 512;
  table = &given;
  verification = options.verification;
  logPriority = options.logPriority;
  appArmor = options.appArmor;
  limitsImports = table->dialect() == table::Dialect::ChromeOS;
  return initClasses() && shared.init(options) && expander.init() &&
         instanceTable.resize(FirstInstances, 0xff) &&
         builder.reserve(size_t(shared.base().count) + 3) &&
         prepared.reserve(PreparedRoom) && reserveLine(0) && initShutdown();
}

bool Engine::Impl::initClasses() {
  const auto &jobs = *table->jobs();
  uint32_t count = jobs.size();
  Vector<uint8_t> bucketOf;
  Vector<ClassIndex> byRegistration;
  if (!classes.resize(count) || !order.resize(count) ||
      !marked.resize(count / 64 + 1) || !bucketOf.resize(count) ||
      !byRegistration.resize(count))
    return false;
  size_t leaves = 0;
  size_t largest = 0;
  for (ClassIndex i = 0; i < count; ++i) {
    const table::Job &job = *jobs.Get(i);
    Text name = textOf(job.name());
    bucketOf[i] = uint8_t(hashName(name) % NumBuckets);
    longestClassName =
        name.size() > longestClassName ? name.size() : longestClassName;
    JobClass &jobClass = classes[i];
    jobClass.job = &job;
    jobClass.sound = !verification;
    jobClass.first = jobClass.last = jobClass.runs = None;
    jobClass.latches = uint32_t(leaves);
    size_t start = nodeCount(job.start_on());
    size_t stop = nodeCount(job.stop_on());
    leaves += start;
    largest = start > largest ? start : largest;
    largest = stop > largest ? stop : largest;
    // Registration numbers are unique; a table where they are not below the
    // number of jobs sorts by index instead.
    byRegistration[i] = i;
  }
  for (ClassIndex i = 0; i < count; ++i)
    if (jobs.Get(i)->order() < count)
      byRegistration[jobs.Get(i)->order()] = i;
  sortClasses(bucketOf, byRegistration);
  return latches.resize(leaves, 0xff) && values.resize(largest) &&
         inTruth.resize(largest);
}

/// The one way to a definition that nobody has used yet. One that is damaged is
/// replaced here; the host, which also looks at those that nobody uses, says
/// so.
const table::Job &Engine::Impl::takeIntoUse(ClassIndex job) {
  JobClass &jobClass = classes[job];
  jobClass.sound = true;
  if (!verification->job(job)) {
    jobClass.job = makeInert(textOf(jobClass.job->name()));
    jobClass.inert = true;
  }
  return *jobClass.job;
}

/// Buckets ascending, in each by registration.
void Engine::Impl::sortClasses(const Vector<uint8_t> &bucketOf,
                               const Vector<ClassIndex> &byRegistration) {
  uint32_t starts[NumBuckets + 1] = {};
  for (uint8_t bucket : bucketOf)
    ++starts[bucket + 1];
  for (uint32_t b = 0; b < NumBuckets; ++b)
    starts[b + 1] += starts[b];
  for (ClassIndex job : byRegistration) {
    uint32_t position = starts[bucketOf[job]]++;
    order[position] = job;
    classes[job].position = position;
  }
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

SwitchResult Engine::switchTable(const table::JobTable &, uint32_t, SwitchKind,
                                 Span<const Text>) {
  return SwitchResult::Refused;
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
