// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Check/Check.h"

namespace starton::check {

STARTON_CHECK(shellcheck) = {
    .name = "shellcheck",
    .summary = "what ShellCheck calls an error or a danger in a shell text",
    .profiles = ShellCheck,
    .needs = NeedProgram,
    .doc = R"(
Each script, and each command that goes through a shell, is given to [ShellCheck](https://www.shellcheck.net/), and what it says is reported with its code, at its place in the job file: `shellcheck.net/wiki/SC2034` explains SC2034.
What it calls errors and warnings is reported here; its remarks of less weight are `shellcheck-style`.

It runs only when it is asked for, by `--warn shellcheck`, `--error shellcheck`, the key `severity` of the configuration file, or the profile `shellcheck`, which leaves the severities as ShellCheck has them: it is another project's judgement, of which every version finds something new, it takes ten milliseconds and a process for each script, and the program may not be there.
When it is asked for and is not there the run fails with exit status 3, and when it gives no answer on some text that is an error (`shellcheck-failed`): silence would look like praise.
`--shellcheck PROGRAM` names another program than `shellcheck`; a configuration file cannot, for checking a tree must not run what the tree says.

ShellCheck is told what init does: the shell is that of Debian and ChromiumOS (`dash`), runs with `-e`, and a command stands behind `exec`.
Not asked for are SC1090 and SC1091 (files that are sourced are not looked at), SC2148 (a stanza has no first line), and SC2153 and SC2154 (unset variables: `undefined-variable` knows which variables a job is given).
A comment `# shellcheck disable=SC2034` in a script counts as it does elsewhere, `# shellcheck shell=...` too, and so does a `.shellcheckrc` of the working directory; the variable `SHELLCHECK_OPTS` does not.
)",
    .bad = R"(
start on startup
exec /usr/sbin/food --verbose «2>&1» >/var/log/food.log
)",
    .good = R"(
start on startup
exec /usr/sbin/food --verbose >/var/log/food.log 2>&1
)",
    .run = nullptr};

} // namespace starton::check
