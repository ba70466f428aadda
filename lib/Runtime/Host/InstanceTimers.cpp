// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Runtime/Host/InstanceTimers.h"
#include "starton/Runtime/Support/Memory.h"
#include <new>

namespace starton::host {

InstanceTimers::InstanceTimers(Loop &eventLoop, engine::Engine &jobEngine,
                               Handler due, void *dueContext)
    : loop(eventLoop), engine(jobEngine), handler(due), context(dueContext) {
  own.context = this;
  own.handler = [](Timer &timer) {
    auto *self = static_cast<InstanceTimers *>(timer.context);
    self->handler(self->context, engine::EngineTimer);
  };
  shared.context = this;
  shared.handler = [](Timer &timer) {
    static_cast<InstanceTimers *>(timer.context)->fireShared();
  };
}

InstanceTimers::~InstanceTimers() {
  loop.cancel(own);
  loop.cancel(shared);
  for (Entry *&bucket : buckets)
    while (Entry *entry = bucket) {
      bucket = entry->next;
      loop.cancel(entry->timer);
      release(entry);
    }
}

InstanceTimers::Entry **InstanceTimers::find(engine::InstanceId instance) {
  Entry **at = &buckets[instance.index % Buckets];
  while (*at && !((*at)->instance == instance))
    at = &(*at)->next;
  return at;
}

void InstanceTimers::arm(engine::InstanceId instance, uint64_t deadline) {
  if (instance == engine::EngineTimer) {
    loop.arm(own, deadline);
    return;
  }
  Entry **at = find(instance);
  if (!*at) {
    void *memory = allocate(sizeof(Entry));
    if (!memory) {
      if (!shared.armed || shared.deadline < deadline)
        loop.arm(shared, deadline);
      return;
    }
    auto *entry = new (memory) Entry;
    entry->owner = this;
    entry->instance = instance;
    entry->timer.context = entry;
    entry->timer.handler = fire;
    *at = entry;
  }
  loop.arm((*at)->timer, deadline);
}

void InstanceTimers::cancel(engine::InstanceId instance) {
  if (instance == engine::EngineTimer) {
    loop.cancel(own);
    return;
  }
  Entry **at = find(instance);
  Entry *entry = *at;
  if (!entry)
    return;
  *at = entry->next;
  loop.cancel(entry->timer);
  release(entry);
}

void InstanceTimers::fire(Timer &timer) {
  auto *entry = static_cast<Entry *>(timer.context);
  InstanceTimers &self = *entry->owner;
  engine::InstanceId instance = entry->instance;
  self.cancel(instance); // frees the entry
  self.handler(self.context, instance);
}

/// Which instances share the timer is not known; those with one of their own
/// do not.
void InstanceTimers::fireShared() {
  for (uint32_t position = 0; position < engine.classCount(); ++position) {
    engine::InstanceId instance =
        engine.firstInstance(engine.classAt(position));
    while (!(instance == engine::NoInstance)) {
      engine::InstanceId next = engine.nextInstance(instance);
      if (!*find(instance))
        handler(context, instance);
      instance = next;
    }
  }
}

} // namespace starton::host
