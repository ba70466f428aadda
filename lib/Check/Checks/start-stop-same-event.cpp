// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Check/Context.h"

namespace starton::check {

namespace {

/// Event and operands.
std::string keyOf(const sema::ConditionNode &node) {
  std::string key = node.name;
  for (const std::string &operand : node.operands)
    key += '\0' + operand;
  return key;
}

bool hasAnd(const sema::Condition &condition) {
  return llvm::any_of(condition.nodes, [](const sema::ConditionNode &node) {
    return node.kind == ast::NodeKind::And;
  });
}

void run(Context &context) {
  const Graph &graph = context.graph();
  for (uint32_t job = 0; job != context.jobs().size(); ++job) {
    const sema::Job &owner = context.jobs()[job];
    // Each leaf alone makes its condition true.
    if (hasAnd(owner.startOn) || hasAnd(owner.stopOn))
      continue;
    llvm::StringMap<const Leaf *> starts;
    for (const Leaf &leaf : graph.leavesOf(job, false))
      starts.try_emplace(keyOf(graph.nodeOf(leaf)), &leaf);
    if (starts.empty())
      continue;
    for (const Leaf &leaf : graph.leavesOf(job, true)) {
      const sema::ConditionNode &node = graph.nodeOf(leaf);
      auto start = starts.find(keyOf(node));
      if (start == starts.end())
        continue;
      context
          .report(placeOf(node.origin),
                  "the event that starts the job stops it, too: it is "
                  "restarted each time")
          .note(context.system(), placeOf(graph.nodeOf(*start->second).origin),
                "it is started here");
    }
  }
}

} // namespace

STARTON_CHECK(startStopSameEvent) = {
    .name = "start-stop-same-event",
    .summary = "one event both starts and stops a job",
    .doc = R"(
The same event with the same operands stands in `start on` and in `stop on`.
Upstart looks at `stop on` first: a job that runs is restarted by the event, one that does not is started, and nothing but other events or a command ever stops it.

Name another event in `stop on`, such as `runlevel [016]`.
Where the job is meant to be restarted by the event, a comment and a suppression say so to the next reader.
)",
    .bad = R"(
start on runlevel [2345]
stop on «runlevel [2345]»
exec /usr/sbin/food
)",
    .good = R"(
start on runlevel [2345]
stop on runlevel [!2345]
exec /usr/sbin/food
)",
    .run = run};

} // namespace starton::check
