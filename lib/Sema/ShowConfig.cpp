// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What `initctl show-config` prints (runtime §8.5).

#include "starton/Sema/JobSet.h"
#include "llvm/ADT/StringSwitch.h"

namespace starton::sema {

namespace {

void printMatch(const ConditionNode &node, llvm::raw_ostream &os) {
  os << node.name;
  for (const std::string &operand : node.operands)
    os << ' ' << operand;
}

/// In-order, with a stack of its own: depth is up to the input.
void printCondition(const Condition &condition, llvm::raw_ostream &os) {
  struct Step {
    uint32_t node;
    enum { Open, Middle, Close } at;
  };
  std::vector<Step> stack;
  stack.push_back(
      {static_cast<uint32_t>(condition.nodes.size() - 1), Step::Open});
  while (!stack.empty()) {
    Step step = stack.back();
    stack.pop_back();
    const ConditionNode &node = condition.nodes[step.node];
    if (node.kind == ast::NodeKind::Match) {
      printMatch(node, os);
    } else if (step.at == Step::Open) {
      os << '(';
      stack.push_back({step.node, Step::Middle});
      stack.push_back({node.left, Step::Open});
    } else if (step.at == Step::Middle) {
      os << (node.kind == ast::NodeKind::And ? " and " : " or ");
      stack.push_back({step.node, Step::Close});
      stack.push_back({step.node - 1, Step::Open});
    } else {
      os << ')';
    }
  }
}

bool isJobEvent(llvm::StringRef name) {
  return llvm::StringSwitch<bool>(name)
      .Cases("starting", "started", "stopping", "stopped", true)
      .Default(false);
}

/// One line per leaf, left to right. The job of a job event is its first
/// operand when that has no key, or else the value of JOB.
void enumerateCondition(llvm::StringRef keyword, const Condition &condition,
                        llvm::raw_ostream &os) {
  for (const ConditionNode &node : condition.nodes) {
    if (node.kind != ast::NodeKind::Match)
      continue;
    llvm::StringRef job;
    std::string rest;
    bool jobEvent = isJobEvent(node.name);
    for (size_t i = 0; i != node.operands.size(); ++i) {
      llvm::StringRef operand = node.operands[i];
      if (jobEvent && job.empty() && i == 0 && !operand.contains('='))
        job = operand;
      else if (jobEvent && job.empty() && operand.starts_with("JOB="))
        job = operand.drop_front(4);
      else
        (rest += ' ').append(operand.begin(), operand.end());
    }
    os << "  " << keyword << " on " << node.name
       << " (job:" << (job.empty() ? "" : " ") << job << ", env:" << rest
       << ")\n";
  }
}

void printStanza(llvm::StringRef keyword, const Condition &condition,
                 bool enumerate, llvm::raw_ostream &os) {
  if (condition.empty())
    return;
  if (enumerate)
    return enumerateCondition(keyword, condition, os);
  os << "  " << keyword << " on ";
  printCondition(condition, os);
  os << '\n';
}

} // namespace

std::string conditionText(const Condition &condition) {
  std::string text;
  llvm::raw_string_ostream os(text);
  if (!condition.empty())
    printCondition(condition, os);
  return text;
}

void printShowConfig(const Job &job, bool enumerate, llvm::raw_ostream &os) {
  os << job.name << '\n';
  for (const Text &event : job.emits)
    os << "  emits " << event.value << '\n';
  printStanza("start", job.startOn, enumerate, os);
  printStanza("stop", job.stopOn, enumerate, os);
}

void printShowConfig(const JobSet &set, bool enumerate, llvm::raw_ostream &os) {
  for (uint32_t index : set.listOrder())
    printShowConfig(set.jobs[index], enumerate, os);
}

} // namespace starton::sema
