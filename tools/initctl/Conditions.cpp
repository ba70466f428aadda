// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Conditions.h"
#include "starton/Runtime/Control/Upstart.h"
#include <string_view>

namespace starton::initctl {

bool readCondition(const std::vector<std::vector<std::string>> &words,
                   Condition &condition) {
  condition.clear();
  std::vector<size_t> operands;
  for (const std::vector<std::string> &entry : words) {
    if (entry.empty())
      return false;
    ConditionNode node;
    bool isAnd = entry.front() == control::AndOperator;
    if (isAnd || entry.front() == control::OrOperator) {
      if (operands.size() < 2)
        return false;
      node.kind = isAnd ? ConditionNode::Kind::And : ConditionNode::Kind::Or;
      node.right = operands.back();
      operands.pop_back();
      node.left = operands.back();
      operands.pop_back();
    } else {
      node.words = entry;
    }
    operands.push_back(condition.size());
    condition.push_back(std::move(node));
  }
  return operands.size() <= 1;
}

static std::string joined(const std::vector<std::string> &words) {
  std::string text;
  for (const std::string &word : words)
    text += (&word == &words.front() ? "" : " ") + word;
  return text;
}

std::string conditionText(const Condition &condition) {
  // An explicit stack: conditions may be deeper than this program's own.
  enum class Step : uint8_t { Node, Operator, Close };
  struct Item {
    Step step;
    size_t node;
  };
  std::string text;
  std::vector<Item> todo;
  if (!condition.empty())
    todo.push_back({Step::Node, condition.size() - 1});
  while (!todo.empty()) {
    Item item = todo.back();
    todo.pop_back();
    const ConditionNode &node = condition[item.node];
    if (item.step == Step::Close) {
      text += ")";
    } else if (item.step == Step::Operator) {
      text += node.kind == ConditionNode::Kind::And ? " and " : " or ";
    } else if (node.isMatch()) {
      text += joined(node.words);
    } else {
      text += "(";
      todo.push_back({Step::Close, item.node});
      todo.push_back({Step::Node, node.right});
      todo.push_back({Step::Operator, item.node});
      todo.push_back({Step::Node, node.left});
    }
  }
  return text;
}

static bool isJobEvent(const std::string &event) {
  return event == "starting" || event == "started" || event == "stopping" ||
         event == "stopped";
}

LeafParts leafParts(const ConditionNode &leaf) {
  static constexpr std::string_view JobKey = "JOB=";
  LeafParts parts;
  bool open = isJobEvent(leaf.words.front());
  for (size_t i = 1; i < leaf.words.size(); ++i) {
    const std::string &word = leaf.words[i];
    bool positional = i == 1 && word.find('=') == std::string::npos;
    bool named = word.compare(0, JobKey.size(), JobKey) == 0;
    if (open && (positional || named)) {
      parts.job = named ? word.substr(JobKey.size()) : word;
      open = false;
      continue;
    }
    parts.environment.push_back(word);
  }
  return parts;
}

} // namespace starton::initctl
