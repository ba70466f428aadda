// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Check/Context.h"
#include "starton/Check/Variables.h"

namespace starton::check {

namespace {

/// Event and operands, each by the name of its variable where that is known:
/// `runlevel 2` is `runlevel RUNLEVEL=2`.
std::string keyOf(const Context &context, const Leaf &leaf) {
  const sema::ConditionNode &node = context.graph().nodeOf(leaf);
  std::string key = node.name;
  if (node.operands.empty())
    return key;
  const EventVariables &variables = variablesOf(context.system(), leaf);
  std::vector<std::string> operands;
  for (size_t i = 0; i != node.operands.size(); ++i) {
    bool isPositional = !parseOperand(node.operands[i]).named;
    if (isPositional && variables.known && i < variables.names.size())
      operands.push_back(variables.names[i] + "=" + node.operands[i]);
    else
      operands.push_back((isPositional ? std::to_string(i) + " " : "") +
                         node.operands[i]);
  }
  llvm::sort(operands);
  for (const std::string &operand : operands)
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
      starts.try_emplace(keyOf(context, leaf), &leaf);
    if (starts.empty())
      continue;
    for (const Leaf &leaf : graph.leavesOf(job, true)) {
      const sema::ConditionNode &node = graph.nodeOf(leaf);
      auto start = starts.find(keyOf(context, leaf));
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
The same event with the same operands stands in `start on` and in `stop on`; `runlevel 2` and `runlevel RUNLEVEL=2` are the same.
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
