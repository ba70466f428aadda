// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The functions of a text: which commands are theirs, who calls them, and which
// of them never return. Linear in the text; recursion is a circle of calls.

#ifndef STARTON_LIB_SHELL_FUNCTIONS_H
#define STARTON_LIB_SHELL_FUNCTIONS_H

#include "starton/Shell/Shell.h"
#include "llvm/ADT/StringMap.h"

namespace starton::shell {

/// The outermost scope around \p command that is a process of its own, or None.
/// Of a function's command only what lies inside the function.
uint32_t processScope(const ShellFacts &facts, const Command &command);

class FunctionTable {
public:
  /// Only what stands in front of \p end counts.
  FunctionTable(const ShellFacts &facts, uint32_t end);

  /// The innermost function that \p command stands in, or None.
  uint32_t ownerOf(const Command &command) const {
    return owners[command.scope];
  }
  /// Whether \p command calls by a name that functions have.
  bool isCall(const Command &command) const;
  /// The only function of the name that \p command calls; None: it calls no
  /// function, or there are several of the name.
  uint32_t calleeOf(const Command &command) const;
  /// The commands that call a function, in a process that is the caller's.
  llvm::ArrayRef<uint32_t> callsOf(uint32_t function) const {
    return calls[function];
  }
  /// Whether \p command ends the text: `exit`, or a function that always does.
  bool leaves(const Command &command) const;
  /// Whether \p command stands behind a `return` of its function that always
  /// runs.
  bool isBehindReturn(const Command &command) const;

private:
  bool alwaysRuns(const Command &command) const;
  void addOwners();
  void addCalls(uint32_t end);
  void findLeaving(uint32_t end);

  const ShellFacts &facts;
  std::vector<uint32_t> owners;    ///< by scope
  std::vector<bool> isBody;        ///< by scope: of a function, as a whole
  std::vector<bool> inBranch;      ///< by scope
  llvm::StringMap<uint32_t> named; ///< None: several
  std::vector<std::vector<uint32_t>> calls;
  std::vector<bool> leaving;          ///< by function
  std::vector<uint32_t> firstReturns; ///< by function: where it begins
};

} // namespace starton::shell

#endif // STARTON_LIB_SHELL_FUNCTIONS_H
