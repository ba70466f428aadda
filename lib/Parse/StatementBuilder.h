// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Makes statements of words: checks them against Stanzas.def, evaluates values,
// finds errors and decides where reading goes on behind them.
//
// It works in two passes. The strict pass reads exactly as Upstart does and
// ends at the first error, whose line and text are then known. The tolerant
// pass begins again at the statement that failed and reads as a person would:
// an unclosed quote, parenthesis or block ends where a new statement clearly
// begins, and a misspelt keyword is read as what was meant. It reports every
// error of the rest of the file.

#ifndef STARTON_LIB_PARSE_STATEMENTBUILDER_H
#define STARTON_LIB_PARSE_STATEMENTBUILDER_H

#include "Expression.h"
#include "Grammar.h"
#include "Recovery.h"
#include "Words.h"
#include "starton/Parse/Parse.h"

namespace starton::parse {

enum class Pass : uint8_t { Strict, Tolerant };

class StatementBuilder final : public TokenSink {
public:
  StatementBuilder(Scanner &scanner, ParseResult &result,
                   const ParseOptions &options);

  void setPass(Pass newPass);

  /// A statement begins.
  void begin();
  void terminal(GrammarRule rule, const Token &token) override;
  /// The statement has ended; true when the scanner has been set up to read the
  /// same statement again, as what was probably meant.
  bool end();

  /// In the tolerant pass, statements up to \p offset leave only diagnostics:
  /// the strict pass has made them.
  void keepBehind(uint32_t offset) { keptBehind = offset; }

  /// The error that ended the strict pass; null when there was none.
  const SyntaxDiag *strictError() const {
    return failed ? &firstError : nullptr;
  }
  /// The first quote or parenthesis that swallowed what looks like a statement
  /// although it is closed further on, and where its statement begins;
  /// NoResume: there is none.
  uint32_t suspectOpening() const { return suspect; }
  uint32_t suspectStatement() const { return suspectStart; }
  /// Where the statement at hand begins.
  uint32_t statementStart() const { return startOffset; }
  /// Where to look for the next statement, or NoResume: where the scanner is.
  uint32_t resumeOffset() const { return resume; }
  static constexpr uint32_t NoResume = UINT32_MAX;

private:
  /// Which form of the stanza is being read.
  struct Progress {
    const StanzaInfo *info = nullptr;
    const StanzaForm *form = nullptr; ///< null: its sub-keyword comes first
    unsigned argument = 0;            ///< index of the next argument
    bool complete = false;            ///< a word that ends the form was read
    Range arguments;                  ///< first to last argument
    Range surplus;                    ///< words too many
  };

  void findSuspect(const Token &token);
  void onStatement(const Token &token);
  void onArguments(const Token &token);
  void onExpression(const Token &token);
  void onCommand(const Token &token);
  void onBlock(const Token &token);

  void keyword(const Token &token);
  void unknownKeyword(llvm::StringRef word, uint32_t upstartLine);
  uint32_t orphanedBlock();
  bool subKeyword(const Token &token);
  LexerMode subKeywordMode() const;
  void chooseForm(const StanzaForm &form, const ast::Word &word);
  void unknownSubKeyword(const Token &token);
  void argument(const Token &token);
  bool isMisspeltForm(const Token &token) const;
  void surplusArgument(const Token &token);
  void evaluate(const ArgumentInfo &info, const ast::Word &word);
  void endArguments(const Token &token);

  void startExpression();
  void breakLine(const Token &token);
  void endExpression(const Token &token);
  void expressionError(ExpressionError error, Range range,
                       uint32_t upstartLine);
  void unclosedParenthesis();

  void endOfBlockHead();
  void endBlock(const Token &token);
  void warnOfSwallowedStanza();
  void unterminatedBlock();

  void badWord(const Token &token);
  Swallowed swallowedText() const;
  void readAs(llvm::ArrayRef<Token> tokens, uint32_t offset, LexerMode mode,
              const StanzaInfo &meant);
  void skipTo(uint32_t offset);

  /// \p upstartLine 0: Upstart prints none. Nothing is reported while quiet.
  void report(DiagId id, UpstartError error, Range range, uint32_t upstartLine,
              uint32_t detail = 0, Range extra = {});
  /// What is legal but swallows a stanza.
  void warn(Range range);
  uint32_t lineOf(uint32_t offset) const {
    return source.lineColumn(offset).line;
  }
  uint32_t detail() const;

  llvm::StringRef textOf(Range range) const { return source.text(range); }
  Range trimmed(Range range) const;
  void extend(Range range) {
    statement.range.end = std::max(statement.range.end, range.end);
  }
  bool isTolerant() const { return pass == Pass::Tolerant; }
  bool hasStanza(DialectSet dialects) const {
    return (dialects & dialectBit(options.dialect)) != 0;
  }
  static bool guardLine(void *context, uint32_t quote, uint32_t lineStart);

  Scanner &scanner;
  ParseResult &result;
  ast::File &file;
  const SourceBuffer &source;
  ParseOptions options;

  Pass pass = Pass::Strict;
  bool failed = false; ///< the strict pass is over
  SyntaxDiag firstError;

  // The statement at hand.
  ast::Statement statement;
  Progress progress;
  bool isRetry = false;
  bool quiet = false; ///< what follows would be a consequence
  const StanzaInfo *assumed =
      nullptr; ///< the stanza meant by a misspelt keyword
  uint32_t startOffset = 0;
  uint32_t resume = NoResume;
  uint32_t wordMark = 0; ///< sizes of the file's arrays before it
  uint32_t nodeMark = 0;

  // How it is read again.
  llvm::SmallVector<Token, 2> retryTokens;
  uint32_t retryOffset = 0;
  LexerMode retryMode{};

  // Its event expression or block.
  ExpressionMachine expression;
  bool expressionFailed = false;
  bool hasOperand = false;
  bool lineIsEmpty = false; ///< no token yet on a line inside parentheses
  Range lastToken;
  size_t expressionDiagnostics = 0; ///< where those of the expression begin
  bool hasExtra = false;
  uint32_t bodyStart = NoResume;

  // Knowledge about the file.
  uint32_t keptBehind = 0;
  uint32_t suspect = NoResume;
  uint32_t suspectStart = NoResume;
  uint32_t noEndScriptFrom = UINT32_MAX; ///< blocks from here on never end
  uint32_t noOrphansBefore = 0;
  uint32_t judgedQuote = UINT32_MAX;
  bool judgedIntended = false;
};

} // namespace starton::parse

#endif // STARTON_LIB_PARSE_STATEMENTBUILDER_H
