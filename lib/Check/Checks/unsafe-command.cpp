// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Check/Context.h"
#include "starton/Shell/ShellTexts.h"
#include "llvm/ADT/STLExtras.h"

namespace starton::check {

namespace {

constexpr llvm::StringLiteral Commands[] = {
    "chgrp", "chmod", "chown", "cp", "ln", "mkdir", "mv", "rm", "touch"};

void run(Context &context) {
  for (const shell::ShellText &text : context.system().shell().all())
    for (const shell::Command &command : text.facts.commands) {
      llvm::StringRef program = text.facts.programOf(command);
      if (!llvm::is_contained(Commands, program))
        continue;
      const shell::Layer &layer = text.facts.layersOf(command).back();
      context.report(
          {text.file, text.inFile(text.facts.words[layer.word].range)},
          quoted(program) + " as root follows what others may have put there; "
                            "use a file of tmpfiles.d");
    }
}

} // namespace

STARTON_CHECK(unsafeCommand) = {
    .name = "unsafe-command",
    .summary =
        "a command that changes files, where ChromiumOS wants tmpfiles.d",
    .profiles = ChromeOS,
    .needs = NeedShell,
    .dialect = Dialect::ChromeOS,
    .doc = R"(
A job runs as root, and `chown`, `chgrp`, `chmod`, `mkdir`, `ln`, `rm`, `mv`, `cp` and `touch` follow symbolic links that a less privileged process may have made: a way from a broken daemon to root.
ChromiumOS wants a file of `tmpfiles.d` for this (stanza `tmpfiles`), which looks before it follows; what remains is reviewed by hand.
)",
    .bad = R"(
description "counts"
author "a@example.com"
start on startup
oom score -100
pre-start exec «mkdir» -p /run/food
exec food
)",
    .good = R"(
description "counts"
author "a@example.com"
start on startup
oom score -100
tmpfiles /usr/lib/tmpfiles.d/food.conf
exec food
)",
    .run = run};

} // namespace starton::check
