// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Conditions (runtime §3.2-§3.4). A tree's state is which event each leaf
// holds; the operators' values are computed when they are asked for, from the
// post-order array, without recursion.

#include "Impl.h"
#include "Pattern.h"

namespace starton::engine {

Tree Engine::Impl::startTree(ClassIndex job) {
  const table::Condition *condition = jobOf(job).start_on();
  return {condition, classes[job].latches};
}

Tree Engine::Impl::stopTree(const Instance &instance) {
  return {jobOf(instance).stop_on(),
          reinterpret_cast<uint32_t *>(instance.block)};
}

bool Engine::Impl::matches(const Event &event,
                           const table::Condition &condition, uint32_t node,
                           const Environment &environment) {
  const table::Node &leaf = *condition.nodes()->Get(node);
  const auto &words = *condition.words();
  if (!equal(textOf(words.Get(leaf.first())), eventName(event)))
    return false;
  uint32_t cursor = event.variables;
  for (uint32_t i = 1; i < leaf.count(); ++i)
    if (!operandMatches(event, textOf(words.Get(leaf.first() + i)), cursor,
                        environment))
      return false;
  return true;
}

/// \p cursor: offset of the variable a positional operand is compared with.
bool Engine::Impl::operandMatches(const Event &event, Text operand,
                                  uint32_t &cursor,
                                  const Environment &environment) {
  const char *begin = operand.data();
  const void *equals =
      operand.empty() ? nullptr : std::memchr(begin, '=', operand.size());
  bool negated = false;
  Text pattern = operand;
  uint32_t length = event.length;
  if (equals) {
    // The first `!=` counts before the first `=`.
    const void *different = memmem(begin, operand.size(), "!=", 2);
    negated = different != nullptr;
    const char *key = static_cast<const char *>(negated ? different : equals);
    size_t behind = size_t(key - begin) + (negated ? 2 : 1);
    pattern = operand.slice(behind, operand.size() - behind);
    Text name = operand.slice(0, size_t(key - begin));
    for (cursor = event.variables; cursor < length;
         cursor += uint32_t(std::strlen(event.data + cursor)) + 1)
      if (equal(keyOf(textOf(event.data + cursor)), name))
        break;
  }
  if (cursor >= length)
    return false;
  Text entry = textOf(event.data + cursor);
  cursor += uint32_t(entry.size()) + 1;
  if (!isLiteral(pattern)) {
    if (expander.run(pattern, environment) != ExpandStatus::Ok)
      return false;
    pattern = expander.text();
  }
  return matchPattern(pattern, valueOf(entry)) != negated;
}

bool Engine::Impl::latch(const Tree &tree, uint32_t event,
                         const Environment &environment) {
  bool any = false;
  uint32_t count = nodeCount(tree.condition);
  for (uint32_t i = 0; i < count; ++i) {
    if (tree.condition->nodes()->Get(i)->kind() != table::NodeKind::Match ||
        tree.latches[i] != None ||
        !matches(events[event], *tree.condition, i, environment))
      continue;
    tree.latches[i] = event;
    block(event);
    any = true;
  }
  return any;
}

/// Leaves the value of every node in `values`.
bool Engine::Impl::isTrue(const Tree &tree) {
  uint32_t count = nodeCount(tree.condition);
  for (uint32_t i = 0; i < count; ++i) {
    const table::Node &node = *tree.condition->nodes()->Get(i);
    switch (node.kind()) {
    case table::NodeKind::Match:
      values[i] = tree.latches[i] != None;
      break;
    case table::NodeKind::And:
      values[i] = values[i - 1] && values[node.left()];
      break;
    case table::NodeKind::Or:
      values[i] = values[i - 1] || values[node.left()];
      break;
    }
  }
  return count && values[count - 1];
}

void Engine::Impl::resetTree(const Tree &tree) {
  for (uint32_t i = 0; i < nodeCount(tree.condition); ++i) {
    uint32_t held = tree.latches[i];
    tree.latches[i] = None;
    if (held != None)
      unblock(held);
  }
}

void Engine::Impl::markTruth(const Tree &tree) {
  uint32_t count = nodeCount(tree.condition);
  std::memset(inTruth.data(), 0, count);
  inTruth[count - 1] = isTrue(tree);
  for (uint32_t i = count; i-- > 0;) {
    const table::Node &node = *tree.condition->nodes()->Get(i);
    if (!inTruth[i] || node.kind() == table::NodeKind::Match)
      continue;
    inTruth[i] = 0;
    inTruth[i - 1] = values[i - 1];
    inTruth[node.left()] = values[node.left()];
  }
}

uint32_t Engine::Impl::truthCount(const Tree &tree) const {
  uint32_t count = 0;
  for (uint32_t i = 0; i < nodeCount(tree.condition); ++i)
    count += inTruth[i];
  return count;
}

/// Needs markTruth(). Of an event that several leaves hold, the variables go in
/// once, at its last place: that is what later ones overriding comes to.
bool Engine::Impl::truthEnvironment(const Tree &tree, const char *namesKey,
                                    bool descriptors, Blob &blob) {
  uint32_t count = nodeCount(tree.condition);
  size_t size = 0;
  size_t names = std::strlen(namesKey) + 1;
  uint32_t carrying = 0;
  ++stamps;
  for (uint32_t i = count; i-- > 0;) {
    if (!inTruth[i])
      continue;
    Event &event = events[tree.latches[i]];
    names += event.nameLength + 1;
    if (event.stamp == stamps)
      continue;
    event.stamp = stamps;
    size += event.length - event.variables;
    carrying += descriptors && event.descriptor >= 0;
  }
  size_t descriptorRoom = carrying ? 12 + size_t(carrying) * 11 : 0;
  if (size + names + descriptorRoom > UINT32_MAX)
    return false;
  char *data = static_cast<char *>(allocate(size + names + descriptorRoom));
  if (!data)
    return false;

  blob = {data, 0, 1};
  char *front = data + size;
  ++stamps;
  for (uint32_t i = count; i-- > 0;) {
    if (!inTruth[i])
      continue;
    Event &event = events[tree.latches[i]];
    if (event.stamp == stamps)
      continue;
    event.stamp = stamps;
    size_t length = event.length - event.variables;
    front -= length;
    std::memcpy(front, event.data + event.variables, length);
    blob.count += event.count;
  }
  char *at = data + size;
  std::memcpy(at, namesKey, std::strlen(namesKey));
  at += std::strlen(namesKey);
  *at++ = '=';
  for (uint32_t i = 0; i < count; ++i) {
    if (!inTruth[i])
      continue;
    Text name = eventName(events[tree.latches[i]]);
    std::memcpy(at, name.data(), name.size());
    at += name.size();
    *at++ = ' ';
  }
  at[-1] = 0;
  if (carrying)
    at = appendDescriptors(tree, at);
  blob.count += carrying != 0;
  blob.length = uint32_t(at - data);
  return true;
}

/// "UPSTART_FDS=3 4": each event once.
char *Engine::Impl::appendDescriptors(const Tree &tree, char *at) {
  constexpr char Key[] = "UPSTART_FDS=";
  std::memcpy(at, Key, sizeof Key - 1);
  at += sizeof Key - 1;
  ++stamps;
  for (uint32_t i = 0; i < nodeCount(tree.condition); ++i) {
    if (!inTruth[i])
      continue;
    Event &event = events[tree.latches[i]];
    if (event.descriptor < 0 || event.stamp == stamps)
      continue;
    event.stamp = stamps;
    char digits[12];
    size_t length = 0;
    for (int32_t rest = event.descriptor; length == 0 || rest; rest /= 10)
      digits[sizeof digits - ++length] = char('0' + rest % 10);
    std::memcpy(at, digits + sizeof digits - length, length);
    at += length;
    *at++ = ' ';
  }
  at[-1] = 0;
  return at;
}

/// Needs waiters.reserve(). The events are held by the instance from now on.
void Engine::Impl::addTruthWaiters(const Tree &tree, uint32_t instance) {
  for (uint32_t i = 0; i < nodeCount(tree.condition); ++i) {
    if (!inTruth[i])
      continue;
    uint32_t waiter = makeWaiter(WaitKind::Event, 0);
    waiters[waiter].event = tree.latches[i];
    block(tree.latches[i]);
    addWaiter(instance, waiter);
  }
}

void Engine::Impl::triggerStart(ClassIndex job) {
  classes[job].retryStart = false;
  Tree tree = startTree(job);
  markTruth(tree);
  if (tryStart(job, tree)) {
    resetTree(tree);
    return;
  }
  classes[job].retryStart = true;
  if (Record *record = note(Priority::Warn, Note::NoMemory))
    record->job = job;
  retryLater();
}

/// False: no memory, and nothing was changed.
bool Engine::Impl::tryStart(ClassIndex job, const Tree &tree) {
  Text name = textOf(jobOf(job).instance());
  uint32_t index = None;
  if (isLiteral(name)) {
    index = findInstance(job, name);
    if (index != None && instances[index].goal != Goal::Stop)
      return true; // dropped, not held
  }
  Blob env{};
  if (!waiters.reserve(truthCount(tree)) ||
      !truthEnvironment(tree, "UPSTART_EVENTS", true, env))
    return false;
  if (limitsImports)
    keepImported(jobOf(job), true, env);
  Environment environment{&shared, &jobOf(job), env, {}};
  ExpandStatus status = expandName(job, environment, name);
  if (status != ExpandStatus::Ok) {
    bool said = prepareExpandError(status, {});
    freeBlob(env);
    Record *record = said ? note(Priority::Warn, Note::BadInstance) : nullptr;
    if (record)
      record->job = job;
    return said;
  }
  index = findInstance(job, name);
  if (index != None && instances[index].goal != Goal::Stop) {
    freeBlob(env);
    return true;
  }
  bool fresh = index == None;
  if (fresh)
    index = prepareInstance(job, name);
  if (index == None || !growSpares(index, env) ||
      !reserveEnvironment(jobOf(job), env.count,
                          instances[index].stopEnv.count)) {
    if (fresh && index != None)
      freeInstance(index);
    freeBlob(env);
    return false;
  }
  if (fresh)
    publishInstance(index);
  setNextEnvironment(index, env);
  releaseWaiters(index, false);
  addTruthWaiters(tree, index);
  changeGoal(index, Goal::Start);
  return true;
}

void Engine::Impl::triggerStop(uint32_t index) {
  instances[index].retryStop = false;
  Tree tree = stopTree(instances[index]);
  markTruth(tree);
  if (instances[index].goal == Goal::Stop || tryStop(index, tree)) {
    resetTree(tree);
    return;
  }
  instances[index].retryStop = true;
  if (Record *record = note(Priority::Warn, Note::NoMemory))
    record->job = instances[index].job;
  retryLater();
}

bool Engine::Impl::tryStop(uint32_t index, const Tree &tree) {
  Blob env{};
  if (!waiters.reserve(truthCount(tree)) ||
      !truthEnvironment(tree, "UPSTART_STOP_EVENTS", false, env))
    return false;
  if (!reserveEnvironment(jobOf(instances[index]), largestDelta(index),
                          env.count)) {
    freeBlob(env);
    return false;
  }
  freeBlob(instances[index].stopEnv);
  instances[index].stopEnv = env;
  releaseWaiters(index, false);
  addTruthWaiters(tree, index);
  changeGoal(index, Goal::Stop);
  return true;
}

void Engine::Impl::retryLater() {
  if (engineTimer)
    return;
  engineTimer = true;
  Record &record = emit(Action::Kind::ArmTimer);
  record.instance = EngineTimer.index;
  record.deadline = now + Second;
}

/// The next condition that was left true for want of memory.
bool Engine::Impl::retryStep() {
  while (retry.active) {
    if (retry.instance != None) {
      uint32_t index = retry.instance;
      retry.instance = instances[index].next;
      if (!instances[index].retryStop)
        continue;
      instances[index].retryStop = false;
      if (isTrue(stopTree(instances[index])))
        triggerStop(index);
      return true;
    }
    if (retry.position == order.size()) {
      retry.active = false;
      return false;
    }
    ClassIndex job = order[retry.position++];
    retry.instance = classes[job].first;
    if (!classes[job].retryStart)
      continue;
    classes[job].retryStart = false;
    if (isTrue(startTree(job)))
      triggerStart(job);
    return true;
  }
  return false;
}

} // namespace starton::engine
