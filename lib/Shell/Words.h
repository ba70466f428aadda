// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From nodes to words: quotes taken away, expansions told apart.

#ifndef STARTON_LIB_SHELL_WORDS_H
#define STARTON_LIB_SHELL_WORDS_H

#include "Tree.h"
#include "starton/Shell/Shell.h"

namespace starton::shell {

/// What a word stands for decides what is special in it.
enum class WordUse : uint8_t {
  Argument,
  Value, ///< of an assignment: stays one word, only `~` is a pattern
  Plain, ///< a command that no shell sees: every byte is itself
};

/// Adds words and the uses of variables in them to \p facts.
class WordMaker {
public:
  WordMaker(const Tree &tree, ShellFacts &facts) : tree(tree), facts(facts) {}

  /// The word at \p range; its expansions are nodes of [\p node, \p end).
  /// Returns its index.
  uint32_t makeWord(Range range, uint32_t node, uint32_t end, WordUse use);
  uint32_t makeWord(uint32_t node, WordUse use = WordUse::Argument);

  /// Adds the uses among the nodes of [\p node, \p end), but for those inside
  /// substitutions, whose nodes it appends to \p substitutions. \p context
  /// fills in command and scope.
  void collectUses(uint32_t node, uint32_t end, const VariableUse &context,
                   std::vector<uint32_t> &substitutions);

private:
  uint32_t findExpansion(uint32_t offset);
  void addExpansion(const Node &expansion, bool quoted);
  void scan(llvm::StringRef text, uint32_t base, WordUse use);
  uint32_t scanQuote(llvm::StringRef text, uint32_t at, uint32_t base);
  void addLiteral(char byte, uint32_t offset, uint32_t size, bool quoted);
  void addPattern(llvm::StringRef text, uint32_t offset);
  void endLiteral();
  llvm::StringRef keep(llvm::StringRef text);
  void addUse(uint32_t node, VariableUse use);
  llvm::StringRef nameIn(uint32_t node, uint32_t &nameNode) const;

  const Tree &tree;
  ShellFacts &facts;
  /// Where expansions are looked for next, and up to where.
  uint32_t nextNode = 0, endNode = 0;
  /// The literal part being read.
  std::string literal;
  Range literalRange;
  bool inLiteral = false, literalQuoted = false;
};

/// Whether \p name may be a variable's.
bool isVariableName(llvm::StringRef name);

} // namespace starton::shell

#endif // STARTON_LIB_SHELL_WORDS_H
