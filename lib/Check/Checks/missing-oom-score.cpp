// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Check/Context.h"

namespace starton::check {

namespace {

/// The keyword of the first process there is; the score applies to all.
const sema::Process *firstProcess(const sema::Job &job) {
  for (const sema::Process &process : job.processes)
    if (process.kind == sema::ProcessKind::Command ||
        process.kind == sema::ProcessKind::Script)
      return &process;
  return nullptr;
}

void run(Context &context) {
  for (const sema::Job &job : context.jobs()) {
    const sema::Process *process = firstProcess(job);
    if (process && !job.oomScore.isSet() &&
        context.set().files[job.confFile].role == sema::FileRole::Conf)
      context.report(placeOf(process->origin),
                     "add 'oom score': without it the processes of the job "
                     "get the score 0");
  }
}

} // namespace

STARTON_CHECK(missingOomScore) = {
    .name = "missing-oom-score",
    .summary = "a job with processes but without 'oom score'",
    .profiles = ChromeOS,
    .dialect = Dialect::ChromeOS,
    .doc = R"(
ChromiumOS wants every job that runs a process to say how readily the kernel may kill it when memory runs out.
Without `oom score` the processes have the score 0, before which the kernel spares what has less: a small daemon that the system needs can then die for a large one that would be restarted unnoticed.
Nor can anybody tell whether that was meant.

Choose a score from -999 (last to be killed) to 1000 (first), and say why in a comment: `oom score -100`.
A job without any process needs none.
)",
    .bad = R"(
description "Start the food daemon"
author "chromium-os-dev@chromium.org"
start on startup
«exec» /usr/bin/food
)",
    .good = R"(
description "Start the food daemon"
author "chromium-os-dev@chromium.org"
start on startup
oom score -100
exec /usr/bin/food
)",
    .run = run};

} // namespace starton::check
