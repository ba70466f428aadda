// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Check/Context.h"

namespace starton::check {

namespace {

void run(Context &context) {
  for (const sema::Job &job : context.jobs()) {
    if (!job.oomScore.isSet())
      continue;
    Place place = placeOf(job.oomScore.origin);
    if (context.system().text(place) != "-1000")
      continue;
    context
        .report(place, "the kernel will never kill the job's processes, nor "
                       "what they start; write 'never' where that is meant")
        .fix("write 'never'", true, {{place.range, "never"}});
  }
}

} // namespace

STARTON_CHECK(oomScoreMinus1000) = {
    .name = "oom-score-minus-1000",
    .summary = "an OOM score of -1000 that is not written 'never'",
    .profiles = ChromeOS,
    .fix = FixKind::Safe,
    .dialect = Dialect::ChromeOS,
    .doc = R"(
`-1000` is no score like others: the processes of the job, and all that they start, are taken out of the choice when memory runs out.
If one of them leaks, everything else is killed first and at last the kernel panics, where a restart of that one daemon would have done.

ChromiumOS wants this said in words, `oom score never`, which the fix writes, and only for daemons that are critical to the system.
A daemon that can recover gets a score such as -100.
)",
    .bad = R"(
description "Start the food daemon"
author "chromium-os-dev@chromium.org"
start on startup
oom score «-1000»
exec food
)",
    .good = R"(
description "Start the food daemon"
author "chromium-os-dev@chromium.org"
start on startup
oom score never
exec food
)",
    .run = run};

} // namespace starton::check
