// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Of a saved state: whether what was read belongs together.

#include "StateLoader.h"
#include "Transitions.h"
#include <algorithm>

namespace starton::engine {

/// An instance waits for an event of its own, which does not wait for another.
void StateLoader::checkOwners() {
  for (uint32_t i = 0; i < awaited.size(); ++i) {
    uint32_t blocker = engine.instances[i].blocker;
    if (awaited[i] != Loaded || blocker == None)
      continue;
    const Event &event = engine.events[blocker];
    in.require(event.owner == i &&
                   event.ownerGeneration == engine.instances[i].generation,
               "an instance waits for the event of another");
  }
}

/// Main lives where it may, and one other process where it is waited for.
void StateLoader::checkPids(const Instance &instance) {
  const StateRow &row = rowOf(instance.state);
  for (unsigned slot = 0; slot < NumSlots; ++slot) {
    bool fits = Slot(slot) == Slot::Main
                    ? instance.state >= State::Spawning &&
                          instance.state <= State::Killed
                    : row.process == Slot(slot) &&
                          (row.rest == Rest::Process || row.spawns);
    in.require(fits || !instance.pids[slot],
               "a process in a state that has none");
  }
}

/// What is tried again must be what the state does: start a process that is not
/// there, or go on with an event after what it rested for.
void StateLoader::checkRetries(const Instance &instance) {
  if (!instance.retrySpawn && !instance.retryMove)
    return;
  const StateRow &row = rowOf(instance.state);
  bool hasProcess = instance.pids[unsigned(row.process)] != 0;
  bool canSpawn = row.spawns && !hasProcess;
  bool canMove = std::any_of(std::begin(row.next), std::end(row.next),
                             [&](State next) {
                               return beginsWithEvent(instance.state, next);
                             }) &&
                 (row.process == Slot::Main || !hasProcess);
  in.require(instance.retrySpawn != instance.retryMove &&
                 (instance.retrySpawn ? canSpawn : canMove) &&
                 instance.blocker == None,
             "a retry of what its state does not do");
}

/// A request is answered once.
void StateLoader::checkRequests() {
  std::sort(requests.begin(), requests.end());
  for (size_t i = 1; i < requests.size(); ++i)
    in.require(requests[i - 1] != requests[i], "a request twice");
}

void StateLoader::checkPoll() {
  const Poll &poll = engine.poll;
  if (poll.event == None) {
    for (uint32_t i = 0; i < events.size(); ++i)
      in.require(engine.events[events[i]].progress != Progress::Finishing,
                 "an event that nobody finishes");
    return;
  }
  bool inClass = poll.instance == None ||
                 (poll.phase == Poll::Phase::StopConditions &&
                  engine.instances[poll.instance].job == poll.job);
  in.require(inClass, "no such instance");
  const Event &event = engine.events[poll.event];
  Progress wanted = poll.phase < Poll::Phase::Finish    ? Progress::Pending
                    : poll.phase == Poll::Phase::Finish ? Progress::Handling
                                                        : Progress::Finishing;
  in.require(event.progress == wanted, "an event at another point");
  in.require(wanted == Progress::Pending || event.blockers == 0,
             "a held event that is finished");
  for (uint32_t index : events)
    in.require(engine.events[index].progress != Progress::Finishing ||
                   index == poll.event,
               "an event that nobody finishes");
}

/// What can be acted upon is in the agenda, but for what is being acted upon.
void StateLoader::fillAgenda() {
  for (uint32_t index : events) {
    const Event &event = engine.events[index];
    bool due = event.progress == Progress::Pending ||
               (event.progress == Progress::Handling && event.blockers == 0);
    if (!due || index == engine.poll.event)
      continue;
    if (in.require(event.pass <= engine.agenda.place().pass + 1,
                   "an event of the future"))
      engine.agenda.pushAgain(index);
  }
}

} // namespace starton::engine
