// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Impl.h"

namespace starton::engine {

uint32_t Engine::classCount() const { return uint32_t(impl->classes.size()); }

ClassIndex Engine::classAt(uint32_t position) const {
  return position < impl->order.size() ? impl->order[position] : NoClass;
}

ClassIndex Engine::findClass(Text name) const {
  return findJob(*impl->table, name);
}

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

} // namespace starton::engine
