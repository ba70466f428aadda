// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Check/Context.h"

namespace starton::check {

namespace {

void run(Context &context) {
  for (const sema::Job &job : context.jobs())
    if (job.task.isSet() && job.respawn.isSet())
      context
          .report(placeOf(job.respawn.origin),
                  "a task is respawned only when it fails, and whoever "
                  "started it waits until it succeeds; remove 'task' or "
                  "'respawn'")
          .note(context.system(), placeOf(job.task.origin),
                "it is a task here");
}

} // namespace

STARTON_CHECK(taskWithRespawn) = {
    .name = "task-with-respawn",
    .summary = "a job is both 'task' and 'respawn'",
    .doc = R"(
A `task` runs once to its end; `respawn` keeps a process running.
Together they mean: a task that ends with status 0 is done and not respawned; one that fails is started again, up to the limit, and the events and commands that started it are held all the while.
A daemon in such a job holds the event that started it for as long as it runs: with `start on runlevel` the change of the runlevel is never finished, and `start JOB` never returns.

Remove `task` where the job is a daemon, `respawn` where it does something once.
Where a task is really to be repeated until it succeeds, a loop in its script says so more plainly.
)",
    .bad = R"(
start on runlevel [2345]
stop on runlevel [016]
task
«respawn»
exec /usr/bin/celery worker
)",
    .good = R"(
start on runlevel [2345]
stop on runlevel [016]
respawn
exec /usr/bin/celery worker
)",
    .run = run};

} // namespace starton::check
