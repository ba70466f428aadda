// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What commands mean, from their words: the variables that builtins set, the
// programs behind wrappers, calls to an init.

#ifndef STARTON_LIB_SHELL_MEANING_H
#define STARTON_LIB_SHELL_MEANING_H

#include "starton/Shell/Shell.h"
#include "llvm/ADT/StringSet.h"

namespace starton::shell {

/// Adds what the builtin that \p command may be defines (`read`, `export` ...).
void addBuiltinDefinitions(ShellFacts &facts, uint32_t command);

/// Fills in the layers of all commands. \p execInFront: an `exec` that is not
/// in the text precedes the first.
void addLayers(ShellFacts &facts, bool execInFront);

/// Fills in files sourced, eval and set -e, calls to an init.
void addMeaning(ShellFacts &facts);

/// Adds the call that \p command makes, if it makes one. \p functions: the
/// names that the text defines.
void addControlCalls(ShellFacts &facts, const llvm::StringSet<> &functions,
                     uint32_t command);

/// The last component of a path.
llvm::StringRef baseName(llvm::StringRef path);

} // namespace starton::shell

#endif // STARTON_LIB_SHELL_MEANING_H
