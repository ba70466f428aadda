// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Check/Accounts.h"

namespace starton::check {

static void run(Context &context) {
  reportUnknownAccounts(context, AccountKind::User, &sema::Job::setuid);
}

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
