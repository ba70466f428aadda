// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What shells print about a text they cannot read, and where in the job file
// that is.

#ifndef STARTON_TOOLS_INITCHECKCONF_SHELLMESSAGES_H
#define STARTON_TOOLS_INITCHECKCONF_SHELLMESSAGES_H

#include "starton/AST/AST.h"

namespace starton::checkconf {

struct ShellMessage {
  uint32_t line = 0; ///< of the text the shell read, 1-based; 0: none given
  std::string text;  ///< without program name, line and "syntax error"
  std::string token; ///< the word the shell stumbled over, or empty
};

/// The first message in what dash, bash, busybox or mksh printed.
ShellMessage readShellMessage(llvm::StringRef output);

/// The place of \p message in the source of \p statement, whose script or
/// command the shell has read.
Range locateShellMessage(const ShellMessage &message,
                         const SourceBuffer &source,
                         const ast::Statement &statement);

} // namespace starton::checkconf

#endif // STARTON_TOOLS_INITCHECKCONF_SHELLMESSAGES_H
