// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The typed tree of one job file. Flat arrays and indices: a file of a million
// statements costs tens of bytes a statement, and nothing recurses over depth
// that input controls.

#ifndef STARTON_AST_AST_H
#define STARTON_AST_AST_H

#include "starton/Basic/Arena.h"
#include "starton/Basic/Dialect.h"
#include "starton/Basic/Source.h"
#include "starton/Basic/Stanzas.h"
#include "llvm/ADT/ArrayRef.h"

namespace starton::ast {

/// One word as written (range, quotes included) and as Upstart reads it
/// (value: dequoted, blanks folded, cut at a NUL; language §1.3, §1.4).
/// value points into the source or into the file's arena.
struct Word {
  Range range;
  llvm::StringRef value;
};

enum class NodeKind : uint8_t { Match, And, Or };

/// A node of an event expression, stored in post-order: the right operand of
/// an operator is the node before it, the left operand
/// is File::nodes[left].
struct EventNode {
  NodeKind kind = NodeKind::Match;
  Range range;            ///< Match: name..last operand; And/Or: the word
  uint32_t left = 0;      ///< And/Or only: index into File::nodes
  uint32_t firstWord = 0; ///< Match: index of the event name in File::words
  uint32_t wordCount = 0; ///< Match: 1 + number of operands
};

/// How far a statement was good. Upstart applies part of a failing statement
/// before it gives up (language §6.5), which overrides make visible: an
/// erroneous statement holds the words read before its error, and the offending
/// word itself only where that word was stored (a number out of range, a bad
/// choice, text with a word too many behind it). Unknown: the keyword is no
/// stanza of this dialect; `kind` then means nothing and the statement has no
/// effect. It is kept only where it holds Upstart's first error; later ones are
/// diagnosed and leave no statement.
enum class StatementHealth : uint8_t { Good, Erroneous, Unknown };

/// One statement. Which fields mean something depends on `kind`:
///  - every kind: `words` holds all words after the keyword in source order,
///    sub-keywords (`on`, `exec`, `limit` ...) included, except for event
///    expressions (whose words hang on their nodes) and command text;
///  - Start/Stop: `nodes` is the condition (empty when none could be made);
///  - Exec/PreStart../Script with process == Command: `text` is the command as
///    Upstart stores it (quotes kept);  Script: body with indentation removed;
///  - numbers are not kept: Values.h makes them of the words.
struct Statement {
  StanzaKind kind = StanzaKind::Description;
  StatementHealth health = StatementHealth::Good;
  enum class Process : uint8_t {
    None,
    Command,
    Script
  } process = Process::None;
  Range range; ///< keyword .. last token of the statement
  uint32_t keywordEnd = 0;
  uint32_t firstWord = 0, wordCount = 0;
  uint32_t firstNode = 0, nodeCount = 0;
  Range textRange;      ///< command or block body in the source
  llvm::StringRef text; ///< see above

  /// The keyword alone.
  Range keyword() const { return {range.begin, keywordEnd}; }
};
static_assert(sizeof(Statement) <= 56, "a file may have a million");

/// The tree of one file, good or bad: statements up to and beyond errors (of a
/// rejected file, at most 100,000 behind the first error).
struct File {
  const SourceBuffer *source = nullptr;
  Dialect dialect = Dialect::Upstart113;
  std::vector<Statement> statements;
  std::vector<Word> words;
  std::vector<EventNode> nodes;
  /// Index of the statement holding Upstart's first error (that statement may
  /// be applied in part); statements.size() when the file is accepted.
  uint32_t firstError = 0;
  Arena arena;

  llvm::ArrayRef<Word> wordsOf(const Statement &s) const {
    return llvm::ArrayRef<Word>(words).slice(s.firstWord, s.wordCount);
  }
  llvm::ArrayRef<EventNode> nodesOf(const Statement &s) const {
    return llvm::ArrayRef<EventNode>(nodes).slice(s.firstNode, s.nodeCount);
  }
  llvm::ArrayRef<Word> wordsOf(const EventNode &n) const {
    return llvm::ArrayRef<Word>(words).slice(n.firstWord, n.wordCount);
  }
};

} // namespace starton::ast

#endif // STARTON_AST_AST_H
