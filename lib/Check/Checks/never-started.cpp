// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Check/Context.h"
#include "starton/Check/Reachability.h"

namespace starton::check {

namespace {

constexpr size_t MaxSteps = 6;

/// The job without which \p leaf cannot happen.
uint32_t jobBehind(const Context &context, const Leaf &leaf) {
  if (leaf.jobEvent)
    return leaf.target;
  const EventNode &event = context.graph().events()[leaf.event];
  llvm::ArrayRef<Emission> emissions = context.graph().emissions();
  if (!event.emissions.empty())
    return emissions[event.emissions.front()].job;
  std::vector<uint32_t> globs = context.graph().globEmissionsOf(event.name);
  return globs.empty() ? System::NoJob : emissions[globs.front()].job;
}

/// How the chain of missing links goes on from \p leaf, until it has no end.
void explain(Context &context, const Reachability &reach, Finding finding,
             const Leaf *leaf) {
  llvm::SmallVector<uint32_t, 8> seen = {leaf->job};
  const System &system = context.system();
  for (size_t step = 0; step != MaxSteps; ++step) {
    uint32_t job = jobBehind(context, *leaf);
    if (job == System::NoJob || llvm::is_contained(seen, job))
      return;
    seen.push_back(job);
    std::vector<uint32_t> missing = reach.missingLinks(job);
    if (missing.empty())
      return;
    leaf = &context.graph().leaves()[missing.front()];
    const sema::ConditionNode &node = context.graph().nodeOf(*leaf);
    finding.note(system, placeOf(node.origin),
                 "job " + quoted(context.jobs()[job].name) +
                     " in turn waits for this");
  }
}

void run(Context &context) {
  // Something in another package may be the first.
  if (context.system().isPartial())
    return;
  const Reachability &reach = context.system().reachability();
  for (uint32_t job = 0; job != context.jobs().size(); ++job) {
    if (reach.canStart(job))
      continue;
    std::vector<uint32_t> missing = reach.missingLinks(job);
    if (missing.empty())
      continue;
    const Leaf &leaf = context.graph().leaves()[missing.front()];
    const sema::ConditionNode &node = context.graph().nodeOf(leaf);
    uint32_t behind = jobBehind(context, leaf);
    if (behind == job) // self-trigger says so
      continue;
    std::string why = behind == System::NoJob
                          ? "this never happens"
                          : "this comes from job " +
                                quoted(context.jobs()[behind].name) +
                                ", which never starts either";
    Finding finding = context.report(placeOf(node.origin),
                                     "the job is never started: " + why);
    explain(context, reach, finding, &leaf);
  }
}

} // namespace

STARTON_CHECK(neverStarted) = {
    .name = "never-started",
    .summary = "nothing leads from the start of the system to the job's start",
    .needs = NeedGraph | NeedCatalogue,
    .doc = R"(
No chain of events leads from `startup`, or from an event of the catalogues, to the start of the job: each event that its `start on` waits for comes from a job that never starts itself.
Most often jobs wait for each other in a circle, and each is waiting for another to be the first.

The finding is at the event that is missing; its notes follow the chain.
Let one of the jobs start on something that happens.
Jobs without `start on` count as started, by hand or by a script; an event or a job that nobody knows is reported by `undefined-event` or `undefined-job` and not once more here.
)",
    .bad = R"(
#--- web.conf
start on «started cache»
stop on runlevel [016]
exec /usr/sbin/webd
#--- cache.conf
start on «started web»
stop on runlevel [016]
exec /usr/sbin/cached
)",
    .good = R"(
#--- web.conf
start on started cache
stop on runlevel [016]
exec /usr/sbin/webd
#--- cache.conf
start on filesystem
stop on runlevel [016]
exec /usr/sbin/cached
)",
    .run = run};

} // namespace starton::check
