// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The two passes over a file; see StatementBuilder.h.

#include "Grammar.h"
#include "Recovery.h"
#include "StatementBuilder.h"
#include "starton/Parse/Parse.h"
#include <algorithm>

using namespace starton;
using namespace starton::parse;

struct Parser::Impl {
  Scanner scanner;
  Grammar grammar;

  void parseStrictly(StatementBuilder &builder, ParseResult &result);
  void parseTolerantly(StatementBuilder &builder, ParseResult &result);
  uint32_t parseTolerantStatement(StatementBuilder &builder,
                                  ParseResult &result);
  void internalError(ParseResult &result, uint32_t offset);
};

namespace {

/// Orders the diagnostics of the last statement; those before are in order and
/// lie before it.
void sortFrom(std::vector<SyntaxDiag> &diagnostics, size_t first) {
  auto begin = diagnostics.begin() + static_cast<ptrdiff_t>(first);
  auto before = [](const SyntaxDiag &left, const SyntaxDiag &right) {
    return left.range.begin < right.range.begin;
  };
  if (!std::is_sorted(begin, diagnostics.end(), before))
    std::stable_sort(begin, diagnostics.end(), before);
}

/// Finds the diagnostic that explains Upstart's error and gives it Upstart's
/// line and text. Those of the tolerant pass begin at \p first: they belong to
/// the statement that failed, and to those before it from the one whose quote
/// was closed by accident on.
void placeFirstError(ParseResult &result, size_t first,
                     const SyntaxDiag &strict) {
  std::vector<SyntaxDiag> &all = result.diagnostics;
  auto begin = all.begin() + static_cast<ptrdiff_t>(first);
  auto isSame = [&](const SyntaxDiag &diagnostic) {
    return diagnostic.upstartError == strict.upstartError &&
           diagnostic.upstartLine == strict.upstartLine;
  };
  auto isError = [](const SyntaxDiag &diagnostic) {
    return diagSeverity(diagnostic.id) == Severity::Error;
  };
  auto found = std::find_if(begin, all.end(), isSame);
  if (found == all.end())
    found = std::find_if(begin, all.end(), isError);
  if (found == all.end())
    found = all.insert(found, strict);
  found->upstartError = strict.upstartError;
  found->upstartLine = strict.upstartLine;
  result.firstError = found - all.begin();
}

/// An accepted file whose quotes or parentheses pair up by accident.
void warnOfSuspect(const StatementBuilder &builder, ParseResult &result) {
  uint32_t opening = builder.suspectOpening();
  if (opening == StatementBuilder::NoResume)
    return;
  if (result.file->source->text()[opening] != '(') {
    result.suspectQuote = opening; // a check tells it
    return;
  }
  SyntaxDiag warning;
  warning.id = DiagId::SwallowedStanza;
  warning.range = {opening, opening + 1};
  result.diagnostics.push_back(warning);
  sortFrom(result.diagnostics, 0);
}

} // namespace

void Parser::Impl::internalError(ParseResult &result, uint32_t offset) {
  SyntaxDiag diagnostic;
  diagnostic.id = DiagId::InternalError;
  diagnostic.range = {offset, offset};
  result.diagnostics.push_back(diagnostic);
}

void Parser::Impl::parseStrictly(StatementBuilder &builder,
                                 ParseResult &result) {
  builder.setPass(Pass::Strict);
  grammar.start(scanner);
  while (!builder.strictError() && !grammar.atEnd()) {
    builder.begin();
    if (!grammar.parseStatement(builder))
      internalError(result, builder.statementStart());
    builder.end();
  }
}

void Parser::Impl::parseTolerantly(StatementBuilder &builder,
                                   ParseResult &result) {
  llvm::StringRef text = result.file->source->text();
  SyntaxDiag strict = *builder.strictError();
  uint32_t failed = builder.statementStart();
  result.file->firstError =
      static_cast<uint32_t>(result.file->statements.size() - 1);
  builder.setPass(Pass::Tolerant);
  builder.keepBehind(failed);
  uint32_t begin = std::min(failed, builder.suspectStatement());
  scanner.restart(begin, LexerMode::Statement);
  // Warnings about what is read again come again.
  auto isBehind = [begin](const SyntaxDiag &diagnostic) {
    return diagnostic.range.begin >= begin;
  };
  result.diagnostics.erase(std::remove_if(result.diagnostics.begin(),
                                          result.diagnostics.end(), isBehind),
                           result.diagnostics.end());
  size_t first = result.diagnostics.size();
  for (;;) {
    grammar.start(scanner);
    if (grammar.atEnd())
      break;
    size_t firstDiagnostic = result.diagnostics.size();
    uint32_t start = parseTolerantStatement(builder, result);
    sortFrom(result.diagnostics, firstDiagnostic);
    if (start >= failed && result.firstError < 0)
      placeFirstError(result, first, strict);
    uint32_t next = builder.resumeOffset();
    if (next == StatementBuilder::NoResume &&
        scanner.visibleEnd() != text.size())
      next = scanner.visibleEnd();
    if (next != StatementBuilder::NoResume)
      scanner.restart(next > start ? next : nextLine(text, start),
                      LexerMode::Statement);
  }
  if (result.firstError < 0)
    placeFirstError(result, first, strict);
}

/// Reads one statement, again if its keyword was misspelt. Returns where it
/// begins.
uint32_t Parser::Impl::parseTolerantStatement(StatementBuilder &builder,
                                              ParseResult &result) {
  uint32_t start = StatementBuilder::NoResume;
  for (bool again = true; again;) {
    builder.begin();
    if (!grammar.parseStatement(builder))
      internalError(result, builder.statementStart());
    start = std::min(start, builder.statementStart());
    again = builder.end();
    grammar.start(scanner);
  }
  return start;
}

Parser::Parser() : impl(std::make_unique<Impl>()) {}
Parser::~Parser() = default;

/// Tens of thousands of small trees are kept together; a large one would be in
/// memory twice while it is moved.
static void shrinkSmall(ast::File &file) {
  constexpr size_t Small = 256;
  auto shrink = [](auto &array) {
    if (array.size() < Small)
      array.shrink_to_fit();
  };
  shrink(file.statements);
  shrink(file.words);
  shrink(file.nodes);
}

ParseResult Parser::parse(const SourceBuffer &source,
                          const ParseOptions &options) {
  ParseResult result;
  result.file = std::make_unique<ast::File>();
  result.file->source = &source;
  result.file->dialect = options.dialect;
  impl->scanner.reset(source.text());
  StatementBuilder builder(impl->scanner, result, options);
  impl->parseStrictly(builder, result);
  if (builder.strictError()) {
    impl->parseTolerantly(builder, result);
  } else {
    result.file->firstError =
        static_cast<uint32_t>(result.file->statements.size());
    warnOfSuspect(builder, result);
  }
  impl->scanner.setLineGuard(nullptr, nullptr);
  shrinkSmall(*result.file);
  return result;
}
