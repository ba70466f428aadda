// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reads what StateSave.cpp writes, as hostile input: whatever the bytes say,
// the engine they make keeps its invariants, or there is none.

#include "Impl.h"
#include "Transitions.h"
#include "starton/Runtime/Support/StateStream.h"
#include <algorithm>
#include <new>

namespace starton::engine {

namespace {

/// Bytes of the smallest saved event, instance, ...
constexpr size_t LeastEvent = 42;
constexpr size_t LeastInstance = 89;
constexpr size_t LeastClass = 37;
constexpr size_t LeastWaiter = 5;
constexpr size_t LeastLatch = 8;
constexpr size_t LeastRun = 31;

bool loadBlob(StateReader &in, Blob &blob) {
  blob = {};
  uint32_t strings = 0;
  Text bytes = in.strings(strings);
  if (bytes.empty())
    return in.good();
  char *data = static_cast<char *>(allocate(bytes.size()));
  if (!in.require(data != nullptr, "no memory"))
    return false;
  std::memcpy(data, bytes.data(), bytes.size());
  blob = {data, uint32_t(bytes.size()), strings};
  return true;
}

class Loader {
public:
  Loader(Engine::Impl &to, StateReader &from, Span<const TableOfState> tables)
      : engine(to), in(from), given(tables) {}
  bool run();

private:
  void loadGlobals();
  void loadEvents();
  void loadEvent();
  void loadPool();
  void loadTables();
  const table::Job *loadDefinition(uint32_t &table);
  uint32_t loadSlots();
  ClassIndex loadSlot();
  ClassIndex loadDefinitions();
  void loadSuccessor(ClassIndex job);
  bool makeLatches(const table::Job &job, uint32_t *&latches);
  void giveTables();
  void loadClass();
  void loadRuns(JobClass &jobClass);
  void loadTree(const Tree &tree);
  void loadInstance(ClassIndex job);
  bool fillInstance(uint32_t index);
  void loadFlags(Instance &instance);
  void loadPids(uint32_t index);
  void loadRequest(RequestToken &request);
  bool setSpares(Instance &instance, uint8_t wanted);
  void loadWaiters(uint32_t index);
  void loadProgress();
  void loadWalk(Walk &walk);
  uint32_t loadLive();
  void checkPoll();
  void checkOwners();
  void checkPids(const Instance &instance);
  void checkRequests();
  void fillAgenda();
  uint32_t reference();

