// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The baked automaton has two properties that starton-bake proves: behind its
// first byte every state accepts, and no byte is ever lost. So matching is one
// table look-up a byte and never backs up.

#include "Scanner.h"
#include <cstring>

using namespace starton;
using namespace starton::parse;

namespace {

enum class ModeChange : uint8_t { None, Set, Push, Pop };
enum class TokenFlow : uint8_t { Emit, Skip, More };

struct LexerAction {
  TokenKind kind;
  ModeChange change;
  LexerMode mode;
  TokenFlow flow;
};

#include "LexerTable.inc"

/// States are stored as the index of their row in `transitions`.
const LexerAction &actionOf(unsigned state) {
  return lexerActions[stateActions[state / NumByteClasses]];
}

unsigned step(unsigned state, char byte) {
  return transitions[state + byteClasses[static_cast<unsigned char>(byte)]];
}

/// Most bytes are in comments and script lines, which one byte ends.
const char *skipLoop(unsigned state, const char *from, const char *to) {
  unsigned index = (state - FirstLoopState) / NumByteClasses;
  const void *exit =
      std::memchr(from, exitBytes[index], static_cast<size_t>(to - from));
  return exit ? static_cast<const char *>(exit) : to;
}

} // namespace

void Scanner::reset(llvm::StringRef newText) {
  text = newText;
  restart(0, LexerMode::Statement);
}

void Scanner::restart(uint32_t offset, LexerMode newMode) {
  inject({}, offset, newMode);
}

void Scanner::inject(llvm::ArrayRef<Token> tokens, uint32_t offset,
                     LexerMode newMode) {
  injected.assign(tokens.rbegin(), tokens.rend());
  at = offset;
  end = static_cast<uint32_t>(text.size());
  current = newMode;
  outer.clear();
}

unsigned Scanner::run(unsigned state, const char *&from, const char *to) {
  const char *place = from;
  while (place != to) {
    if (state >= FirstLoopState)
      place = skipLoop(state, place, to);
    if (place == to)
      break;
    unsigned next = step(state, *place);
    if (next == 0)
      break;
    state = next;
    ++place;
  }
  from = place;
  return state;
}

unsigned Scanner::runGuarded(unsigned state, const char *&from) {
  uint32_t quote = 0;
  bool inQuote = false;
  while (from != text.data() + end) {
    unsigned next = step(state, *from);
    if (next == 0)
      break;
    state = next;
    ++from;
    TokenKind kind = actionOf(state).kind;
    if (kind != TokenKind::BadQuote) {
      inQuote &= kind == TokenKind::BadEscape;
      continue;
    }
    auto offset = static_cast<uint32_t>(from - text.data());
    if (!inQuote)
      quote = offset - 1;
    inQuote = true;
    if (from[-1] == '\n' && guard(guardContext, quote, offset))
      end = offset;
  }
  return state;
}

Token Scanner::next() {
  if (!injected.empty())
    return injected.pop_back_val();
  uint32_t start = at;
  while (at != end) {
    const char *from = text.data() + at;
    unsigned state = modeStarts[static_cast<size_t>(current)];
    state =
        guard ? runGuarded(state, from) : run(state, from, text.data() + end);
    at = static_cast<uint32_t>(from - text.data());
    const LexerAction &action = actionOf(state);
    switch (action.change) {
    case ModeChange::None:
      break;
    case ModeChange::Push:
      outer.push_back(current);
      current = action.mode;
      break;
    case ModeChange::Set:
      current = action.mode;
      break;
    case ModeChange::Pop:
      current = outer.back();
      outer.pop_back();
      break;
    }
    if (action.flow == TokenFlow::Emit)
      return {action.kind, {start, at}};
    if (action.flow == TokenFlow::Skip)
      start = at;
  }
  return {TokenKind::EndOfFile, {start, at}};
}

std::pair<TokenKind, LexerMode> Scanner::classify(llvm::StringRef word,
                                                  LexerMode mode) {
  Scanner scanner;
  scanner.reset(word);
  scanner.restart(0, mode);
  Token token = scanner.next();
  return {token.kind, scanner.mode()};
}

llvm::StringRef parse::kindName(TokenKind kind) {
  return tokenNames[static_cast<size_t>(kind)];
}

uint32_t parse::openQuote(llvm::StringRef word) {
  char quote = 0;
  size_t opened = 0;
  for (size_t index = 0; index != word.size(); ++index) {
    char byte = word[index];
    if (byte == '\\') {
      if (++index == word.size())
        break;
    } else if (quote) {
      if (byte == quote)
        quote = 0;
    } else if (byte == '"' || byte == '\'') {
      quote = byte;
      opened = index;
    }
  }
  return static_cast<uint32_t>(opened);
}
