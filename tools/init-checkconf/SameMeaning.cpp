// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "SameMeaning.h"
#include "starton/Config/ScriptComments.h"
#include <algorithm>

using namespace starton;
using namespace starton::checkconf;

namespace {

bool sameWords(llvm::ArrayRef<ast::Word> left,
               llvm::ArrayRef<ast::Word> right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](const ast::Word &one, const ast::Word &other) {
                      return one.value == other.value;
                    });
}

bool sameText(const ast::Statement &left, const ast::Statement &right) {
  if (left.process != right.process)
    return false;
  if (left.text == right.text)
    return true;
  return left.process == ast::Statement::Process::Script &&
         config::withoutComments(left.text) ==
             config::withoutComments(right.text);
}

bool sameStatement(const ast::File &before, const ast::Statement &left,
                   const ast::File &after, const ast::Statement &right) {
  llvm::ArrayRef<ast::EventNode> nodes = before.nodesOf(left),
                                 others = after.nodesOf(right);
  auto sameNode = [&](const ast::EventNode &one, const ast::EventNode &other) {
    bool isMatch = one.kind == ast::NodeKind::Match;
    return one.kind == other.kind &&
           (isMatch ? sameWords(before.wordsOf(one), after.wordsOf(other))
                    : one.left == other.left);
  };
  return left.kind == right.kind && left.health == right.health &&
         sameWords(before.wordsOf(left), after.wordsOf(right)) &&
         std::equal(nodes.begin(), nodes.end(), others.begin(), others.end(),
                    sameNode) &&
         sameText(left, right);
}

} // namespace

bool checkconf::meanTheSame(const ast::File &before, const ast::File &after) {
  return std::equal(
      before.statements.begin(), before.statements.end(),
      after.statements.begin(), after.statements.end(),
      [&](const ast::Statement &left, const ast::Statement &right) {
        return sameStatement(before, left, after, right);
      });
}
