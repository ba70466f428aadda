// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Consumers of diagnostics: text for people, one line a finding for editors,
// JSON for programs (docs/json.md). A reporter writes as it is fed, so a
// million findings need no more memory than one.

#ifndef STARTON_REPORT_REPORTER_H
#define STARTON_REPORT_REPORTER_H

#include "starton/Basic/Diagnostic.h"
#include "llvm/Support/raw_ostream.h"
#include <memory>

namespace starton::report {

enum class Format : uint8_t { Text, Gcc, Json };

/// Feed it every file(), then every diagnostic(), then finish(), once.
class Reporter {
public:
  virtual ~Reporter() = default;
  /// A file that was looked at, and whether Upstart accepts it.
  virtual void file(llvm::StringRef path, bool accepted) = 0;
  virtual void diagnostic(const Diagnostic &diagnostic) = 0;
  virtual void finish() = 0;

protected:
  Reporter() = default;
  Reporter(const Reporter &) = delete;
  Reporter &operator=(const Reporter &) = delete;
};

/// \p color is for Format::Text alone. \p os must outlive the reporter.
std::unique_ptr<Reporter> makeReporter(Format format, llvm::raw_ostream &os,
                                       bool color);

/// The one place a finding is about: its path and position, if it has one.
struct Location {
  llvm::StringRef path;
  LineColumn begin, end;
  bool hasPosition = false;
};
Location locationOf(const Diagnostic &diagnostic);
Location locationOf(const Diagnostic &diagnostic, const Note &note);

/// "note", "warning", "error".
llvm::StringRef severityName(Severity severity);

/// \p bytes fit for one line of a terminal: control bytes, bytes that are no
/// UTF-8, and characters that print nothing or reorder text are spelt out.
std::string displayText(llvm::StringRef bytes);

} // namespace starton::report

#endif // STARTON_REPORT_REPORTER_H
