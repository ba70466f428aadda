// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Check/Context.h"
#include "starton/Check/StartCircles.h"

namespace starton::check {

namespace {

/// How many steps of a circle, and how many of the jobs behind it, are shown.
constexpr size_t MaxShown = 6;

void noteSteps(const Context &context, Finding finding,
               llvm::ArrayRef<uint32_t> circle) {
  llvm::ArrayRef<Leaf> leaves = context.graph().leaves();
  for (uint32_t index : circle.drop_front().take_front(MaxShown)) {
    const Leaf &leaf = leaves[index];
    finding.note(context.system(), placeOf(context.graph().nodeOf(leaf).origin),
                 "job " + quoted(context.jobs()[leaf.job].name) +
                     " in turn waits for this");
  }
  if (circle.size() > MaxShown + 1)
    finding.note("and so on: the circle has " + llvm::Twine(circle.size()) +
                 " jobs");
}

void noteDependents(const Context &context, Finding finding,
                    llvm::ArrayRef<uint32_t> jobs) {
  if (jobs.empty())
    return;
  std::string names;
  for (uint32_t job : jobs.take_front(MaxShown))
    names += (names.empty() ? "" : ", ") + quoted(context.jobs()[job].name);
  size_t hidden = jobs.size() - std::min(jobs.size(), MaxShown);
  if (hidden != 0)
    names += " and " + std::to_string(hidden) + " more";
  finding.note("so these never start either: " + names);
}

void run(Context &context) {
  // Something in another package may be the first.
  if (context.system().isPartial())
    return;
  for (const StartCircle &circle : findStartCircles(context.system())) {
    if (circle.leaves.size() == 1) // self-trigger says so
      continue;
    const Leaf &leaf = context.graph().leaves()[circle.leaves[0]];
    const Leaf &next = context.graph().leaves()[circle.leaves[1]];
    Finding finding =
        context.report(placeOf(context.graph().nodeOf(leaf).origin),
                       "the job is never started: this comes from job " +
                           quoted(context.jobs()[next.job].name) +
                           ", which waits for this job in turn");
    noteSteps(context, finding, circle.leaves);
    noteDependents(context, finding, circle.dependents);
  }
}

} // namespace

STARTON_CHECK(neverStarted) = {
    .name = "never-started",
    .summary = "nothing leads from the start of the system to the job's start",
    .needs = NeedGraph | NeedCatalogue,
    .doc = R"(
No chain of events leads from `startup`, or from an event of the catalogues, to the start of the job, because jobs wait for each other in a circle: each is waiting for another to be the first.

A circle is one finding, at the condition of the job that most others wait for.
Its notes follow the circle, and name the jobs that wait for one of its jobs and so never start either.
Let one of the jobs start on something that happens.
Jobs without `start on` count as started, by hand or by a script; an event or a job that nobody knows is reported by `undefined-event` or `undefined-job` and not once more here.
)",
    .bad = R"(
#--- web.conf
start on started cache
stop on runlevel [016]
exec /usr/sbin/webd
#--- cache.conf
start on «started web»
stop on runlevel [016]
exec /usr/sbin/cached
#--- cache-statistics.conf
start on started cache
stop on stopping cache
exec /usr/sbin/cache-statistics
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
#--- cache-statistics.conf
start on started cache
stop on stopping cache
exec /usr/sbin/cache-statistics
)",
    .run = run};

} // namespace starton::check