  Engine::Impl &engine;
  StateReader &in;
  Span<const TableOfState> given;
  Vector<uint32_t> tables;       ///< of each saved table the place in `given`
  Vector<uint32_t> events;       ///< index of each saved event
  Vector<RequestToken> requests; ///< that wait for something
  Vector<uint8_t> awaited;       ///< of each instance: free, to come, loaded
  uint32_t lastBucket = 0;
};

enum : uint8_t { IsFree, ToCome, Loaded };

bool Loader::run() {
  in.part("ENGI");
  loadGlobals();
  loadEvents();
  loadPool();
  loadTables();
  uint32_t count = loadSlots();
  if (!in.good())
    return false;
  for (uint32_t i = 0; i < count && in.good(); ++i)
    loadClass();
  if (!in.good())
    return false;
  giveTables();
  loadProgress();
  if (!in.good())
    return false;
  for (uint8_t instance : awaited)
    if (!in.require(instance != ToCome, "an instance is missing"))
      return false;
  checkOwners();
  checkRequests();
  checkPoll();
  fillAgenda();
  return in.good();
}

void Loader::loadGlobals() {
  engine.now = in.number64();
  engine.tokens = in.number64();
  engine.round = in.number16();
  engine.logPriority = in.choice(Priority::Fatal);
  engine.appArmor = in.flag();
  engine.engineTimer = in.flag();
  if (engine.shared.load(in))
    in.require(engine.builder.reserve(size_t(engine.shared.base().count) + 3),
               "no memory");
}

// --- Events.

void Loader::loadEvents() {
  uint32_t count = in.count(LeastEvent);
  if (!in.require(events.reserveExactly(count), "no memory"))
    return;
  for (uint32_t i = 0; i < count && in.good(); ++i)
    loadEvent();
  Agenda::Place place;
  place.sequences = in.number64();
  place.cursor = in.number64();
  place.pass = in.number32();
  in.require(place.pass < UINT32_MAX / 2, "a value out of range");
  engine.agenda.setPlace(place);
  for (uint32_t index : events)
    in.require(engine.events[index].sequence <= place.sequences,
               "an event of the future");
}

void Loader::loadEvent() {
  auto progress = in.choice(Progress::Finishing);
  Text name = in.name();
  uint32_t count = 0;
  Text variables = in.strings(count);
  if (!in.require(progress > Progress::Spare && !name.empty(),
                  "an event without a name"))
    return;
  uint32_t index = engine.makeEvent(name, {});
  if (!in.require(index != None, "no memory"))
    return;
  events.pushReserved(index);
  Event &event = engine.events[index];
  event.progress = progress;
  if (!in.require(engine.growEvent(index, event.length + variables.size()) &&
                      engine.texts.reserve(count),
                  "no memory"))
    return;
  if (!variables.empty())
    std::memcpy(event.data + event.length, variables.data(), variables.size());
  event.length += uint32_t(variables.size());
  event.count = count;
  event.owner = in.number32();
  event.ownerGeneration = in.number32();
  event.sequence = in.number64();
  event.pass = in.number32();
  loadRequest(event.request);
  event.descriptor = in.signed32();
  in.require(event.descriptor >= -1, "a descriptor out of range");
  event.failed = in.flag();
}

/// The index of a saved event, or None.
uint32_t Loader::reference() {
  uint32_t number = in.number32();
  if (number == None || !in.require(number < events.size(), "no such event"))
    return None;
  return events[number];
}

// --- Instances.

void Loader::loadPool() {
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

void Loader::loadInstance(ClassIndex job) {
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
  loadTree(engine.stopTree(instance));
  loadWaiters(index);
  bool waits =
      instance.state == State::Starting || instance.state == State::Stopping;
  in.require(
      instance.retrySpawn || instance.retryMove ||
          (engine.rests(instance) && waits == (instance.blocker != None)),
      "an instance that does not rest");
}

bool Loader::fillInstance(uint32_t index) {
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

void Loader::loadFlags(Instance &instance) {
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
}

void Loader::loadPids(uint32_t index) {
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

void Loader::loadRequest(RequestToken &request) {
  request = in.number64();
  if (request)
    in.require(requests.push(request), "no memory");
}

/// A new instance has SparesWanted.
bool Loader::setSpares(Instance &instance, uint8_t wanted) {
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

void Loader::loadTree(const Tree &tree) {
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

void Loader::loadWaiters(uint32_t index) {
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

// --- Classes.

/// What is given is numbered alike in the engine.
void Loader::loadTables() {
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

/// Tables of which nothing is used go back to the host.
void Loader::giveTables() {
  for (uint32_t i = 0; i < given.size(); ++i)
    engine.dropTable(i);
}

const table::Job *Loader::loadDefinition(uint32_t &table) {
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

bool Loader::makeLatches(const table::Job &job, uint32_t *&latches) {
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
uint32_t Loader::loadSlots() {
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

ClassIndex Loader::loadSlot() {
  ClassIndex job = in.number32();
  bool free = job < engine.classes.size() && !engine.classes[job].job &&
              !engine.classes[job].gone;
  return in.require(free, "no such slot") ? job : NoClass;
}

/// A class in its place, without what happened to it.
ClassIndex Loader::loadDefinitions() {
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

void Loader::loadSuccessor(ClassIndex job) {
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

void Loader::loadClass() {
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

void Loader::loadRuns(JobClass &jobClass) {
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
    record.run.why = in.choice(LastRun::Why::Vanished);
    record.run.slot = in.choice(Slot::Security);
    record.run.signalled = in.flag();
    record.run.status = in.signed32();
    record.run.started = in.number64();
    record.run.ended = in.number64();
    *end = index;
    end = &record.link;
  }
}

// --- What is under way.

void Loader::loadProgress() {
  Poll &poll = engine.poll;
  poll.event = reference();
  poll.phase = in.choice(Poll::Phase::Dispose);
  uint32_t position = in.number32();
  if (position != NoClass &&
      in.require(position < engine.order.size(), "no such class"))
    poll.job = engine.order[position];
  poll.instance = loadLive();
  Quiesce &quiesce = engine.quiesce;
  quiesce.active = in.flag();
  quiesce.logout = in.flag();
  quiesce.waiting = in.flag();
  quiesce.over = in.flag();
  quiesce.begin = in.number64();
  quiesce.deadline = in.number64();
  loadWalk(quiesce.stop);
  loadWalk(quiesce.complain);
  loadWalk(engine.retry);
  // The end of a session is prepared from the start, and comes once.
  if (quiesce.active)
    quiesce.event = None;
  else
    in.require(engine.initShutdown(), "no memory");
}

uint32_t Loader::loadLive() {
  uint32_t index = in.number32();
  if (index == None)
    return None;
  bool live = index < awaited.size() && awaited[index] == Loaded;
  return in.require(live, "no such instance") ? index : None;
}

void Loader::loadWalk(Walk &walk) {
  walk.active = in.flag();
  walk.position = in.number32();
  walk.instance = loadLive();
  in.require(walk.position <= engine.order.size(), "no such class");
}

// --- What belongs together.

/// An instance waits for an event of its own, which does not wait for another.
void Loader::checkOwners() {
  for (uint32_t i = 0; i < awaited.size(); ++i) {
    uint32_t blocker = engine.instances[i].blocker;
    if (awaited[i] != Loaded || blocker == None)
      continue;
    const Event &event = engine.events[blocker];
    in.require(event.owner == i &&
                   event.ownerGeneration == engine.instances[i].generation,
               "an instance waits for the event of another");
  }
}

/// Main lives where it may, and one other process where it is waited for.
void Loader::checkPids(const Instance &instance) {
  const StateRow &row = rowOf(instance.state);
  for (unsigned slot = 0; slot < NumSlots; ++slot) {
    bool fits = Slot(slot) == Slot::Main
                    ? instance.state >= State::Spawning &&
                          instance.state <= State::Killed
                    : row.process == Slot(slot) &&
                          (row.rest == Rest::Process || row.spawns);
    in.require(fits || !instance.pids[slot],
               "a process in a state that has none");
  }
}

/// A request is answered once.
void Loader::checkRequests() {
  std::sort(requests.begin(), requests.end());
  for (size_t i = 1; i < requests.size(); ++i)
    in.require(requests[i - 1] != requests[i], "a request twice");
}

void Loader::checkPoll() {
  const Poll &poll = engine.poll;
  if (poll.event == None) {
    for (uint32_t i = 0; i < events.size(); ++i)
      in.require(engine.events[events[i]].progress != Progress::Finishing,
                 "an event that nobody finishes");
    return;
  }
  bool inClass = poll.instance == None ||
                 (poll.phase == Poll::Phase::StopConditions &&
                  engine.instances[poll.instance].job == poll.job);
  in.require(inClass, "no such instance");
  const Event &event = engine.events[poll.event];
  Progress wanted = poll.phase < Poll::Phase::Finish    ? Progress::Pending
                    : poll.phase == Poll::Phase::Finish ? Progress::Handling
                                                        : Progress::Finishing;
  in.require(event.progress == wanted, "an event at another point");
  in.require(wanted == Progress::Pending || event.blockers == 0,
             "a held event that is finished");
  for (uint32_t index : events)
    in.require(engine.events[index].progress != Progress::Finishing ||
                   index == poll.event,
               "an event that nobody finishes");
}

/// What can be acted upon is in the agenda, but for what is being acted upon.
void Loader::fillAgenda() {
  for (uint32_t index : events) {
    const Event &event = engine.events[index];
    bool due = event.progress == Progress::Pending ||
               (event.progress == Progress::Handling && event.blockers == 0);
    if (!due || index == engine.poll.event)
      continue;
    if (in.require(event.pass <= engine.agenda.place().pass + 1,
                   "an event of the future"))
      engine.agenda.pushAgain(index);
  }
}

} // namespace

bool SharedEnvironment::load(StateReader &in) {
  if (!loadBlob(in, own) || !loadBlob(in, jobs) || !loadBlob(in, sessionBlob))
    return false;
  if (!in.require(sessionBlob.count <= 1, "a count out of range"))
    return false;
  inherits = in.flag();
  if (sessionBlob.length)
    sessionEntry = {sessionBlob.data, sessionBlob.length - 1};
  return true;
}

bool Engine::Impl::restore(StateReader &in, Span<const TableOfState> given) {
  constexpr size_t FirstInstances = 64;
  constexpr size_t FirstNames = 64;
  constexpr size_t PreparedRoom = 512;
  return in.require(classTable.resize(FirstNames, 0xff) && reserveClasses(0) &&
                        reserveNodes(0) && expander.init() &&
                        instanceTable.resize(FirstInstances, 0xff) &&
                        prepared.reserve(PreparedRoom) && reserveNames(0),
                    "no memory") &&
         Loader(*this, in, given).run();
}

bool Engine::restore(StateReader &in, Span<const TableOfState> tables) {
  if (!in.good())
    return false; // not even its header
  void *memory = allocate(sizeof(Impl));
  if (!in.require(memory != nullptr, "no memory"))
    return false;
  impl = new (memory) Impl;
  if (impl->restore(in, tables))
    return true;
  impl->~Impl();
  release(impl);
  impl = nullptr;
  return false;
}

} // namespace starton::engine
