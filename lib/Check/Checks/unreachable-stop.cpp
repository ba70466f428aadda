// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Check/Condition.h"
#include "starton/Check/Context.h"

namespace starton::check {

namespace {

enum class Obstacle : uint8_t {
  None,
  HappensOnce, ///< `startup`, over when the job runs
  AfterStop,   ///< of a job that is started by this one's stop
};

/// Whether \p job starts on nothing but the stop of \p other.
bool startsOnStopOf(const Context &context, uint32_t job, uint32_t other) {
  llvm::ArrayRef<Leaf> leaves = context.graph().leavesOf(job, false);
  return !leaves.empty() && !context.graph().mayBeRequested(job) &&
         llvm::all_of(leaves, [&](const Leaf &leaf) {
           return leaf.target == other && leaf.jobEvent &&
                  *leaf.jobEvent == JobEvent::Stopped;
         });
}

Obstacle obstacleOf(const Context &context, const Leaf &leaf) {
  if (!leaf.jobEvent)
    return context.graph().events()[leaf.event].name == "startup"
               ? Obstacle::HappensOnce
               : Obstacle::None;
  if (leaf.operand != JobOperand::Literal || leaf.target == System::NoJob)
    return Obstacle::None;
  return leaf.target != leaf.job &&
                 startsOnStopOf(context, leaf.target, leaf.job)
             ? Obstacle::AfterStop
             : Obstacle::None;
}

std::string reason(const Context &context, const Leaf &leaf) {
  switch (obstacleOf(context, leaf)) {
  case Obstacle::HappensOnce:
    return "'startup' happens once, before the job runs";
  case Obstacle::AfterStop:
    return "job " + quoted(leaf.jobName.value) +
           " starts only when this one has stopped";
  case Obstacle::None:
    break;
  }
  return {};
}

void run(Context &context) {
  for (uint32_t job = 0; job != context.jobs().size(); ++job) {
    llvm::ArrayRef<Leaf> leaves = context.graph().leavesOf(job, true);
    std::vector<size_t> missing =
        falseLeaves(context.jobs()[job].stopOn, [&](size_t leaf) {
          return obstacleOf(context, leaves[leaf]) == Obstacle::None;
        });
    if (missing.empty())
      continue;
    const Leaf &leaf = leaves[missing.front()];
    context.report(placeOf(context.graph().nodeOf(leaf).origin),
                   "the job is never stopped by its condition: " +
                       reason(context, leaf));
  }
}

} // namespace

STARTON_CHECK(unreachableStop) = {
    .name = "unreachable-stop",
    .summary = "a stop condition cannot become true while the job runs",
    .needs = NeedGraph,
    .doc = R"(
The condition of `stop on` waits for something that cannot happen while the job runs: for a job that starts only when this one has stopped, or for `startup`, which is over by then.
The job keeps running until it is stopped by hand, also when the system goes down.

A job that never starts does not stop others either; `never-started` says why.

Name an event that does happen, such as `runlevel [016]`.
)",
    .bad = R"(
#--- web.conf
start on runlevel [2345]
stop on «stopping clean-up»
exec /usr/sbin/webd
#--- clean-up.conf
start on stopped web
task
exec /usr/sbin/web-clean-up
)",
    .good = R"(
#--- web.conf
start on runlevel [2345]
stop on runlevel [016]
exec /usr/sbin/webd
#--- clean-up.conf
start on stopped web
task
exec /usr/sbin/web-clean-up
)",
    .run = run};

} // namespace starton::check
