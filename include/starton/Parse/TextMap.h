// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From a position in the text of a command or script, as Upstart stores it, to
// the file it was written in. What lies between is language §1.3 (blanks around
// escaped newlines become one) and §2 (indentation that all lines share goes,
// a NUL takes the rest of its line along).

#ifndef STARTON_PARSE_TEXTMAP_H
#define STARTON_PARSE_TEXTMAP_H

#include "starton/Basic/Source.h"
#include <vector>

namespace starton {

/// Made by default it leads nowhere: every place is itself.
class TextMap {
public:
  /// \p written: the bytes at ast::Statement::textRange, which begin at offset
  /// \p base of the file. \p text: the statement's text.
  static TextMap ofScript(llvm::StringRef written, uint32_t base);
  static TextMap ofCommand(llvm::StringRef written, uint32_t base,
                           llvm::StringRef text);

  /// Exact for every byte but for blanks and backslashes in a command, which
  /// may have been moved or stand for several: for those it is a place between
  /// their neighbours. The end of the text is behind its last byte.
  uint32_t toSource(uint32_t offset) const;
  /// From the first to behind the last byte; empty where \p range is.
  Range toSource(Range range) const;

private:
  /// From `text` on, bytes lie side by side in both.
  struct Piece {
    uint32_t text = 0, source = 0;
  };
  void add(uint32_t text, uint32_t source);

  std::vector<Piece> pieces; ///< sorted
  uint32_t textEnd = 0;
};

} // namespace starton

#endif // STARTON_PARSE_TEXTMAP_H
