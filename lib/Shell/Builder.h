// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Walks the syntax tree and fills in the arrays of ShellFacts. What is still to
// be visited lies on a stack of its own: nothing recurses over nesting.

#ifndef STARTON_LIB_SHELL_BUILDER_H
#define STARTON_LIB_SHELL_BUILDER_H

#include "Words.h"

namespace starton::shell {

class Builder {
public:
  Builder(const Tree &tree, ShellFacts &facts)
      : tree(tree), facts(facts), words(tree, facts) {}

  /// The whole tree.
  void run();

private:
  /// Where a node stands.
  struct Place {
    uint32_t scope = 0;
    uint16_t context = 0;
  };
  /// A statement without its operators, or a substitution. \c node None: a
  /// redirection without command.
  struct Task {
    uint32_t node = None;
    Place place;
    uint32_t firstRedirect = 0, redirectCount = 0; ///< in redirectNodes
  };
  /// One operand of `|`, `&&` and `||`.
  struct Operand {
    uint32_t node = None;
    NodeKind op = NodeKind::Other; ///< in front of it; Other: the first
    bool negated = false;
    std::vector<uint32_t> redirects;
  };

  /// Calls \p visit with the index of each child.
  template <typename Visitor> void forEachChild(uint32_t node, Visitor visit) {
    for (uint32_t child = node + 1; child < tree.nodes[node].next;
         child = tree.nodes[child].next)
      visit(child);
  }
  NodeKind kindOf(uint32_t node) const { return tree.nodes[node].kind; }
  llvm::StringRef textOf(uint32_t node) const;

  void visit(const Task &task);
  void visitStatements(uint32_t begin, uint32_t end, Place place);
  void visitStatement(uint32_t node, Place place);
  std::vector<Operand> operandsOf(uint32_t node);
  void addOperands(std::vector<Operand> &operands, Place place, Range range);
  void visitIf(uint32_t node, Place place);
  void visitClause(uint32_t node, uint32_t end, Place place);
  void visitWhile(uint32_t node, Place place);
  void visitFor(uint32_t node, Place place);
  void visitCase(uint32_t node, Place place);
  void visitFunction(uint32_t node, Place place);
  void visitSubstitution(uint32_t node, Place place);
  bool alwaysEnds(uint32_t node) const;

  void visitCommand(const Task &task);
  void addCommandParts(uint32_t node, const Task &task, uint32_t command);
  void addWords(uint32_t node);
  void addTestWords(uint32_t node);
  void addAssignment(uint32_t node, DefinitionKind kind, uint32_t command);
  void addDeclared(uint32_t node, uint32_t command);
  void addRedirects(const Task &task, uint32_t command);
  void addRedirect(uint32_t node, uint32_t command, Place place);
  void addHeredoc(uint32_t node, uint32_t command, Place place);
  void addUses(uint32_t node, uint32_t end, uint32_t command, Place place);
  void addLooseWords(uint32_t node, Place place);
  void markUnknown(Range range);

  uint32_t openScope(ScopeKind kind, uint32_t parent, Range range);
  void push(uint32_t node, Place place);
  void pushSubstitutions(const std::vector<uint32_t> &nodes, Place place);

  const Tree &tree;
  ShellFacts &facts;
  WordMaker words;
  /// Last in, first out; what one visit adds is turned around, so that
  /// everything is visited in the order of the text.
  std::vector<Task> tasks;
  std::vector<uint32_t> redirectNodes;
};

} // namespace starton::shell

#endif // STARTON_LIB_SHELL_BUILDER_H
