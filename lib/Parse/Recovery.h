// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How a person reads a broken file: lines that are clearly new statements end
// whatever an unclosed quote, parenthesis or block has swallowed. Used only
// once a file is known to be rejected; none of it can change a verdict.

#ifndef STARTON_LIB_PARSE_RECOVERY_H
#define STARTON_LIB_PARSE_RECOVERY_H

#include "starton/Basic/Source.h"
#include "starton/Basic/Stanzas.h"
#include "llvm/ADT/StringRef.h"

namespace starton::parse {

/// What a line looks like by its first word and the shape of the rest.
struct LineReading {
  const StanzaInfo *stanza = nullptr; ///< null: no statement of this language
  bool isMisspelt = false;            ///< the keyword is only nearly right
  bool isIndented = false;
  bool isComment = false;
};

/// Whether a keyword may be only nearly right; telling takes a while.
enum class Spelling : uint8_t { Exact, Near };

/// Reads the line that begins at \p lineStart.
LineReading readLine(llvm::StringRef text, uint32_t lineStart,
                     Spelling spelling = Spelling::Near);

/// The beginning of the line after \p offset, or the end of the text.
uint32_t nextLine(llvm::StringRef text, uint32_t offset);

/// The beginning of the next line that no escaped newline joins to this one.
uint32_t nextUnjoinedLine(llvm::StringRef text, uint32_t offset);

/// What the lines that an unclosed quote or parenthesis swallowed may be.
enum class Swallowed : uint8_t {
  Prose,   ///< more of a text: only what reads as a statement ends it
  Anything ///< a line that is not indented is a new statement, if a bad one
};

/// The first line in [from, to) at which reading should go on; \p to when there
/// is none.
uint32_t findStatement(llvm::StringRef text, uint32_t from, uint32_t to,
                       Swallowed swallowed);

/// True when the quote at \p quote looks as if it were meant to span lines: it
/// opens and closes where quotes of values do, and the statements it would
/// swallow could be shell text.
bool isIntendedQuote(llvm::StringRef text, uint32_t quote);

/// Where an unterminated block should have ended.
struct BlockEnd {
  uint32_t bodyEnd = 0; ///< behind its last line
  uint32_t resume = 0;  ///< where the next statement is looked for
  Range misspelt;       ///< an end line that is only nearly right, or empty
};
BlockEnd findBlockEnd(llvm::StringRef text, uint32_t bodyStart);

/// The first line after \p offset that cannot be part of an event expression
/// which a line break has cut off.
uint32_t skipExpressionLines(llvm::StringRef text, uint32_t offset);

/// The lines from the one at \p offset to an `end script`, if no statement
/// comes before that.
struct OrphanedBlock {
  bool hasEnd = false;
  uint32_t lines = 0; ///< before the end line, empty ones not counted
  uint32_t end = 0;   ///< behind the end line; or what is known to have none
};
OrphanedBlock findOrphanedBlock(llvm::StringRef text, uint32_t offset);

/// The first line of a block's \p body that looks like a stanza because it is
/// not indented as the body is; NoLine when there is none. Here-documents are
/// left alone.
constexpr uint32_t NoLine = UINT32_MAX;
uint32_t findSwallowedStanza(llvm::StringRef text, Range body);

} // namespace starton::parse

#endif // STARTON_LIB_PARSE_RECOVERY_H
