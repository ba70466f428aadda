// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Bytes of paths, messages and job files as the formats of a report may hold
// them. All of them go through printable() first, except in a URI, which holds
// any byte as it is.

#ifndef STARTON_REPORT_ESCAPE_H
#define STARTON_REPORT_ESCAPE_H

#include "llvm/ADT/StringRef.h"
#include <string>

namespace starton::report {

/// Text or attribute value of XML 1.0, which has no way at all to write most
/// control characters: they become `\xHH` as in printable().
std::string xmlText(llvm::StringRef bytes);

/// The message of a GitHub workflow command, or with \p property the value of
/// one of its properties.
std::string gitHubText(llvm::StringRef bytes, bool property);

/// The path of a URI (RFC 3986), slashes kept.
std::string uriPath(llvm::StringRef bytes);

/// A path without a leading `./`, which the services that show findings beside
/// sources do not understand.
llvm::StringRef withoutDot(llvm::StringRef path);

} // namespace starton::report

#endif // STARTON_REPORT_ESCAPE_H
