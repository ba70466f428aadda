// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Check/Context.h"
#include "starton/Check/Scan.h"

namespace starton::check {

namespace {

/// Reports a '#' that directly follows \p text, of a command or a value.
void checkEnd(Context &context, uint32_t file, Range text,
              const llvm::Twine &what) {
  llvm::StringRef all = context.system().source(file).text();
  if (text.empty() || text.end >= all.size() || all[text.end] != '#')
    return;
  Range line = lineAt(all, text.end);
  llvm::StringRef comment = all.slice(text.end, line.end);
  Range range = {text.end, text.end + static_cast<uint32_t>(
                                          comment.rtrim(" \t\r").size())};
  context.report({file, range}, "'#' begins a comment even inside a word: " +
                                    what + " ends in front of it; quote it");
}

void runOn(Context &context, uint32_t file, const ast::Statement &statement) {
  if (statement.process == ast::Statement::Process::Command)
    return checkEnd(context, file, statement.textRange, "the command");
  switch (statement.kind) {
  case StanzaKind::Env:
  case StanzaKind::Instance:
  case StanzaKind::Chdir:
  case StanzaKind::Chroot:
    break;
  default:
    return; // `respawn#why` loses nothing
  }
  const ast::File &tree = context.system().tree(file);
  for (const ast::Word &word : tree.wordsOf(statement))
    checkEnd(context, file, word.range, "the value");
}

void run(Context &context) {
  for (const sema::Job &job : context.jobs())
    context.system().forEachStatement(
        job, [&](uint32_t file, const ast::Statement &statement) {
          runOn(context, file, statement);
        });
}

} // namespace

STARTON_CHECK(commentCutsCommand) = {
    .name = "comment-cuts-command",
    .summary = "a '#' inside a word cuts off the rest of a command or value",
    .doc = R"(
In a shell `#` begins a comment only at the beginning of a word. In a job file it does everywhere outside quotes, also in the command of `exec`: `exec food $#` runs `food $`, `${#LIST}` becomes `${`, and an address loses what stands behind `#`.

Put the word into quotes, or the command into a `script`, where `#` means what it means to the shell.
A comment with a blank in front of it is one for the shell, too, and no finding.
)",
    .bad = R"(
start on runlevel [2345]
stop on runlevel [016]
env START=http://localhost/«#overview»
exec /usr/sbin/food --colour=«#ff8000 --listen»
)",
    .good = R"(
start on runlevel [2345]
stop on runlevel [016]
env START="http://localhost/#overview"
exec /usr/sbin/food --colour="#ff8000" --listen # on all interfaces
)",
    .run = run};

} // namespace starton::check
