// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Runs programs that read a shell text each, at most one a processor, and keeps
// what they say.

#ifndef STARTON_TOOLS_INITCHECKCONF_SHELLPOOL_H
#define STARTON_TOOLS_INITCHECKCONF_SHELLPOOL_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include <string>
#include <vector>

namespace starton::checkconf {

extern const char *const ShellPath;
constexpr unsigned ShellSeconds = 10;

/// What is started for each input.
struct ShellProgram {
  /// Name and arguments. A name without a slash is looked for along PATH.
  std::vector<std::string> command;
  const char *locale = "C";
  unsigned seconds = ShellSeconds; ///< then it is killed
  /// A text may take a second more for each of so many bytes; 0: it may not.
  unsigned bytesPerSecond = 0;
  size_t maxMessages = size_t(8) << 10; ///< bytes; more is read and dropped
};

/// `/bin/sh -n`.
ShellProgram shellSyntaxProgram();

/// What one program reads: the parts one after the other, then the end of file.
struct ShellInput {
  llvm::StringRef parts[3];
};

/// Only for inputs that the program failed on or said something about.
struct ShellAnswer {
  size_t input = 0;
  /// The exit status, or -1 for a program that was killed.
  int status = 0;
  int signal = 0; ///< that killed it
  bool timedOut = false;
  bool cut = false;     ///< it said more
  std::string messages; ///< standard output and error
};

struct ShellAnswers {
  std::vector<ShellAnswer> answers; ///< in order of input
  /// Non-empty: none could be started for this reason; inputs are unchecked.
  std::string unavailable;
};

ShellAnswers runShells(const ShellProgram &program,
                       llvm::ArrayRef<ShellInput> inputs);

} // namespace starton::checkconf

#endif // STARTON_TOOLS_INITCHECKCONF_SHELLPOOL_H
