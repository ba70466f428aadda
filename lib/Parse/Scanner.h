// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tokens from bytes, driven by the table that starton-bake makes of
// ConfLexer.g4. Restartable at any offset in any mode, which is what recovery
// consists of.

#ifndef STARTON_LIB_PARSE_SCANNER_H
#define STARTON_LIB_PARSE_SCANNER_H

#include "starton/Basic/Source.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"

namespace starton::parse {

#include "TokenKinds.inc"

/// A token's range covers what the lexer matched: quotes, and the escaped
/// newlines that may end a word. At end of file it covers what an unfinished
/// block held.
struct Token {
  TokenKind kind = TokenKind::EndOfFile;
  Range range;
};

class Scanner {
public:
  /// Asked at each line that an open quote is about to swallow (its offset):
  /// true ends the text there.
  using LineGuard = bool (*)(void *context, uint32_t quote, uint32_t lineStart);

  void reset(llvm::StringRef newText);
  /// Continues at \p offset as if the text began there; ends only where the
  /// text does.
  void restart(uint32_t offset, LexerMode newMode);
  /// The next token(s) are \p tokens; then scanning goes on at \p offset.
  void inject(llvm::ArrayRef<Token> tokens, uint32_t offset, LexerMode newMode);
  /// Makes everything from \p offset on invisible until restart() or inject().
  void endAt(uint32_t offset) { end = offset; }
  void setLineGuard(LineGuard newGuard, void *context) {
    guard = newGuard;
    guardContext = context;
  }

  Token next();

  /// Where the next token will be looked for.
  uint32_t position() const { return at; }
  /// Where the visible text ends.
  uint32_t visibleEnd() const { return end; }
  LexerMode mode() const { return current; }

  /// What \p word would be in \p mode, and the mode behind it.
  static std::pair<TokenKind, LexerMode> classify(llvm::StringRef word,
                                                  LexerMode mode);

private:
  static unsigned run(unsigned state, const char *&from, const char *to);
  unsigned runGuarded(unsigned state, const char *&from);

  llvm::StringRef text;
  uint32_t at = 0;
  uint32_t end = 0;
  LexerMode current{};
  std::vector<LexerMode> outer; ///< modes below `current`, as parentheses nest
  llvm::SmallVector<Token, 2> injected;
  LineGuard guard = nullptr;
  void *guardContext = nullptr;
};

/// The name of a kind, as the grammar spells it but in lower case.
llvm::StringRef kindName(TokenKind kind);

/// The offset of the quote that is open at the end of \p word, which must be a
/// BadQuote token's text, relative to its beginning.
uint32_t openQuote(llvm::StringRef word);

} // namespace starton::parse

#endif // STARTON_LIB_PARSE_SCANNER_H
