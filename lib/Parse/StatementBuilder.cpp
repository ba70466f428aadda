// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Keywords, sub-keywords and arguments; see BuildProcess.cpp and
// BuildCondition.cpp for commands, blocks and event expressions.

#include "StatementBuilder.h"
#include "starton/Basic/Values.h"
#include <algorithm>

using namespace starton;
using namespace starton::parse;
using ast::StatementHealth;

/// A file of a million errors pays for their diagnostics; its tree ends here.
static constexpr size_t MaxBehindError = 100'000;

StatementBuilder::StatementBuilder(Scanner &scanner, ParseResult &result,
                                   const ParseOptions &options)
    : scanner(scanner), result(result), file(*result.file),
      source(*result.file->source), options(options) {}

void StatementBuilder::setPass(Pass newPass) {
  pass = newPass;
  scanner.setLineGuard(isTolerant() ? guardLine : nullptr, this);
}

bool StatementBuilder::guardLine(void *context, uint32_t quote,
                                 uint32_t lineStart) {
  auto &builder = *static_cast<StatementBuilder *>(context);
  llvm::StringRef text = builder.source.text();
  LineReading reading = readLine(text, lineStart);
  bool isStatement =
      reading.stanza && !(reading.isMisspelt && reading.isIndented);
  if (!isStatement && !reading.isComment)
    return false;
  if (builder.judgedQuote != quote) {
    builder.judgedQuote = quote;
    builder.judgedIntended = isIntendedQuote(text, quote);
  }
  return !builder.judgedIntended;
}

void StatementBuilder::findSuspect(const Token &token) {
  llvm::StringRef word = textOf(token.range);
  char quote = 0;
  uint32_t opened = 0;
  for (size_t at = 0; at < word.size(); ++at) {
    char byte = word[at];
    auto offset = token.range.begin + static_cast<uint32_t>(at);
    if (byte == '\\') {
      ++at;
    } else if (byte == '\n' && quote && guardLine(this, opened, offset + 1)) {
      suspect = opened;
      suspectStart = startOffset;
      return;
    } else if (quote ? byte == quote : byte == '"' || byte == '\'') {
      quote = quote ? 0 : byte;
      opened = offset;
    }
  }
}

void StatementBuilder::begin() {
  statement = {};
  progress = {};
  startOffset = NoResume;
  resume = NoResume;
  if (!isRetry) {
    quiet = false;
    assumed = nullptr;
  }
  isRetry = false;
  hasExtra = false;
  bodyStart = NoResume;
  wordMark = static_cast<uint32_t>(file.words.size());
  nodeMark = static_cast<uint32_t>(file.nodes.size());
  statement.firstWord = wordMark;
  statement.firstNode = nodeMark;
}

bool StatementBuilder::end() {
  // Behind an error in the tolerant pass an unknown keyword leaves nothing.
  bool isDropped = isRetry;
  if (isTolerant())
    isDropped |= statement.health == StatementHealth::Unknown ||
                 startOffset <= keptBehind ||
                 file.statements.size() - file.firstError > MaxBehindError;
  if (isDropped) {
    file.words.resize(wordMark);
    file.nodes.resize(nodeMark);
  } else {
    file.statements.push_back(statement);
  }
  if (isRetry)
    scanner.inject(retryTokens, retryOffset, retryMode);
  return isRetry;
}

void StatementBuilder::terminal(GrammarRule rule, const Token &token) {
  if (pass == Pass::Strict && failed)
    return;
  if (startOffset == NoResume)
    startOffset = token.range.begin;
  bool isText =
      token.kind == TokenKind::Word || token.kind == TokenKind::Command;
  if (!isTolerant() && isText && suspect == NoResume &&
      textOf(token.range).contains('\n'))
    findSuspect(token);
  // Of a statement that is read again, or not understood, the rest says
  // nothing.
  bool isFirst = statement.keyword().empty();
  if (!isFirst && (isRetry || !progress.info))
    return;
  switch (rule) {
  case GrammarRule::Statement:
  case GrammarRule::Process:
    // `exec` and `script` are stanzas, and sub-keywords of others.
    return onStatement(token);
  case GrammarRule::Arguments:
    return onArguments(token);
  case GrammarRule::Expression:
    return onExpression(token);
  case GrammarRule::Command:
    return onCommand(token);
  case GrammarRule::Block:
    return onBlock(token);
  }
}

