// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Check/Context.h"
#include "starton/Shell/Forks.h"
#include "starton/Shell/ShellTexts.h"

namespace starton::check {

namespace {

using shell::ShellFacts;
using shell::WrapperKind;

/// What one text is checked with.
struct Subject {
  Context &context;
  const sema::Job &job;
  const shell::ShellText &text;

  const ShellFacts &facts() const { return text.facts; }

  void report(Range range, const llvm::Twine &message) const {
    Finding finding = context.report({text.file, text.inFile(range)}, message);
    if (countsForks(job))
      finding.note(context.system(), placeOf(job.expect.origin),
                   "forks are counted here");
  }
};

/// `su` and `sudo` fork to look after the session, whatever they run.
bool checkSession(const Subject &subject, const shell::Command &command) {
  const ShellFacts &facts = subject.facts();
  for (const shell::Layer &layer : facts.layersOf(command)) {
    if (layer.kind != WrapperKind::Su && layer.kind != WrapperKind::Sudo)
      continue;
    const shell::Word &name = facts.words[layer.word];
    subject.report(name.range,
                   quoted(name.value) +
                       " forks by itself and waits, so 'expect' follows the "
                       "wrong process; use 'setuid'");
    return true;
  }
  return false;
}

/// Whether -b is among options of one letter written together; a letter that
/// takes a value ends them (`-Sbp FILE`).
bool hasBackgroundLetter(llvm::StringRef word) {
  if (!word.consume_front("-") || word.starts_with("-"))
    return false;
  return word
      .take_while([](char letter) {
        return llvm::StringRef("STKHVtoqvbmCB").contains(letter);
      })
      .contains('b');
}

/// Whether start-stop-daemon is asked to go to the background. Only options in
/// front of `--` are its own.
const shell::Word *backgroundOption(const ShellFacts &facts,
                                    const shell::Layer &layer) {
  for (uint32_t at = layer.firstArgument; at < layer.endWord; ++at) {
    const shell::Word &word = facts.words[at];
    if (word.value == "--")
      return nullptr;
    if (word.isLiteral &&
        (word.value == "--background" || hasBackgroundLetter(word.value)))
      return &word;
  }
  return nullptr;
}

bool checkStartStop(const Subject &subject, const shell::Command &command) {
  const ShellFacts &facts = subject.facts();
  for (const shell::Layer &layer : facts.layersOf(command)) {
    if (layer.kind != WrapperKind::StartStopDaemon)
      continue;
    const shell::Word *option = backgroundOption(facts, layer);
    if (!option || countsForks(subject.job) || subject.job.task.value)
      return false;
    subject.report(option->range,
                   "with " + quoted(option->value) +
                       " start-stop-daemon ends at once and the job with it; "
                       "leave the option away");
    return true;
  }
  return false;
}

/// The shell stays in front of what it runs last.
void checkLastCommand(const Subject &subject) {
  const ShellFacts &facts = subject.facts();
  if (!facts.complete || facts.usesEval || !countsForks(subject.job))
    return;
  // What is forked for first is followed.
  for (const shell::Command &command : facts.commands)
    if (command.is(shell::InBackground) && !command.is(shell::InFunction))
      return;
  for (const shell::Command &command : facts.commands) {
    if (command.is(shell::InFunction) || command.is(shell::InSubstitution) ||
        command.is(shell::InBackground) || command.is(shell::InSubshell) ||
        command.is(shell::InLoop) || command.is(shell::InCondition))
      continue;
    llvm::StringRef name = facts.nameOf(command);
    if (name.empty() || shell::isBuiltin(name))
      continue;
    const shell::Scope &scope = facts.scopes[command.scope];
    if (command.is(shell::InPipeline) && scope.parent == 0 &&
        scope.range.end + 1 >= facts.text.rtrim().size()) {
      subject.report(scope.range, "each part of the pipeline is forked for, so "
                                  "'expect' follows the wrong process");
      return;
    }
    if (!command.is(shell::IsTail))
      continue;
    subject.report(facts.words[command.firstWord].range,
                   "the shell forks for " + quoted(name) +
                       " and waits, and 'expect' counts that fork; put 'exec' "
                       "in front");
    return;
  }
}

void checkMain(const Subject &subject) {
  const ShellFacts &facts = subject.facts();
  uint32_t exec = shell::finalExec(facts);
  if (exec == shell::None && !facts.withoutShell) {
    for (const shell::Command &command : facts.commands)
      if (command.is(shell::IsTail) && checkStartStop(subject, command))
        return;
    return checkLastCommand(subject);
  }
  if (facts.commands.empty())
    return;
  const shell::Command &command =
      facts.commands[exec == shell::None ? 0 : exec];
  if (countsForks(subject.job) && checkSession(subject, command))
    return;
  checkStartStop(subject, command);
}

void run(Context &context) {
  context.forEachMain([&](const sema::Job &job, const shell::ShellText &text) {
    checkMain({context, job, text});
  });
}

} // namespace

STARTON_CHECK(wrapperHidesProcess) = {
    .name = "wrapper-hides-process",
    .summary = "a program between init and the daemon is followed instead of "
               "it",
    .needs = NeedShell,
    .doc = R"(
Upstart follows the process that it started, or under `expect fork` and `expect daemon` what that process forked.
A program that stands in between is followed instead:

- `su` and `sudo` fork by themselves and wait; `setuid` and `setgid` do without them;
- a shell that runs the daemon without `exec` forks for it, and so it does for each part of a pipeline;
- `start-stop-daemon --background` forks and ends, and the job is over before the daemon has begun (reported without `expect` too).

The job is then taken for ended while the daemon runs, hangs in its start, or `stop` ends the wrong process.
)",
    .bad = R"(
start on startup
expect fork
exec «su» -s /bin/sh -c "exec food" foo
)",
    .good = R"(
start on startup
expect fork
setuid foo
exec food
)",
    .run = run};

} // namespace starton::check
