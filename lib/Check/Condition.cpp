// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Check/Condition.h"

namespace starton::check {

namespace {

/// The value of every node. The right operand of an operator is the node
/// before it.
std::vector<bool> valuesOf(const sema::Condition &condition,
                           llvm::function_ref<bool(size_t leaf)> leaf) {
  std::vector<bool> values;
  values.reserve(condition.nodes.size());
  size_t leaves = 0;
  for (const sema::ConditionNode &node : condition.nodes) {
    if (node.kind == ast::NodeKind::Match) {
      values.push_back(leaf(leaves++));
      continue;
    }
    bool left = values[node.left], right = values.back();
    values.push_back(node.kind == ast::NodeKind::And ? left && right
                                                     : left || right);
  }
  return values;
}

} // namespace

bool evaluateCondition(const sema::Condition &condition,
                       llvm::function_ref<bool(size_t leaf)> leaf) {
  return !condition.empty() && valuesOf(condition, leaf).back();
}

std::optional<size_t> trueLeaf(const sema::Condition &condition,
                               llvm::function_ref<bool(size_t leaf)> leaf) {
  std::vector<std::optional<size_t>> found;
  found.reserve(condition.nodes.size());
  size_t leaves = 0;
  for (const sema::ConditionNode &node : condition.nodes) {
    if (node.kind == ast::NodeKind::Match) {
      size_t index = leaves++;
      found.push_back(leaf(index) ? std::optional(index) : std::nullopt);
      continue;
    }
    std::optional<size_t> left = found[node.left], right = found.back();
    if (node.kind == ast::NodeKind::And)
      found.push_back(right ? left : std::nullopt);
    else
      found.push_back(left ? left : right);
  }
  return found.empty() ? std::nullopt : found.back();
}

std::vector<size_t> falseLeaves(const sema::Condition &condition,
                                llvm::function_ref<bool(size_t leaf)> leaf) {
  std::vector<size_t> result;
  std::vector<bool> values = valuesOf(condition, leaf);
  if (values.empty() || values.back())
    return result;
  // Which nodes have to do with it; parents come behind their children.
  std::vector<bool> blamed(values.size());
  blamed.back() = true;
  for (size_t i = values.size(); i-- != 0;) {
    const sema::ConditionNode &node = condition.nodes[i];
    if (!blamed[i] || node.kind == ast::NodeKind::Match)
      continue;
    bool both = node.kind == ast::NodeKind::Or;
    if (!values[node.left])
      blamed[node.left] = true;
    if (!values[i - 1] && (both || values[node.left]))
      blamed[i - 1] = true;
  }
  size_t leaves = 0;
  for (size_t i = 0; i != values.size(); ++i)
    if (condition.nodes[i].kind == ast::NodeKind::Match) {
      if (blamed[i])
        result.push_back(leaves);
      ++leaves;
    }
  return result;
}

std::vector<bool> sufficientLeaves(const sema::Condition &condition) {
  std::vector<bool> result;
  size_t size = condition.nodes.size();
  // Nothing but `or` is above them; parents come behind their children.
  std::vector<bool> alone(size);
  if (size != 0)
    alone.back() = true;
  for (size_t i = size; i-- != 0;)
    if (alone[i] && condition.nodes[i].kind == ast::NodeKind::Or)
      alone[condition.nodes[i].left] = alone[i - 1] = true;
  for (size_t i = 0; i != size; ++i)
    if (condition.nodes[i].kind == ast::NodeKind::Match)
      result.push_back(alone[i]);
  return result;
}

} // namespace starton::check