void StatementBuilder::onStatement(const Token &token) {
  if (statement.keyword().empty())
    keyword(token);
  else
    subKeyword(token);
}

Range StatementBuilder::trimmed(Range range) const {
  return {range.begin, range.begin + static_cast<uint32_t>(
                                         lengthWithoutJoins(textOf(range)))};
}

uint32_t StatementBuilder::detail() const {
  uint32_t kind =
      progress.info ? static_cast<uint32_t>(progress.info->kind) + 1 : 0;
  uint32_t form =
      progress.form
          ? static_cast<uint32_t>(progress.form - progress.info->forms) + 1
          : 0;
  return kind | form << 8 | std::min(progress.argument, 0xFFFFU) << 16;
}

void StatementBuilder::report(DiagId id, UpstartError error, Range range,
                              uint32_t upstartLine, uint32_t details,
                              Range extra) {
  if (statement.health == StatementHealth::Good)
    statement.health = StatementHealth::Erroneous;
  SyntaxDiag diagnostic;
  diagnostic.id = id;
  diagnostic.upstartError = error;
  diagnostic.range = range;
  diagnostic.upstartLine = upstartLine;
  diagnostic.argument = details;
  diagnostic.extra = extra;
  if (isTolerant()) {
    if (!quiet)
      result.diagnostics.push_back(diagnostic);
    return;
  }
  if (failed)
    return;
  failed = true;
  firstError = diagnostic;
  // Upstart reads no further, so the rest of the statement need not be seen.
  scanner.endAt(scanner.position());
}

void StatementBuilder::warn(Range range) {
  SyntaxDiag warning;
  warning.id = DiagId::SwallowedStanza;
  warning.range = range;
  result.diagnostics.push_back(warning);
}

void StatementBuilder::skipTo(uint32_t offset) {
  resume = offset;
  scanner.endAt(scanner.position());
}

void StatementBuilder::readAs(llvm::ArrayRef<Token> tokens, uint32_t offset,
                              LexerMode mode, const StanzaInfo &meant) {
  isRetry = true;
  quiet = true;
  assumed = &meant;
  // The parser finds the end of the statement next and returns.
  scanner.endAt(scanner.position());
  retryTokens.assign(tokens.begin(), tokens.end());
  retryOffset = offset;
  retryMode = mode;
}

void StatementBuilder::keyword(const Token &token) {
  statement.range = trimmed(token.range);
  // Escaped newlines alone: the first backslash is what is wrong.
  if (statement.range.empty())
    ++statement.range.end;
  statement.keywordEnd = statement.range.end;
  if (token.kind == TokenKind::BadQuote || token.kind == TokenKind::BadEscape) {
    statement.health = StatementHealth::Unknown;
    return badWord(token);
  }
  llvm::StringRef word = textOf(statement.keyword());
  const StanzaInfo *info = assumed;
  if (assumed)
    statement.health = StatementHealth::Erroneous;
  if (!info && !options.mainConfiguration)
    info = findStanza(word);
  // Upstart looks the keyword up behind the gap (line code G).
  if (!info || (!hasStanza(info->dialects) && !assumed)) {
    uint32_t line =
        lineOf(static_cast<uint32_t>(skipGap(source.text(), token.range.end)));
    statement.health = StatementHealth::Unknown;
    if (!info)
      return unknownKeyword(word, line);
    progress.info = info;
    report(DiagId::WrongDialect, UpstartError::UnknownStanza,
           statement.keyword(), line, detail());
    quiet = true;
  }
  progress.info = info;
  statement.kind = info->kind;
  if (formsOf(*info).size() == 1 && info->forms[0].word.empty())
    progress.form = &info->forms[0];
}

