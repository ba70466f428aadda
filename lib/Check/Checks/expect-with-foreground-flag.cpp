// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Check/Context.h"
#include "starton/Shell/Forks.h"
#include "starton/Shell/ShellTexts.h"
#include "llvm/ADT/STLExtras.h"

namespace starton::check {

namespace {

/// Whether a wrapper becomes what it runs and forks for nothing by itself, as
/// `minijail0 -i` does.
bool isTransparent(shell::WrapperKind kind) {
  switch (kind) {
  case shell::WrapperKind::Program:
  case shell::WrapperKind::Exec:
  case shell::WrapperKind::Command:
  case shell::WrapperKind::Env:
  case shell::WrapperKind::Nice:
  case shell::WrapperKind::Ionice:
  case shell::WrapperKind::Chrt:
  case shell::WrapperKind::Taskset:
  case shell::WrapperKind::Nohup:
  case shell::WrapperKind::Chroot:
  case shell::WrapperKind::Stdbuf:
  case shell::WrapperKind::Setpriv:
  case shell::WrapperKind::Cgexec:
    return true;
  default:
    return false;
  }
}

/// The command that the daemon is run by, or null.
const shell::Command *daemonOf(const shell::ShellFacts &facts) {
  if (facts.withoutShell)
    return facts.commands.empty() ? nullptr : &facts.commands.front();
  uint32_t exec = shell::finalExec(facts);
  return exec == shell::None ? nullptr : &facts.commands[exec];
}

void checkMain(Context &context, const sema::Job &job,
               const shell::ShellText &text) {
  const shell::ShellFacts &facts = text.facts;
  const shell::Command *command = daemonOf(facts);
  if (!command)
    return;
  llvm::StringRef program = facts.programOf(*command);
  if (program.empty() ||
      !llvm::all_of(facts.layersOf(*command), [](const shell::Layer &wrapper) {
        return isTransparent(wrapper.kind);
      }))
    return;
  const shell::Layer &layer = facts.layersOf(*command).back();
  llvm::ArrayRef<shell::Word> arguments =
      llvm::ArrayRef<shell::Word>(facts.words)
          .slice(layer.firstArgument, layer.endWord - layer.firstArgument);
  uint32_t flag = shell::foregroundFlag(program, arguments);
  if (flag == shell::None)
    return;
  std::string expect = sema::expectName(job.expect.value);
  context
      .report({text.file, text.inFile(arguments[flag].range)},
              quoted(arguments[flag].value) + " keeps " + quoted(program) +
                  " in the foreground, and the start waits for ever for the "
                  "fork that 'expect " +
                  expect + "' announces; drop one of them")
      .note(context.system(), placeOf(job.expect.origin),
            "a fork is expected here");
}

void run(Context &context) {
  context.forEachMain([&](const sema::Job &job, const shell::ShellText &text) {
    if (countsForks(job))
      checkMain(context, job, text);
  });
}

} // namespace

STARTON_CHECK(expectWithForegroundFlag) = {
    .name = "expect-with-foreground-flag",
    .summary = "a daemon is told to stay in the foreground, and to fork is "
               "expected of it",
    .severity = Severity::Error,
    .needs = NeedShell,
    .doc = R"(
With `expect fork` and `expect daemon` a start is over when the main process has forked once or twice.
A daemon with an option that keeps it in the foreground (`cron -f`, `sshd -D`, `dbus-daemon --nofork` ...) never does, so the job stays in `spawned`, `start` does not return, and nothing that waits for `started` happens.

Known are the options of some eighty daemons, by their manuals, also of several letters together (`sshd -eD`), and the settings that `nginx -g` and `apache2 -D` take.
Best keep the option and remove `expect`: Upstart then follows the process that it started itself, which cannot go wrong.
)",
    .bad = R"(
start on startup
expect fork
exec /usr/sbin/cron «-f»
)",
    .good = R"(
start on startup
exec /usr/sbin/cron -f
)",
    .run = run};

} // namespace starton::check
