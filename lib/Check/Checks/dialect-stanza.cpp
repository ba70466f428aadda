// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Basic/Stanzas.h"
#include "starton/Check/Context.h"

namespace starton::check {

namespace {

/// Stanzas that a dialect reads and drops (language §11).
constexpr struct {
  Dialect dialect;
  StanzaKind kind;
} dropped[] = {{Dialect::ChromeOS, StanzaKind::Cgroup}};

bool isDropped(Dialect dialect, StanzaKind kind) {
  return llvm::any_of(dropped, [&](const auto &row) {
    return row.dialect == dialect && row.kind == kind;
  });
}

void run(Context &context) {
  const System &system = context.system();
  Dialect dialect = context.set().dialect;
  for (const sema::Job &job : context.jobs())
    system.forEachStatement(job, [&](uint32_t file,
                                     const ast::Statement &statement) {
      if (!isDropped(dialect, statement.kind))
        return;
      std::string stanza(stanzaInfo(statement.kind).spelling);
      context
          .report({file, statement.keyword()},
                  quoted(stanza) + " has no effect in " + dialectName(dialect))
          .fix("remove it", true, {system.removal(file, statement)});
    });
}

} // namespace

STARTON_CHECK(dialectStanza) = {
    .name = "dialect-stanza",
    .summary = "a stanza that has no effect in this dialect",
    .fix = FixKind::Safe,
    .dialect = Dialect::ChromeOS,
    .doc = R"(
A stanza is accepted by the Upstart that the file is for (`--dialect`), but does nothing there: `cgroup` in `chromeos`.
Whoever relies on it, for instance for a limit of memory, has none.
(A stanza that the dialect does not have at all is an error of the syntax, `wrong-dialect`.)

Remove it, which the fix does, and set the limit by other means: ChromiumOS writes to `/sys/fs/cgroup` in pre-start.
)",
    .bad = R"(
#--- food.conf
start on started boot-services
stop on stopping boot-services
«cgroup» memory $UPSTART_CGROUP limit_in_bytes 52428800
exec /usr/sbin/food
#--- boot-services.conf
start on startup
)",
    .good = R"(
#--- food.conf
start on started boot-services
stop on stopping boot-services
exec /usr/sbin/food
#--- boot-services.conf
start on startup
)",
    .run = run};

} // namespace starton::check
