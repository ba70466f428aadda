// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Check/Context.h"
#include "starton/Shell/ShellTexts.h"
#include "llvm/ADT/STLExtras.h"

namespace starton::check {

namespace {

constexpr llvm::StringLiteral Commands[] = {
    "chgrp", "chmod", "chown", "cp", "ln", "mkdir", "mv", "rm", "touch"};

/// Whether something in front of the program may make it run as somebody else,
/// or elsewhere.
bool isConfined(llvm::ArrayRef<shell::Layer> layers) {
  return llvm::any_of(layers, [](const shell::Layer &layer) {
    switch (layer.kind) {
    case shell::WrapperKind::Chroot:
    case shell::WrapperKind::Su:
    case shell::WrapperKind::Sudo:
    case shell::WrapperKind::Minijail:
    case shell::WrapperKind::Capsh:
    case shell::WrapperKind::Setpriv:
      return true;
    default:
      return false;
    }
  });
}

/// `# croslint: disable` behind the command: reviewed, says ChromiumOS.
bool isReviewed(llvm::StringRef file, uint32_t begin) {
  llvm::StringRef line = file.drop_front(begin);
  size_t end = line.find('\n');
  while (end != llvm::StringRef::npos && end != 0 && line[end - 1] == '\\')
    end = line.find('\n', end + 1);
  auto [command, comment] = line.take_front(end).split("croslint:");
  return command.rtrim(" \t").ends_with("#") &&
         comment.ltrim(" \t").starts_with("disable");
}

bool runsAsRoot(const sema::Job &job) {
  return !job.setuid.isSet() || job.setuid.value == "root" ||
         job.setuid.value == "0";
}

void checkText(Context &context, const shell::ShellText &text) {
  const shell::ShellFacts &facts = text.facts;
  llvm::StringRef file = context.system().source(text.file).text();
  for (const shell::Command &command : facts.commands) {
    llvm::StringRef program = facts.programOf(command);
    if (!llvm::is_contained(Commands, program))
      continue;
    llvm::ArrayRef<shell::Layer> layers = facts.layersOf(command);
    Range range = text.inFile(facts.words[layers.back().word].range);
    if (isConfined(layers) || isReviewed(file, range.begin))
      continue;
    context.report({text.file, range},
                   quoted(program) +
                       " as root follows what others may have put there; "
                       "use a file of tmpfiles.d");
  }
}

void run(Context &context) {
  for (const shell::ShellText &text : context.system().shell().all())
    if (runsAsRoot(context.jobs()[text.job]))
      checkText(context, text);
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
ChromiumOS wants a file of `tmpfiles.d` for this (stanza `tmpfiles`), which looks before it follows.
What remains is reviewed by hand, and a comment `# croslint: disable` behind the command says so; it is then no finding.
Neither is what runs as another user (`setuid`, `minijail0`, `su` ...).
)",
    .bad = R"(
description "counts"
author "a@example.com"
start on startup
oom score -100
pre-start exec «mkdir» -p /run/food
exec food
post-stop script
  «rm» -f /run/food/stamp
end script
)",
    .good = R"(
description "counts"
author "a@example.com"
start on startup
oom score -100
tmpfiles /usr/lib/tmpfiles.d/food.conf
exec food
post-stop script
  rm -f /run/food/stamp # croslint: disable: only root writes there
end script
)",
    .run = run};

} // namespace starton::check
