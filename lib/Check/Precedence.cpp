// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Check/Precedence.h"
#include <algorithm>

namespace starton::check {

namespace {

Milestones unite(const Milestones &left, const Milestones &right) {
  Milestones result;
  std::set_union(left.begin(), left.end(), right.begin(), right.end(),
                 std::back_inserter(result));
  return result;
}

Milestones intersect(const Milestones &left, const Milestones &right) {
  Milestones result;
  std::set_intersection(left.begin(), left.end(), right.begin(), right.end(),
                        std::back_inserter(result));
  return result;
}

} // namespace

Precedence::Precedence(const System &system)
    : system(system), graph(system.graph()),
      states(system.set().jobs.size(), State::Unknown),
      known(system.set().jobs.size()), requested(system.set().jobs.size()),
      hooks(system.set().jobs.size()) {
  bool anyJob = false;
  for (const Request &request : graph.requests()) {
    anyJob |= request.isGlob;
    if (request.kind != RequestKind::Stop && request.target != System::NoJob)
      requested[request.target] = true;
  }
  if (anyJob)
    requested.assign(requested.size(), true);
  for (uint32_t job = 0; job != states.size(); ++job) {
    llvm::ArrayRef<Leaf> leaves = graph.leavesOf(job, false);
    if (leaves.size() == 1 && leaves.front().jobEvent == JobEvent::Starting &&
        leaves.front().target != System::NoJob &&
        graph.nodeOf(leaves.front()).operands.size() == 1)
      hooks[leaves.front().target].push_back(job);
  }
}

const Milestones &Precedence::beforeStart(uint32_t job) {
  const sema::Job &owner = system.set().jobs[job];
  // On a circle, and behind a very long chain, nothing is certain.
  if (states[job] != State::Unknown || owner.startOn.empty() ||
      requested[job] || depth == MaxDepth)
    return known[job];
  states[job] = State::Computing;
  ++depth;
  Milestones result = before(owner.startOn, graph.leavesOf(job, false),
                             owner.startOn.nodes.size() - 1);
  --depth;
  if (result.size() > MaxSize)
    result.resize(MaxSize);
  known[job] = std::move(result);
  states[job] = State::Known;
  return known[job];
}

/// A job that got past its `starting` has started the jobs it waits for there.
Milestones Precedence::reached(uint32_t job, Step step) {
  Milestones own = {{job, Step::Begun}};
  if (step != Step::Begun)
    own.push_back({job, Step::Started});
  if (step == Step::Stopped)
    own.push_back({job, Step::Stopped});
  Milestones result = unite(own, beforeStart(job));
  for (uint32_t hook : hooks[job])
    if (hook != job)
      result = unite(result, {{hook, Step::Begun}, {hook, Step::Started}});
  return result;
}

Milestones Precedence::beforeEmission(const EventNode &event) {
  std::vector<uint32_t> emitters = event.emissions;
  for (uint32_t index : graph.globEmissionsOf(event.name))
    emitters.push_back(index);
  if (event.known || emitters.empty())
    return {};
  Milestones result;
  for (size_t i = 0; i != emitters.size(); ++i) {
    const Emission &emission = graph.emissions()[emitters[i]];
    if (emission.job == System::NoJob)
      return {};
    Milestones one = reached(emission.job, Step::Begun);
    result = i == 0 ? one : intersect(result, one);
  }
  return result;
}

Milestones Precedence::before(const Leaf &leaf) {
  if (!leaf.jobEvent)
    return beforeEmission(graph.events()[leaf.event]);
  // A script may emit it by hand.
  if (leaf.operand != JobOperand::Literal || leaf.target == System::NoJob ||
      !graph.events()[leaf.event].emissions.empty())
    return {};
  switch (*leaf.jobEvent) {
  case JobEvent::Starting:
    return beforeStart(leaf.target);
  case JobEvent::Started:
  case JobEvent::Stopping:
    return reached(leaf.target, Step::Started);
  case JobEvent::Stopped:
    break;
  }
  return reached(leaf.target, Step::Stopped);
}

Milestones Precedence::before(const sema::Condition &condition,
                              llvm::ArrayRef<Leaf> leaves, size_t node) {
  std::vector<Milestones> values;
  values.reserve(node + 1);
  size_t next = 0;
  for (size_t i = 0; i <= node; ++i) {
    const sema::ConditionNode &at = condition.nodes[i];
    if (at.kind == ast::NodeKind::Match)
      values.push_back(before(leaves[next++]));
    else if (at.kind == ast::NodeKind::And)
      values.push_back(unite(values[at.left], values[i - 1]));
    else
      values.push_back(intersect(values[at.left], values[i - 1]));
  }
  return values.back();
}

} // namespace starton::check
