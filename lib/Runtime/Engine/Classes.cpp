// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The classes: slots with a definition each, found by name, kept in the order
// of runtime §1.4, announced when they come and go; and which tables they need.

#include "Impl.h"
#include "Inert.h"
#include "starton/Table/Verification.h"

namespace starton::engine {

bool Engine::Impl::initClasses() {
  constexpr size_t FirstNames = 64;
  const auto &jobs = *baseJobs->jobs();
  uint32_t count = jobs.size();
  Vector<uint32_t> registered;
  size_t names = FirstNames;
  while (names < count)
    names *= 2;
  base = addTable(0);
  if (base == None || !classes.resize(count) || !order.resize(count) ||
      !marked.resize(count / 64 + 1) || !classTable.resize(names, 0xff) ||
      !registered.resize(count))
    return false;
  size_t nodes = 0;
  size_t largest = 0;
  for (ClassIndex i = 0; i < count; ++i) {
    table::JobHead head = table::headOf(*baseJobs, i);
    clearSlot(i);
    classes[i].announced = true;
    bind(i, jobs.Get(i), base);
    classes[i].sound = !verification;
    insertName(i, head.nameHash);
    classes[i].latchRoom = head.startNodes;
    nodes += head.startNodes;
    for (size_t size : {head.startNodes, head.stopNodes})
      largest = size > largest ? size : largest;
    longestClassName =
        head.nameLength > longestClassName ? head.nameLength : longestClassName;
    registered[head.order] = i; // verified: the indices in another order
  }
  tables[base].uses += 1;
  if (!latches.resize(nodes, 0xff) || !reserveNodes(largest))
    return false;
  uint32_t *room = latches.data();
  for (ClassIndex i = 0; i < count; ++i) {
    classes[i].latches = room;
    room += classes[i].latchRoom;
    ++bucketEnds[classes[i].nameHash % NumBuckets];
  }
  sortClasses(registered);
  return true;
}

/// Buckets ascending, in each by registration.
void Engine::Impl::sortClasses(const Vector<uint32_t> &registered) {
  uint32_t next[NumBuckets];
  uint32_t begin = 0;
  for (uint32_t b = 0; b < NumBuckets; ++b) {
    next[b] = begin;
    begin = bucketEnds[b] += begin;
  }
  for (ClassIndex job : registered) {
    uint32_t position = next[classes[job].nameHash % NumBuckets]++;
    order[position] = job;
    classes[job].position = position;
  }
}

/// Scratch for conditions of so many nodes.
bool Engine::Impl::reserveNodes(size_t count) {
  return (count <= values.size() || values.resize(count)) &&
         (count <= inTruth.size() || inTruth.resize(count)) &&
         carried.reserve(count);
}

// --- Slots and names

void Engine::Impl::clearSlot(ClassIndex job) {
  classes[job] = {};
  classes[job].first = classes[job].last = None;
  classes[job].leaves = classes[job].successor = classes[job].runs = None;
}

/// Room for so many more classes than there are.
bool Engine::Impl::reserveClasses(size_t count) {
  size_t slots = classes.size() + (count > freeSlots ? count - freeSlots : 0);
  size_t positions = order.size() + count;
  return (slots <= classes.capacity() ||
          classes.reserveExactly(slots + slots / 8)) &&
         order.reserve(positions) &&
         (positions / 64 < marked.size() ||
          marked.resize(positions / 64 + 1 + positions / 512));
}

ClassIndex Engine::Impl::takeSlot() {
  ClassIndex job = freeSlot;
  if (job == None) {
    job = ClassIndex(classes.size());
    classes.pushReserved({});
  } else {
    freeSlot = classes[job].link;
    --freeSlots;
  }
  clearSlot(job);
  return job;
}

/// The end of a class whose end was announced.
void Engine::Impl::freeClass(ClassIndex job) {
  dropTable(classes[job].table);
  while (classes[job].runs != None) {
    uint32_t record = classes[job].runs;
    classes[job].runs = runs[record].link;
    runs.give(record);
  }
  if (classes[job].ownsLatches)
    release(classes[job].latches);
  if (classes[job].inert)
    releaseInert(classes[job].job);
  clearSlot(job);
  classes[job].link = freeSlot;
  freeSlot = job;
  ++freeSlots;
}

ClassIndex Engine::Impl::findClass(Text name) const {
  uint32_t hash = hashName(name);
  uint32_t at = classTable[hash & (classTable.size() - 1)];
  while (at != None &&
         (classes[at].nameHash != hash || !equal(nameOf(at), name)))
    at = classes[at].hashNext;
  return at;
}

/// Without a look at the definition when that is not in use yet; it is of the
/// first table then, where slots are indices.
Text Engine::Impl::nameOf(ClassIndex job) const {
  const JobClass &jobClass = classes[job];
  return textOf(jobClass.sound ? jobClass.job->name()
                               : baseJobs->names()->Get(job));
}

void Engine::Impl::insertName(ClassIndex job, uint32_t hash) {
  uint32_t &head = classTable[hash & (classTable.size() - 1)];
  classes[job].nameHash = hash;
  classes[job].hashNext = head;
  head = job;
}

void Engine::Impl::eraseName(ClassIndex job) {
  uint32_t hash = classes[job].nameHash;
  uint32_t *at = &classTable[hash & (classTable.size() - 1)];
  while (*at != job)
    at = &classes[*at].hashNext;
  *at = classes[job].hashNext;
}

/// Longer chains are the worst that comes of having no memory for it.
void Engine::Impl::growClassTable(size_t count) {
  size_t size = classTable.size();
  while (size < count)
    size *= 2;
  if (size == classTable.size() || !classTable.resize(size))
    return;
  std::memset(static_cast<void *>(classTable.data()), 0xff,
              size * sizeof(uint32_t));
  for (ClassIndex job : order)
    insertName(job, classes[job].nameHash);
}

// --- Definitions and their tables

uint32_t Engine::Impl::addTable(uint32_t id) {
  uint32_t added = tables.take();
  if (added != None)
    tables[added].id = id;
  return added;
}

void Engine::Impl::dropTable(uint32_t index) {
  if (--tables[index].uses)
    return;
  tables[index].link = unusedTables;
  unusedTables = index;
}

void Engine::Impl::bind(ClassIndex job, const table::Job *definition,
                        uint32_t tableIndex) {
  bool bound = classes[job].job != nullptr;
  uint32_t old = classes[job].table;
  if (classes[job].inert)
    releaseInert(classes[job].job);
  classes[job].inert = false;
  classes[job].sound = true;
  classes[job].job = definition;
  classes[job].table = tableIndex;
  ++tables[tableIndex].uses;
  if (bound)
    dropTable(old);
}

/// The one way to a definition that nobody has used yet. One that is damaged is
/// replaced here; the host, which also looks at those that nobody uses, says
/// so. It is of the first table, where slots are indices.
const table::Job &Engine::Impl::takeIntoUse(ClassIndex job) {
  JobClass &jobClass = classes[job];
  if (!verification->job(job)) {
    jobClass.job = makeInert(nameOf(job));
    jobClass.inert = true;
  }
  jobClass.sound = true;
  return *jobClass.job;
}

// --- What clients are told

void Engine::Impl::addNews(ClassIndex job) {
  if (classes[job].news)
    return;
  classes[job].news = true;
  classes[job].link = None;
  (firstNews == None ? firstNews : classes[lastNews].link) = job;
  lastNews = job;
}

/// May come before its turn, so that an instance's class is known.
void Engine::Impl::tellNews(ClassIndex job) {
  JobClass &jobClass = classes[job];
  auto tell = [&](Action::Announcement what) {
    Record &record = emit(Action::Kind::Announce);
    record.announcement = what;
    record.job = job;
  };
  if (jobClass.announced && (jobClass.gone || jobClass.renewed))
    tell(Action::Announcement::JobRemoved);
  if (!jobClass.gone && (!jobClass.announced || jobClass.renewed))
    tell(Action::Announcement::JobAdded);
  jobClass.announced = !jobClass.gone;
  jobClass.renewed = false;
}

/// False: nobody has to be told anything.
bool Engine::Impl::newsStep() {
  if (goneClass != None) {
    freeClass(goneClass);
    goneClass = None;
    return true;
  }
  if (firstNews != None) {
    ClassIndex job = firstNews;
    firstNews = classes[job].link;
    classes[job].news = false;
    tellNews(job);
    if (classes[job].gone)
      goneClass = job;
    return true;
  }
  if (unusedTables == None)
    return false;
  uint32_t index = unusedTables;
  unusedTables = tables[index].link;
  emit(Action::Kind::TableUnused).value = int32_t(tables[index].id);
  tables.give(index);
  return true;
}

} // namespace starton::engine
