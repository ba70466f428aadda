// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The only file that sees ANTLR, and the only one in which an exception can
// arise.
//
// ANTLR's own token stream buffers all tokens of a file, and its tree costs a
// hundred bytes a word. The parser is LL(1) and looks at one token at a time,
// so here it reads from a stream that owns two tokens and overwrites them, and
// words are passed on as the parser consumes them.

#include "ConfParser.h"
#include "Grammar.h"
#include <array>
#include <exception>

using namespace starton;
using namespace starton::parse;

namespace {

size_t antlrType(TokenKind kind) {
  return kind == TokenKind::EndOfFile ? antlr4::Token::EOF
                                      : static_cast<size_t>(kind);
}

static_assert(static_cast<size_t>(TokenKind::Keyword) == ConfParser::KEYWORD &&
                  static_cast<size_t>(TokenKind::Block) == ConfParser::BLOCK,
              "the baked lexer and the parser come from one grammar");
static_assert(
    static_cast<size_t>(GrammarRule::Statement) == ConfParser::RuleStatement &&
        static_cast<size_t>(GrammarRule::Process) == ConfParser::RuleProcess &&
        static_cast<size_t>(GrammarRule::Arguments) ==
            ConfParser::RuleArguments &&
        static_cast<size_t>(GrammarRule::Expression) ==
            ConfParser::RuleExpression &&
        static_cast<size_t>(GrammarRule::Command) == ConfParser::RuleCommand &&
        static_cast<size_t>(GrammarRule::Block) == ConfParser::RuleBlock,
    "GrammarRule mirrors the rules of the grammar");

/// What the generated parser asks of a token: its type. The rest of the
/// interface answers truthfully but is not used.
class WindowToken final : public antlr4::Token {
public:
  parse::Token token;

  std::string getText() const override { return {}; }
  size_t getType() const override { return antlrType(token.kind); }
  size_t getLine() const override { return 0; }
  size_t getCharPositionInLine() const override { return 0; }
  size_t getChannel() const override { return DEFAULT_CHANNEL; }
  size_t getTokenIndex() const override { return INVALID_INDEX; }
  size_t getStartIndex() const override { return token.range.begin; }
  size_t getStopIndex() const override { return token.range.end - size_t(1); }
  antlr4::TokenSource *getTokenSource() const override { return nullptr; }
  antlr4::CharStream *getInputStream() const override { return nullptr; }
  std::string toString() const override { return {}; }
};

/// The token before and the token at the cursor; fetched only when asked for,
/// so that the scanner can be moved between statements.
class WindowStream final : public antlr4::TokenStream {
public:
  void start(Scanner &newScanner) {
    scanner = &newScanner;
    fetched = false;
  }

  antlr4::Token *LT(ssize_t k) override {
    return k < 0 ? &window[current ^ 1U] : fetch();
  }
  size_t LA(ssize_t) override { return fetch()->getType(); }
  void consume() override {
    fetch();
    current ^= 1U;
    fetched = false;
  }

  antlr4::Token *get(size_t) const override { return nullptr; }
  antlr4::TokenSource *getTokenSource() const override { return nullptr; }
  std::string getText(const antlr4::misc::Interval &) override { return {}; }
  std::string getText() override { return {}; }
  std::string getText(antlr4::RuleContext *) override { return {}; }
  std::string getText(antlr4::Token *, antlr4::Token *) override { return {}; }
  ssize_t mark() override { return 0; }
  void release(ssize_t) override {}
  size_t index() override { return 0; }
  void seek(size_t) override {}
  size_t size() override { return 0; }
  std::string getSourceName() const override { return {}; }

private:
  WindowToken *fetch() {
    if (!fetched)
      window[current].token = scanner->next();
    fetched = true;
    return &window[current];
  }

  Scanner *scanner = nullptr;
  std::array<WindowToken, 2> window;
  unsigned current = 0;
  bool fetched = false;
};

/// The grammar is total, so there is nothing to synchronise with; if it ever
/// were not, the statement is given up and the caller told.
class NoErrors final : public antlr4::ANTLRErrorStrategy {
public:
  bool failed = false;

  void reset(antlr4::Parser *) override {}
  antlr4::Token *recoverInline(antlr4::Parser *parser) override {
    failed = true;
    return parser->getCurrentToken();
  }
  void recover(antlr4::Parser *, std::exception_ptr) override { failed = true; }
  void sync(antlr4::Parser *) override {}
  bool inErrorRecoveryMode(antlr4::Parser *) override { return false; }
  void reportError(antlr4::Parser *,
                   const antlr4::RecognitionException &) override {
    failed = true;
  }
  void reportMatch(antlr4::Parser *) override {}
};

class StreamingParser final : public ConfParser {
public:
  explicit StreamingParser(antlr4::TokenStream *stream) : ConfParser(stream) {
    setBuildParseTree(false);
  }

  TokenSink *sink = nullptr;

  antlr4::Token *consume() override {
    auto *token = static_cast<WindowToken *>(_input->LT(1));
    sink->terminal(static_cast<GrammarRule>(_ctx->getRuleIndex()),
                   token->token);
    if (token->token.kind != TokenKind::EndOfFile)
      _input->consume();
    return token;
  }
};

} // namespace

struct Grammar::Impl {
  WindowStream stream;
  StreamingParser parser{&stream};
  std::shared_ptr<NoErrors> strategy = std::make_shared<NoErrors>();

  Impl() { parser.setErrorHandler(strategy); }
};

Grammar::Grammar() : impl(std::make_unique<Impl>()) {}
Grammar::~Grammar() = default;

void Grammar::start(Scanner &scanner) { impl->stream.start(scanner); }

bool Grammar::atEnd() { return impl->stream.LA(1) == antlr4::Token::EOF; }

bool Grammar::parseStatement(TokenSink &sink) {
  impl->strategy->failed = false;
  impl->parser.sink = &sink;
  try {
    impl->parser.statement();
    // Frees the contexts of this statement.
    impl->parser.reset();
  } catch (const std::exception &) {
    impl->strategy->failed = true;
  }
  return !impl->strategy->failed;
}
