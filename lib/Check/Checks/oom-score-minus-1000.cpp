// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Check/Context.h"

namespace starton::check {

namespace {

constexpr int64_t NeverKilled = -1000;

void run(Context &context) {
  for (const sema::Job &job : context.jobs())
    if (job.oomScore.isSet() && job.oomScore.value == NeverKilled)
      context.report(placeOf(job.oomScore.origin),
                     "the kernel will never kill the job's processes, nor "
                     "what they start; use -999 or more");
}

} // namespace

STARTON_CHECK(oomScoreMinus1000) = {
    .name = "oom-score-minus-1000",
    .summary = "a job that is never killed when memory runs out",
    .profiles = ChromeOS,
    .dialect = Dialect::ChromeOS,
    .doc = R"(
`oom score -1000`, `oom score never` and the old `oom never` and `oom -17` take the processes of the job, and all that they start, out of the choice when memory runs out.
If one of them leaks, everything else is killed first and at last the kernel panics, where a restart of that one daemon would have done.

Use a higher score: -999 makes it the last choice, but keeps it one.
)",
    .bad = R"(
description "Start the food daemon"
author "chromium-os-dev@chromium.org"
start on startup
oom score «-1000»
exec /usr/bin/food
)",
    .good = R"(
description "Start the food daemon"
author "chromium-os-dev@chromium.org"
start on startup
oom score -900
exec /usr/bin/food
)",
    .run = run};

} // namespace starton::check
