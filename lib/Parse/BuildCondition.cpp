// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Event expressions: feeds the machine of Expression.cpp and places its errors.

#include "StatementBuilder.h"
#include <algorithm>

using namespace starton;
using namespace starton::parse;

void StatementBuilder::startExpression() {
  expression.start(file);
  expressionFailed = false;
  lineIsEmpty = false;
  lastToken = statement.range;
  expressionDiagnostics = result.diagnostics.size();
  hasOperand = false;
}

void StatementBuilder::onExpression(const Token &token) {
  if (resume != NoResume)
    return;
  if (token.kind == TokenKind::End || token.kind == TokenKind::EndOfFile)
    return endExpression(token);
  if (token.kind == TokenKind::Break)
    return breakLine(token);
  if (token.kind == TokenKind::BadQuote || token.kind == TokenKind::BadEscape) {
    expressionFailed = true;
    return badWord(token);
  }
  Range range = trimmed(token.range);
  lineIsEmpty = false;
  hasOperand = true;
  lastToken = range;
  extend(range);
  ExpressionError error = ExpressionError::None;
  uint32_t line = 0;
  switch (token.kind) {
  case TokenKind::Lparen:
    error = expression.openGroup(range);
    break;
  case TokenKind::Rparen:
    error = expression.closeGroup();
    break;
  case TokenKind::And:
  case TokenKind::Or:
    error = expression.addOperator(range);
    break;
  default: {
    WordText text =
        readWord(textOf(token.range), WordMode::Dequoted, file.arena);
    if (text.isEmpty) {
      expressionFailed = true;
      return report(DiagId::EmptyArgument, UpstartError::ExpectedToken, range,
                    lineOf(range.begin), detail());
    }
    error = expression.addOperand({range, text.value});
    // Found only behind the gap (line code G).
    if (error != ExpressionError::None)
      line = lineOf(
          static_cast<uint32_t>(skipGap(source.text(), token.range.end)));
  }
  }
  if (error != ExpressionError::None)
    expressionError(error, range, line ? line : lineOf(range.begin));
}

void StatementBuilder::expressionError(ExpressionError error, Range range,
                                       uint32_t upstartLine) {
  expressionFailed = true;
  switch (error) {
  case ExpressionError::None:
    return;
  case ExpressionError::ExpectedEvent:
    return report(DiagId::ExpectedEvent, UpstartError::ExpectedEvent, range,
                  upstartLine);
  case ExpressionError::ExpectedOperator:
    return report(DiagId::ExpectedOperator, UpstartError::ExpectedOperator,
                  expression.strayEvent(), upstartLine);
  case ExpressionError::PositionalAfterNamed:
    return report(DiagId::PositionalAfterNamed, UpstartError::ExpectedVariable,
                  range, upstartLine);
  case ExpressionError::Mismatched:
    return report(DiagId::MismatchedParentheses, UpstartError::MismatchedParens,
                  range, upstartLine);
  }
}

void StatementBuilder::breakLine(const Token &token) {
  // Every line inside parentheses must begin with a token (language §4.3).
  if (lineIsEmpty) {
    expressionFailed = true;
    uint32_t begin = token.range.begin;
    begin -=
        static_cast<uint32_t>(source.text().substr(0, begin).size() -
                              (source.text().substr(0, begin).rfind('\n') + 1));
    report(DiagId::BlankLineInParentheses, UpstartError::ExpectedToken,
           {begin, token.range.end}, lineOf(token.range.begin));
  }
  lineIsEmpty = true;
  LineReading reading =
      readLine(source.text(), token.range.end, Spelling::Exact);
  if (!reading.stanza)
    return;
  if (isTolerant()) {
    scanner.endAt(token.range.end);
  } else if (suspect == NoResume && expression.inGroup()) {
    suspect = expression.openParenthesis().begin;
    suspectStart = startOffset;
  }
}

void StatementBuilder::endExpression(const Token &token) {
  uint32_t end = token.range.begin;
  // A last line of blanks or a comment is an empty line too.
  bool isEmptyLine = lineIsEmpty && end != 0 && source.text()[end - 1] != '\n';
  if (!hasOperand) {
    expressionFailed = true;
    report(DiagId::ExpectedArgument, UpstartError::ExpectedToken,
           statement.range, lineOf(end), detail());
  } else if (isEmptyLine && !isTolerant()) {
    report(DiagId::BlankLineInParentheses, UpstartError::ExpectedToken,
           lastToken, lineOf(end));
  } else {
    bool wasOpen = expression.inGroup();
    ExpressionError error = expression.finish();
    // That nothing follows an unclosed parenthesis is no error of its own.
    bool isCovered =
        isTolerant() && wasOpen && lastToken == expression.openParenthesis();
    if (error == ExpressionError::Mismatched && !isTolerant())
      expressionError(error, expression.openParenthesis(), source.endLine());
    else if (error != ExpressionError::None &&
             error != ExpressionError::Mismatched && !isCovered)
      expressionError(error, lastToken, lineOf(lastToken.begin));
    if (wasOpen && isTolerant())
      unclosedParenthesis();
  }
  if (statement.health != ast::StatementHealth::Good || expressionFailed) {
    file.nodes.resize(statement.firstNode);
    return;
  }
  statement.nodeCount =
      static_cast<uint32_t>(file.nodes.size()) - statement.firstNode;
}

void StatementBuilder::unclosedParenthesis() {
  Range parenthesis = expression.openParenthesis();
  llvm::StringRef text = source.text();
  uint32_t next = findStatement(text, nextLine(text, parenthesis.begin),
                                scanner.visibleEnd(), Swallowed::Anything);
  // What else was found on the way is a consequence: an empty line, or words of
  // lines that were never meant to belong to the expression.
  auto &all = result.diagnostics;
  auto isConsequence = [next](const SyntaxDiag &diagnostic) {
    return diagnostic.id == DiagId::BlankLineInParentheses ||
           diagnostic.range.begin >= next;
  };
  all.erase(std::remove_if(all.begin() +
                               static_cast<ptrdiff_t>(expressionDiagnostics),
                           all.end(), isConsequence),
            all.end());
  if (!expression.openingIsFaulty()) {
    bool wasQuiet = quiet;
    quiet = false;
    report(DiagId::MismatchedParentheses, UpstartError::MismatchedParens,
           parenthesis, source.endLine(), 1);
    quiet = wasQuiet;
  }
  expressionFailed = true;
  statement.range.end = std::min(statement.range.end, next);
  skipTo(next);
}
