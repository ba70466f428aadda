// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The shell texts of files: scripts, and commands that go through a shell.

#ifndef STARTON_TOOLS_INITCHECKCONF_SHELLSTATEMENTS_H
#define STARTON_TOOLS_INITCHECKCONF_SHELLSTATEMENTS_H

#include "Inputs.h"

namespace starton::checkconf {

/// A statement whose text a shell reads.
struct ShellStatement {
  size_t file = 0; ///< index into the files checked
  const ast::Statement *statement = nullptr;

  bool isScript() const {
    return statement->process == ast::Statement::Process::Script;
  }
};

/// What is read once, however many statements hold the same text.
struct ShellText {
  std::vector<ShellStatement> places; ///< in file and source order

  llvm::StringRef text() const { return places.front().statement->text; }
  bool isScript() const { return places.front().isScript(); }
};

/// Those of files in scope, in the order of their first places. Statements that
/// do not parse are left to the parser's diagnostics.
std::vector<ShellText> shellTexts(const std::vector<CheckedFile> &files);

/// The daemon runs a command as `exec COMMAND`, and this way a word that only
/// counts in front, like `if`, is judged as it will be.
inline constexpr llvm::StringLiteral CommandPrefix = "exec ";

/// A finding of \p id at the keyword of \p place; the caller adds what it says.
Diagnostic findingAt(const std::vector<CheckedFile> &files,
                     const ShellStatement &place, DiagId id);

} // namespace starton::checkconf

#endif // STARTON_TOOLS_INITCHECKCONF_SHELLSTATEMENTS_H
