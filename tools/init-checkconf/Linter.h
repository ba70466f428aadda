// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The checks `shellcheck` and `shellcheck-style`: what ShellCheck says about
// each shell text, which it reads from a pipe and never runs.

#ifndef STARTON_TOOLS_INITCHECKCONF_LINTER_H
#define STARTON_TOOLS_INITCHECKCONF_LINTER_H

#include "Inputs.h"
#include "starton/Check/Driver.h"

namespace starton::checkconf {

/// Adds its remarks to the files in scope, where \p selection asks for them.
/// False: the program could not be started, and that has been said.
bool addLinterFindings(const Options &options,
                       const check::Selection &selection,
                       std::vector<CheckedFile> &files);

} // namespace starton::checkconf

#endif // STARTON_TOOLS_INITCHECKCONF_LINTER_H
