// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Basic/Stanzas.h"
#include "starton/Check/Context.h"

namespace starton::check {

namespace {

/// A stanza stands behind all of a lower `last` and before all of a higher
/// `first`. Equal ones may be in any order.
struct Rank {
  unsigned first = 0, last = 0;
};

Rank rankOf(StanzaKind kind) {
  switch (kind) {
  case StanzaKind::Description:
    return {0, 0};
  case StanzaKind::Author:
    return {1, 1};
  case StanzaKind::Start:
    return {3, 3};
  case StanzaKind::Stop:
    return {4, 4};
  case StanzaKind::Task:
  case StanzaKind::Normal:
    return {5, 5};
  case StanzaKind::Respawn:
  case StanzaKind::Expect: // here, or right in front of the main process
    return {5, 6};
  case StanzaKind::PreStart:
  case StanzaKind::PostStart:
  case StanzaKind::PreStop:
  case StanzaKind::PostStop:
    return {6, 7};
  case StanzaKind::Exec:
  case StanzaKind::Script:
    return {7, 7};
  default: // settings: anywhere between the author and the processes
    return {2, 5};
  }
}

std::string spelling(const ast::Statement &statement) {
  std::string keyword(stanzaInfo(statement.kind).spelling);
  bool hasCondition =
      statement.kind == StanzaKind::Start || statement.kind == StanzaKind::Stop;
  return "'" + keyword + (hasCondition ? " on'" : "'");
}

void runOnFile(Context &context, uint32_t file) {
  const System &system = context.system();
  const ast::Statement *latest = nullptr;
  for (const ast::Statement &statement : system.tree(file).statements) {
    Rank rank = rankOf(statement.kind);
    if (latest && rank.last < rankOf(latest->kind).first)
      context
          .report({file, statement.keyword()},
                  spelling(statement) + " belongs before " + spelling(*latest))
          .note(system, {file, latest->keyword()},
                spelling(*latest) + " is here");
    else if (!latest || rank.first > rankOf(latest->kind).first)
      latest = &statement;
  }
}

void run(Context &context) {
  context.forEachFile([&](uint32_t file) { runOnFile(context, file); });
}

} // namespace

STARTON_CHECK(stanzaOrder) = {.name = "stanza-order",
                              .summary = "stanzas in another order than agreed",
                              .profiles = ChromeOS,
                              .dialect = Dialect::ChromeOS,
                              .doc = R"(
The job files of ChromiumOS have their stanzas in one order:

1. `description`
2. `author`
3. `start on`
4. `stop on`
5. `respawn`, `task`, `expect`, `normal exit`
6. the processes: `pre-start`, `exec` or `script`, `post-start`, `pre-stop`, `post-stop`

`respawn` and `expect` may also stand between `pre-start` and the main process.
Everything else (`oom`, `env`, `limit`, `import` ...) stands anywhere between the author and the processes.
A stanza elsewhere works as well, but is not found where people look for it: one below a long script is often taken for missing, and written a second time, when only the last of the two counts.

Move the stanza, with the comment that belongs to it.
)",
                              .bad = R"(
#--- food.conf
description "Start the food daemon"
author "chromium-os-dev@chromium.org"
stop on stopping ui
«start» on startup
pre-start script
  mkdir -p /run/food
end script
«oom» score -100
exec /usr/bin/food
#--- ui.conf
description "Start the user interface"
author "chromium-os-dev@chromium.org"
start on startup
oom score -100
exec /usr/bin/ui
)",
                              .good = R"(
#--- food.conf
description "Start the food daemon"
author "chromium-os-dev@chromium.org"
start on startup
stop on stopping ui
oom score -100
pre-start script
  mkdir -p /run/food
end script
exec /usr/bin/food
#--- ui.conf
description "Start the user interface"
author "chromium-os-dev@chromium.org"
start on startup
oom score -100
exec /usr/bin/ui
)",
                              .run = run};

} // namespace starton::check
