// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Runtime/Host/Loop.h"
#include "starton/Runtime/Host/Sys.h"
#include <cerrno>

namespace starton::host {

Loop::~Loop() {
  if (timerDescriptor >= 0)
    sys.close(timerDescriptor);
  if (epoll >= 0)
    sys.close(epoll);
}

bool Loop::open(int &error) {
  int set = sys.epollCreate();
  if (set < 0) {
    error = -set;
    return false;
  }
  int timer = sys.timerCreate();
  if (timer < 0) {
    sys.close(set);
    error = -timer;
    return false;
  }
  epoll_event event = {};
  event.events = EPOLLIN; // data.ptr null: ours
  if (int failed = sys.epollControl(set, EPOLL_CTL_ADD, timer, event)) {
    sys.close(timer);
    sys.close(set);
    error = -failed;
    return false;
  }
  epoll = set;
  timerDescriptor = timer;
  return true;
}

int Loop::add(Watch &watch) {
  epoll_event event = {};
  event.events = watch.events;
  event.data.ptr = &watch;
  int result = sys.epollControl(epoll, EPOLL_CTL_ADD, watch.descriptor, event);
  watch.linked = result == 0;
  return -result;
}

int Loop::modify(Watch &watch, uint32_t events) {
  if (!watch.linked || watch.events == events)
    return 0;
  epoll_event event = {};
  event.events = events;
  event.data.ptr = &watch;
  int result = sys.epollControl(epoll, EPOLL_CTL_MOD, watch.descriptor, event);
  if (result == 0)
    watch.events = events;
  return -result;
}

void Loop::remove(Watch &watch) {
  if (!watch.linked)
    return;
  watch.linked = false;
  epoll_event event = {};
  (void)sys.epollControl(epoll, EPOLL_CTL_DEL, watch.descriptor, event);
  // What is left of the batch must not reach a node that may be gone.
  for (int i = batchNext; i < batchCount; ++i)
    if (batch[i].data.ptr == &watch)
      batch[i].events = 0;
}

uint64_t Loop::now() const { return sys.now(); }

void Loop::runOnce(bool wait) {
  setTimerDescriptor();
  int count = sys.epollWait(epoll, batch, BatchSize, wait ? -1 : 0);
  batchCount = count > 0 ? count : 0;
  for (batchNext = 0; batchNext < batchCount;) {
    epoll_event event = batch[batchNext++];
    if (event.events == 0)
      continue;
    if (event.data.ptr == nullptr) {
      uint64_t expirations = 0;
      (void)sys.read(timerDescriptor, &expirations, sizeof expirations);
      programmed = 0;
      continue;
    }
    auto &watch = *static_cast<Watch *>(event.data.ptr);
    watch.handler(watch, event.events);
  }
  batchCount = 0;
  fireTimers();
}

// --- Timers: a pairing heap, so that arming is constant time and needs no
// memory. `previous` is the parent of a first child and the left sibling of
// any other, which is what unlinking needs.

Timer *Loop::merge(Timer *a, Timer *b) {
  if (!a)
    return b;
  if (!b)
    return a;
  if (b->deadline < a->deadline) {
    Timer *swap = a;
    a = b;
    b = swap;
  }
  b->previous = a;
  b->sibling = a->child;
  if (a->child)
    a->child->previous = b;
  a->child = b;
  return a;
}

/// Merges a list of siblings, pair by pair and then from the right: without
/// recursion, whatever the number of timers.
Timer *Loop::mergePairs(Timer *first) {
  Timer *pairs = nullptr; // linked backwards through `sibling`
  while (first) {
    Timer *a = first;
    Timer *b = a->sibling;
    first = b ? b->sibling : nullptr;
    a->sibling = a->previous = nullptr;
    if (b)
      b->sibling = b->previous = nullptr;
    Timer *merged = merge(a, b);
    merged->sibling = pairs;
    pairs = merged;
  }
  Timer *result = nullptr;
  while (pairs) {
    Timer *next = pairs->sibling;
    pairs->sibling = nullptr;
    result = merge(result, pairs);
    pairs = next;
  }
  return result;
}

void Loop::unlinkTimer(Timer &timer) {
  if (&timer == root) {
    root = mergePairs(timer.child);
  } else {
    if (timer.previous->child == &timer)
      timer.previous->child = timer.sibling;
    else
      timer.previous->sibling = timer.sibling;
    if (timer.sibling)
      timer.sibling->previous = timer.previous;
    root = merge(root, mergePairs(timer.child));
  }
  timer.child = timer.sibling = timer.previous = nullptr;
  timer.armed = false;
}

void Loop::arm(Timer &timer, uint64_t deadline) {
  cancel(timer);
  timer.deadline = deadline <= notBefore ? notBefore + 1 : deadline;
  timer.armed = true;
  root = merge(root, &timer);
}

void Loop::cancel(Timer &timer) {
  if (timer.armed)
    unlinkTimer(timer);
}

void Loop::setTimerDescriptor() {
  // Zero would disarm.
  uint64_t wanted = !root ? 0 : root->deadline ? root->deadline : 1;
  if (wanted == programmed)
    return;
  if (sys.timerSet(timerDescriptor, wanted) == 0)
    programmed = wanted;
}

void Loop::fireTimers() {
  if (!root)
    return;
  // What a handler arms for the past waits for the next round, so that one
  // which always re-arms itself cannot keep the descriptors out.
  notBefore = sys.now();
  while (root && root->deadline <= notBefore) {
    Timer &timer = *root;
    unlinkTimer(timer);
    timer.handler(timer);
  }
  notBefore = 0;
}

} // namespace starton::host
