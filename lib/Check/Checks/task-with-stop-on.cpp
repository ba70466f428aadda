// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Check/Context.h"

namespace starton::check {

namespace {

/// Without a main process even a task stays until it is stopped.
bool endsByItself(const sema::Job &job) {
  return job.processes[static_cast<unsigned>(sema::ProcessSlot::Main)].kind !=
         sema::ProcessKind::None;
}

/// `runlevel [!$RUNLEVEL]`: what started it is over.
bool followsItsStart(const Context &context, const sema::Job &job) {
  for (const sema::ConditionNode &node : job.stopOn.nodes)
    for (const Operand &operand : context.system().operands(node))
      if (operand.hasVariable())
        return true;
  return false;
}

void run(Context &context) {
  for (const sema::Job &job : context.jobs())
    if (job.task.isSet() && !job.stopOn.empty() && endsByItself(job) &&
        !followsItsStart(context, job))
      context
          .report(placeOf(job.stopOn.origin),
                  "a task ends by itself; 'stop on' only kills it half-way")
          .note(context.system(), placeOf(job.task.origin),
                "it is a task here");
}

} // namespace

STARTON_CHECK(taskWithStopOn) = {.name = "task-with-stop-on",
                                 .summary = "a task has a 'stop on' condition",
                                 .profiles = Style,
                                 .doc = R"(
A `task` is over when its process ends, so it needs no `stop on`.
If the event comes while the task is running, its process is killed half-way; the task then does not count as failed, and whatever waited for it goes on.

Remove `stop on` where it was copied from a service.
Where a long task is to be given up at shutdown it is right; many systems do so for all their jobs, which is why this is a matter of style.
`stop on runlevel [!$RUNLEVEL]` and the like, which end a task whose reason is gone, are no finding.
)",
                                 .bad = R"(
start on filesystem
«stop» on runlevel [016]
task
exec /usr/sbin/prepare-cache
)",
                                 .good = R"(
start on filesystem
task
exec /usr/sbin/prepare-cache
)",
                                 .run = run};

} // namespace starton::check
