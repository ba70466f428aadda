// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Check/Check.h"

namespace starton::check {

STARTON_CHECK(scriptSyntax) = {
    .name = "script-syntax",
    .summary = "a script or command that the shell does not understand",
    .severity = Severity::Error,
    .doc = R"(
Each script, and each command that goes through a shell, is given to `/bin/sh -n`, which reads it and runs nothing; what it says is reported at its place in the job file.
Such a script fails when it is run: a `pre-start` keeps the job from starting, a main process ends at once, again and again under `respawn`.

The shell is the one of the machine that checks, as it was with Upstart's own checker; dash and bash are understood.
Of a script its first error is reported; what the shell merely warns of is a warning.
`--noscript` leaves all of it out, as does `--off script-syntax`.
)",
    .bad = R"(
start on runlevel [2345]
stop on runlevel [016]
script
  if [ -r /etc/default/food ]; «do»
    . /etc/default/food
  done
  exec /usr/sbin/food $OPTIONS
end script
)",
    .good = R"(
start on runlevel [2345]
stop on runlevel [016]
script
  if [ -r /etc/default/food ]; then
    . /etc/default/food
  fi
  exec /usr/sbin/food $OPTIONS
end script
)",
    .run = nullptr};

} // namespace starton::check
