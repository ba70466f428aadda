// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Builder.h"
#include <algorithm>

using namespace starton;
using namespace starton::shell;

namespace {

bool isStatement(NodeKind kind) {
  switch (kind) {
  case NodeKind::Command:
  case NodeKind::RedirectedStatement:
  case NodeKind::VariableAssignment:
  case NodeKind::VariableAssignments:
  case NodeKind::DeclarationCommand:
  case NodeKind::UnsetCommand:
  case NodeKind::TestCommand:
  case NodeKind::NegatedCommand:
  case NodeKind::ForStatement:
  case NodeKind::CStyleForStatement:
  case NodeKind::WhileStatement:
  case NodeKind::IfStatement:
  case NodeKind::CaseStatement:
  case NodeKind::Pipeline:
  case NodeKind::List:
  case NodeKind::CompoundStatement:
  case NodeKind::FunctionDefinition:
  case NodeKind::Subshell:
    return true;
  default:
    return false;
  }
}

bool isOperator(NodeKind kind) {
  return kind == NodeKind::Pipe || kind == NodeKind::PipeBoth ||
         kind == NodeKind::AndIf || kind == NodeKind::OrIf;
}

bool isPipe(NodeKind kind) {
  return kind == NodeKind::Pipe || kind == NodeKind::PipeBoth;
}

} // namespace

llvm::StringRef Builder::textOf(uint32_t node) const {
  const Node &n = tree.nodes[node];
  return facts.text.substr(n.begin, n.end - n.begin);
}

uint32_t Builder::openScope(ScopeKind kind, uint32_t parent, Range range) {
  facts.scopes.push_back({kind, parent, range});
  return static_cast<uint32_t>(facts.scopes.size()) - 1;
}

void Builder::push(uint32_t node, Place place) {
  Task task;
  task.node = node;
  task.place = place;
  tasks.push_back(task);
}

void Builder::run() {
  facts.scopes.clear();
  openScope(ScopeKind::Text, None,
            {0, static_cast<uint32_t>(facts.text.size())});
  facts.unknown = tree.errors;
  push(0, {0, IsTail});
  while (!tasks.empty()) {
    Task task = tasks.back();
    tasks.pop_back();
    size_t before = tasks.size();
    visit(task);
    std::reverse(tasks.begin() + static_cast<ptrdiff_t>(before), tasks.end());
  }
}

void Builder::visit(const Task &task) {
  if (task.node == None)
    return visitCommand(task);
  const Node &node = tree.nodes[task.node];
  Place place = task.place;
  switch (node.kind) {
  case NodeKind::Program:
    return visitStatements(task.node + 1, node.next, place);
  case NodeKind::Command:
  case NodeKind::VariableAssignment:
  case NodeKind::VariableAssignments:
  case NodeKind::DeclarationCommand:
  case NodeKind::UnsetCommand:
  case NodeKind::TestCommand:
    return visitCommand(task);
  case NodeKind::CommandSubstitution:
  case NodeKind::ProcessSubstitution:
    return visitSubstitution(task.node, place);
  case NodeKind::IfStatement:
    visitIf(task.node, place);
    break;
  case NodeKind::WhileStatement:
    visitWhile(task.node, place);
    break;
  case NodeKind::ForStatement:
  case NodeKind::CStyleForStatement:
    visitFor(task.node, place);
    break;
  case NodeKind::CaseStatement:
    visitCase(task.node, place);
    break;
  case NodeKind::FunctionDefinition:
    visitFunction(task.node, place);
    break;
  case NodeKind::Subshell:
    place.scope = openScope(ScopeKind::Subshell, place.scope, node.range());
    place.context = (place.context | InSubshell) & ~IsTail;
    visitStatements(task.node + 1, node.next, place);
    break;
  case NodeKind::CompoundStatement:
    place.scope = openScope(ScopeKind::Group, place.scope, node.range());
    visitStatements(task.node + 1, node.next, place);
    break;
  default:
    return markUnknown(node.range());
  }
  addRedirects(task, None);
}

/// The statements among the nodes of [\p begin, \p end), siblings all.
void Builder::visitStatements(uint32_t begin, uint32_t end, Place place) {
  uint32_t last = None;
  for (uint32_t node = begin; node < end; node = tree.nodes[node].next)
    if (isStatement(kindOf(node)))
      last = node;
  bool ended = false;
  for (uint32_t node = begin; node < end; node = tree.nodes[node].next) {
    if (!isStatement(kindOf(node)))
      continue;
    Place inner = place;
    if (node != last)
      inner.context &= ~IsTail;
    if (ended)
      inner.context |= IsUnreachable;
    uint32_t behind = tree.nodes[node].next;
    bool background = behind < end && kindOf(behind) == NodeKind::Ampersand;
    if (background) {
      inner.scope = openScope(ScopeKind::Background, inner.scope,
                              tree.nodes[node].range());
      inner.context = (inner.context | InBackground) & ~IsTail;
    }
    visitStatement(node, inner);
    ended |= !background && alwaysEnds(node);
  }
}