void StatementBuilder::unknownKeyword(llvm::StringRef word,
                                      uint32_t upstartLine) {
  Range range = statement.keyword();
  llvm::StringRef text = source.text();
  auto second = static_cast<uint32_t>(skipGap(text, range.end));
  llvm::StringRef rest = text.substr(second);
  llvm::StringRef secondWord =
      rest.substr(0, rest.find_first_of(llvm::StringRef(" \t\r\n\0#;", 7)));
  Range secondRange = {second,
                       second + static_cast<uint32_t>(secondWord.size())};
  bool isBlockEnd =
      word == "end" &&
      (secondWord.empty() || !suggestWord(secondWord, "script").empty());
  const StanzaInfo *meant =
      isBlockEnd || options.mainConfiguration ? nullptr : suggestStanza(word);
  uint32_t details = meant ? static_cast<uint32_t>(meant->kind) + 1 : 0;
  if (isBlockEnd)
    report(DiagId::StrayEndScript, UpstartError::UnknownStanza,
           {range.begin, secondWord.empty() ? range.end : secondRange.end},
           upstartLine);
  else
    report(DiagId::UnknownStanza, UpstartError::UnknownStanza, range,
           upstartLine, details);
  if (!isTolerant())
    return;
  if (meant) {
    auto [kind, mode] =
        Scanner::classify(meant->spelling, LexerMode::Statement);
    return readAs({{kind, range}}, range.end, mode, *meant);
  }
  // Something with a block behind it, so that its lines are not taken for
  // statements.
  if (!isBlockEnd && secondWord == "script" && !options.mainConfiguration)
    return readAs({{TokenKind::Script, secondRange}}, secondRange.end,
                  LexerMode::ScriptHead, stanzaInfo(StanzaKind::Script));
  if (word == "and" || word == "or")
    return skipTo(skipExpressionLines(text, range.begin));
  uint32_t orphans = isBlockEnd ? NoResume : orphanedBlock();
  skipTo(orphans != NoResume ? orphans : nextUnjoinedLine(text, range.begin));
}

/// A line that is no statement may be the first of a block whose `script` is
/// missing, if it is indented or there are several: the end of that block, or
/// NoResume.
uint32_t StatementBuilder::orphanedBlock() {
  llvm::StringRef text = source.text();
  uint32_t begin = statement.keyword().begin;
  if (begin < noOrphansBefore)
    return NoResume;
  OrphanedBlock found = findOrphanedBlock(text, begin);
  bool isIndented = begin != 0 && isBlank(text[begin - 1]);
  if (found.hasEnd && (isIndented || found.lines > 1))
    return found.end;
  noOrphansBefore = found.end;
  return NoResume;
}

bool StatementBuilder::subKeyword(const Token &token) {
  Range range = trimmed(token.range);
  llvm::StringRef raw = textOf(range);
  for (const StanzaForm &form : formsOf(*progress.info)) {
    if (form.word.empty())
      continue;
    WordText word{raw, false};
    if (form.quotable)
      word = readWord(textOf(token.range), WordMode::Dequoted, file.arena);
    if (word.isEmpty) {
      report(DiagId::EmptyArgument, UpstartError::ExpectedToken, range,
             lineOf(range.begin), detail());
      quiet = true;
      return true;
    }
    // A retry knows what the misspelt word means: its token is of that kind.
    bool isMeant =
        assumed &&
        token.kind == Scanner::classify(form.word, subKeywordMode()).first &&
        token.kind != TokenKind::Word;
    if (word.value != llvm::StringRef(form.word) && !isMeant)
      continue;
    chooseForm(form, {range, word.value});
    return true;
  }
  return false;
}

LexerMode StatementBuilder::subKeywordMode() const {
  return Scanner::classify(progress.info->spelling, LexerMode::Statement)
      .second;
}

