// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Basic/Diagnostic.h"

namespace starton {

namespace {

struct DiagRow {
  llvm::StringLiteral name;
  Severity severity;
};

constexpr DiagRow diagRows[] = {
#define DIAGNOSTIC(Id, Name, Sev) {Name, Severity::Sev},
#include "starton/Basic/Diagnostics.def"
};

constexpr llvm::StringLiteral upstartTexts[] = {
#define UPSTART_ERROR(Id, Text) Text,
#include "starton/Basic/UpstartErrors.def"
};

} // namespace

llvm::StringRef diagName(DiagId id) { return diagRows[static_cast<unsigned>(id)].name; }

Severity diagSeverity(DiagId id) { return diagRows[static_cast<unsigned>(id)].severity; }

llvm::StringRef upstartText(UpstartError error) { return upstartTexts[static_cast<unsigned>(error)]; }

} // namespace starton
