// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Commands and script blocks.

#include "StatementBuilder.h"
#include <algorithm>

using namespace starton;
using namespace starton::parse;
using Process = ast::Statement::Process;

void StatementBuilder::onCommand(const Token &token) {
  statement.process = Process::Command;
  switch (token.kind) {
  case TokenKind::Command: {
    WordText text = readWord(textOf(token.range), WordMode::Raw, file.arena);
    statement.text = text.value;
    Range range = trimmed(token.range);
    while (!range.empty() && isBlank(source.text()[range.end - 1]))
      --range.end;
    statement.textRange = range;
    extend(range);
    return;
  }
  case TokenKind::BadQuote:
  case TokenKind::BadEscape:
    statement.textRange = token.range;
    return badWord(token);
  default:
    if (statement.textRange.empty())
      report(DiagId::ExpectedArgument, UpstartError::ExpectedToken,
             statement.range, lineOf(token.range.begin), detail());
  }
}

void StatementBuilder::onBlock(const Token &token) {
  statement.process = Process::Script;
  switch (token.kind) {
  case TokenKind::Extra: {
    hasExtra = true;
    llvm::StringRef text =
        textOf(token.range).rtrim(llvm::StringRef(" \t\r\0", 4));
    Range range = {token.range.begin,
                   token.range.begin + static_cast<uint32_t>(text.size())};
    extend(range);
    return report(DiagId::UnexpectedArgument, UpstartError::UnexpectedToken,
                  range, lineOf(range.begin), detail());
  }
  case TokenKind::End:
    return endOfBlockHead();
  case TokenKind::Block:
    return endBlock(token);
  default:
    return unterminatedBlock();
  }
}

void StatementBuilder::endOfBlockHead() {
  bodyStart = scanner.position();
  // A block before this one has already been searched for its end.
  if (bodyStart >= noEndScriptFrom)
    scanner.endAt(bodyStart);
}

void StatementBuilder::endBlock(const Token &token) {
  // The token's last line is the end line.
  llvm::StringRef text = textOf(token.range);
  size_t lastLine = text.drop_back(text.ends_with("\n") ? 1 : 0).rfind('\n');
  uint32_t bodyEnd =
      token.range.begin + (lastLine == llvm::StringRef::npos
                               ? 0
                               : static_cast<uint32_t>(lastLine) + 1);
  statement.textRange = {token.range.begin, bodyEnd};
  statement.text = readBlock(textOf(statement.textRange), file.arena);
  warnOfSwallowedStanza();
  llvm::StringRef endLine = textOf({bodyEnd, token.range.end});
  endLine = endLine.substr(0, endLine.find('#'))
                .rtrim(llvm::StringRef(" \t\r\n\0", 5));
  extend({bodyEnd, bodyEnd + static_cast<uint32_t>(endLine.size())});
}

void StatementBuilder::warnOfSwallowedStanza() {
  Range body = statement.textRange;
  // Indentation that all lines share leaves none that stands out.
  if (statement.text.size() != body.size())
    return;
  uint32_t line = findSwallowedStanza(source.text(), body);
  if (line == NoLine)
    return;
  llvm::StringRef rest = textOf({line, body.end});
  size_t length = rest.find_first_of(llvm::StringRef(" \t\r\n\0#", 6));
  warn({line, line + static_cast<uint32_t>(std::min(length, rest.size()))});
}

void StatementBuilder::unterminatedBlock() {
  uint32_t end = source.size();
  uint32_t body = bodyStart == NoResume ? end : bodyStart;
  noEndScriptFrom = std::min(noEndScriptFrom, body);
  if (!isTolerant()) {
    report(DiagId::UnterminatedBlock, UpstartError::UnterminatedBlock,
           statement.range, source.endLine());
    return;
  }
  // `script COMMAND`: no block was meant.
  if (hasExtra)
    return skipTo(body);
  BlockEnd found = findBlockEnd(source.text(), body);
  Range word =
      statement.wordCount != 0 ? file.words.back().range : statement.keyword();
  bool wasQuiet = quiet;
  quiet = false;
  report(DiagId::UnterminatedBlock, UpstartError::UnterminatedBlock, word,
         source.endLine(), detail(), found.misspelt);
  quiet = wasQuiet;
  statement.textRange = {body, std::max(body, found.bodyEnd)};
  statement.text = readBlock(textOf(statement.textRange), file.arena);
  extend({body, statement.textRange.end});
  skipTo(found.resume);
}
