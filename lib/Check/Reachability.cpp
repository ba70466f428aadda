// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Check/Reachability.h"
#include "starton/Check/Condition.h"

namespace starton::check {

Reachability::Reachability(const System &system)
    : system(system), graph(system.graph()),
      startable(system.set().jobs.size()), happened(graph.leaves().size()),
      waiters(system.set().jobs.size()) {
  for (uint32_t index = 0; index != graph.leaves().size(); ++index)
    if (!graph.leaves()[index].stops)
      addLeaf(index);
  for (const Request &request : graph.requests())
    if (request.kind != RequestKind::Stop && request.target != System::NoJob)
      requests.emplace_back(request.job, request.target);
  llvm::sort(requests);
  for (uint32_t job = 0; job != startable.size(); ++job)
    if (system.set().jobs[job].startOn.empty() || evaluate(job))
      starts(job);
  settle();
}

bool Reachability::canHappen(const Leaf &leaf) const {
  return llvm::any_of(jobsBehind(leaf), [&](uint32_t job) {
    return job == System::NoJob || startable[job];
  });
}

std::vector<uint32_t> Reachability::jobsBehind(const Leaf &leaf) const {
  const EventNode &event = graph.events()[leaf.event];
  // A script may emit it by hand.
  if (leaf.jobEvent)
    return {leaf.operand == JobOperand::Literal && event.emissions.empty()
                ? leaf.target
                : System::NoJob};
  if (event.known || !graph.isEmitted(event.name))
    return {System::NoJob};
  std::vector<uint32_t> jobs;
  jobs.reserve(event.emissions.size());
  for (uint32_t index : event.emissions)
    jobs.push_back(graph.emissions()[index].job);
  for (uint32_t index : graph.globEmissionsOf(event.name))
    jobs.push_back(graph.emissions()[index].job);
  // Of what else counts as emitted, nothing more is known.
  if (jobs.empty())
    jobs.push_back(System::NoJob);
  return jobs;
}

void Reachability::addLeaf(uint32_t index) {
  const Leaf &leaf = graph.leaves()[index];
  if (canHappen(leaf)) {
    happened[index] = true;
    return;
  }
  for (uint32_t job : jobsBehind(leaf))
    waiters[job].push_back(index);
}

void Reachability::starts(uint32_t job) {
  if (startable[job])
    return;
  startable[job] = true;
  pending.push_back(job);
}

void Reachability::settle() {
  while (!pending.empty()) {
    uint32_t job = pending.back();
    pending.pop_back();
    for (uint32_t index : waiters[job]) {
      happened[index] = true;
      uint32_t owner = graph.leaves()[index].job;
      if (!startable[owner] && evaluate(owner))
        starts(owner);
    }
    auto asked = llvm::lower_bound(requests, std::make_pair(job, 0U));
    for (; asked != requests.end() && asked->first == job; ++asked)
      starts(asked->second);
  }
}

bool Reachability::evaluate(uint32_t job) const {
  llvm::ArrayRef<Leaf> leaves = graph.leavesOf(job, false);
  auto first = static_cast<size_t>(leaves.data() - graph.leaves().data());
  return evaluateCondition(system.set().jobs[job].startOn,
                           [&](size_t leaf) { return happened[first + leaf]; });
}

std::vector<uint32_t> Reachability::missingLinks(uint32_t job) const {
  llvm::ArrayRef<Leaf> leaves = graph.leavesOf(job, false);
  auto first = static_cast<uint32_t>(leaves.data() - graph.leaves().data());
  std::vector<uint32_t> result;
  for (size_t leaf :
       falseLeaves(system.set().jobs[job].startOn,
                   [&](size_t at) { return happened[first + at]; }))
    result.push_back(first + static_cast<uint32_t>(leaf));
  return result;
}

} // namespace starton::check
