// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Check/Context.h"

namespace starton::check {

namespace {

/// Whether `started` of the job says nothing about its work. A task whose work
/// is done by pre-start has done it by then; one without a main process stays
/// `running` until it is stopped.
bool isAtWorkWhenStarted(const sema::Job &job) {
  using sema::ProcessSlot;
  auto process = [&](ProcessSlot slot) -> const sema::Process & {
    return job.processes[static_cast<unsigned>(slot)];
  };
  const sema::Process &main = process(ProcessSlot::Main);
  return job.task.isSet() && main.kind != sema::ProcessKind::None &&
         process(ProcessSlot::PreStart).kind == sema::ProcessKind::None &&
         process(ProcessSlot::PostStart).kind == sema::ProcessKind::None;
}

void run(Context &context) {
  for (const Leaf &leaf : context.graph().leaves()) {
    if (leaf.stops || leaf.jobEvent != JobEvent::Started ||
        leaf.operand != JobOperand::Literal || leaf.target == System::NoJob)
      continue;
    const sema::Job &target = context.jobs()[leaf.target];
    if (!isAtWorkWhenStarted(target))
      continue;
    Place place = context.system().eventPlace(context.graph().nodeOf(leaf));
    std::string name = printable(target.name);
    context
        .report(place, "'" + llvm::Twine(name) +
                           "' is a task, and 'started' comes when it begins, "
                           "not when it is done; 'stopped " +
                           name + "' may be meant")
        .note(context.system(), placeOf(target.task.origin),
              "it is a task here")
        .fix("wait for its end", false, {{place.range, "stopped"}});
  }
}

} // namespace

STARTON_CHECK(taskOnStarted) = {
    .name = "task-on-started",
    .summary = "'start on started' of a task, which has then only begun",
    .needs = NeedGraph,
    .fix = FixKind::Unsafe,
    .doc = R"(
`started` of a task comes when its process has been started.
A job that waits for it runs beside the task, not after it; whether the task has done its work by then is a matter of luck.

Wait for `stopped TASK`, which the fix writes, or for `stopped TASK RESULT=ok` when the job makes no sense after a task that failed.
Where both are really to run at the same time, `starting` or the event that starts the task says so more plainly.

A task with a pre-start or post-start process is no finding, because its work may be done there, before `started`.
)",
    .bad = R"(
#--- database-schema.conf
start on local-filesystems
task
exec /usr/sbin/upgrade-schema
#--- database.conf
start on «started» database-schema
stop on runlevel [016]
exec /usr/sbin/databased
)",
    .good = R"(
#--- database-schema.conf
start on local-filesystems
task
exec /usr/sbin/upgrade-schema
#--- database.conf
start on stopped database-schema
stop on runlevel [016]
exec /usr/sbin/databased
)",
    .run = run};

} // namespace starton::check
