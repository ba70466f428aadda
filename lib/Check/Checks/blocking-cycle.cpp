// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// An event that a leaf has taken is held until the whole condition is true
// (runtime §3.4), and a job in `starting` or `stopping` waits for its event. So
// a leaf on such an event under an `and` whose other side needs that very job
// to go on stops both for ever.

#include "starton/Check/Context.h"
#include "starton/Check/Precedence.h"
#include <algorithm>
#include <map>

namespace starton::check {

namespace {

constexpr size_t MaxSteps = 8;
constexpr size_t LongCondition = 32;

class Search {
public:
  explicit Search(Context &context)
      : context(context), graph(context.graph()), precedence(context.system()) {
  }

  void lookAt(uint32_t job, bool stops);

private:
  std::optional<Milestone> heldByProcess(const Emission &emission);
  std::optional<Milestone> heldBy(const Leaf &leaf);
  void report(const Leaf &held, Milestone awaited);
  void explain(Finding finding, const Leaf *leaf, Milestone awaited);
  const Leaf *leafAwaiting(uint32_t job, bool stops, Milestone awaited);
  bool needs(const Milestones &milestones, Milestone awaited) const {
    return std::binary_search(milestones.begin(), milestones.end(), awaited);
  }

  Context &context;
  const Graph &graph;
  Precedence precedence;
  /// Of the conditions that findings lead through: which leaf needs what.
  std::map<std::pair<uint32_t, bool>, std::map<Milestone, uint32_t>> needing;
};

/// What a job does not get past while the process of this slot waits for an
/// event.
std::optional<Milestone> Search::heldByProcess(const Emission &emission) {
  switch (emission.slot) {
  case sema::ProcessSlot::PreStart:
    return Milestone{emission.job, Step::Started};
  case sema::ProcessSlot::Main:
    // Whoever stops the job ends the wait.
    if (precedence.endsByItself(emission.job))
      return Milestone{emission.job, Step::Ended};
    return std::nullopt;
  case sema::ProcessSlot::PreStop:
    return Milestone{emission.job, Step::Ended};
  case sema::ProcessSlot::PostStop:
    return Milestone{emission.job, Step::Gone};
  default:
    return std::nullopt;
  }
}

/// What a job must get past before it goes on, when it waits for the event of
/// \p leaf to be over: its own `starting` or `stopping`, or an event that one
/// process of it, and nothing else, emits and waits for.
std::optional<Milestone> Search::heldBy(const Leaf &leaf) {
  if (!leaf.jobEvent) {
    const EventNode &event = graph.events()[leaf.event];
    if (event.known || event.emissions.empty() || !event.globs.empty())
      return std::nullopt;
    const Emission *waiting = nullptr;
    for (uint32_t index : event.emissions) {
      const Emission &emission = graph.emissions()[index];
      // `emits` in the same job says the same.
      bool isSame = !waiting || emission.job == waiting->job;
      if (!isSame)
        return std::nullopt;
      if (emission.kind == EmitterKind::Stanza)
        continue;
      if (waiting || emission.kind != EmitterKind::Script || !emission.waits)
        return std::nullopt;
      waiting = &emission;
    }
    return waiting ? heldByProcess(*waiting) : std::nullopt;
  }
  if (leaf.operand != JobOperand::Literal || leaf.target == System::NoJob)
    return std::nullopt;
  if (*leaf.jobEvent == JobEvent::Starting)
    return Milestone{leaf.target, Step::Begun};
  if (*leaf.jobEvent == JobEvent::Stopping)
    return Milestone{leaf.target, Step::Stopped};
  return std::nullopt;
}

void Search::lookAt(uint32_t job, bool stops) {
  const sema::Job &owner = context.jobs()[job];
  const sema::Condition &condition = stops ? owner.stopOn : owner.startOn;
  llvm::ArrayRef<Leaf> leaves = graph.leavesOf(job, stops);
  std::optional<Milestones> needed;
  for (const Leaf &leaf : leaves) {
    std::optional<Milestone> held = heldBy(leaf);
    if (!held || held->job == job || leaves.size() == 1)
      continue;
    // The event is let go when all of the condition is true.
    if (!needed)
      needed = precedence.before(condition, leaves);
    if (needs(*needed, *held))
      report(leaf, *held);
  }
}

/// The first leaf of the condition that needs \p awaited. Long conditions,
/// which many findings may lead through, are looked at once.
const Leaf *Search::leafAwaiting(uint32_t job, bool stops, Milestone awaited) {
  llvm::ArrayRef<Leaf> leaves = graph.leavesOf(job, stops);
  if (leaves.size() < LongCondition) {
    for (const Leaf &leaf : leaves)
      if (needs(precedence.before(leaf), awaited))
        return &leaf;
    return nullptr;
  }
  auto [entry, isNew] = needing.try_emplace({job, stops});
  if (isNew)
    for (uint32_t i = 0; i != leaves.size(); ++i)
      for (Milestone milestone : precedence.before(leaves[i]))
        entry->second.try_emplace(milestone, i);
  auto found = entry->second.find(awaited);
  return found == entry->second.end() ? nullptr : &leaves[found->second];
}

void Search::report(const Leaf &held, Milestone awaited) {
  const sema::ConditionNode &node = graph.nodeOf(held);
  std::string job = quoted(context.jobs()[awaited.job].name);
  Finding finding = context.report(
      placeOf(node.origin),
      "deadlock: job " + job + " waits for '" + node.name +
          "' until the whole condition is true, for which it would have to "
          "go on");
  explain(finding, leafAwaiting(held.job, held.stops, awaited), awaited);
}

/// The path from the other half to the job that is held.
void Search::explain(Finding finding, const Leaf *leaf, Milestone awaited) {
  for (size_t step = 0; step != MaxSteps && leaf; ++step) {
    const sema::ConditionNode &node = graph.nodeOf(*leaf);
    finding.note(context.system(), placeOf(node.origin),
                 "job " + quoted(context.jobs()[leaf->job].name) +
                     " waits for this");
    if (leaf->target == System::NoJob || leaf->target == awaited.job)
      return;
    if (const Request *request =
            precedence.waitingStart(leaf->target, awaited.job)) {
      finding.note(context.system(), request->place,
                   "job " + quoted(context.jobs()[leaf->target].name) +
                       " waits here for the start of job " +
                       quoted(context.jobs()[awaited.job].name));
      return;
    }
    leaf = leafAwaiting(leaf->target, false, awaited);
  }
}

void run(Context &context) {
  Search search(context);
  for (uint32_t job = 0; job != context.jobs().size(); ++job) {
    search.lookAt(job, false);
    search.lookAt(job, true);
  }
}

} // namespace

STARTON_CHECK(blockingCycle) = {
    .name = "blocking-cycle",
    .summary = "jobs that wait for each other and never go on",
    .severity = Severity::Error,
    .needs = NeedGraph,
    .doc = R"(
A job waits in `starting` (and in `stopping`) until everything that its event started is running, or has ended if it is a task.
A condition with `and` takes its events one by one, and holds each until the whole is true.
So when a condition takes `starting X` and its other half comes only after X has started, X waits for the condition, the condition waits for X, and neither ever goes on; every job that waits for them hangs as well.
The same holds for an event that a script of X emits and waits for (`initctl emit` without `--no-wait`), and for a job that a script starts and waits for (`start X`).
The notes follow the path from the other half to the job that is held.

Wait for `started X` instead, or take the other half away: what comes after X has started needs no `starting X` beside it.
)",
    .bad = R"(
#--- database.conf
start on filesystem
stop on runlevel [016]
exec /usr/sbin/databased
#--- web.conf
start on started database
stop on stopping database
exec /usr/sbin/webd
#--- prepare.conf
start on «starting database» and started web
task
exec /usr/sbin/prepare
)",
    .good = R"(
#--- database.conf
start on filesystem
stop on runlevel [016]
exec /usr/sbin/databased
#--- web.conf
start on started database
stop on stopping database
exec /usr/sbin/webd
#--- prepare.conf
start on started database and started web
task
exec /usr/sbin/prepare
)",
    .run = run};

} // namespace starton::check
