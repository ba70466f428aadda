// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Bytes of a job file as a terminal may show them.

#ifndef STARTON_REPORT_DISPLAYTEXT_H
#define STARTON_REPORT_DISPLAYTEXT_H

#include "llvm/ADT/StringRef.h"
#include <string>

namespace starton::report {

/// Appends the first character of \p bytes (not empty) to \p text and drops it
/// from \p bytes. Returns the columns it takes; a tab is spelt out like any
/// other control character, callers that can place it handle it first.
unsigned appendCharacter(llvm::StringRef &bytes, std::string &text);

} // namespace starton::report

#endif // STARTON_REPORT_DISPLAYTEXT_H
