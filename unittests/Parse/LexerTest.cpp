// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The baked lexer against the one ANTLR generates from the same grammar: same
// kinds at the same offsets on every case, every corpus file and input made to
// be nasty. And the parser: no prediction is left in it.

#include "ConfLexer.h"
#include "Scanner.h"
#include "TestData.h"
#include "starton/Basic/Stanzas.h"
#include "gtest/gtest.h"

using namespace starton;
using namespace starton::test;

namespace {

/// Bytes as characters; ANTLR's own stream would decode UTF-8.
class ByteStream final : public antlr4::CharStream {
public:
  explicit ByteStream(llvm::StringRef text) : text(text) {}

  void consume() override { ++place; }
  size_t LA(ssize_t offset) override {
    size_t wanted = offset < 0 ? place + static_cast<size_t>(offset)
                               : place + static_cast<size_t>(offset) - 1;
    return wanted < text.size() ? static_cast<unsigned char>(text[wanted])
                                : EOF;
  }
  ssize_t mark() override { return -1; }
  void release(ssize_t) override {}
  size_t index() override { return place; }
  void seek(size_t index) override { place = std::min(index, text.size()); }
  size_t size() override { return text.size(); }
  std::string getSourceName() const override { return "bytes"; }
  std::string getText(const antlr4::misc::Interval &) override { return {}; }
  std::string toString() const override { return {}; }

private:
  llvm::StringRef text;
  size_t place = 0;
};

struct Place {
  size_t kind, begin, end;
  friend bool operator==(const Place &, const Place &) = default;
};

std::vector<Place> stockTokens(llvm::StringRef text) {
  ByteStream stream(text);
  ConfLexer lexer(&stream);
  lexer.removeErrorListeners();
  std::vector<Place> places;
  for (;;) {
    std::unique_ptr<antlr4::Token> token = lexer.nextToken();
    if (token->getType() == antlr4::Token::EOF)
      return places;
    places.push_back(
        {token->getType(), token->getStartIndex(), token->getStopIndex() + 1});
  }
}

std::vector<Place> bakedTokens(llvm::StringRef text) {
  parse::Scanner scanner;
  scanner.reset(text);
  std::vector<Place> places;
  for (;;) {
    parse::Token token = scanner.next();
    if (token.kind == parse::TokenKind::EndOfFile)
      return places;
    places.push_back(
        {static_cast<size_t>(token.kind), token.range.begin, token.range.end});
  }
}

void expectSame(llvm::StringRef text, const std::string &name) {
  EXPECT_EQ(stockTokens(text) == bakedTokens(text), true) << name;
}

TEST(Lexer, CasesAgree) {
  for (const Expectation &file : conformanceCases())
    expectSame(file.text, file.path);
}

TEST(Lexer, CorpusAgrees) {
  std::vector<Expectation> files = corpus();
  if (files.empty())
    GTEST_SKIP() << "no corpus here";
  for (const Expectation &file : files)
    expectSame(file.text, file.path);
}

/// Cutting a file at any byte ends it in any state of the lexer.
TEST(Lexer, CutFilesAgree) {
  std::string text =
      readFile(STARTON_SOURCE_DIR "/test/Parse/Inputs/jobs/network.conf") +
      readFile(STARTON_SOURCE_DIR "/test/Parse/Inputs/jobs/session.conf");
  for (size_t length = 0; length <= text.size(); ++length)
    expectSame(llvm::StringRef(text).substr(0, length), std::to_string(length));
}

/// Every short sequence of the bytes that mean something, behind every keyword
/// that changes how they are read.
TEST(Lexer, NastySequencesAgree) {
  const llvm::StringRef bytes("\n\\\"'# ()\0a\x80", 11);
  const char *prefixes[] = {"",           "manual ",    "start ",  "start on ",
                            "stop on (",  "exec ",      "script ", "script\n",
                            "kill ",      "pre-start ", "env A=",  "exec a\0",
                            "script\nend"};
  for (const char *prefix : prefixes) {
    constexpr size_t length = 4;
    size_t count = 1;
    for (size_t index = 0; index != length; ++index)
      count *= bytes.size();
    for (size_t number = 0; number < count; number += 7) {
      std::string text = prefix;
      for (size_t index = 0, rest = number; index != length;
           ++index, rest /= bytes.size())
        text += bytes[rest % bytes.size()];
      expectSame(text, prefix + std::to_string(number));
    }
  }
}

TEST(Lexer, RandomBytesAgree) {
  const std::string words[] = {
      "script", "end",  "exec",   "start",      "on",
      "and",    "or",   "manual", "pre-start",  " ",
      "\n",     "\t",   "\r",     "\\\n",       "\\",
      "\"",     "'",    "(",      ")",          "#",
      "a",      "\xC3", "=",      "end script", std::string(1, '\0')};
  uint64_t state = 12345;
  for (unsigned file = 0; file != 3000; ++file) {
    std::string text;
    for (unsigned word = 0; word != 60; ++word) {
      state = state * 6364136223846793005U + 1442695040888963407U;
      text += words[(state >> 33) % std::size(words)];
    }
    expectSame(text, "random " + std::to_string(file));
  }
}

/// The grammar spells a stanza only where that changes how the rest is read,
/// and then as Stanzas.def has it.
TEST(Lexer, VocabularyMatchesTheTable) {
  using parse::LexerMode;
  using parse::TokenKind;
  for (const StanzaInfo &info : allStanzas()) {
    const StanzaForm &first = info.forms[0];
    bool isFlag =
        info.kind == StanzaKind::Manual || info.kind == StanzaKind::Debug;
    TokenKind expected = TokenKind::Keyword;
    if (isFlag)
      expected = TokenKind::Flag;
    else if (first.content == FormContent::Events)
      expected = TokenKind::Condition;
    else if (first.content == FormContent::Block)
      expected = TokenKind::Script;
    else if (first.content == FormContent::Command)
      expected = first.word.empty() ? TokenKind::Exec : TokenKind::Hook;
    auto [kind, mode] =
        parse::Scanner::classify(info.spelling, LexerMode::Statement);
    EXPECT_EQ(kind, expected) << info.spelling;
    for (const StanzaForm &form : formsOf(info)) {
      if (form.word.empty())
        continue;
      TokenKind inner = TokenKind::Word;
      if (form.content == FormContent::Events)
        inner = TokenKind::On;
      else if (form.content == FormContent::Command)
        inner = TokenKind::Exec;
      else if (form.content == FormContent::Block)
        inner = TokenKind::Script;
      EXPECT_EQ(parse::Scanner::classify(form.word, mode).first, inner)
          << info.spelling << ' ' << form.word;
    }
  }
}

TEST(Grammar, NothingIsPredicted) {
  std::string parser = readFile(STARTON_GENERATED_PARSER);
  ASSERT_NE(parser.find("ConfParser::statement()"), std::string::npos);
  EXPECT_EQ(parser.find("adaptivePredict"), std::string::npos);
}

} // namespace
