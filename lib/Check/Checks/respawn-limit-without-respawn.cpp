// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Check/Context.h"
#include "starton/Check/Scan.h"

namespace starton::check {

namespace {

/// `respawn` on a line of its own in front of \p statement, indented and ended
/// as that line is.
Edit lineBefore(const SourceBuffer &source, const ast::Statement &statement) {
  llvm::StringRef text = source.text();
  Range line = lineAt(text, statement.range.begin);
  uint32_t begin = line.begin;
  llvm::StringRef indentation = text.slice(begin, statement.range.begin);
  // `manual respawn limit 3 5`: more than blanks stands in front.
  if (!indentation.trim().empty()) {
    begin = statement.range.begin;
    indentation = {};
  }
  bool isDos = text.slice(line.begin, line.end).ends_with("\r");
  return {{begin, begin},
          (indentation + "respawn" + (isDos ? "\r\n" : "\n")).str()};
}

void run(Context &context) {
  const System &system = context.system();
  for (const sema::Job &job : context.jobs()) {
    const sema::Origin &origin = job.respawnLimit.origin;
    // An override alone: its job may have the `respawn`.
    if (!origin.known() || job.respawn.isSet() ||
        context.set().files[job.confFile].role == sema::FileRole::Override)
      continue;
    const ast::Statement &statement = system.statement(origin);
    context
        .report({origin.file, statement.keyword()},
                "'respawn limit' has no effect without 'respawn': the job is "
                "not respawned")
        .fix("add 'respawn'", false,
             {lineBefore(system.source(origin.file), statement)});
  }
}

} // namespace

STARTON_CHECK(respawnLimitWithoutRespawn) = {
    .name = "respawn-limit-without-respawn",
    .summary = "'respawn limit' without 'respawn'",
    .fix = FixKind::Unsafe,
    .doc = R"(
`respawn limit` sets how often a job may be respawned, not that it is: that takes a `respawn` of its own.
Without it the main process is not started again when it dies, and nothing says why.

Add `respawn`, which the fix does; or remove the limit where the job is not to be respawned.
The fix is unsafe because the job behaves differently afterwards.
)",
    .bad = R"(
start on runlevel [2345]
stop on runlevel [016]
«respawn» limit 10 60
exec /usr/sbin/food
)",
    .good = R"(
start on runlevel [2345]
stop on runlevel [016]
respawn
respawn limit 10 60
exec /usr/sbin/food
)",
    .run = run};

} // namespace starton::check
