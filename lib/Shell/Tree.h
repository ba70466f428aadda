// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The syntax tree as one array. Tree.cpp alone knows tree-sitter; what the rest
// of the library sees depends on neither its types nor its memory.

#ifndef STARTON_LIB_SHELL_TREE_H
#define STARTON_LIB_SHELL_TREE_H

#include "starton/Basic/Source.h"
#include <memory>
#include <vector>

namespace starton::shell {

/// The nodes that mean something here, with the grammar's names for them.
enum class NodeKind : uint8_t {
  Other, ///< named, and of no interest: the parts of an expression
  Token, ///< a token without a name, and of no interest
#define SHELL_NODE(Id, Name) Id,
#define SHELL_TOKEN(Id, Text) Id,
#include "Nodes.def"
};

/// In pre-order: the children of nodes[i] begin at i + 1; the node behind one
/// and all that is below it is `next`.
struct Node {
  NodeKind kind = NodeKind::Other;
  uint32_t begin = 0, end = 0;
  uint32_t next = 0;

  Range range() const { return {begin, end}; }
};

struct Tree {
  std::vector<Node> nodes; ///< nodes[0] is the root; empty: not parsed
  /// What is no sentence of the grammar; no node stands for it.
  std::vector<Range> errors;
  std::vector<Range> comments; ///< no nodes stand for them either

  void clear() {
    nodes.clear();
    errors.clear();
    comments.clear();
  }
};

/// tree-sitter with the bash grammar.
class TreeParser {
public:
  TreeParser();
  ~TreeParser();
  TreeParser(const TreeParser &) = delete;
  TreeParser &operator=(const TreeParser &) = delete;

  static bool isAvailable();

  /// False: nothing is known of \p text, which is too hard to parse or finds no
  /// memory; or there is no grammar.
  bool parse(llvm::StringRef text, Tree &tree);

private:
  struct Impl;
  std::unique_ptr<Impl> impl;
};

} // namespace starton::shell

#endif // STARTON_LIB_SHELL_TREE_H
