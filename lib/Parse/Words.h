// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From the bytes of a word, command or block to the text Upstart stores.

#ifndef STARTON_LIB_PARSE_WORDS_H
#define STARTON_LIB_PARSE_WORDS_H

#include "starton/Basic/Arena.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"

namespace starton::parse {

inline bool isBlank(char byte) {
  return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\0';
}

enum class WordMode : uint8_t {
  Raw,     ///< quotes and backslashes are kept (commands)
  Dequoted ///< arguments
};

struct WordText {
  llvm::StringRef value;
  /// Upstart finds nothing there: `""` (language §1.3, "Emptiness").
  bool isEmpty = false;
};

/// Applies language §1.3 and §1.4 to a complete word: dequotes, folds blanks
/// around newlines, cuts at NUL, reproduces the defect of a backslash behind
/// blanks. The value points into \p raw where nothing changes, else into
/// \p arena.
WordText readWord(llvm::StringRef raw, WordMode mode, Arena &arena);

/// The lines of a block without their common indentation (language §2).
/// \p body holds all lines between the header and the end line.
llvm::StringRef readBlock(llvm::StringRef body, Arena &arena);

/// What readBlock() keeps of each line, one after the other.
void forEachBlockLine(llvm::StringRef body,
                      llvm::function_ref<void(llvm::StringRef)> visit);

/// The length of \p word without the escaped newlines at its end, which the
/// lexer leaves on words, keywords and operators.
size_t lengthWithoutJoins(llvm::StringRef word);

/// The offset behind the gap that begins at \p offset (language §1.5).
size_t skipGap(llvm::StringRef text, size_t offset);

} // namespace starton::parse

#endif // STARTON_LIB_PARSE_WORDS_H
