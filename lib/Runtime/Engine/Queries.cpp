// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Impl.h"
#include <algorithm>

namespace starton::engine {

uint32_t Engine::classCount() const { return uint32_t(impl->order.size()); }

ClassIndex Engine::classAt(uint32_t position) const {
  return position < impl->order.size() ? impl->order[position] : NoClass;
}

ClassIndex Engine::findClass(Text name) const { return impl->findClass(name); }

Text Engine::className(ClassIndex job) const { return impl->nameOf(job); }

const table::Job &Engine::classJob(ClassIndex job) const {
  return impl->jobOf(job);
}

InstanceId Engine::firstInstance(ClassIndex job) const {
  uint32_t first = impl->classes[job].first;
  return first == None ? NoInstance : impl->idOf(first);
}

InstanceId Engine::nextInstance(InstanceId instance) const {
  if (!impl->isLive(instance))
    return NoInstance;
  uint32_t next = impl->instances[instance.index].next;
  return next == None ? NoInstance : impl->idOf(next);
}

bool Engine::viewInstance(InstanceId id, InstanceView &view) const {
  if (!impl->isLive(id))
    return false;
  const Instance &instance = impl->instances[id.index];
  view.id = id;
  view.job = instance.job;
  view.name = impl->nameOf(instance);
  view.goal = instance.goal;
  view.state = instance.state;
  for (unsigned i = 0; i < NumSlots; ++i)
    view.pids[i] = instance.pids[i];
  view.retracked = instance.retracked;
  return true;
}

InstanceId Engine::findInstance(ClassIndex job, Text name) const {
  uint32_t index = impl->findInstance(job, name);
  return index == None ? NoInstance : impl->idOf(index);
}

bool Engine::instanceName(ClassIndex job, Span<const Text> env, bool withUsage,
                          Text &name, Text &message) {
  const table::Job &definition = impl->jobOf(job);
  Environment environment{&impl->shared, &definition, {}, env};
  ExpandStatus status = impl->expandName(job, environment, name);
  if (status == ExpandStatus::Ok)
    return true;
  Text usage = withUsage ? textOf(definition.usage()) : Text{};
  message = {};
  if (impl->prepareExpandError(status, usage))
    message = impl->prepared.text();
  return false;
}

bool Engine::expand(InstanceId id, Text value, Text &result, Text &message) {
  result = message = {};
  if (!impl->isLive(id))
    return false;
  Environment environment = impl->environmentOf(impl->instances[id.index]);
  ExpandStatus status = impl->expander.run(value, environment);
  if (status == ExpandStatus::Ok) {
    result = impl->expander.text();
    return true;
  }
  if (impl->prepareExpandError(status, {}))
    message = impl->prepared.text();
  return false;
}

bool Engine::getEnv(InstanceId id, Text name, Text &value) const {
  if (id == NoInstance) {
    Text entry;
    if (!findEntry(impl->shared.base(), name, entry))
      return false;
    value = valueOf(entry);
    return true;
  }
  if (!impl->isLive(id))
    return false;
  return impl->environmentOf(impl->instances[id.index]).find(name, value);
}

bool Engine::listEnv(InstanceId id, Span<const Text> &entries) {
  if (id != NoInstance && !impl->isLive(id))
    return false;
  impl->builder.clear();
  if (id == NoInstance) {
    impl->builder.putAll(impl->shared.base());
  } else {
    const Instance &instance = impl->instances[id.index];
    impl->builder.putJob(impl->shared, impl->jobOf(instance), instance.env);
  }
  entries = impl->builder.finish();
  return true;
}

bool Engine::findProcess(int32_t pid, InstanceId &instance, Slot &slot) const {
  uint32_t index = None;
  if (!impl->processOf(pid, index, slot))
    return false;
  instance = impl->idOf(index);
  return true;
}

// --- Who holds which event (runtime §3.4), for people who wonder why something
// hangs. Walks everything; nothing is kept for it.

namespace {

/// Adds the events that the leaves of a tree hold, each once.
bool addLatched(const Tree &tree, Holder holder, Vector<Holder> &list) {
  size_t first = list.size();
  for (uint32_t i = 0; i < nodeCount(tree.condition); ++i) {
    if (tree.latches[i] == None)
      continue;
    holder.event = tree.latches[i];
    bool known = false;
    for (size_t at = first; at < list.size(); ++at)
      known = known || list[at].event == holder.event;
    if (!known && !list.push(holder))
      return false;
  }
  return true;
}

/// Events in the order they were made; holders of one in that of the lists.
struct Earlier {
  const Engine::Impl &impl;

  bool operator()(const Holder &a, const Holder &b) const {
    uint64_t first = impl.events[a.event].sequence;
    uint64_t second = impl.events[b.event].sequence;
    if (first != second)
      return first < second;
    uint32_t before = impl.classes[a.job].position;
    uint32_t after = impl.classes[b.job].position;
    if (before != after)
      return before < after;
    return a.condition != b.condition ? a.condition
                                      : a.instance.index < b.instance.index;
  }
};

} // namespace

uint32_t Engine::generationOf(ClassIndex job) const {
  return job < impl->classes.size() ? impl->classes[job].generation : 0;
}

bool Engine::holders(Vector<Holder> &list) const {
  list.clear();
  for (ClassIndex job : impl->order) {
    if (!addLatched(impl->startTree(job), {NoEvent, job, NoInstance, true},
                    list))
      return false;
    for (uint32_t at = impl->classes[job].first; at != None;
         at = impl->instances[at].next) {
      const Instance &instance = impl->instances[at];
      Holder holder{NoEvent, job, impl->idOf(at), true};
      if (!addLatched(impl->stopTree(instance), holder, list))
        return false;
      holder.condition = false;
      for (uint32_t w = instance.waiters; w != None;
           w = impl->waiters[w].link) {
        holder.event = impl->waiters[w].event;
        if (impl->waiters[w].kind == WaitKind::Event && !list.push(holder))
          return false;
      }
    }
  }
  std::sort(list.begin(), list.end(), Earlier{*impl});
  return true;
}

bool Engine::viewEvent(EventIndex index, EventView &view) const {
  if (index >= impl->events.limit())
    return false;
  const Event &event = impl->events[index];
  if (event.progress < Progress::Pending)
    return false;
  view.name = impl->eventName(event);
  view.variables = {event.data + event.variables,
                    event.length - event.variables};
  return true;
}

EventIndex Engine::blockerOf(InstanceId instance) const {
  return impl->isLive(instance) ? impl->instances[instance.index].blocker
                                : NoEvent;
}

} // namespace starton::engine
