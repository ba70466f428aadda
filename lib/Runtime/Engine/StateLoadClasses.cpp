// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Of a saved state: tables and classes.

#include "StateLoader.h"

namespace starton::engine {

namespace {

/// Bytes of the smallest saved one.
constexpr size_t LeastClass = 37;
constexpr size_t LeastInstance = 89;
constexpr size_t LeastRun = 31;

} // namespace

/// What is given is numbered alike in the engine.
void StateLoader::loadTables() {
  for (const TableOfState &table : given) {
    uint32_t index = engine.addTable(table.id);
    if (!in.require(index != None, "no memory"))
      return;
    engine.tables[index].uses = 1; // ours, until giveTables()
  }
  uint32_t count = in.count(4);
  if (!in.require(count > 0, "a count out of range") ||
      !in.require(tables.reserveExactly(count), "no memory"))
    return;
  for (uint32_t i = 0; i < count; ++i) {
    uint32_t id = in.number32();
    uint32_t at = 0;
    while (at < given.size() && given[at].id != id)
      ++at;
    if (!in.require(at < given.size(), "no such table"))
      return;
    tables.pushReserved(at);
  }
  engine.base = tables[0];
  engine.baseJobs = given[tables[0]].table;
  engine.limitsImports = engine.baseJobs->dialect() == table::Dialect::ChromeOS;
  ++engine.tables[engine.base].uses;
  in.require(engine.baseSlots.resize(engine.baseJobs->jobs()->size(), 0xff),
             "no memory");
}

void StateLoader::giveTables() {
  for (uint32_t at : tables)
    in.require(engine.tables[at].uses > 1, "a table that nothing uses");
  for (uint32_t i = 0; i < given.size(); ++i)
    engine.dropTable(i);
}

const table::Job *StateLoader::loadDefinition(uint32_t &table) {
  uint32_t number = in.number32();
  Text name = in.name();
  if (!in.require(number < tables.size(), "no such table"))
    return nullptr;
  table = tables[number];
  uint32_t index = findJob(*given[table].table, name);
  if (!in.require(index != None, "no such job"))
    return nullptr;
  return given[table].table->jobs()->Get(index);
}

bool StateLoader::makeLatches(const table::Job &job, uint32_t *&latches) {
  uint32_t start = nodeCount(job.start_on());
  uint32_t stop = nodeCount(job.stop_on());
  size_t bytes = start * sizeof(uint32_t);
  if (start)
    latches = static_cast<uint32_t *>(allocate(bytes));
  if (!in.require((!start || latches) &&
                      engine.reserveNodes(start > stop ? start : stop),
                  "no memory"))
    return false;
  if (start)
    std::memset(latches, 0xff, bytes);
  return true;
}

/// Which slots are free; how many classes there are.
uint32_t StateLoader::loadSlots() {
  uint32_t unused = in.count(4);
  Vector<uint32_t> slots;
  if (!in.require(slots.reserveExactly(unused), "no memory"))
    return 0;
  for (uint32_t i = 0; i < unused; ++i)
    slots.pushReserved(in.number32());
  uint32_t count = in.count(LeastClass);
  uint32_t limit = count + unused;
  if (!in.require(engine.reserveClasses(limit) && engine.classes.resize(limit),
                  "no memory"))
    return 0;
  engine.growClassTable(count);
  for (ClassIndex job = 0; job < limit; ++job)
    engine.clearSlot(job);
  for (uint32_t i = unused; i-- > 0;) {
    ClassIndex job = slots[i];
    if (!in.require(job < limit && !engine.classes[job].gone, "no such slot"))
      return 0;
    engine.classes[job].gone = true; // so that no class gets it
    engine.classes[job].link = engine.freeSlot;
    engine.freeSlot = job;
  }
  engine.freeSlots = unused;
  return count;
}

ClassIndex StateLoader::loadSlot() {
  ClassIndex job = in.number32();
  bool free = job < engine.classes.size() && !engine.classes[job].job &&
              !engine.classes[job].gone;
  return in.require(free, "no such slot") ? job : NoClass;
}

/// A class in its place, without what happened to it.
ClassIndex StateLoader::loadDefinitions() {
  ClassIndex job = loadSlot();
  uint32_t table = None;
  const table::Job *definition = loadDefinition(table);
  if (job == NoClass || !definition)
    return NoClass;
  Text name = textOf(definition->name());
  if (!in.require(engine.findClass(name) == None, "a class twice"))
    return NoClass;
  JobClass &jobClass = engine.classes[job];
  engine.bind(job, definition, table);
  engine.insertName(job, hashName(name));
  jobClass.announced = jobClass.ownsLatches = true;
  jobClass.latchRoom = nodeCount(definition->start_on());
  engine.longestClassName = name.size() > engine.longestClassName
                                ? name.size()
                                : engine.longestClassName;
  if (!makeLatches(*definition, jobClass.latches))
    return NoClass;
  if (table == engine.base)
    engine.baseSlots[findJob(*engine.baseJobs, name)] = job;
  else if (in.require(engine.leafIndex.make(*definition, job, jobClass.leaves),
                      "no memory"))
    engine.leafIndex.insert(jobClass.leaves);
  jobClass.position = uint32_t(engine.order.size());
  uint32_t bucket = jobClass.nameHash % NumBuckets;
  engine.order.pushReserved(job);
  for (uint32_t b = bucket; b < NumBuckets; ++b)
    engine.bucketEnds[b] = jobClass.position + 1;
  in.require(bucket >= lastBucket, "a class out of order");
  lastBucket = bucket;
  if (in.flag())
    loadSuccessor(job);
  return in.require(engine.reserveNames(0), "no memory") ? job : NoClass;
}

void StateLoader::loadSuccessor(ClassIndex job) {
  uint32_t index = engine.successors.take();
  if (!in.require(index != None, "no memory"))
    return;
  Successor &successor = engine.successors[index];
  successor.leaves = None;
  engine.classes[job].successor = index;
  if (!in.flag())
    return;
  successor.job = loadDefinition(successor.table);
  if (!successor.job || !in.require(equal(textOf(successor.job->name()),
                                          textOf(engine.jobOf(job).name())),
                                    "a successor of another name"))
    return;
  ++engine.tables[successor.table].uses;
  if (!makeLatches(*successor.job, successor.latches))
    return;
  if (successor.table == engine.base)
    engine.baseSlots[findJob(*engine.baseJobs, textOf(successor.job->name()))] =
        job;
  else
    in.require(engine.leafIndex.make(*successor.job, job, successor.leaves),
               "no memory");
}

void StateLoader::loadClass() {
  ClassIndex job = loadDefinitions();
  if (job == NoClass)
    return;
  JobClass &jobClass = engine.classes[job];
  jobClass.generation = in.number32();
  jobClass.busyRound = in.number16();
  jobClass.starts = in.number16();
  jobClass.retryStart = in.flag();
  jobClass.startMarked = in.flag();
  jobClass.stopMarked = in.flag();
  bool marked = in.flag();
  // The mark of the class being dealt with has gone before its flags.
  if (marked) {
    uint32_t word = jobClass.position / 64;
    engine.marked[word] |= uint64_t(1) << (jobClass.position % 64);
    engine.firstMarked = word < engine.firstMarked ? word : engine.firstMarked;
    engine.lastMarked = word > engine.lastMarked ? word : engine.lastMarked;
  }
  loadTree(engine.startTree(job));
  loadRuns(jobClass);
  uint32_t count = in.count(LeastInstance);
  for (uint32_t i = 0; i < count && in.good(); ++i)
    loadInstance(job);
  in.require(count > 0 || jobClass.successor == None,
             "an idle class that waits for its end");
}

void StateLoader::loadRuns(JobClass &jobClass) {
  uint32_t count = in.count(LeastRun);
  in.require(count <= MaxRunsPerClass, "a count out of range");
  uint32_t *end = &jobClass.runs;
  for (uint32_t i = 0; i < count && in.good(); ++i) {
    uint32_t index = engine.runs.take();
    if (!in.require(index != None, "no memory"))
      return;
    RunRecord &record = engine.runs[index];
    record.nameHash = in.number32();
    record.nameLength = in.number32();
    record.run.why = in.choice(LastRun::Why::ReloadSignal);
    record.run.slot = in.choice(Slot::Security);
    record.run.signalled = in.flag();
    record.run.status = in.signed32();
    record.run.started = in.number64();
    record.run.ended = in.number64();
    if (in.version() >= 2)
      record.run.step = engine.keepStep(in.text());
    *end = index;
    end = &record.link;
  }
}

} // namespace starton::engine
