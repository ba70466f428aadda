// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Check/Context.h"
#include "starton/Shell/ShellTexts.h"
#include "llvm/ADT/STLExtras.h"

namespace starton::check {

namespace {

/// The directories that every PATH holds.
constexpr llvm::StringLiteral Directories[] = {"/bin/", "/sbin/", "/usr/bin/",
                                               "/usr/sbin/"};

void checkWord(Context &context, const shell::ShellText &text,
               const shell::Word &word) {
  for (llvm::StringRef directory : Directories) {
    llvm::StringRef name = word.value;
    if (!name.consume_front(directory) || name.empty() || name.contains('/'))
      continue;
    Place place = {text.file, text.inFile(word.range)};
    Finding finding = context.report(place, "write " + quoted(name) +
                                                ", which PATH finds, without " +
                                                quoted(directory.drop_back()));
    // Nothing but the directory goes: quotes would be in the way.
    if (context.system().text(place) == word.value)
      finding.fix(
          "leave the directory away", false,
          {{{place.range.begin,
             place.range.begin + static_cast<uint32_t>(directory.size())},
            ""}});
    return;
  }
}

void checkCommand(Context &context, const shell::ShellText &text,
                  const shell::Command &command) {
  for (const shell::Layer &layer : text.facts.layersOf(command)) {
    if (layer.word != shell::None && text.facts.words[layer.word].isLiteral)
      checkWord(context, text, text.facts.words[layer.word]);
    // What it runs is not looked for in PATH.
    if (layer.kind == shell::WrapperKind::Minijail)
      return;
  }
}

void run(Context &context) {
  for (const shell::ShellText &text : context.system().shell().all())
    for (const shell::Command &command : text.facts.commands)
      checkCommand(context, text, command);
}

} // namespace

STARTON_CHECK(absoluteCommandPath) = {
    .name = "absolute-command-path",
    .summary =
        "a command of a directory in PATH is written with that directory",
    .profiles = ChromeOS,
    .needs = NeedShell,
    .fix = FixKind::Unsafe,
    .dialect = Dialect::ChromeOS,
    .doc = R"(
ChromiumOS writes commands by their names: PATH of a job holds `/bin`, `/sbin`, `/usr/bin` and `/usr/sbin`, and a program may move between them.
The program that `minijail0` runs is left alone: it is not looked for in PATH.

The fix is unsafe: where PATH holds other directories in front of these, another program may be found.
)",
    .bad = R"(
description "counts"
author "a@example.com"
start on startup
oom score -100
pre-start exec «/sbin/minijail0» -u food -- /usr/sbin/food --prepare
exec «/usr/sbin/food» --quiet
)",
    .good = R"(
description "counts"
author "a@example.com"
start on startup
oom score -100
pre-start exec minijail0 -u food -- /usr/sbin/food --prepare
exec food --quiet
)",
    .run = run};

} // namespace starton::check
