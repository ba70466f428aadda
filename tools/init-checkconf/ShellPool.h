// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Runs shells, at most one a processor, and keeps what they say.

#ifndef STARTON_TOOLS_INITCHECKCONF_SHELLPOOL_H
#define STARTON_TOOLS_INITCHECKCONF_SHELLPOOL_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include <string>
#include <vector>

namespace starton::checkconf {

extern const char *const ShellPath;
constexpr unsigned ShellSeconds = 10;

/// What one shell reads: the parts one after the other, then the end of file.
struct ShellInput {
  llvm::StringRef parts[3];
};

/// Only for inputs that the shell had something to say about.
struct ShellAnswer {
  size_t input = 0;
  bool failed = false; ///< the exit status was not 0
  bool timedOut = false;
  std::string messages; ///< standard error, cut after some kilobytes
};

struct ShellAnswers {
  std::vector<ShellAnswer> answers; ///< in order of input
  /// Non-empty: no shell could be started for this reason; inputs are
  /// unchecked.
  std::string unavailable;
};

ShellAnswers runShells(llvm::ArrayRef<ShellInput> inputs);

} // namespace starton::checkconf

#endif // STARTON_TOOLS_INITCHECKCONF_SHELLPOOL_H
