// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Check/Context.h"
#include "starton/Shell/ShellTexts.h"

namespace starton::check {

namespace {

void run(Context &context) {
  for (const shell::ShellText &text : context.system().shell().all())
    for (Range range : text.facts.backticks) {
      Place place = {text.file, text.inFile(range)};
      Finding finding = context.report(place, "write $(...) in place of "
                                              "backticks");
      llvm::StringRef written = context.system().text(place);
      // Backslashes and quotes mean something else in between.
      if (written.size() < 2 || written.front() != '`' ||
          written.back() != '`' ||
          written.drop_front().drop_back().find_first_of("\\\"`") !=
              llvm::StringRef::npos)
        continue;
      Range whole = place.range;
      finding.fix("write $(...)", true,
                  {{{whole.begin, whole.begin + 1}, "$("},
                   {{whole.end - 1, whole.end}, ")"}});
    }
}

} // namespace

STARTON_CHECK(backticks) = {
    .name = "backticks",
    .summary = "a command substitution is written with backticks",
    .profiles = ChromeOS,
    .needs = NeedShell,
    .fix = FixKind::Safe,
    .dialect = Dialect::ChromeOS,
    .doc = R"(
ChromiumOS writes `$(...)`: it nests without backslashes, and quotes inside it are those of any command.
)",
    .bad = R"(
description "counts"
author "a@example.com"
start on startup
oom score -100
script
  exec /usr/sbin/food «`cat /etc/food`»
end script
)",
    .good = R"(
description "counts"
author "a@example.com"
start on startup
oom score -100
script
  exec /usr/sbin/food $(cat /etc/food)
end script
)",
    .run = run};

} // namespace starton::check
