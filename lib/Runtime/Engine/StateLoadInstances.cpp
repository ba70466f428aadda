// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Of a saved state: instances, their processes and who waits for them.

#include "StateLoader.h"

namespace starton::engine {

namespace {

/// Bytes of the smallest saved one.
constexpr size_t LeastWaiter = 5;
constexpr size_t LeastLatch = 8;

} // namespace

void StateLoader::loadPool() {
  Pool<Instance> &pool = engine.instances;
  uint32_t limit = in.count(4);
  Vector<uint32_t> order;
  if (!in.require(pool.reserve(limit) && awaited.resize(limit, ToCome),
                  "no memory") ||
      !in.require(pool.limit() == limit, "a count out of range"))
    return;
  for (uint32_t i = 0; i < limit; ++i)
    pool[i].generation = in.number32();
  uint32_t unused = in.count(4);
  if (!in.require(order.reserveExactly(unused), "no memory"))
    return;
  for (uint32_t i = 0; i < unused; ++i) {
    uint32_t index = in.number32();
    if (!in.require(index < limit && awaited[index] == ToCome,
                    "no such instance"))
      return;
    awaited[index] = IsFree;
    order.pushReserved(index);
  }
  pool.setAvailable(order.span());
}

void StateLoader::loadInstance(ClassIndex job) {
  uint32_t index = in.number32();
  Text name = in.name();
  if (!in.require(index < awaited.size() && awaited[index] == ToCome,
                  "no such instance") ||
      !in.require(engine.findInstance(job, name) == None, "an instance twice"))
    return;
  awaited[index] = Loaded;
  Instance &instance = engine.instances[index];
  instance.job = job;
  instance.link = None;
  instance.next = instance.previous = instance.hashNext = None;
  instance.spare = instance.blocker = None;
  instance.waiters = instance.lastWaiter = None;
  if (!in.require(engine.fillInstance(index, name), "no memory"))
    return;
  instance.live = true;
  engine.link(index);
  if (!fillInstance(index))
    return;
  checkPids(instance);
  checkRetries(instance);
  loadTree(engine.stopTree(instance));
  loadWaiters(index);
  bool waits =
      instance.state == State::Starting || instance.state == State::Stopping;
  in.require(
      instance.retrySpawn || instance.retryMove ||
          (engine.rests(instance) && waits == (instance.blocker != None)),
      "an instance that does not rest");
}

bool StateLoader::fillInstance(uint32_t index) {
  Instance &instance = engine.instances[index];
  instance.goal = in.choice(Goal::Respawn);
  instance.state = in.choice(State::PostStop);
  instance.failedSlot = in.choice(Slot::Security);
  uint8_t spares = in.number8();
  instance.forks = in.number8();
  loadFlags(instance);
  loadPids(index);
  instance.failedStatus = in.signed32();
  instance.respawns = in.number32();
  instance.respawnStart = in.number64();
  instance.started = in.number64();
  if (!loadBlob(in, instance.env) || !loadBlob(in, instance.nextEnv) ||
      !loadBlob(in, instance.stopEnv))
    return false;
  bool enough = setSpares(instance, spares) &&
                engine.growSpares(index, instance.env) &&
                engine.growSpares(index, instance.nextEnv) &&
                engine.reserveEnvironment(engine.jobOf(instance),
                                          engine.largestDelta(index),
                                          instance.stopEnv.count);
  instance.blocker = reference();
  return in.require(enough, "no memory");
}

void StateLoader::loadFlags(Instance &instance) {
  instance.failed = in.flag();
  instance.failedRespawn = in.flag();
  instance.hasNextEnv = in.flag();
  instance.timer = in.flag();
  instance.killed = in.flag();
  instance.retrySpawn = in.flag();
  instance.retryMove = in.flag();
  instance.retryStop = in.flag();
  instance.retracked = in.flag();
  instance.delayed = in.flag();
  instance.reloaded = in.version() >= 2 && in.flag();
}

void StateLoader::loadPids(uint32_t index) {
  Instance &instance = engine.instances[index];
  for (unsigned slot = 0; slot < NumSlots; ++slot) {
    int32_t pid = in.signed32();
    if (!pid)
      continue;
    if (!in.require(pid > 0 && !engine.processes.find(uint32_t(pid)),
                    "a process twice") ||
        !in.require(engine.processes.reserve(engine.processes.size() + 1),
                    "no memory"))
      return;
    instance.pids[slot] = pid;
    engine.processes.insert(uint32_t(pid), index * 8 + slot);
  }
}

/// A new instance has SparesWanted.
bool StateLoader::setSpares(Instance &instance, uint8_t wanted) {
  in.require(wanted <= SparesWanted, "a count out of range");
  while (instance.spares > wanted && in.good()) {
    uint32_t event = instance.spare;
    instance.spare = engine.events[event].link;
    release(engine.events[event].data);
    engine.events.give(event);
    --instance.spares;
  }
  return in.good();
}

void StateLoader::loadTree(const Tree &tree) {
  uint32_t count = in.count(LeastLatch);
  for (uint32_t i = 0; i < count && in.good(); ++i) {
    uint32_t node = in.number32();
    uint32_t event = reference();
    bool fits =
        node < nodeCount(tree.condition) && event != None &&
        tree.latches[node] == None &&
        tree.condition->nodes()->Get(node)->kind() == table::NodeKind::Match;
    if (!in.require(fits, "no such leaf"))
      return;
    tree.latches[node] = event;
    engine.block(event);
  }
}

void StateLoader::loadWaiters(uint32_t index) {
  uint32_t count = in.count(LeastWaiter);
  for (uint32_t i = 0; i < count && in.good(); ++i) {
    auto kind = in.choice(WaitKind::Restart);
    uint32_t event = kind == WaitKind::Event ? reference() : None;
    RequestToken request = 0;
    if (kind != WaitKind::Event)
      loadRequest(request);
    if (!in.require(kind != WaitKind::Event || event != None, "no such event"))
      return;
    uint32_t waiter = engine.makeWaiter(kind, request);
    if (!in.require(waiter != None, "no memory"))
      return;
    if (event != None) {
      engine.waiters[waiter].event = event;
      engine.block(event);
    }
    engine.addWaiter(index, waiter);
  }
}

} // namespace starton::engine
