// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Check/Accounts.h"

namespace starton::check {

static void run(Context &context) {
  reportUnknownAccounts(context, AccountKind::Group, &sema::Job::setgid);
}

STARTON_CHECK(unknownGroup) = {
    .name = "unknown-group",
    .summary = "'setgid' names a group that the system does not have",
    .needs = NeedRoot,
    .doc = R"(
`setgid` takes the name of a group, which is looked up each time a process of the job starts; a number is looked up as a name, too.
Where there is none the process is not run and the start fails, with `unable to find setgid group` in the log and nothing else.

The names are those of `etc/group` below `--root`.
Nothing is said where that is not all: without the file, where `etc/nsswitch.conf` names a directory service, and for a job with `chroot`.

Correct the name, or let the image or package make the group.
)",
    .bad = R"(
#--- food.conf
start on startup
setgid «food»
exec /usr/sbin/food
#--- /etc/group
root:x:0:
foodd:x:118:
#--- /usr/sbin/food
)",
    .good = R"(
#--- food.conf
start on startup
setgid foodd
exec /usr/sbin/food
#--- /etc/group
root:x:0:
foodd:x:118:
#--- /usr/sbin/food
)",
    .run = run};

} // namespace starton::check
