// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Check/Context.h"
#include "starton/Shell/Forks.h"
#include "starton/Shell/ShellTexts.h"

namespace starton::check {

namespace {

std::string describe(const shell::ShellFacts &facts, const shell::Fork &fork) {
  llvm::StringRef name = facts.nameOf(facts.commands[fork.command]);
  switch (fork.kind) {
  case shell::ForkKind::Program:
    return "for " + quoted(name);
  case shell::ForkKind::Pipeline:
    return "for a pipeline";
  case shell::ForkKind::Background:
    return "for a command in the background";
  case shell::ForkKind::Subshell:
    return "for a subshell";
  case shell::ForkKind::Substitution:
    return "for a command substitution";
  }
  return {};
}

void checkMain(Context &context, const sema::Job &job,
               const shell::ShellText &text) {
  const shell::ShellFacts &facts = text.facts;
  if (!facts.complete)
    return;
  uint32_t exec = shell::finalExec(facts);
  if (exec == shell::None)
    return;
  // ChromiumOS has a dash that runs a program by vfork, which is not counted.
  std::vector<shell::Fork> forks = shell::forksBefore(
      facts, exec, context.set().dialect != Dialect::ChromeOS);
  if (forks.empty())
    return;
  // What happens in any case tells more than what may happen.
  const shell::Fork *first = &forks.front();
  for (const shell::Fork &fork : forks)
    if (!fork.conditional) {
      first = &fork;
      break;
    }
  std::string expect = sema::expectName(job.expect.value);
  Finding finding = context.report(
      {text.file, text.inFile(first->range)},
      "the shell forks " + describe(facts, *first) +
          " before the last exec, and 'expect " + expect +
          "' takes that process for the daemon; move it to pre-start");
  if (first->call != shell::None)
    finding.note(context.system(),
                 {text.file, text.inFile(facts.commands[first->call].range)},
                 "the function is called here");
  finding.note(context.system(), placeOf(job.expect.origin),
               "forks are counted here");
}

void run(Context &context) {
  context.forEachMain([&](const sema::Job &job, const shell::ShellText &text) {
    if (countsForks(job))
      checkMain(context, job, text);
  });
}

} // namespace

STARTON_CHECK(expectAfterFork) = {
    .name = "expect-after-fork",
    .summary = "the shell forks before the daemon that 'expect' is to follow",
    .severity = Severity::Error,
    .needs = NeedShell,
    .doc = R"(
Under `expect fork` and `expect daemon` Upstart counts the forks of the job's first process, and takes the process of the first or second fork for the daemon.
That first process is the shell where the main process is a script, or a command with characters of the shell in it.
Every program that the shell runs, every `$(...)`, pipeline and subshell is a fork, so Upstart follows `mkdir` or `cat` instead of the daemon: the job is taken for ended, or hangs in its start, and `stop` does not reach the daemon.

Since version 0.5.11 dash uses vfork for a program alone, which Upstart does not count; so with the dialect `chromeos` programs are left out, and `$(...)`, pipelines and subshells are not.

A function counts where it is called, for what it forks for by itself or in functions that it calls; one that is never called, or that always ends in `exit`, does not.

Builtins (`[`, `echo`, `cd`, `.`, `export` ...) do not fork, and neither does `exec`.
Everything else belongs into `pre-start`; or let the daemon stay in the foreground and drop `expect`.
)",
    .bad = R"(
start on startup
expect daemon
script
  «mkdir -p /run/food»
  exec /usr/sbin/food
end script
)",
    .good = R"(
start on startup
expect daemon
pre-start exec mkdir -p /run/food
script
  [ -r /etc/default/food ] && . /etc/default/food
  exec /usr/sbin/food
end script
)",
    .run = run};

} // namespace starton::check
