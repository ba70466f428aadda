// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// if, while, for, case, functions, substitutions.

#include "Builder.h"

using namespace starton;
using namespace starton::shell;

/// The if itself, then each elif and else: they lie side by side.
void Builder::visitIf(uint32_t node, Place place) {
  uint32_t end = tree.nodes[node].next;
  auto isClause = [&](uint32_t child) {
    return kindOf(child) == NodeKind::ElifClause ||
           kindOf(child) == NodeKind::ElseClause;
  };
  uint32_t clauses = node + 1;
  while (clauses < end && !isClause(clauses))
    clauses = tree.nodes[clauses].next;
  visitClause(node, clauses, place);
  for (uint32_t child = clauses; child < end; child = tree.nodes[child].next)
    if (isClause(child))
      visitClause(child, tree.nodes[child].next, place);
}

/// Condition and branch of \p node, whose children go on until \p end.
void Builder::visitClause(uint32_t node, uint32_t end, Place place) {
  Range range = tree.nodes[node].range();
  uint32_t then = node + 1;
  if (kindOf(node) != NodeKind::ElseClause) {
    while (then < end && kindOf(then) != NodeKind::Then)
      then = tree.nodes[then].next;
    Place condition = place;
    condition.scope = openScope(ScopeKind::Condition, place.scope, range);
    condition.context = (place.context | InCondition | IsGuarded) & ~IsTail;
    if (kindOf(node) == NodeKind::ElifClause)
      condition.context |= InBranch;
    visitStatements(node + 1, then, condition);
  }
  Place branch = place;
  branch.scope = openScope(ScopeKind::Branch, place.scope, range);
  branch.context |= InBranch;
  visitStatements(then, end, branch);
}

void Builder::visitWhile(uint32_t node, Place place) {
  const Node &root = tree.nodes[node];
  uint32_t group = node + 1;
  while (group < root.next && kindOf(group) != NodeKind::DoGroup)
    group = tree.nodes[group].next;
  Place loop = place;
  loop.scope = openScope(ScopeKind::Loop, place.scope, root.range());
  loop.context = (place.context | InLoop) & ~IsTail;
  Place condition = loop;
  condition.scope = openScope(ScopeKind::Condition, loop.scope, root.range());
  condition.context |= InCondition | IsGuarded;
  visitStatements(node + 1, group, condition);
  if (group >= root.next)
    return;
  loop.context |= InBranch;
  visitStatements(group + 1, tree.nodes[group].next, loop);
}

void Builder::visitFor(uint32_t node, Place place) {
  Place loop = place;
  loop.scope =
      openScope(ScopeKind::Loop, place.scope, tree.nodes[node].range());
  loop.context = (place.context | InLoop | InBranch) & ~IsTail;
  forEachChild(node, [&](uint32_t child) {
    const Node &n = tree.nodes[child];
    switch (n.kind) {
    case NodeKind::VariableName: {
      Definition definition;
      definition.kind = DefinitionKind::Loop;
      definition.name = textOf(child);
      definition.range = n.range();
      facts.definitions.push_back(definition);
      break;
    }
    case NodeKind::DoGroup:
      visitStatements(child + 1, n.next, loop);
      break;
    case NodeKind::CompoundStatement:
      push(child, loop);
      break;
    default:
      addLooseWords(child, place);
    }
  });
}

void Builder::visitCase(uint32_t node, Place place) {
  forEachChild(node, [&](uint32_t child) {
    if (kindOf(child) != NodeKind::CaseItem)
      return addLooseWords(child, place);
    Place arm = place;
    arm.scope =
        openScope(ScopeKind::Branch, place.scope, tree.nodes[child].range());
    arm.context |= InBranch;
    uint32_t body = child + 1, end = tree.nodes[child].next;
    while (body < end && kindOf(body) != NodeKind::CloseParen) {
      addLooseWords(body, place);
      body = tree.nodes[body].next;
    }
    visitStatements(body, end, arm);
  });
}

void Builder::visitFunction(uint32_t node, Place place) {
  Function function;
  function.body = tree.nodes[node].range();
  Place inner = place;
  inner.context = (place.context | InFunction) & ~IsTail;
  inner.scope = openScope(ScopeKind::Function, place.scope, function.body);
  bool named = false;
  forEachChild(node, [&](uint32_t child) {
    const Node &n = tree.nodes[child];
    if (n.kind == NodeKind::Word && !named) {
      named = true;
      function.name = textOf(child);
      function.nameRange = n.range();
    } else if (n.kind == NodeKind::CompoundStatement ||
               n.kind == NodeKind::Subshell ||
               n.kind == NodeKind::TestCommand ||
               n.kind == NodeKind::IfStatement) {
      function.body = n.range();
      push(child, inner);
    }
  });
  facts.functions.push_back(function);
}

void Builder::visitSubstitution(uint32_t node, Place place) {
  const Node &root = tree.nodes[node];
  if (facts.text[root.begin] == '`')
    facts.backticks.push_back(root.range());
  place.scope = openScope(ScopeKind::Substitution, place.scope, root.range());
  place.context = (place.context | InSubstitution) & ~IsTail;
  visitStatements(node + 1, root.next, place);
  // `$(< FILE)` runs nothing.
  forEachChild(node, [&](uint32_t child) {
    if (kindOf(child) == NodeKind::FileRedirect)
      addRedirect(child, None, place);
  });
}

/// Words that no command has: of for and case.
void Builder::addLooseWords(uint32_t node, Place place) {
  VariableUse context;
  context.scope = place.scope;
  std::vector<uint32_t> substitutions;
  words.collectUses(node, tree.nodes[node].next, context, substitutions);
  pushSubstitutions(substitutions, place);
}

void Builder::pushSubstitutions(const std::vector<uint32_t> &nodes,
                                Place place) {
  for (uint32_t node : nodes)
    push(node, place);
}
