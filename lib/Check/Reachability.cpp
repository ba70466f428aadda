// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Check/Reachability.h"
#include "starton/Check/Condition.h"

namespace starton::check {

Reachability::Reachability(const System &system)
    : system(system), graph(system.graph()),
      startable(system.set().jobs.size()), leafHappens(graph.leaves().size()),
      eventHappens(graph.events().size()), globHappens(graph.globs().size()) {
  addConditions();
  addEdges();
  for (uint32_t job = 0; job != startable.size(); ++job)
    if (system.set().jobs[job].startOn.empty())
      starts(job);
  findFirst();
  settle();
  // Of no use any more.
  steps = {};
  edges = {};
  globEvents = {};
}

/// A step for every node of a `start on`.
void Reachability::addConditions() {
  llvm::ArrayRef<sema::Job> jobs = system.set().jobs;
  firstStep.reserve(jobs.size());
  for (const sema::Job &job : jobs) {
    auto first = static_cast<uint32_t>(steps.size());
    firstStep.push_back(first);
    for (uint32_t i = 0; i != job.startOn.nodes.size(); ++i) {
      const sema::ConditionNode &node = job.startOn.nodes[i];
      steps.push_back({NoParent, node.kind == ast::NodeKind::And ? 2U : 1U});
      if (node.kind == ast::NodeKind::Match)
        continue;
      steps[first + node.left].parent = i;
      steps[first + i - 1].parent = i;
    }
  }
}

/// What the start of each job makes happen.
void Reachability::addEdges() {
  auto addEmissions = [&](llvm::ArrayRef<uint32_t> emissions, EdgeKind kind,
                          uint32_t target) {
    for (uint32_t index : emissions)
      if (uint32_t job = graph.emissions()[index].job; job != System::NoJob)
        edges.push_back({job, kind, target});
  };
  for (const Request &request : graph.requests())
    if (request.kind != RequestKind::Stop && request.target != System::NoJob)
      edges.push_back({request.job, EdgeKind::Job, request.target});
  for (uint32_t index = 0; index != graph.leaves().size(); ++index) {
    const Leaf &leaf = graph.leaves()[index];
    if (!leaf.stops && leaf.jobEvent && isOneJobs(leaf))
      edges.push_back({leaf.target, EdgeKind::Leaf, index});
  }
  globEvents.resize(graph.globs().size());
  for (uint32_t index = 0; index != graph.events().size(); ++index) {
    const EventNode &event = graph.events()[index];
    addEmissions(event.emissions, EdgeKind::Event, index);
    for (uint32_t glob : event.globs)
      globEvents[glob].push_back(index);
  }
  for (uint32_t index = 0; index != graph.globs().size(); ++index)
    addEmissions(graph.globs()[index].emissions, EdgeKind::Glob, index);
  llvm::sort(edges);
}

/// Whether only the job that \p leaf names can make it happen: no script emits
/// such events by hand.
bool Reachability::isOneJobs(const Leaf &leaf) const {
  return leaf.operand == JobOperand::Literal && leaf.target != System::NoJob &&
         graph.events()[leaf.event].emissions.empty();
}

/// Whether \p event comes, or may come, without any job that emits it. Without
/// emitters nothing more is known of what counts as emitted.
bool Reachability::isFromOutside(const EventNode &event) const {
  return event.known || !graph.isEmitted(event.name) ||
         (event.emissions.empty() && event.globs.empty());
}

bool Reachability::canHappen(const Leaf &leaf) const {
  if (leaf.jobEvent)
    return !isOneJobs(leaf) || startable[leaf.target];
  return eventHappens[leaf.event];
}

std::vector<uint32_t> Reachability::jobsBehind(const Leaf &leaf) const {
  if (leaf.jobEvent)
    return {isOneJobs(leaf) ? leaf.target : System::NoJob};
  const EventNode &event = graph.events()[leaf.event];
  if (isFromOutside(event))
    return {System::NoJob};
  std::vector<uint32_t> jobs;
  auto add = [&](llvm::ArrayRef<uint32_t> emissions) {
    for (uint32_t index : emissions.take_front(MaxBehind - jobs.size()))
      jobs.push_back(graph.emissions()[index].job);
  };
  add(event.emissions);
  for (uint32_t glob : event.globs)
    add(graph.globs()[glob].emissions);
  return jobs;
}

/// What happens without any job.
void Reachability::findFirst() {
  auto comesFromOutside = [&](llvm::ArrayRef<uint32_t> emissions) {
    return llvm::any_of(emissions, [&](uint32_t index) {
      return graph.emissions()[index].job == System::NoJob;
    });
  };
  for (uint32_t index = 0; index != graph.globs().size(); ++index)
    if (comesFromOutside(graph.globs()[index].emissions))
      happens({0, EdgeKind::Glob, index});
  for (uint32_t index = 0; index != graph.events().size(); ++index) {
    const EventNode &event = graph.events()[index];
    if (isFromOutside(event) || comesFromOutside(event.emissions))
      happens({0, EdgeKind::Event, index});
  }
  for (uint32_t index = 0; index != graph.leaves().size(); ++index) {
    const Leaf &leaf = graph.leaves()[index];
    if (!leaf.stops && leaf.jobEvent && !isOneJobs(leaf))
      happens({0, EdgeKind::Leaf, index});
  }
}

void Reachability::starts(uint32_t job) {
  if (startable[job])
    return;
  startable[job] = true;
  pending.push_back(job);
}

/// What an edge leads to.
void Reachability::happens(const Edge &edge) {
  switch (edge.kind) {
  case EdgeKind::Job:
    return starts(edge.target);
  case EdgeKind::Leaf:
    return leafComesTrue(edge.target);
  case EdgeKind::Event:
    return eventComes(edge.target);
  case EdgeKind::Glob:
    break;
  }
  if (globHappens[edge.target])
    return;
  globHappens[edge.target] = true;
  for (uint32_t event : globEvents[edge.target])
    eventComes(event);
}

void Reachability::eventComes(uint32_t event) {
  // The leaves of job events are about one job each.
  if (eventHappens[event] || jobEventOf(graph.events()[event].name))
    return;
  eventHappens[event] = true;
  for (uint32_t leaf : graph.events()[event].leaves)
    if (!graph.leaves()[leaf].stops)
      leafComesTrue(leaf);
}

/// From a leaf as far up as its condition becomes true by it.
void Reachability::leafComesTrue(uint32_t index) {
  if (leafHappens[index])
    return;
  leafHappens[index] = true;
  const Leaf &leaf = graph.leaves()[index];
  uint32_t first = firstStep[leaf.job];
  for (uint32_t node = leaf.node; node != NoParent;
       node = steps[first + node].parent) {
    Step &step = steps[first + node];
    if (step.missing == 0)
      return;
    --step.missing;
    if (step.missing != 0)
      return;
  }
  starts(leaf.job);
}

void Reachability::settle() {
  while (!pending.empty()) {
    uint32_t job = pending.back();
    pending.pop_back();
    auto edge = llvm::lower_bound(edges, Edge{job, EdgeKind::Job, 0});
    for (; edge != edges.end() && edge->job == job; ++edge)
      happens(*edge);
  }
}

llvm::ArrayRef<uint32_t> Reachability::missingLinks(uint32_t job) const {
  auto [entry, isNew] = missing.try_emplace(job);
  if (!isNew)
    return entry->second;
  llvm::ArrayRef<Leaf> leaves = graph.leavesOf(job, false);
  auto first = static_cast<uint32_t>(leaves.data() - graph.leaves().data());
  for (size_t leaf :
       falseLeaves(system.set().jobs[job].startOn,
                   [&](size_t at) { return leafHappens[first + at]; }))
    entry->second.push_back(first + static_cast<uint32_t>(leaf));
  return entry->second;
}

} // namespace starton::check
