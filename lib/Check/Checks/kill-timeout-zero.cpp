// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Check/Context.h"

namespace starton::check {

namespace {

void run(Context &context) {
  for (const sema::Job &job : context.jobs()) {
    if (!job.killTimeout.isSet() || job.killTimeout.value != 0)
      continue;
    Place place = placeOf(job.killTimeout.origin);
    context
        .report(place, "to stop a job whose kill timeout is 0 makes Upstart "
                       "abort, as process 1 with the whole system")
        .fix("wait for a second", false, {{place.range, "1"}});
  }
}

} // namespace

STARTON_CHECK(killTimeoutZero) = {
    .name = "kill-timeout-zero",
    .summary = "a kill timeout of 0 makes Upstart abort",
    .severity = Severity::Error,
    .fix = FixKind::Unsafe,
    .doc = R"(
`kill timeout 0` is accepted, and the first `stop` of the job then ends in a failed assertion of Upstart itself: in a user session the session ends, as process 1 the kernel panics.
(The daemon of this project kills at once instead.)

Where the job is to be killed without waiting, say `kill signal KILL`.
Where it is to be waited for without limit, give a large number of seconds.
The fix writes 1, the least that works.
)",
    .bad = R"(
start on runlevel [2345]
stop on runlevel [016]
kill timeout «0»
exec /usr/sbin/food
)",
    .good = R"(
start on runlevel [2345]
stop on runlevel [016]
kill timeout 1
exec /usr/sbin/food
)",
    .run = run};

} // namespace starton::check
