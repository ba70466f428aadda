// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Check/Context.h"
#include "starton/Shell/ShellTexts.h"
#include "llvm/ADT/STLExtras.h"

namespace starton::check {

namespace {

/// `while sleep 3600; do :; done`, `while :; do ...`: waits to be stopped.
bool loopsForEver(const shell::ShellText &text) {
  return llvm::any_of(text.facts.commands, [&](const shell::Command &command) {
    llvm::StringRef name = text.facts.nameOf(command);
    return command.is(shell::InLoop) && command.is(shell::InCondition) &&
           (name == ":" || name == "true" || name == "sleep");
  });
}

/// Without a main process even a task stays until it is stopped.
bool endsByItself(const Context &context, uint32_t job) {
  const shell::ShellText *main =
      context.system().shell().find(job, sema::ProcessSlot::Main);
  return main && !loopsForEver(*main);
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
  for (uint32_t index = 0; index != context.jobs().size(); ++index) {
    const sema::Job &job = context.jobs()[index];
    if (job.task.isSet() && !job.stopOn.empty() &&
        endsByItself(context, index) && !followsItsStart(context, job))
      context
          .report(placeOf(job.stopOn.origin),
                  "a task ends by itself; 'stop on' only kills it half-way")
          .note(context.system(), placeOf(job.task.origin),
                "it is a task here");
  }
}

} // namespace

STARTON_CHECK(taskWithStopOn) = {.name = "task-with-stop-on",
                                 .summary = "a task has a 'stop on' condition",
                                 .profiles = Style,
                                 .needs = NeedShell,
                                 .doc = R"(
A `task` is over when its process ends, so it needs no `stop on`.
If the event comes while the task is running, its process is killed half-way; the task then does not count as failed, and whatever waited for it goes on.

Remove `stop on` where it was copied from a service.
Where a long task is to be given up at shutdown it is right; many systems do so for all their jobs, which is why this is a matter of style.
`stop on runlevel [!$RUNLEVEL]` and the like, which end a task whose reason is gone, are no finding.
Neither is a task that waits in a loop to be stopped (`while sleep 3600; do :; done`), and so holds up whatever started it.
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
