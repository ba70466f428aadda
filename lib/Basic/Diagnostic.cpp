// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Basic/Diagnostic.h"
#include "llvm/Support/ConvertUTF.h"

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

llvm::StringRef starton::upstartText(UpstartError error) {
  return upstartTexts[static_cast<size_t>(error)];
}

std::string starton::printable(llvm::StringRef bytes, bool *lossy) {
  static const char digits[] = "0123456789ABCDEF";
  std::string result;
  result.reserve(bytes.size());
  const auto *at = reinterpret_cast<const llvm::UTF8 *>(bytes.begin());
  const auto *end = reinterpret_cast<const llvm::UTF8 *>(bytes.end());
  while (at != end) {
    unsigned length = llvm::getNumBytesForUTF8(*at);
    if (length <= static_cast<size_t>(end - at) &&
        llvm::isLegalUTF8Sequence(at, at + length)) {
      result.append(reinterpret_cast<const char *>(at), length);
      at += length;
      continue;
    }
    result += {'\\', 'x', digits[*at >> 4], digits[*at & 15]};
    if (lossy)
      *lossy = true;
    ++at;
  }
  return result;
}
