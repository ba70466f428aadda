// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What ShellCheck prints with `-f json1`, read as remarks about byte ranges of
// the text it was given.

#ifndef STARTON_TOOLS_INITCHECKCONF_LINTERANSWER_H
#define STARTON_TOOLS_INITCHECKCONF_LINTERANSWER_H

#include "starton/Basic/Diagnostic.h"

namespace starton::checkconf {

struct LintRemark {
  bool isStyle = false; ///< of its levels `info` and `style`
  bool isError = false; ///< of its level `error`
  uint32_t code = 0;    ///< 2086 of SC2086
  std::string message;
  Range range;
  /// What it would change; ranges lie within one line each and do not touch.
  std::vector<Edit> edits;
};

/// The remarks of \p answer about \p text, in its order. False and \p error
/// set where that is no such answer. Remarks about other files are left out.
bool readLinterAnswer(llvm::StringRef answer, llvm::StringRef text,
                      std::vector<LintRemark> &remarks, std::string &error);

} // namespace starton::checkconf

#endif // STARTON_TOOLS_INITCHECKCONF_LINTERANSWER_H
