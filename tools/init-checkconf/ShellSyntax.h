// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The shell's own verdict on scripts and on commands that go through a shell:
// each text is read, and never run, by a `/bin/sh -n` of its own.

#ifndef STARTON_TOOLS_INITCHECKCONF_SHELLSYNTAX_H
#define STARTON_TOOLS_INITCHECKCONF_SHELLSYNTAX_H

#include "Inputs.h"
#include "llvm/ADT/STLFunctionalExtras.h"

namespace starton::checkconf {

struct ShellFinding {
  size_t file = 0; ///< index into the files checked
  Diagnostic diagnostic;
  llvm::StringRef section; ///< the stanza, as in `pre-start`
  std::string messages;    ///< what the shell said, unchanged
};

/// Findings in file and source order. Statements that do not parse are left to
/// the parser's diagnostics. \p meanwhile is called once, while the shells read
/// where there is a thread for that: it may add findings to the files, but
/// start no process.
std::vector<ShellFinding> checkShell(
    const std::vector<CheckedFile> &files,
    llvm::function_ref<void()> meanwhile = [] {});

} // namespace starton::checkconf

#endif // STARTON_TOOLS_INITCHECKCONF_SHELLSYNTAX_H