/// Whether nothing behind \p node runs in its list: `exit`, `exec PROGRAM`.
bool Builder::alwaysEnds(uint32_t node) const {
  while (kindOf(node) == NodeKind::RedirectedStatement &&
         node + 1 < tree.nodes[node].next)
    ++node;
  if (kindOf(node) != NodeKind::Command)
    return false;
  uint32_t name = node + 1, end = tree.nodes[node].next;
  while (name < end && (kindOf(name) == NodeKind::VariableAssignment ||
                        kindOf(name) == NodeKind::FileRedirect))
    name = tree.nodes[name].next;
  if (name >= end || kindOf(name) != NodeKind::CommandName)
    return false;
  llvm::StringRef text = textOf(name);
  return text == "exit" || (text == "exec" && tree.nodes[name].next < end);
}

void Builder::visitStatement(uint32_t node, Place place) {
  NodeKind kind = kindOf(node);
  if (kind != NodeKind::List && kind != NodeKind::Pipeline &&
      kind != NodeKind::NegatedCommand && kind != NodeKind::RedirectedStatement)
    return push(node, place);
  std::vector<Operand> operands = operandsOf(node);
  addOperands(operands, place, tree.nodes[node].range());
}

/// The operands of nested lists and pipelines in the order of the text. How the
/// grammar nests them is of no account: neither has brackets.
std::vector<Builder::Operand> Builder::operandsOf(uint32_t root) {
  struct Step {
    uint32_t node;
    bool attach; ///< its redirections go to the operand before
  };
  std::vector<Operand> operands;
  std::vector<Step> steps = {{root, false}}, children;
  NodeKind op = NodeKind::Other;
  bool negated = false;
  auto addOperand = [&](uint32_t node) {
    operands.push_back({node, op, negated, {}});
    op = NodeKind::Other;
    negated = false;
  };
  while (!steps.empty()) {
    Step step = steps.back();
    steps.pop_back();
    if (step.attach) {
      if (operands.empty())
        addOperand(None);
      operands.back().redirects.push_back(step.node);
      continue;
    }
    NodeKind kind = kindOf(step.node);
    if (isOperator(kind)) {
      op = kind;
    } else if (kind == NodeKind::Bang) {
      negated = true;
    } else if (kind == NodeKind::List || kind == NodeKind::Pipeline ||
               kind == NodeKind::NegatedCommand) {
      children.clear();
      forEachChild(step.node,
                   [&](uint32_t child) { children.push_back({child, false}); });
      steps.insert(steps.end(), children.rbegin(), children.rend());
    } else if (kind == NodeKind::RedirectedStatement) {
      children.clear();
      bool hasBody = false;
      std::vector<Step> behind;
      forEachChild(step.node, [&](uint32_t child) {
        if (isStatement(kindOf(child))) {
          hasBody = true;
          children.push_back({child, false});
          return;
        }
        children.push_back({child, true});
        if (kindOf(child) != NodeKind::HeredocRedirect)
          return;
        // `cat << END | command`: the rest of the line hangs on the `<<`.
        forEachChild(child, [&](uint32_t part) {
          if (isOperator(kindOf(part)) || isStatement(kindOf(part)))
            behind.push_back({part, false});
        });
      });
      children.insert(children.end(), behind.begin(), behind.end());
      steps.insert(steps.end(), children.rbegin(), children.rend());
      if (!hasBody)
        addOperand(None);
    } else if (isStatement(kind)) {
      addOperand(step.node);
    }
  }
  return operands;
}

void Builder::addOperands(std::vector<Operand> &operands, Place place,
                          Range range) {
  for (size_t first = 0, end; first != operands.size(); first = end) {
    end = first + 1;
    bool negated = operands[first].negated;
    while (end != operands.size() && isPipe(operands[end].op))
      ++end;
    Place inner = place;
    if (first != 0)
      inner.context |= InBranch;
    if (end != operands.size())
      inner.context = (inner.context | IsGuarded) & ~IsTail;
    if (negated)
      inner.context |= IsNegated | IsGuarded;
    if (end - first > 1) {
      inner.scope = openScope(ScopeKind::Pipeline, inner.scope, range);
      inner.context = (inner.context | InPipeline) & ~IsTail;
    }
    for (size_t index = first; index != end; ++index) {
      Task task;
      task.node = operands[index].node;
      task.place = inner;
      // Without pipefail only the last one's failure counts.
      if (index + 1 != end)
        task.place.context |= IsGuarded;
      task.firstRedirect = static_cast<uint32_t>(redirectNodes.size());
      task.redirectCount =
          static_cast<uint32_t>(operands[index].redirects.size());
      redirectNodes.insert(redirectNodes.end(),
                           operands[index].redirects.begin(),
                           operands[index].redirects.end());
      tasks.push_back(task);
    }
  }
}

void Builder::markUnknown(Range range) { facts.unknown.push_back(range); }
