// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which processes a shell makes before it becomes another program. Upstart
// counts them under `expect fork` and `expect daemon`.

#ifndef STARTON_SHELL_FORKS_H
#define STARTON_SHELL_FORKS_H

#include "starton/Shell/Shell.h"

namespace starton::shell {

enum class ForkKind : uint8_t {
  Program, ///< a command that is no builtin
  Pipeline,
  Background,
  Subshell,
  Substitution,
};

struct Fork {
  ForkKind kind = ForkKind::Program;
  uint32_t command = None;  ///< that is run in the new process
  uint32_t call = None;     ///< of the function that it stands in
  Range range;              ///< the program's words, or the construct
  bool conditional = false; ///< happens or not as the text goes
};

/// Whether /bin/sh runs a command of this name itself (those of dash, which are
/// nearly those of every shell).
bool isBuiltin(llvm::StringRef name);

/// The command that replaces the shell at the end of \p facts, or None: the
/// last `exec PROGRAM` in the shell's own process.
uint32_t finalExec(const ShellFacts &facts);

/// What the shell forks for before \p exec runs, in the order of the text. A
/// call of a function stands for the first thing that this forks for, directly
/// or in what it calls. Left out is what is not sure: names that several
/// functions have, commands whose name is not literal, and whatever stands in a
/// branch that leaves the text before \p exec. Without \p withPrograms only
/// the shell's own copies count, not the programs that it runs.
std::vector<Fork> forksBefore(const ShellFacts &facts, uint32_t exec,
                              bool withPrograms = true);

} // namespace starton::shell

#endif // STARTON_SHELL_FORKS_H
