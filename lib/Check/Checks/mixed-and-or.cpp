// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Check/Context.h"

namespace starton::check {

namespace {

/// The nodes of one condition with the parentheses between them.
class Expression {
public:
  Expression(const System &system, const sema::Condition &condition)
      : condition(condition),
        text(system.source(condition.origin.file).text()) {
    uint32_t size = static_cast<uint32_t>(condition.nodes.size());
    std::vector<uint32_t> order(size);
    for (uint32_t i = 0; i != size; ++i) {
      order[i] = i;
      const sema::ConditionNode &node = condition.nodes[i];
      firstLeaf.push_back(
          node.kind == ast::NodeKind::Match ? i : firstLeaf[node.left]);
    }
    llvm::sort(order, [&](uint32_t left, uint32_t right) {
      return range(left).begin < range(right).begin;
    });
    depth.resize(size);
    endBefore.resize(size);
    for (uint32_t i = 1; i < size; ++i)
      readGap(order[i - 1], order[i]);
  }

  Range range(uint32_t node) const {
    return condition.nodes[node].origin.range;
  }
  /// How many parentheses are open in front of a node, against the first.
  int depthOf(uint32_t node) const { return depth[node]; }
  /// Where the operand of an operator's left side begins and ends. An opening
  /// parenthesis of its own makes no difference to where another is put.
  uint32_t leftBegin(uint32_t node) const {
    return range(firstLeaf[node]).begin;
  }
  uint32_t leftEnd(uint32_t node) const { return endBefore[node]; }

private:
  /// Only blanks, parentheses and comments stand between two nodes.
  void readGap(uint32_t left, uint32_t right) {
    depth[right] = depth[left];
    endBefore[right] = range(left).end;
    for (size_t at = range(left).end; at < range(right).begin; ++at) {
      if (text[at] == '#')
        at = text.find('\n', at);
      else if (text[at] == '(')
        ++depth[right];
      else if (text[at] == ')') {
        --depth[right];
        endBefore[right] = static_cast<uint32_t>(at) + 1;
      }
    }
  }

  const sema::Condition &condition;
  llvm::StringRef text;
  std::vector<uint32_t> firstLeaf, endBefore;
  std::vector<int> depth;
};

void runOn(Context &context, const sema::Condition &condition) {
  using ast::NodeKind;
  bool hasOr = false, hasAnd = false;
  for (const sema::ConditionNode &node : condition.nodes) {
    hasOr |= node.kind == NodeKind::Or;
    hasAnd |= node.kind == NodeKind::And;
  }
  if (!hasOr || !hasAnd)
    return;
  Expression expression(context.system(), condition);
  for (uint32_t i = 0; i != condition.nodes.size(); ++i) {
    const sema::ConditionNode &node = condition.nodes[i];
    if (node.kind != NodeKind::And ||
        condition.nodes[node.left].kind != NodeKind::Or ||
        expression.depthOf(node.left) != expression.depthOf(i))
      continue;
    uint32_t file = condition.origin.file;
    uint32_t begin = expression.leftBegin(i);
    uint32_t end = expression.leftEnd(i);
    context
        .report({file, expression.range(i)},
                "'and' does not bind more tightly than 'or': it joins all that "
                "stands before it; add parentheses")
        .note(context.system(), {file, expression.range(node.left)},
              "this 'or' comes first")
        .fix("show what it means", true,
             {{{begin, begin}, "("}, {{end, end}, ")"}});
  }
}

void run(Context &context) {
  for (const sema::Job &job : context.jobs()) {
    runOn(context, job.startOn);
    runOn(context, job.stopOn);
  }
}

} // namespace

STARTON_CHECK(mixedAndOr) = {
    .name = "mixed-and-or",
    .summary = "'or' and then 'and' without parentheses",
    .fix = FixKind::Safe,
    .doc = R"(
In a condition `and` and `or` have the same precedence and are read from left to right, unlike in nearly every other language.
`A or B and C` means `(A or B) and C`: `A` alone does not start the job.

The fix adds the parentheses that show what the condition means now.
Where `A or (B and C)` was meant, put them there.
`A and B or C` is no finding: it means the same either way.
)",
    .bad = R"(
start on filesystem or runlevel [2345] «and» net-device-up IFACE=eth0
stop on runlevel [016]
exec /usr/sbin/food
)",
    .good = R"(
start on (filesystem or runlevel [2345]) and net-device-up IFACE=eth0
stop on runlevel [016]
exec /usr/sbin/food
)",
    .run = run};

} // namespace starton::check
