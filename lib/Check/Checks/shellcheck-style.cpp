// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Check/Check.h"

namespace starton::check {

STARTON_CHECK(shellcheckStyle) = {
    .name = "shellcheck-style",
    .summary = "what ShellCheck would write in another way in a shell text",
    .profiles = 0,
    .needs = NeedProgram,
    .fix = FixKind::Unsafe,
    .doc = R"(
What [ShellCheck](https://www.shellcheck.net/) remarks about a script or command with its levels `info` and `style`; see `shellcheck`, which has its errors and warnings.

It is in no profile, and runs only when it is asked for by name: most of these remarks are about expansions without quotes, and job files leave quotes away on purpose, where one variable holds several options.

Its proposals are fixes for `--unsafe-fixes`.
)",
    .bad = R"(
start on startup
env FOOD_DIR=/var/lib/food
pre-start exec rm -rf «$FOOD_DIR»/cache
exec /usr/sbin/food
)",
    .good = R"(
start on startup
env FOOD_DIR=/var/lib/food
pre-start exec rm -rf "$FOOD_DIR"/cache
exec /usr/sbin/food
)",
    .run = nullptr};

} // namespace starton::check