void StatementBuilder::chooseForm(const StanzaForm &form,
                                  const ast::Word &word) {
  extend(word.range);
  progress.form = &form;
  if (!hasStanza(form.dialects)) {
    report(DiagId::WrongDialect, UpstartError::UnknownStanza, word.range,
           lineOf(word.range.begin), detail());
    quiet = true;
  }
  file.words.push_back(word);
  ++statement.wordCount;
  if (form.content == FormContent::Events)
    startExpression();
}

void StatementBuilder::unknownSubKeyword(const Token &token) {
  Range range = trimmed(token.range);
  llvm::StringRef word = textOf(range);
  // Where a plain form exists, Upstart complains about its value instead.
  UpstartError error = UpstartError::UnknownStanza;
  if (progress.form)
    error = progress.form->arguments[0].upstartError;
  progress.form = nullptr;
  report(DiagId::UnknownArgument, error, range, lineOf(range.begin), detail());
  if (!isTolerant())
    return;
  quiet = true;
  const StanzaForm *meant = nullptr;
  for (const StanzaForm &form : formsOf(*progress.info))
    if (!form.word.empty() && !suggestWord(word, form.word).empty())
      meant = &form;
  // `start script` and `start exec` of older generations.
  if (word == "script" || word == "exec") {
    auto [kind, mode] = Scanner::classify(word, LexerMode::Statement);
    return readAs({{kind, range}}, range.end, mode, *findStanza(word));
  }
  bool isHook = progress.info->forms[0].content == FormContent::Command;
  bool isCondition = progress.info->forms[0].content == FormContent::Events;
  if (!isHook && !isCondition)
    return;
  // With the sub-keyword left out, the word is already what follows it.
  uint32_t offset = range.end;
  if (!meant) {
    meant = &progress.info->forms[0];
    offset = range.begin;
  }
  auto [keywordKind, mode] =
      Scanner::classify(progress.info->spelling, LexerMode::Statement);
  auto [kind, innerMode] = Scanner::classify(meant->word, mode);
  readAs({{keywordKind, statement.keyword()}, {kind, {range.begin, offset}}},
         offset, innerMode, *progress.info);
}

void StatementBuilder::onArguments(const Token &token) {
  switch (token.kind) {
  case TokenKind::End:
  case TokenKind::EndOfFile:
    return endArguments(token);
  default:
    if (resume == NoResume)
      argument(token);
  }
}

void StatementBuilder::argument(const Token &token) {
  bool isBad = token.kind != TokenKind::Word;
  if (!progress.form) {
    if (isBad)
      return badWord(token);
    if (subKeyword(token))
      return;
    const StanzaForm &plain = progress.info->forms[0];
    if (!plain.word.empty() || plain.maxArguments == 0)
      return unknownSubKeyword(token);
    progress.form = &plain;
    if (isTolerant() && isMisspeltForm(token))
      return unknownSubKeyword(token);
  }
  bool isFull = progress.form->maxArguments != Unbounded &&
                progress.argument >= progress.form->maxArguments;
  if (progress.complete || isFull)
    return surplusArgument(token);
  if (isBad)
    return badWord(token);
  Range range = trimmed(token.range);
  WordText text = readWord(textOf(token.range), WordMode::Dequoted, file.arena);
  extend(range);
  if (progress.arguments.empty())
    progress.arguments = range;
  progress.arguments.end = range.end;
  if (text.isEmpty) {
    report(DiagId::EmptyArgument, UpstartError::ExpectedToken, range,
           lineOf(range.begin), detail());
  } else {
    file.words.push_back({range, text.value});
    ++statement.wordCount;
    evaluate(argumentAt(*progress.form, progress.argument), file.words.back());
  }
  ++progress.argument;
}

