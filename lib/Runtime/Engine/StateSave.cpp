// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The engine's part of a saved state (docs/state-format.md). What follows from
// the rest is not saved: who holds an event, what is in the agenda, the tables
// of instances and processes. Events are numbered anew; instances keep their
// numbers, because the host and the clients know them.

#include "Impl.h"
#include "starton/Runtime/Support/StateStream.h"

namespace starton::engine {

namespace {

void saveBlob(StateWriter &out, const Blob &blob) {
  out.text({blob.data, blob.length});
}

class Saver {
public:
  Saver(Engine::Impl &from, StateWriter &to) : engine(from), out(to) {}
  void run();

private:
  void saveGlobals();
  void saveEvents();
  void saveEvent(const Event &event);
  void saveTables();
  void saveClass(ClassIndex job);
  void saveDefinition(uint32_t table, const table::Job *job);
  void saveRuns(const JobClass &jobClass);
  void saveTree(const Tree &tree);
  void savePool();
  void saveInstance(uint32_t index);
  void saveWaiters(const Instance &instance);
  void saveProgress();
  void saveWalk(const Walk &walk);
  void reference(uint32_t event) {
    out.number32(event == None ? None : numbers[event]);
  }

  Engine::Impl &engine;
  StateWriter &out;
  Vector<uint32_t> numbers;      ///< of events, by index
  Vector<uint32_t> tableNumbers; ///< likewise
};

void Saver::run() {
  if (!numbers.resize(engine.events.limit()) ||
      !tableNumbers.resize(engine.tables.limit(), 0xff)) {
    out.fail();
    return;
  }
  out.part("ENGI");
  saveGlobals();
  saveEvents();
  savePool();
  saveTables();
  out.number32(uint32_t(engine.freeSlots));
  for (ClassIndex at = engine.freeSlot; at != None;
       at = engine.classes[at].link)
    out.number32(at);
  out.number32(uint32_t(engine.order.size()));
  for (ClassIndex job : engine.order)
    saveClass(job);
  saveProgress();
}

void Saver::saveGlobals() {
  out.number64(engine.now);
  out.number64(engine.tokens);
  out.number16(engine.round);
  out.choice(engine.logPriority);
  out.flag(engine.appArmor);
  out.flag(engine.engineTimer);
  engine.shared.save(out);
}

void Saver::saveEvents() {
  uint32_t count = 0;
  for (uint32_t i = 0; i < engine.events.limit(); ++i)
    if (engine.events[i].progress > Progress::Spare)
      numbers[i] = count++;
  out.number32(count);
  for (uint32_t i = 0; i < engine.events.limit(); ++i)
    if (engine.events[i].progress > Progress::Spare)
      saveEvent(engine.events[i]);
  const Agenda::Place &place = engine.agenda.place();
  out.number64(place.sequences);
  out.number64(place.cursor);
  out.number32(place.pass);
}

void Saver::saveEvent(const Event &event) {
  out.choice(event.progress);
  out.text({event.data, event.nameLength});
  out.text({event.data + event.variables, event.length - event.variables});
  out.number32(event.owner);
  out.number32(event.ownerGeneration);
  out.number64(event.sequence);
  out.number32(event.pass);
  out.number64(event.request);
  out.signed32(event.descriptor);
  out.flag(event.failed);
}

/// The numbers of all instances there ever were, and which are free.
void Saver::savePool() {
  const Pool<Instance> &pool = engine.instances;
  out.number32(pool.limit());
  for (uint32_t i = 0; i < pool.limit(); ++i)
    out.number32(pool[i].generation);
  out.number32(pool.limit() - pool.live());
  for (uint32_t i = pool.firstAvailable(); i != None; i = pool[i].link)
    out.number32(i);
}

/// Their ids, the base's first, then as the classes need them; definitions name
/// them by their number.
void Saver::saveTables() {
  Vector<uint32_t> inOrder;
  if (!inOrder.reserveExactly(engine.tables.limit())) {
    out.fail();
    return;
  }
  auto add = [&](uint32_t table) {
    if (tableNumbers[table] != None)
      return;
    tableNumbers[table] = uint32_t(inOrder.size());
    inOrder.pushReserved(table);
  };
  add(engine.base);
  for (ClassIndex job : engine.order) {
    const JobClass &jobClass = engine.classes[job];
    add(jobClass.table);
    if (jobClass.successor != None && engine.successors[jobClass.successor].job)
      add(engine.successors[jobClass.successor].table);
  }
  out.number32(uint32_t(inOrder.size()));
  for (uint32_t table : inOrder)
    out.number32(engine.tables[table].id);
}

void Saver::saveDefinition(uint32_t table, const table::Job *job) {
  out.number32(tableNumbers[table]);
  out.text(textOf(job->name()));
}

void Saver::saveClass(ClassIndex job) {
  const JobClass &jobClass = engine.classes[job];
  out.number32(job);
  saveDefinition(jobClass.table, jobClass.job);
  out.flag(jobClass.successor != None);
  if (jobClass.successor != None) {
    const Successor &successor = engine.successors[jobClass.successor];
    out.flag(successor.job != nullptr);
    if (successor.job)
      saveDefinition(successor.table, successor.job);
  }
  out.number32(jobClass.generation);
  out.number16(jobClass.busyRound);
  out.number16(jobClass.starts);
  out.flag(jobClass.retryStart);
  out.flag(jobClass.startMarked);
  out.flag(jobClass.stopMarked);
  out.flag(engine.marked[jobClass.position / 64] >> (jobClass.position % 64) &
           1);
  saveTree(engine.startTree(job));
  saveRuns(jobClass);
  StateList list(out);
  for (uint32_t i = jobClass.first; i != None; i = engine.instances[i].next) {
    list.add();
    saveInstance(i);
  }
}

/// Latest first.
void Saver::saveRuns(const JobClass &jobClass) {
  StateList list(out);
  for (uint32_t at = jobClass.runs; at != None; at = engine.runs[at].link) {
    list.add();
    const RunRecord &record = engine.runs[at];
    out.number32(record.nameHash);
    out.number32(record.nameLength);
    out.choice(record.run.why);
    out.choice(record.run.slot);
    out.flag(record.run.signalled);
    out.signed32(record.run.status);
    out.number64(record.run.started);
    out.number64(record.run.ended);
    out.text(record.run.step);
  }
}

void Saver::saveTree(const Tree &tree) {
  StateList list(out);
  for (uint32_t i = 0; i < nodeCount(tree.condition); ++i)
    if (tree.latches[i] != None) {
      list.add();
      out.number32(i);
      reference(tree.latches[i]);
    }
}

void Saver::saveInstance(uint32_t index) {
  Instance &instance = engine.instances[index];
  out.number32(index);
  out.text(engine.nameOf(instance));
  out.choice(instance.goal);
  out.choice(instance.state);
  out.choice(instance.failedSlot);
  out.number8(instance.spares);
  out.number8(instance.forks);
  for (bool bit :
       {bool(instance.failed), bool(instance.failedRespawn),
        bool(instance.hasNextEnv), bool(instance.timer), bool(instance.killed),
        bool(instance.retrySpawn), bool(instance.retryMove),
        bool(instance.retryStop), bool(instance.retracked),
        bool(instance.delayed), bool(instance.reloaded)})
    out.flag(bit);
  for (int32_t pid : instance.pids)
    out.signed32(pid);
  out.signed32(instance.failedStatus);
  out.number32(instance.respawns);
  out.number64(instance.respawnStart);
  out.number64(instance.started);
  saveBlob(out, instance.env);
  saveBlob(out, instance.nextEnv);
  saveBlob(out, instance.stopEnv);
  reference(instance.blocker);
  saveTree(engine.stopTree(instance));
  saveWaiters(instance);
}

void Saver::saveWaiters(const Instance &instance) {
  StateList list(out);
  for (uint32_t at = instance.waiters; at != None;
       at = engine.waiters[at].link) {
    list.add();
    const Waiter &waiter = engine.waiters[at];
    out.choice(waiter.kind);
    if (waiter.kind == WaitKind::Event)
      reference(waiter.event);
    else
      out.number64(waiter.request);
  }
}

/// The event being dealt with, and the walks over all instances.
void Saver::saveProgress() {
  const Poll &poll = engine.poll;
  reference(poll.event);
  out.choice(poll.phase);
  out.number32(poll.job == NoClass ? NoClass
                                   : engine.classes[poll.job].position);
  out.number32(poll.instance);
  const Quiesce &quiesce = engine.quiesce;
  for (bool bit :
       {quiesce.active, quiesce.logout, quiesce.waiting, quiesce.over})
    out.flag(bit);
  out.number64(quiesce.begin);
  out.number64(quiesce.deadline);
  saveWalk(quiesce.stop);
  saveWalk(quiesce.complain);
  saveWalk(engine.retry);
}

void Saver::saveWalk(const Walk &walk) {
  out.flag(walk.active);
  out.number32(walk.position);
  out.number32(walk.instance);
}

} // namespace

void SharedEnvironment::save(StateWriter &out) const {
  saveBlob(out, own);
  saveBlob(out, jobs);
  saveBlob(out, sessionBlob);
  out.flag(inherits);
}

void Engine::snapshot(StateWriter &out) {
  bool between =
      impl->released == None && impl->intent.instance == None &&
      impl->mover == None && impl->op.kind == Operation::Kind::None &&
      impl->zombie == None && !impl->owed.token && impl->goneClass == None &&
      impl->firstNews == None && impl->unusedTables == None &&
      impl->ringTaken == impl->ringSize;
  if (!between) {
    out.fail();
    return;
  }
  Saver(*impl, out).run();
}

} // namespace starton::engine
