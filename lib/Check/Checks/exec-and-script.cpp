// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Check/Context.h"

namespace starton::check {

namespace {

/// The last `exec` and the last `script` of one file; of several of a kind
/// duplicate-stanza tells.
void runOnFile(Context &context, uint32_t file) {
  const System &system = context.system();
  const ast::Statement *exec = nullptr, *script = nullptr;
  for (const ast::Statement &statement : system.tree(file).statements) {
    if (statement.kind == StanzaKind::Exec)
      exec = &statement;
    else if (statement.kind == StanzaKind::Script)
      script = &statement;
  }
  if (!exec || !script)
    return;
  bool execFirst = exec->range.begin < script->range.begin;
  const ast::Statement &first = execFirst ? *exec : *script;
  const ast::Statement &second = execFirst ? *script : *exec;
  llvm::StringRef unused = execFirst ? "exec" : "script";
  llvm::StringRef used = execFirst ? "script" : "exec";
  context
      .report({file, first.keyword()}, "'" + unused +
                                           "' is never run because a later '" +
                                           used + "' replaces it")
      .note(system, {file, second.keyword()}, "only this is run")
      .fix("remove '" + unused + "'", true, {system.removal(file, first)});
}

void run(Context &context) {
  context.forEachFile([&](uint32_t file) { runOnFile(context, file); });
}

} // namespace

STARTON_CHECK(execAndScript) = {
    .name = "exec-and-script",
    .summary = "a file has both 'exec' and 'script'",
    .fix = FixKind::Safe,
    .doc = R"(
A job has one main process. Of `exec` and `script` in one file the later one counts, and the other is dropped without a message, although the manual says that only one is permitted.
Often the `script` was meant to prepare something before the `exec`; it never runs.

Make the first one a `pre-start`, or move the command into the script with `exec` in front.
Where it is left over, remove it, which the fix does: nothing changes by that.
An override that replaces one by the other is no finding.
)",
    .bad = R"(
start on runlevel [2345]
stop on runlevel [016]
«script»
    mkdir -p /run/food
end script
exec /usr/sbin/food
)",
    .good = R"(
start on runlevel [2345]
stop on runlevel [016]
exec /usr/sbin/food
)",
    .run = run};

} // namespace starton::check
