// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Check/Accounts.h"
#include "starton/Check/Context.h"

namespace starton::check {

namespace {

void run(Context &context) {
  Accounts known(context.system().root(), AccountKind::User);
  if (!known.areAllKnown())
    return;
  for (const sema::Job &job : context.jobs())
    // With a chroot the files in there are asked.
    if (job.setuid.isSet() && !job.chroot.isSet() &&
        !known.contains(job.setuid.value))
      context.report(placeOf(job.setuid.origin),
                     "there is no user " + quoted(job.setuid.value) +
                         " below the root, so the job cannot start" +
                         didYouMean(known.suggest(job.setuid.value)));
}

} // namespace

STARTON_CHECK(unknownUser) = {
    .name = "unknown-user",
    .summary = "'setuid' names a user that the system does not have",
    .needs = NeedRoot,
    .doc = R"(
`setuid` takes the name of a user, which is looked up each time a process of the job starts; a number is looked up as a name, too.
Where there is none the process is not run and the start fails, with `unable to find setuid user` in the log and nothing else.

The names are those of `etc/passwd` below `--root`.
Nothing is said where that is not all: without the file, where `etc/nsswitch.conf` names a directory service, and for a job with `chroot`.

Correct the name, or let the image or package make the user.
)",
    .bad = R"(
#--- food.conf
start on startup
setuid «food»
exec /usr/sbin/food
#--- /etc/passwd
root:x:0:0:root:/root:/bin/sh
foodd:x:112:118::/var/lib/food:/bin/false
#--- /usr/sbin/food
)",
    .good = R"(
#--- food.conf
start on startup
setuid foodd
exec /usr/sbin/food
#--- /etc/passwd
root:x:0:0:root:/root:/bin/sh
foodd:x:112:118::/var/lib/food:/bin/false
#--- /usr/sbin/food
)",
    .run = run};

} // namespace starton::check
