// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The events that can be acted upon: not yet handled, or handled and without
// blockers. Upstart walks its list of all events again and again (runtime
// §3.1); the same order comes out of a heap keyed by (pass, sequence) at a cost
// that does not depend on how many events are being held. An intrusive pairing
// heap: nothing is allocated and nothing recurses.

#ifndef STARTON_LIB_RUNTIME_ENGINE_AGENDA_H
#define STARTON_LIB_RUNTIME_ENGINE_AGENDA_H

#include "State.h"

namespace starton::engine {

class Agenda {
public:
  explicit Agenda(Pool<Event> &pool) : events(pool) {}

  bool empty() const { return root == None; }
  /// A new event: handled in this pass, after all before it.
  void pushNew(uint32_t event);
  /// A held event that lost its last blocker: in this pass if the pass has not
  /// come to it yet, else in the next.
  void pushReleased(uint32_t event);
  uint32_t pop();
  /// Nothing is left to do: the next pass begins.
  void rest() { at.pass = 0, at.cursor = 0; }

  /// Where the passes stand.
  struct Place {
    uint64_t sequences = 0;
    uint64_t cursor = 0; ///< sequence of the event this pass is at
    uint32_t pass = 0;
  };
  const Place &place() const { return at; }
  /// Of a copy; its events come with pushAgain(), their keys kept.
  void setPlace(const Place &place) { at = place; }
  void pushAgain(uint32_t event) { push(event); }

private:
  bool before(uint32_t a, uint32_t b) const;
  uint32_t merge(uint32_t a, uint32_t b);
  uint32_t mergePairs(uint32_t first);
  void push(uint32_t event);

  Pool<Event> &events;
  uint32_t root = None;
  Place at;
};

} // namespace starton::engine

#endif // STARTON_LIB_RUNTIME_ENGINE_AGENDA_H
