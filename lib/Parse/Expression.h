// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Event expressions (language §4): a flat list of tokens in, a post-order array
// out, with Upstart's errors in Upstart's order. The stack of open parentheses
// is explicit; a level costs sixteen bytes.

#ifndef STARTON_LIB_PARSE_EXPRESSION_H
#define STARTON_LIB_PARSE_EXPRESSION_H

#include "starton/AST/AST.h"

namespace starton::parse {

enum class ExpressionError : uint8_t {
  None,
  ExpectedEvent,
  ExpectedOperator,
  PositionalAfterNamed,
  Mismatched
};

class ExpressionMachine {
public:
  /// Appends to the words and nodes of \p newFile.
  void start(ast::File &newFile);

  // Each returns what is wrong with this token. Afterwards the machine goes on
  // as if the error had been repaired, so that the next one is no consequence.
  ExpressionError openGroup(Range token);
  ExpressionError closeGroup();
  ExpressionError addOperator(Range token);
  ExpressionError addOperand(const ast::Word &word);
  /// The end of the expression; Mismatched when parentheses are still open.
  ExpressionError finish();

  /// True while parentheses are open.
  bool inGroup() const { return levels.size() > 1; }
  /// The innermost open parenthesis; inGroup() only.
  Range openParenthesis() const {
    return {levels.back().parenthesis, levels.back().parenthesis + 1};
  }
  /// True when openGroup() has already found fault with that parenthesis: what
  /// is missing in it or behind it is no error of its own.
  bool openingIsFaulty() const { return levels.back().isFaulty; }
  /// The word that lacks an operator before it, after ExpectedOperator from
  /// anything but openGroup().
  Range strayEvent() const { return stray; }

private:
  static constexpr uint32_t NoNode = UINT32_MAX;
  static constexpr uint32_t Repaired = UINT32_MAX - 1; ///< no node, but as good
  static constexpr uint32_t NoOperator = UINT32_MAX;

  struct Level {
    uint32_t operand = NoNode;       ///< index of the completed operand
    uint32_t operation = NoOperator; ///< offset of the pending operator
    uint32_t parenthesis = 0;
    bool isFaulty = false;
  };

  ExpressionError closeLevel();
  void combine(Level &level, uint32_t node);

  ast::File *file = nullptr;
  std::vector<Level> levels;
  uint32_t collecting = NoNode; ///< the event whose arguments are being read
  /// That event has an argument with `=`, and none without behind it yet.
  bool hasNamed = false;
  Range stray;
};

} // namespace starton::parse

#endif // STARTON_LIB_PARSE_EXPRESSION_H
