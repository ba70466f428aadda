// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "EngineInvariants.h"
#include "Impl.h"
#include "Transitions.h"
#include <map>
#include <set>
#include <vector>

namespace starton::engine {

struct Inside {
  static Engine::Impl &of(const Engine &engine) { return *engine.impl; }
};

} // namespace starton::engine

namespace starton::test {

namespace {

using namespace engine; // NOLINT(google-build-using-namespace)

class Checker {
public:
  Checker(Engine::Impl &impl, bool isResting)
      : impl(impl), isResting(isResting) {}

  std::string run() {
    for (uint32_t at = 0; at < impl.instances.limit(); ++at)
      if (impl.instances[at].live)
        instance(at);
    for (ClassIndex job = 0; job < impl.classes.size(); ++job)
      // A condition that was never looked at holds nothing.
      if (impl.isClass(job) && impl.classes[job].sound)
        holders(impl.startTree(job));
    for (uint32_t at = impl.released; at != None; at = impl.waiters[at].link)
      waiter(at);
    expect(waiters == impl.waiters.live(), "a waiter waits for nothing");
    expect(processes == impl.processes.size(), "a pid belongs to nobody");
    events();
    expect(!isResting || (impl.released == None && impl.mover == None &&
                          impl.intent.instance == None && !impl.owed.token),
           "work is left while resting");
    return problem;
  }

private:
  void expect(bool good, const std::string &what) {
    if (!good && problem.empty())
      problem = what + where;
  }

  void instance(uint32_t at) {
    Instance &instance = impl.instances[at];
    where = " (instance " +
            std::string(impl.nameOf(instance).data(), instance.nameLength) +
            " of " + impl.jobOf(instance).name()->str() + ", " +
            goalName(instance.goal) + "/" + stateName(instance.state) + ")";
    pids(at, instance);
    holders(impl.stopTree(instance));
    for (uint32_t each = instance.waiters; each != None;
         each = impl.waiters[each].link)
      waiter(each);
    for (uint32_t each = instance.spare; each != None;
         each = impl.events[each].link) {
      ++spares;
      expect(impl.events[each].progress == Progress::Spare,
             "a spare event is in use");
    }
    if (isResting)
      rest(at, instance);
    where.clear();
  }

  /// One main process at most, and one other that its state is there for.
  void pids(uint32_t at, const Instance &instance) {
    unsigned others = 0;
    for (unsigned slot = 0; slot < NumSlots; ++slot) {
      int32_t pid = instance.pids[slot];
      if (!pid)
        continue;
      ++processes;
      const uint32_t *owner = impl.processes.find(uint32_t(pid));
      expect(owner && *owner == at * 8 + slot, "a pid is not known as its own");
      if (Slot(slot) == Slot::Main) {
        expect(instance.state >= State::Spawning &&
                   instance.state <= State::Killed,
               "main lives in a state that has none");
        continue;
      }
      ++others;
      const StateRow &row = rowOf(instance.state);
      expect((row.rest == Rest::Process || row.spawns) &&
                 row.process == Slot(slot),
             std::string("a ") + slotName(Slot(slot)) +
                 " process lives in another state");
    }
    expect(others < 2, "two processes beside main");
  }

  /// Where it stands there is something to wait for.
  void rest(uint32_t at, const Instance &instance) {
    if (instance.retrySpawn || instance.retryMove) {
      expect(instance.timer, "it waits for a timer that is not armed");
      return;
    }
    expect(impl.rests(instance), "it rests where there is nothing to wait for");
    const StateRow &row = rowOf(instance.state);
    expect(row.rest != Rest::Goal || instance.goal != Goal::Stop,
           "it runs with goal stop");
    if (row.rest != Rest::Event)
      return;
    bool held = instance.blocker != None;
    expect(held, "it waits for no event");
    if (!held)
      return;
    const Event &event = impl.events[instance.blocker];
    expect(event.progress == Progress::Handling && event.blockers > 0,
           "it waits for an event that nobody holds");
    expect(event.owner == at, "it waits for another's event");
  }

  void holders(const Tree &tree) {
    for (uint32_t node = 0; node < nodeCount(tree.condition); ++node)
      if (tree.latches[node] != None)
        ++held[tree.latches[node]];
  }

  void waiter(uint32_t at) {
    ++waiters;
    const Waiter &waiter = impl.waiters[at];
    if (waiter.kind == WaitKind::Event)
      ++held[waiter.event];
    else if (waiter.request)
      expect(requests.insert(waiter.request).second,
             "a request waits for two things");
  }

  /// An event is held by exactly those who say so, and none by nobody.
  void events() {
    uint32_t used = 0;
    for (uint32_t at = 0; at < impl.events.limit(); ++at) {
      const Event &event = impl.events[at];
      if (event.progress == Progress::Free)
        continue;
      ++used;
      where.clear();
      if (event.progress != Progress::Spare) // which has no name yet
        where = " (event " + std::string(event.data, event.nameLength) + ")";
      expect(event.blockers == (held.count(at) ? held[at] : 0),
             "an event counts other holders than it has");
      held.erase(at);
      expect(!isResting || event.progress == Progress::Spare ||
                 (event.progress == Progress::Handling && event.blockers),
             "an event is held by nobody");
      if (event.request)
        expect(requests.insert(event.request).second,
               "a request waits for two things");
      if (event.progress == Progress::Spare)
        --spares;
    }
    where.clear();
    expect(held.empty(), "an event that is gone is held");
    expect(!isResting || spares == 0, "a spare event has no owner");
  }

  Engine::Impl &impl;
  bool isResting;
  std::string problem, where;
  std::map<uint32_t, uint32_t> held; ///< event to holders
  std::set<RequestToken> requests;
  uint32_t waiters = 0, processes = 0;
  int spares = 0;
};

} // namespace

std::string brokenInvariant(const Engine &engine, bool resting) {
  return Checker(Inside::of(engine), resting).run();
}

} // namespace starton::test
