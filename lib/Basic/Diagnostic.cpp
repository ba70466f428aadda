// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Basic/Diagnostic.h"

using namespace starton;

namespace {

struct DiagnosticRow {
  llvm::StringLiteral name;
  Severity severity;
};

constexpr DiagnosticRow diagnosticRows[] = {
#define DIAGNOSTIC(Id, Name, Sev) {Name, Severity::Sev},
#include "starton/Basic/Diagnostics.def"
};

constexpr llvm::StringLiteral upstartTexts[] = {
#define UPSTART_ERROR(Id, Text) Text,
#include "starton/Basic/UpstartErrors.def"
};

} // namespace

llvm::StringRef starton::diagName(DiagId id) {
  return diagnosticRows[static_cast<size_t>(id)].name;
}

Severity starton::diagSeverity(DiagId id) {
  return diagnosticRows[static_cast<size_t>(id)].severity;
}

llvm::StringRef starton::nameOf(const Diagnostic &diagnostic) {
  return diagnostic.id == DiagId::Check ? diagnostic.check
                                        : diagName(diagnostic.id);
}

llvm::StringRef starton::upstartText(UpstartError error) {
  return upstartTexts[static_cast<size_t>(error)];
}
