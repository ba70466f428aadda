// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The parser that ANTLR generates from ConfParser.g4, without ANTLR in its
// interface: it reads one statement at a time and hands on each word with the
// rule it belongs to. No tree is built, so memory does not grow with the input.

#ifndef STARTON_LIB_PARSE_GRAMMAR_H
#define STARTON_LIB_PARSE_GRAMMAR_H

#include "Scanner.h"
#include <memory>

namespace starton::parse {

/// The rules of ConfParser.g4, in its order.
enum class GrammarRule : uint8_t {
  Statement,
  Process,
  Arguments,
  Expression,
  Command,
  Block
};

/// Receives the words of statements.
class TokenSink {
public:
  virtual void terminal(GrammarRule rule, const Token &token) = 0;

protected:
  ~TokenSink() = default;
};

class Grammar {
public:
  Grammar();
  ~Grammar();
  Grammar(const Grammar &) = delete;
  Grammar &operator=(const Grammar &) = delete;

  /// Begins to read from \p scanner, which is positioned before a statement.
  void start(Scanner &scanner);
  /// True when nothing is left.
  bool atEnd();
  /// Reads one statement. False when the grammar does not cover what the
  /// scanner delivers, which would be a defect of the two (they are total).
  bool parseStatement(TokenSink &sink);

private:
  struct Impl;
  std::unique_ptr<Impl> impl;
};

} // namespace starton::parse

#endif // STARTON_LIB_PARSE_GRAMMAR_H
