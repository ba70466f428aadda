// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Facts in a form that a test can spell out.

#ifndef STARTON_UNITTESTS_SHELL_SUMMARY_H
#define STARTON_UNITTESTS_SHELL_SUMMARY_H

#include "starton/Shell/Shell.h"

namespace starton::shell::test {

/// `pipe,branch: exec|nice|cron -f <expansion>`: context, layers, words of one
/// command; assignments in front as NAME=, redirections as `>`.
std::string summary(const ShellFacts &facts, const Command &command);
/// All commands, one a line; `unknown` lines last.
std::string summary(const ShellFacts &facts);
/// `emit NAME A=1 B=?`, one a line.
std::string callSummary(const ShellFacts &facts);
/// `read x`, `assign y`, in the order of the text.
std::string definitionSummary(const ShellFacts &facts);
/// `x`, `y-` (default), `z+` ...
std::string useSummary(const ShellFacts &facts);

/// Empty when every index and range of \p facts is in order; else what is not.
std::string findDisorder(const ShellFacts &facts);

} // namespace starton::shell::test

#endif // STARTON_UNITTESTS_SHELL_SUMMARY_H
