// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The end of a session (runtime §6.4).

#include "Impl.h"

namespace starton::engine {

namespace {

constexpr uint64_t ShortestWait = 5; // seconds
constexpr uint64_t LongestWait = 3600 * 24 * 365;

} // namespace

/// session-end is made now, so that the end needs no memory.
bool Engine::Impl::initShutdown() {
  Text type = textOf("TYPE=shutdown");
  quiesce.event = makeEvent(textOf("session-end"), {&type, 1});
  return quiesce.event != None;
}

void Engine::Impl::shutdown(const Input &input) {
  if (quiesce.active)
    return;
  quiesce.active = true;
  quiesce.logout = equal(input.name, textOf("logout"));
  quiesce.begin = now;
  note(Priority::Info, Note::Quiescing);
  Event &event = events[quiesce.event];
  beginEvent(event, textOf("session-end"));
  appendVariable(event, textOf("TYPE"),
                 textOf(quiesce.logout ? "logout" : "shutdown"));
  quiesce.waiting = quiesce.logout && wantsSessionEnd();
  queueEvent(quiesce.event);
  stopEverything(quiesce.waiting ? ShortestWait : longestKill());
}

/// A leaf of a damaged index may name what is not there.
bool Engine::Impl::leafMatches(const Event &event, ClassIndex job,
                               uint32_t node) {
  const table::Condition *condition = jobOf(job).start_on();
  return node < nodeCount(condition) &&
         condition->nodes()->Get(node)->kind() == table::NodeKind::Match &&
         matches(event, *condition, node, {});
}

/// Does some start condition name this event?
bool Engine::Impl::wantsSessionEnd() {
  const Event &event = events[quiesce.event];
  Text type = valueOf(textOf(event.data + event.variables));
  bool wanted = false;
  for (const Text *operand :
       {static_cast<const Text *>(nullptr), static_cast<const Text *>(&type)})
    eachLeaf(eventName(event), operand,
             [&](ClassIndex job, bool stops, uint32_t node) {
               wanted = wanted || (!stops && leafMatches(event, job, node));
             });
  return wanted;
}

void Engine::Impl::stopEverything(uint64_t seconds) {
  quiesce.deadline = now + seconds * Second;
  quiesce.stop = {true, 0, None};
}

void Engine::Impl::shutdownTick() {
  if (!quiesce.active || quiesce.over)
    return;
  if (!someProcess()) {
    endSession();
    return;
  }
  if (now < quiesce.deadline)
    return;
  if (quiesce.waiting) {
    quiesce.waiting = false;
    stopEverything(longestKill());
    return;
  }
  quiesce.complain = {true, 0, None};
}

bool Engine::Impl::someProcess() const { return processes.size() != 0; }

/// Seconds: the largest kill timeout of the jobs that are there.
uint64_t Engine::Impl::longestKill() const {
  uint64_t longest = ShortestWait;
  for (uint32_t i = 0; i < instances.limit(); ++i) {
    if (!instances[i].live)
      continue;
    int64_t timeout = jobOf(instances[i]).kill_timeout();
    if (timeout > 0 && uint64_t(timeout) > longest)
      longest = uint64_t(timeout);
  }
  return longest < LongestWait ? longest : LongestWait;
}

/// Finds the next instance; the walk is then behind it.
bool Engine::Impl::advanceWalk(Walk &walk) {
  while (walk.active && walk.instance == None) {
    if (walk.position == order.size())
      walk.active = false;
    else
      walk.instance = classes[order[walk.position++]].first;
  }
  return walk.active;
}

/// One instance is told to stop, or complained of. False: nothing to do.
bool Engine::Impl::quiesceStep() {
  if (advanceWalk(quiesce.stop)) {
    uint32_t index = quiesce.stop.instance;
    quiesce.stop.instance = instances[index].next;
    changeGoal(index, Goal::Stop);
    return true;
  }
  if (!quiesce.complain.active)
    return false;
  if (advanceWalk(quiesce.complain)) {
    uint32_t index = quiesce.complain.instance;
    quiesce.complain.instance = instances[index].next;
    noteOf(Priority::Warn, Note::FailedToStop, index);
    return true;
  }
  endSession();
  return true;
}

void Engine::Impl::endSession() {
  quiesce.over = true;
  quiesce.complain.active = false;
  if (Record *record = note(Priority::Info, Note::QuiesceTook))
    record->deadline = (now - quiesce.begin) / Second;
  emit(Action::Kind::Exit).value = 0;
}

} // namespace starton::engine
