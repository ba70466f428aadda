// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Who holds which event (runtime §3.4), for people who wonder why something
// hangs. Walks everything; nothing is kept for it.

#include "Impl.h"
#include <algorithm>

namespace starton::engine {

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
