// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a finding is known by when lines above it come and go: baselines and
// the services that follow findings over time depend on it staying the same.

#ifndef STARTON_BASIC_FINGERPRINT_H
#define STARTON_BASIC_FINGERPRINT_H

#include "starton/Basic/Diagnostic.h"

namespace starton {

/// 32 hexadecimal digits made of \p path, the finding's name, and the text of
/// its line and range with blanks counted as one; not of the line's number or
/// of the message. Equal texts in one file have equal fingerprints: callers
/// count them.
std::string fingerprint(const Diagnostic &diagnostic, llvm::StringRef path);

} // namespace starton

#endif // STARTON_BASIC_FINGERPRINT_H
