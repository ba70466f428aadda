// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Check/Precedence.h"
#include <algorithm>

namespace starton::check {

namespace {

Milestones intersect(const Milestones &left, const Milestones &right) {
  Milestones result;
  std::set_intersection(left.begin(), left.end(), right.begin(), right.end(),
                        std::back_inserter(result));
  return result;
}

} // namespace

Milestones Precedence::unite(const Milestones &left, const Milestones &right) {
  Milestones result;
  std::set_union(left.begin(), left.end(), right.begin(), right.end(),
                 std::back_inserter(result));
  if (result.size() > MaxSize)
    result.resize(MaxSize);
  return result;
}

Precedence::Precedence(const System &system)
    : system(system), graph(system.graph()),
      states(system.set().jobs.size(), State::Unknown),
      known(system.set().jobs.size()), requested(system.set().jobs.size()),
      hooks(system.set().jobs.size()), knownOfEvents(graph.events().size()),
      knownOfGlobs(graph.globs().size()) {
  findRequests();
  for (uint32_t job = 0; job != states.size(); ++job) {
    llvm::ArrayRef<Leaf> leaves = graph.leavesOf(job, false);
    if (leaves.size() == 1 && leaves.front().jobEvent == JobEvent::Starting &&
        leaves.front().target != System::NoJob &&
        graph.nodeOf(leaves.front()).operands.size() == 1 &&
        hooks[leaves.front().target].size() < MaxSize)
      hooks[leaves.front().target].push_back(job);
  }
}

void Precedence::findRequests() {
  stopped.resize(states.size());
  starts.resize(states.size());
  std::vector<uint32_t> starters(states.size());
  bool anyJob = false;
  for (const Request &request : graph.requests()) {
    anyJob |= request.isGlob;
    if (request.target == System::NoJob)
      continue;
    if (request.kind != RequestKind::Start)
      stopped[request.target] = true;
    if (request.kind == RequestKind::Stop)
      continue;
    requested[request.target] = true;
    ++starters[request.target];
  }
  if (anyJob) {
    requested.assign(requested.size(), true);
    stopped.assign(stopped.size(), true);
  }
  // To start a job that somebody else has started fails at once.
  if (anyJob || system.isPartial())
    return;
  for (const Request &request : graph.requests())
    if (request.kind == RequestKind::Start && request.isCertain &&
        request.target != System::NoJob && request.target != request.job &&
        starters[request.target] == 1 &&
        system.set().jobs[request.target].startOn.empty())
      starts[request.job].push_back(&request);
}

const Request *Precedence::waitingStart(uint32_t job, uint32_t target) const {
  for (const Request *request : starts[job])
    if (request->target == target)
      return request;
  return nullptr;
}

bool Precedence::endsByItself(uint32_t job) const {
  return !stopped[job] && system.set().jobs[job].stopOn.empty();
}

void Precedence::addUpTo(uint32_t job, Step step, Milestones &milestones) {
  for (Step each :
       {Step::Begun, Step::Started, Step::Ended, Step::Stopped, Step::Gone})
    if (each <= step)
      milestones.push_back({job, each});
}

const Milestones &Precedence::beforeStart(uint32_t job) {
  const sema::Job &owner = system.set().jobs[job];
  // On a circle, and behind a very long chain, nothing is certain.
  if (states[job] != State::Unknown || owner.startOn.empty() ||
      requested[job] || depth == MaxDepth)
    return known[job];
  states[job] = State::Computing;
  ++depth;
  Milestones result = before(owner.startOn, graph.leavesOf(job, false));
  --depth;
  known[job] = std::move(result);
  states[job] = State::Known;
  return known[job];
}

/// A job that got past its `starting` has started the jobs it waits for there.
Milestones Precedence::reached(uint32_t job, Step step) {
  Milestones own, ofOthers;
  addUpTo(job, step, own);
  for (uint32_t hook : hooks[job])
    if (hook != job)
      addUpTo(hook, Step::Started, ofOthers);
  for (const Request *request : starts[job]) {
    bool isOver = request->slot == sema::ProcessSlot::PreStart
                      ? step >= Step::Started
                      : request->slot == sema::ProcessSlot::Main &&
                            step >= Step::Ended && endsByItself(job);
    if (isOver && ofOthers.size() < MaxSize)
      addUpTo(request->target, Step::Started, ofOthers);
  }
  llvm::sort(ofOthers);
  return unite(unite(own, beforeStart(job)), ofOthers);
}

/// \p found is set when that is known; until then, on a circle, nothing is.
const Milestones &Precedence::beforeAll(llvm::ArrayRef<uint32_t> emissions,
                                        std::optional<Milestones> &found) {
  if (found)
    return *found;
  found.emplace();
  Milestones result;
  for (size_t i = 0; i != emissions.size(); ++i) {
    const Emission &emission = graph.emissions()[emissions[i]];
    if (emission.job == System::NoJob)
      return *found;
    Milestones one = reached(emission.job, Step::Begun);
    result = i == 0 ? std::move(one) : intersect(result, one);
    if (result.empty())
      break;
  }
  found = std::move(result);
  return *found;
}

Milestones Precedence::beforeEmission(uint32_t index) {
  const EventNode &event = graph.events()[index];
  if (event.known || (event.emissions.empty() && event.globs.empty()))
    return {};
  bool first = true;
  Milestones result;
  auto add = [&](const Milestones &one) {
    result = first ? one : intersect(result, one);
    first = false;
  };
  if (!event.emissions.empty())
    add(beforeAll(event.emissions, knownOfEvents[index]));
  for (uint32_t glob : event.globs)
    if (first || !result.empty())
      add(beforeAll(graph.globs()[glob].emissions, knownOfGlobs[glob]));
  return result;
}

Milestones Precedence::before(const Leaf &leaf) {
  if (!leaf.jobEvent)
    return beforeEmission(leaf.event);
  // A script may emit it by hand.
  if (leaf.operand != JobOperand::Literal || leaf.target == System::NoJob ||
      !graph.events()[leaf.event].emissions.empty())
    return {};
  switch (*leaf.jobEvent) {
  case JobEvent::Starting:
    return beforeStart(leaf.target);
  case JobEvent::Started:
    return reached(leaf.target, Step::Started);
  case JobEvent::Stopping:
    return reached(leaf.target, Step::Ended);
  case JobEvent::Stopped:
    break;
  }
  return reached(leaf.target, Step::Gone);
}

Milestones Precedence::before(const sema::Condition &condition,
                              llvm::ArrayRef<Leaf> leaves) {
  // The operands of an operator are the last two values that nobody took yet.
  std::vector<Milestones> values;
  size_t next = 0;
  for (const sema::ConditionNode &node : condition.nodes) {
    if (node.kind == ast::NodeKind::Match) {
      values.push_back(before(leaves[next++]));
      continue;
    }
    Milestones right = std::move(values.back());
    values.pop_back();
    Milestones &left = values.back();
    left = node.kind == ast::NodeKind::And ? unite(left, right)
                                           : intersect(left, right);
  }
  return values.empty() ? Milestones() : std::move(values.back());
}

} // namespace starton::check
