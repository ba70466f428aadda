// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Comments of a script: those that the shell's grammar has, or, where it does
// not understand the text or is not there, those of a careful look at quotes
// and here-documents.

#ifndef STARTON_CONFIG_SCRIPTCOMMENTS_H
#define STARTON_CONFIG_SCRIPTCOMMENTS_H

#include "starton/Basic/Source.h"
#include <string>
#include <vector>

namespace starton::config {

struct ScriptComment {
  Range range;          ///< of the text, from `#` to the end of the line
  bool certain = false; ///< otherwise it may be something else after all
  /// Without it everything else is read as before.
  bool removable = false;
};

/// Whether a comment that begins at \p hash can go, with the blanks before it
/// and with a line that it has for itself, and leave all else as it is.
bool standsAlone(llvm::StringRef text, uint32_t hash);

/// In the order of \p text, which is that of ast::Statement::text.
std::vector<ScriptComment> findScriptComments(llvm::StringRef text);

/// \p text as the shell sees it, as far as comments and empty lines go: two
/// texts that only differ in those are the same without.
std::string withoutComments(llvm::StringRef text);

} // namespace starton::config

#endif // STARTON_CONFIG_SCRIPTCOMMENTS_H
