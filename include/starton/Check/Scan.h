// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The bytes of words and commands as Upstart's scanner sees them, for checks of
// what a quote or a backslash does.

#ifndef STARTON_CHECK_SCAN_H
#define STARTON_CHECK_SCAN_H

#include "starton/AST/AST.h"
#include "llvm/ADT/STLFunctionalExtras.h"

namespace starton::check {

/// A blank between words (language §1.1).
inline bool isBlank(char byte) {
  return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\0';
}

/// The line that \p offset stands in, without its LF.
Range lineAt(llvm::StringRef text, size_t offset);

struct ScannedByte {
  char byte = 0;
  uint32_t offset = 0;
  bool escaped = false; ///< stands behind a backslash that counts
  /// The quote it stands in, or closes, and where that was opened; 0: none.
  char quote = 0;
  uint32_t quoteBegin = 0;
};

/// Goes through a word or a command (language §1.3).
void scanBytes(llvm::StringRef text, Range range,
               llvm::function_ref<void(const ScannedByte &)> visit);

/// The words of a statement, those of its condition, and its command; not a
/// script, whose bytes are the shell's.
void forEachText(const ast::File &tree, const ast::Statement &statement,
                 llvm::function_ref<void(Range range)> visit);

} // namespace starton::check

#endif // STARTON_CHECK_SCAN_H
