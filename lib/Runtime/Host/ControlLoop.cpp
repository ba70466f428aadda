// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Runtime/Host/ControlLoop.h"
#include "starton/Runtime/Support/Memory.h"
#include <new>

namespace starton::host {

namespace {

uint32_t toMask(unsigned events) {
  return (events & control::EventReadable ? EPOLLIN : 0U) |
         (events & control::EventWritable ? EPOLLOUT : 0U);
}

unsigned fromMask(uint32_t mask) {
  return (mask & EPOLLIN ? control::EventReadable : 0) |
         (mask & EPOLLOUT ? control::EventWritable : 0) |
         (mask & (EPOLLHUP | EPOLLERR) ? control::EventHangup : 0);
}

} // namespace

ControlLoop::ControlLoop(Loop &eventLoop, control::Server &controlServer)
    : loop(eventLoop), server(controlServer) {
  timer.context = this;
  timer.handler = [](Timer &due) {
    static_cast<ControlLoop *>(due.context)->server.expire();
  };
}

ControlLoop::~ControlLoop() {
  loop.cancel(timer);
  for (Entry *&bucket : buckets)
    while (bucket)
      unwatch(bucket->watch.descriptor);
}

control::LoopHooks ControlLoop::hooks() {
  control::LoopHooks hooks;
  hooks.context = this;
  hooks.watch = [](void *self, int descriptor, unsigned events) {
    return static_cast<ControlLoop *>(self)->watch(descriptor, events);
  };
  hooks.unwatch = [](void *self, int descriptor) {
    static_cast<ControlLoop *>(self)->unwatch(descriptor);
  };
  hooks.wakeAt = [](void *self, uint64_t deadline) {
    static_cast<ControlLoop *>(self)->wakeAt(deadline);
  };
  hooks.now = [](void *self) {
    return static_cast<ControlLoop *>(self)->loop.now();
  };
  return hooks;
}

ControlLoop::Entry **ControlLoop::find(int descriptor) {
  Entry **at = &buckets[static_cast<unsigned>(descriptor) % Buckets];
  while (*at && (*at)->watch.descriptor != descriptor)
    at = &(*at)->next;
  return at;
}

bool ControlLoop::watch(int descriptor, unsigned events) {
  Entry **at = find(descriptor);
  if (*at)
    return loop.modify((*at)->watch, toMask(events)) == 0;
  void *memory = allocate(sizeof(Entry));
  if (!memory)
    return false;
  auto *entry = new (memory) Entry;
  entry->watch.descriptor = descriptor;
  entry->watch.events = toMask(events);
  entry->watch.context = this;
  entry->watch.handler = [](Watch &ready, uint32_t mask) {
    static_cast<ControlLoop *>(ready.context)
        ->server.ready(ready.descriptor, fromMask(mask));
  };
  if (loop.add(entry->watch) != 0) {
    release(entry);
    return false;
  }
  *at = entry;
  return true;
}

void ControlLoop::unwatch(int descriptor) {
  Entry **at = find(descriptor);
  Entry *entry = *at;
  if (!entry)
    return;
  *at = entry->next;
  loop.remove(entry->watch);
  release(entry);
}

void ControlLoop::wakeAt(uint64_t deadline) {
  if (deadline == ~uint64_t(0))
    loop.cancel(timer);
  else
    loop.arm(timer, deadline);
}

} // namespace starton::host
