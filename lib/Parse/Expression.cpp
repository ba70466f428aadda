// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Expression.h"

using namespace starton;
using namespace starton::parse;
using ast::NodeKind;

void ExpressionMachine::start(ast::File &newFile) {
  file = &newFile;
  levels.assign(1, Level());
  collecting = NoNode;
}

void ExpressionMachine::combine(Level &level, uint32_t node) {
  if (level.operand == NoNode) {
    level.operand = node;
    return;
  }
  ast::EventNode operation;
  operation.left = level.operand;
  if (level.operation != NoOperator) {
    bool isAnd = file->source->text()[level.operation] == 'a';
    operation.kind = isAnd ? NodeKind::And : NodeKind::Or;
    operation.range = {level.operation, level.operation + (isAnd ? 3U : 2U)};
  } else {
    operation.kind = NodeKind::And; // repaired; the tree is not used
  }
  level.operand = static_cast<uint32_t>(file->nodes.size());
  file->nodes.push_back(operation);
}

ExpressionError ExpressionMachine::closeLevel() {
  Level &level = levels.back();
  ExpressionError error = ExpressionError::None;
  if (collecting != NoNode) {
    if (level.operand != NoNode && level.operation == NoOperator) {
      error = ExpressionError::ExpectedOperator;
      const ast::EventNode &node = file->nodes[collecting];
      stray = file->words[node.firstWord].range;
    }
    combine(level, collecting);
    collecting = NoNode;
  } else if (level.operation != NoOperator || level.operand == NoNode) {
    error =
        level.isFaulty ? ExpressionError::None : ExpressionError::ExpectedEvent;
    level.operand = Repaired;
  }
  level.operation = NoOperator;
  return error;
}

ExpressionError ExpressionMachine::openGroup(Range token) {
  ExpressionError error = ExpressionError::None;
  Level &level = levels.back();
  if (collecting != NoNode ||
      (level.operand != NoNode && level.operation == NoOperator)) {
    error = ExpressionError::ExpectedOperator;
    if (collecting != NoNode)
      closeLevel();
    stray = token;
  }
  Level group;
  group.parenthesis = token.begin;
  group.isFaulty = error != ExpressionError::None;
  levels.push_back(group);
  return error;
}

ExpressionError ExpressionMachine::closeGroup() {
  ExpressionError error = closeLevel();
  if (!inGroup())
    return error == ExpressionError::None ? ExpressionError::Mismatched : error;
  uint32_t operand = levels.back().operand;
  levels.pop_back();
  Level &outer = levels.back();
  combine(outer, operand);
  outer.operation = NoOperator;
  return error;
}

ExpressionError ExpressionMachine::addOperator(Range token) {
  ExpressionError error = closeLevel();
  levels.back().operation = token.begin;
  return error;
}

ExpressionError ExpressionMachine::addOperand(const ast::Word &word) {
  auto index = static_cast<uint32_t>(file->words.size());
  file->words.push_back(word);
  if (collecting == NoNode) {
    collecting = static_cast<uint32_t>(file->nodes.size());
    hasNamed = false;
    ast::EventNode event;
    event.range = word.range;
    event.firstWord = index;
    event.wordCount = 1;
    file->nodes.push_back(event);
    return ExpressionError::None;
  }
  ast::EventNode &event = file->nodes[collecting];
  ++event.wordCount;
  event.range.end = word.range.end;
  if (word.value.contains('=')) {
    hasNamed = true;
    return ExpressionError::None;
  }
  if (!hasNamed)
    return ExpressionError::None;
  hasNamed = false; // once an event is enough
  return ExpressionError::PositionalAfterNamed;
}

ExpressionError ExpressionMachine::finish() {
  ExpressionError error = closeLevel();
  if (error == ExpressionError::None && inGroup())
    return ExpressionError::Mismatched;
  return error;
}