void StatementBuilder::evaluate(const ArgumentInfo &info,
                                const ast::Word &word) {
  if (info.type == ValueType::Text)
    return;
  int64_t value = 0;
  bool isGood = evaluateArgument(info, word.value, value);
  if (info.wordEndsForm && listContains(info.words, word.value))
    progress.complete = true;
  if (isGood)
    return;
  // Illegal signals are the one error Upstart reports without a line (§0.3).
  uint32_t line = info.upstartError == UpstartError::IllegalSignal
                      ? 0
                      : lineOf(word.range.begin);
  report(info.diagnostic, info.upstartError, word.range, line, detail());
}

/// `oom scroe 5`: Upstart takes the word for the value of the plain form.
bool StatementBuilder::isMisspeltForm(const Token &token) const {
  llvm::StringRef word = textOf(trimmed(token.range));
  int64_t value = 0;
  if (evaluateArgument(progress.form->arguments[0], word, value))
    return false;
  for (const StanzaForm &form : formsOf(*progress.info))
    if (!form.word.empty() && !suggestWord(word, form.word).empty())
      return true;
  return false;
}

void StatementBuilder::surplusArgument(const Token &token) {
  bool isBad = token.kind != TokenKind::Word;
  Range range = isBad ? token.range : trimmed(token.range);
  if (!isTolerant()) {
    report(DiagId::UnexpectedArgument, UpstartError::UnexpectedToken, range,
           lineOf(range.begin), detail());
    return;
  }
  if (isBad) {
    // Its quote swallowed lines; only the first belongs here.
    llvm::StringRef line = textOf(range);
    line = line.substr(0, line.find('\n')).rtrim(llvm::StringRef(" \t\r\0", 4));
    range.end = range.begin + static_cast<uint32_t>(line.size());
    skipTo(findStatement(source.text(), nextLine(source.text(), range.begin),
                         token.range.end, swallowedText()));
  }
  if (progress.surplus.empty())
    progress.surplus = range;
  progress.surplus.end = range.end;
  extend(range);
}

void StatementBuilder::endArguments(const Token &token) {
  if (!progress.surplus.empty()) {
    Range range = progress.surplus;
    bool isBackslash = textOf(range) == "\\";
    report(isBackslash ? DiagId::TrailingBackslash : DiagId::UnexpectedArgument,
           UpstartError::UnexpectedToken, range, lineOf(range.begin), detail(),
           {progress.arguments.begin, range.end});
    return;
  }
  if (resume != NoResume)
    return;
  const StanzaForm *form = progress.form;
  if (!form && progress.info->forms[0].word.empty())
    form = &progress.info->forms[0];
  if (form && (progress.complete || progress.argument >= form->minArguments))
    return;
  report(DiagId::ExpectedArgument, UpstartError::ExpectedToken, statement.range,
         lineOf(token.range.begin), detail());
}

Swallowed StatementBuilder::swallowedText() const {
  bool isProse =
      !progress.info || progress.info->group == FormatGroup::Documentation;
  return isProse ? Swallowed::Prose : Swallowed::Anything;
}

void StatementBuilder::badWord(const Token &token) {
  uint32_t line = source.endLine();
  if (!isTolerant() || token.kind == TokenKind::BadEscape) {
    bool isQuote = token.kind == TokenKind::BadQuote;
    Range last = {token.range.end - 1, token.range.end};
    report(isQuote ? DiagId::UnterminatedQuote : DiagId::TrailingBackslash,
           isQuote ? UpstartError::UnterminatedQuote
                   : UpstartError::TrailingSlash,
           last, line);
    quiet = true;
    return;
  }
  // A quote is a cause of its own, whatever was wrong before it.
  uint32_t quote = token.range.begin + openQuote(textOf(token.range));
  quiet = false;
  report(DiagId::UnterminatedQuote, UpstartError::UnterminatedQuote,
         {quote, quote + 1}, line);
  quiet = true;
  uint32_t next = nextLine(source.text(), quote);
  extend({quote, quote + static_cast<uint32_t>(
                             textOf({quote, next})
                                 .rtrim(llvm::StringRef(" \t\r\n\0", 5))
                                 .size())});
  skipTo(findStatement(source.text(), next, token.range.end, swallowedText()));
}
