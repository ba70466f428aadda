// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Instances: made whole before anybody sees them, kept in the order of
// runtime §1.4 within their class, found by name through one table.

#include "Impl.h"

namespace starton::engine {

namespace {

/// "starting" and the room for "/failed".
constexpr size_t JobEventName = 8 + 8;
/// "RESULT=failed", "PROCESS=post-stop", "EXIT_SIGNAL=STKFLT" and NULs.
constexpr size_t JobEventResult = 14 + 18 + 19;

uint32_t bucketOf(const Instance &instance) {
  return instance.nameHash % NumBuckets;
}

uint32_t mix(ClassIndex job, uint32_t nameHash) {
  return (job * 0x9e3779b1U) ^ nameHash;
}

} // namespace

bool Engine::Impl::isLive(InstanceId id) const {
  return id.index < instances.limit() && instances[id.index].live &&
         instances[id.index].generation == id.generation;
}

uint32_t Engine::Impl::findInstance(ClassIndex job, Text name) const {
  uint32_t hash = hashName(name);
  uint32_t at = instanceTable[mix(job, hash) & (instanceTable.size() - 1)];
  for (; at != None; at = instances[at].hashNext) {
    const Instance &instance = instances[at];
    if (instance.job == job && instance.nameHash == hash &&
        equal(nameOf(instance), name))
      return at;
  }
  return None;
}

uint32_t Engine::Impl::prepareInstance(ClassIndex job, Text name) {
  uint32_t index = instances.take();
  if (index == None)
    return None;
  Instance &instance = instances[index];
  instance.job = job;
  instance.next = instance.previous = instance.hashNext = None;
  instance.spare = instance.blocker = None;
  instance.waiters = instance.lastWaiter = None;
  if (fillInstance(index, name))
    return index;
  freeInstance(index);
  return None;
}

bool Engine::Impl::fillInstance(uint32_t index, Text name) {
  Instance &instance = instances[index];
  const table::Job &job = jobOf(instance.job); // takes it into use
  JobClass &jobClass = classes[instance.job];
  instance.latches = nodeCount(job.stop_on());
  instance.nameLength = uint32_t(name.size());
  instance.nameHash = hashName(name);
  size_t latchBytes = size_t(instance.latches) * sizeof(uint32_t);
  instance.block = static_cast<char *>(allocate(latchBytes + name.size() + 1));
  if (!instance.block)
    return false;
  std::memset(instance.block, 0xff, latchBytes);
  if (!name.empty())
    std::memcpy(instance.block + latchBytes, name.data(), name.size());
  instance.block[latchBytes + name.size()] = 0;

  for (; instance.spares < SparesWanted; ++instance.spares) {
    uint32_t event = events.take();
    if (event == None)
      return false;
    events[event].progress = Progress::Spare;
    events[event].link = instance.spare;
    instance.spare = event;
  }
  if (!growSpares(index, {}))
    return false;

  if (jobClass.first != None && !jobClass.tails) {
    size_t bytes = NumBuckets * sizeof(uint32_t);
    jobClass.tails = static_cast<uint32_t *>(allocate(bytes));
    if (!jobClass.tails)
      return false;
    std::memset(jobClass.tails, 0xff, bytes);
    jobClass.tails[bucketOf(instances[jobClass.first])] = jobClass.first;
  }
  growInstanceTable();
  // At most two processes of an instance live at a time.
  return processes.reserve(2 * size_t(instances.live())) &&
         reserveEnvironment(job, 0, 0) && reserveNames(name.size()) &&
         texts.reserve(5 + size_t(countOf(job.exports())));
}

void Engine::Impl::freeInstance(uint32_t index) {
  Instance &instance = instances[index];
  while (instance.spare != None) {
    uint32_t event = instance.spare;
    instance.spare = events[event].link;
    release(events[event].data);
    events.give(event);
  }
  release(instance.block);
  freeBlob(instance.env);
  freeBlob(instance.nextEnv);
  freeBlob(instance.stopEnv);
  instances.give(index);
}

void Engine::Impl::publishInstance(uint32_t index) {
  instances[index].live = true;
  if (ClassIndex job = instances[index].job; classes[job].news)
    tellNews(job);
  link(index);
  noteOf(Priority::Debug, Note::NewInstance, index);
  announce(Action::Announcement::InstanceAdded, index);
}

void Engine::Impl::link(uint32_t index) {
  Instance &instance = instances[index];
  JobClass &jobClass = classes[instance.job];
  uint32_t bucket = bucketOf(instance);
  uint32_t after = None;
  if (jobClass.tails) {
    for (uint32_t b = bucket + 1; b-- > 0 && after == None;)
      after = jobClass.tails[b];
    jobClass.tails[bucket] = index;
  }
  instance.previous = after;
  instance.next = after == None ? jobClass.first : instances[after].next;
  if (instance.next != None)
    instances[instance.next].previous = index;
  else
    jobClass.last = index;
  if (after != None)
    instances[after].next = index;
  else
    jobClass.first = index;
  uint32_t &head = instanceHead(mix(instance.job, instance.nameHash));
  instance.hashNext = head;
  head = index;
}

void Engine::Impl::unlink(uint32_t index) {
  Instance &instance = instances[index];
  JobClass &jobClass = classes[instance.job];
  // Walks that stand here go on behind.
  for (uint32_t *walk : {&poll.instance, &quiesce.stop.instance,
                         &quiesce.complain.instance, &retry.instance})
    if (*walk == index)
      *walk = instance.next;
  if (jobClass.tails && jobClass.tails[bucketOf(instance)] == index) {
    bool shared = instance.previous != None &&
                  bucketOf(instances[instance.previous]) == bucketOf(instance);
    jobClass.tails[bucketOf(instance)] = shared ? instance.previous : None;
  }
  if (instance.previous != None)
    instances[instance.previous].next = instance.next;
  else
    jobClass.first = instance.next;
  if (instance.next != None)
    instances[instance.next].previous = instance.previous;
  else
    jobClass.last = instance.previous;
  if (jobClass.first == None) {
    release(jobClass.tails);
    jobClass.tails = nullptr;
  }
  uint32_t *at = &instanceHead(mix(instance.job, instance.nameHash));
  while (*at != index)
    at = &instances[*at].hashNext;
  *at = instance.hashNext;
}

/// The instance is in `waiting` and has said so.
void Engine::Impl::destroy(uint32_t index) {
  resetTree(stopTree(instances[index]));
  unlink(index);
  instances[index].live = false;
  noteOf(Priority::Debug, Note::Destroyed, index);
  announce(Action::Announcement::InstanceRemoved, index);
  zombie = index;
  ClassIndex job = instances[index].job;
  if (classes[job].first == None && classes[job].successor != None)
    takeSuccessor(job);
}

/// Longer chains are the worst that comes of having no memory for it.
void Engine::Impl::growInstanceTable() {
  size_t size = instanceTable.size();
  if (instances.live() <= size)
    return;
  if (!instanceTable.resize(2 * size))
    return;
  std::memset(static_cast<void *>(instanceTable.data()), 0xff,
              2 * size * sizeof(uint32_t));
  for (uint32_t at = 0; at < instances.limit(); ++at) {
    Instance &instance = instances[at];
    if (!instance.live)
      continue;
    uint32_t &head = instanceHead(mix(instance.job, instance.nameHash));
    instance.hashNext = head;
    head = at;
  }
}

bool Engine::Impl::reserveEnvironment(const table::Job &job, uint32_t delta,
                                      uint32_t stop) {
  return builder.reserve(size_t(shared.base().count) + countOf(job.env()) +
                         delta + stop + 3);
}

Environment Engine::Impl::environmentOf(const Instance &instance) const {
  return {&shared, &jobOf(instance), instance.env, {}};
}

void Engine::Impl::setNextEnvironment(uint32_t index, const Blob &env) {
  Instance &instance = instances[index];
  freeBlob(instance.nextEnv);
  instance.nextEnv = env;
  instance.hasNextEnv = true;
}

uint32_t Engine::Impl::largestDelta(uint32_t index) const {
  const Instance &instance = instances[index];
  return instance.env.count > instance.nextEnv.count ? instance.env.count
                                                     : instance.nextEnv.count;
}

size_t Engine::Impl::jobEventSize(const Instance &instance,
                                  const Blob &delta) const {
  const table::Job &job = jobOf(instance);
  size_t size = JobEventName + JobEventResult + 5 + job.name()->size() + 10 +
                instance.nameLength;
  Environment environment{&shared, &job, delta, {}};
  Text value;
  for (uint32_t i = 0; i < countOf(job.exports()); ++i) {
    Text name = textOf(job.exports()->Get(i));
    if (environment.find(name, value))
      size += name.size() + value.size() + 2;
  }
  return size;
}

/// Makes all spare events large enough for an environment.
bool Engine::Impl::growSpares(uint32_t index, const Blob &delta) {
  size_t size = jobEventSize(instances[index], delta);
  for (uint32_t at = instances[index].spare; at != None; at = events[at].link)
    if (!growEvent(at, size))
      return false;
  return true;
}

bool Engine::Impl::ensureSpare(uint32_t index, const Blob &delta) {
  Instance &instance = instances[index];
  if (instance.spare == None) {
    uint32_t event = events.take();
    if (event == None)
      return false;
    events[event].progress = Progress::Spare;
    instance.spare = event;
    ++instance.spares;
  }
  return growEvent(instance.spare, jobEventSize(instance, delta));
}

ExpandStatus Engine::Impl::expandName(ClassIndex job,
                                      const Environment &environment,
                                      Text &name) {
  name = textOf(jobOf(job).instance());
  if (isLiteral(name))
    return ExpandStatus::Ok;
  ExpandStatus status = expander.run(name, environment);
  name = expander.text();
  return status;
}

bool Engine::Impl::prepareExpandError(ExpandStatus status, Text usage) {
  prepared.clear();
  if (!prepared.reserve(expander.text().size() + usage.size() + 64))
    return false;
  switch (status) {
  case ExpandStatus::UnknownParameter:
    prepared.append("Unknown parameter: ");
    prepared.append(expander.text());
    break;
  case ExpandStatus::ExpectedOperator:
    prepared.append("Expected operator");
    break;
  case ExpandStatus::MismatchedBraces:
    prepared.append("Mismatched braces");
    break;
  case ExpandStatus::TooLong:
    prepared.append("Expansion too long");
    break;
  case ExpandStatus::Ok:
    break;
  }
  if (usage.data()) {
    prepared.append("\nUsage: ");
    prepared.append(usage);
  }
  return true;
}

} // namespace starton::engine
