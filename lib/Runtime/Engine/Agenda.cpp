// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Agenda.h"

namespace starton::engine {

void Agenda::pushNew(uint32_t event) {
  events[event].sequence = ++at.sequences;
  events[event].pass = at.pass;
  push(event);
}

void Agenda::pushReleased(uint32_t event) {
  events[event].pass =
      events[event].sequence > at.cursor ? at.pass : at.pass + 1;
  push(event);
}

uint32_t Agenda::pop() {
  uint32_t first = root;
  root = mergePairs(events[first].child);
  at.pass = events[first].pass;
  at.cursor = events[first].sequence;
  return first;
}

bool Agenda::before(uint32_t a, uint32_t b) const {
  const Event &first = events[a];
  const Event &second = events[b];
  if (first.pass != second.pass)
    return first.pass < second.pass;
  return first.sequence < second.sequence;
}

void Agenda::push(uint32_t event) {
  events[event].child = events[event].sibling = None;
  root = merge(root, event);
}

uint32_t Agenda::merge(uint32_t a, uint32_t b) {
  if (a == None || b == None)
    return a == None ? b : a;
  if (before(b, a)) {
    uint32_t swapped = a;
    a = b;
    b = swapped;
  }
  events[b].sibling = events[a].child;
  events[a].child = b;
  return a;
}

/// Two passes: pairs from left to right, then all into one from right to left.
uint32_t Agenda::mergePairs(uint32_t first) {
  uint32_t pairs = None;
  while (first != None) {
    uint32_t second = events[first].sibling;
    uint32_t rest = second == None ? None : events[second].sibling;
    events[first].sibling = None;
    if (second != None)
      events[second].sibling = None;
    uint32_t pair = merge(first, second);
    events[pair].sibling = pairs;
    pairs = pair;
    first = rest;
  }
  uint32_t all = None;
  while (pairs != None) {
    uint32_t rest = events[pairs].sibling;
    events[pairs].sibling = None;
    all = merge(all, pairs);
    pairs = rest;
  }
  return all;
}

} // namespace starton::engine
