// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The life of an event (runtime §3.1): queued, handled class by class, held,
// finished.

#include "Impl.h"
#include "Names.h"

namespace starton::engine {

namespace {

constexpr char FailedSuffix[] = "/failed";
constexpr size_t FailedLength = sizeof FailedSuffix - 1;

bool endsWithFailed(Text name) {
  return name.size() >= FailedLength &&
         equal(name.slice(name.size() - FailedLength, FailedLength),
               {FailedSuffix, FailedLength});
}

} // namespace

/// An event of a request. None: no memory.
uint32_t Engine::Impl::makeEvent(Text name, Span<const Text> env) {
  size_t capacity = name.size() + FailedLength + 1;
  for (Text entry : env)
    capacity += entry.size() + 1;
  if (capacity > UINT32_MAX || !texts.reserve(env.size()) ||
      !reserveLine(name.size()))
    return None;
  uint32_t index = events.take();
  if (index == None)
    return None;
  Event &event = events[index];
  event.owner = None;
  if (!growEvent(index, capacity)) {
    events.give(index);
    return None;
  }
  beginEvent(event, name);
  for (Text entry : env)
    appendVariable(event, keyOf(entry), valueOf(entry));
  return index;
}

bool Engine::Impl::growEvent(uint32_t index, size_t capacity) {
  Event &event = events[index];
  if (capacity <= event.capacity)
    return true;
  if (capacity > UINT32_MAX)
    return false;
  void *data = reallocate(event.data, capacity);
  if (!data)
    return false;
  event.data = static_cast<char *>(data);
  event.capacity = uint32_t(capacity);
  return true;
}

void Engine::Impl::beginEvent(Event &event, Text name) {
  std::memcpy(event.data, name.data(), name.size());
  event.data[name.size()] = 0;
  event.nameLength = uint32_t(name.size());
  event.variables = event.length =
      uint32_t(name.size()) + uint32_t(FailedLength) + 1;
  event.count = 0;
  event.blockers = 0;
  event.request = 0;
  event.descriptor = -1;
  event.failed = false;
}

/// Room was made for it before.
void Engine::Impl::appendVariable(Event &event, Text key, Text value) {
  size_t size = key.size() + value.size() + 2;
  if (size > event.capacity - event.length)
    return;
  char *at = event.data + event.length;
  if (!key.empty())
    std::memcpy(at, key.data(), key.size());
  at += key.size();
  *at++ = '=';
  if (!value.empty())
    std::memcpy(at, value.data(), value.size());
  at[value.size()] = 0;
  event.length += uint32_t(size);
  ++event.count;
}

/// Only the daemon sets these.
void Engine::Impl::dropReserved(Event &event) {
  char *kept = event.data + event.variables;
  EntryWalk walk(kept, event.length - event.variables);
  event.count = 0;
  for (Text entry; walk.next(entry);) {
    if (isReserved(keyOf(entry)))
      continue;
    std::memmove(kept, entry.data(), entry.size() + 1);
    kept += entry.size() + 1;
    ++event.count;
  }
  event.length = uint32_t(kept - event.data);
}

void Engine::Impl::queueEvent(uint32_t index) {
  events[index].progress = Progress::Pending;
  agenda.pushNew(index);
  if (Record *record = note(Priority::Debug, Note::PendingEvent))
    record->event = index;
}

/// Uses the first spare, which ensureSpare() has made fit.
void Engine::Impl::emitJobEvent(uint32_t index, const char *name,
                                bool withResult) {
  Instance &instance = instances[index];
  uint32_t at = instance.spare;
  Event &event = events[at];
  instance.spare = event.link;
  --instance.spares;
  event.link = None;
  event.owner = index;
  event.ownerGeneration = instance.generation;
  beginEvent(event, textOf(name));
  appendVariable(event, textOf("JOB"), textOf(jobOf(instance).name()));
  appendVariable(event, textOf("INSTANCE"), nameOf(instance));
  if (withResult)
    appendResult(event, instance);
  appendExports(event, instance);
  queueEvent(at);
}

void Engine::Impl::appendResult(Event &event, const Instance &instance) {
  if (!instance.failed) {
    appendVariable(event, textOf("RESULT"), textOf("ok"));
    return;
  }
  appendVariable(event, textOf("RESULT"), textOf("failed"));
  const char *process =
      instance.failedRespawn ? "respawn" : slotName(instance.failedSlot);
  appendVariable(event, textOf("PROCESS"), textOf(process));
  int32_t status = instance.failedStatus;
  if (instance.failedRespawn || status < 0)
    return;
  bool bySignal = status > 255;
  int32_t number = bySignal ? status >> 8 : status;
  const char *name = bySignal ? signalName(number) : nullptr;
  char digits[16];
  size_t length = 0;
  for (int32_t rest = number; length == 0 || rest; rest /= 10)
    digits[sizeof digits - ++length] = char('0' + rest % 10);
  Text value =
      name ? textOf(name) : Text{digits + sizeof digits - length, length};
  appendVariable(event, textOf(bySignal ? "EXIT_SIGNAL" : "EXIT_STATUS"),
                 value);
}

void Engine::Impl::appendExports(Event &event, const Instance &instance) {
  const table::Job &job = jobOf(instance);
  if (!countOf(job.exports()))
    return;
  Environment environment = environmentOf(instance);
  for (uint32_t i = 0; i < countOf(job.exports()); ++i) {
    Text name = textOf(job.exports()->Get(i));
    Text value;
    Text there;
    if (environment.find(name, value) && !findVariable(event, name, there))
      appendVariable(event, name, value);
  }
}

void Engine::Impl::disposeEvent(uint32_t index) {
  Event &event = events[index];
  InstanceId owner{event.owner, event.ownerGeneration};
  if (event.owner != None && isLive(owner) &&
      instances[owner.index].spares < SparesWanted) {
    Instance &instance = instances[owner.index];
    event.progress = Progress::Spare;
    event.link = instance.spare;
    instance.spare = index;
    ++instance.spares;
    return;
  }
  release(event.data);
  events.give(index);
}

void Engine::Impl::unblock(uint32_t index) {
  Event &event = events[index];
  if (--event.blockers == 0 && event.progress == Progress::Handling)
    agenda.pushReleased(index);
}

/// The first variable of that key.
bool Engine::Impl::findVariable(const Event &event, Text key,
                                Text &value) const {
  Text entry;
  EntryWalk walk(event.data + event.variables, event.length - event.variables);
  while (walk.next(entry))
    if (equal(keyOf(entry), key)) {
      value = valueOf(entry);
      return true;
    }
  return false;
}

/// Every class with a leaf that the event could match (the table's index).
void Engine::Impl::markClasses(const Event &event) {
  Text name = eventName(event);
  markEntry(name, nullptr);
  Text first;
  EntryWalk walk(event.data + event.variables, event.length - event.variables);
  if (!walk.next(first))
    return;
  Text value = valueOf(first);
  markEntry(name, &value);
  if (!equal(keyOf(first), textOf("JOB")) &&
      findVariable(event, textOf("JOB"), value))
    markEntry(name, &value);
}

void Engine::Impl::markEntry(Text name, const Text *operand) {
  eachLeaf(name, operand, [&](ClassIndex job, bool stops, uint32_t) {
    if (stops && classes[job].first == None)
      return;
    if (stops)
      classes[job].stopMarked = true;
    else
      classes[job].startMarked = true;
    mark(job);
  });
}

void Engine::Impl::nextClass() {
  for (; firstMarked <= lastMarked; ++firstMarked) {
    uint64_t &bits = marked[firstMarked];
    if (!bits)
      continue;
    poll.job = order[firstMarked * 64 + uint32_t(__builtin_ctzll(bits))];
    bits &= bits - 1;
    JobClass &jobClass = classes[poll.job];
    poll.instance = jobClass.stopMarked ? jobClass.first : None;
    jobClass.stopMarked = false;
    poll.phase = Poll::Phase::StopConditions;
    return;
  }
  firstMarked = None;
  lastMarked = 0;
  poll.phase = Poll::Phase::Handled;
}

void Engine::Impl::pollEvent() {
  switch (poll.phase) {
  case Poll::Phase::Handle:
    return handleEvent();
  case Poll::Phase::NextClass:
    return nextClass();
  case Poll::Phase::StopConditions:
    return handleStopCondition();
  case Poll::Phase::StartCondition:
    return handleStartCondition();
  case Poll::Phase::Handled:
    return eventHandled();
  case Poll::Phase::Finish:
    return finishEvent();
  case Poll::Phase::Answer:
    return answerEvent();
  case Poll::Phase::Dispose:
    return endEvent();
  }
}

void Engine::Impl::handleEvent() {
  if (Record *record = note(Priority::Info, Note::HandlingEvent))
    record->event = poll.event;
  markClasses(events[poll.event]);
  poll.phase = Poll::Phase::NextClass;
}

/// One instance.
void Engine::Impl::handleStopCondition() {
  if (poll.instance == None) {
    poll.phase = Poll::Phase::StartCondition;
    return;
  }
  uint32_t index = poll.instance;
  Instance &instance = instances[index];
  poll.instance = instance.next;
  Tree tree = stopTree(instance);
  if (latch(tree, poll.event, environmentOf(instance)) && isTrue(tree))
    triggerStop(index);
}

void Engine::Impl::handleStartCondition() {
  poll.phase = Poll::Phase::NextClass;
  ClassIndex job = poll.job;
  poll.job = NoClass;
  if (job == NoClass || !classes[job].startMarked)
    return;
  classes[job].startMarked = false;
  Tree tree = startTree(job);
  if (latch(tree, poll.event, {}) && isTrue(tree))
    triggerStart(job);
}

void Engine::Impl::eventHandled() {
  Event &event = events[poll.event];
  event.progress = Progress::Handling;
  if (quiesce.active && !quiesce.over && instances.live() == 0)
    endSession();
  if (event.blockers == 0)
    poll.phase = Poll::Phase::Finish;
  else
    poll.event = None;
}

void Engine::Impl::finishEvent() {
  Event &event = events[poll.event];
  event.progress = Progress::Finishing;
  if (Record *record = note(Priority::Debug, Note::FinishedEvent))
    record->event = poll.event;
  poll.phase = Poll::Phase::Answer;
  InstanceId owner{event.owner, event.ownerGeneration};
  if (event.owner != None && isLive(owner) &&
      instances[owner.index].blocker == poll.event) {
    instances[owner.index].blocker = None;
    mover = owner.index;
  }
}

void Engine::Impl::answerEvent() {
  Event &event = events[poll.event];
  if (event.request && event.failed)
    replyError(event.request, ErrorName::EventFailed, Problem::EventFailed);
  else if (event.request)
    emit(Action::Kind::Reply).request = event.request;
  event.request = 0;
  if (event.descriptor >= 0)
    emit(Action::Kind::Close).value = event.descriptor;
  event.descriptor = -1;
  Record &record = emit(Action::Kind::Announce);
  record.announcement = Action::Announcement::EventEmitted;
  record.event = poll.event;
  poll.phase = Poll::Phase::Dispose;
}

/// A failed event becomes NAME/failed in place: it needs no memory.
void Engine::Impl::endEvent() {
  uint32_t index = poll.event;
  Event &event = events[index];
  poll.event = None;
  if (!event.failed || endsWithFailed(eventName(event))) {
    disposeEvent(index);
    return;
  }
  std::memcpy(event.data + event.nameLength, FailedSuffix, FailedLength + 1);
  event.nameLength += uint32_t(FailedLength);
  event.failed = false;
  queueEvent(index);
}

} // namespace starton::engine
