// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Consumers of diagnostics: text for people, one line a finding for editors,
// and the formats that programs and services read (docs/reports.md, and
// docs/json.md for our own). A reporter writes as it is fed, so a million
// findings need no more memory than those of one file.

#ifndef STARTON_REPORT_REPORTER_H
#define STARTON_REPORT_REPORTER_H

#include "starton/Basic/Diagnostic.h"
#include "llvm/Support/raw_ostream.h"
#include <memory>

namespace starton::report {

enum class Format : uint8_t {
  Text,
  Gcc,
  Json,
  Jsonl,
  Sarif,
  Junit,
  GitHub,
  GitLab,
  Checkstyle
};

/// Whether the format is for programs: then it goes to standard output.
inline bool isForPrograms(Format format) {
  return format != Format::Text && format != Format::Gcc;
}

/// Why a finding is known of and yet not reported as one.
struct Suppression {
  enum class Kind : uint8_t { Comment, Baseline };
  Kind kind = Kind::Comment;
  std::string reason; ///< as written in the comment; may be empty
};

/// Feed it every file(), then every diagnostic() and suppressed(), file by
/// file, then finish(), once.
class Reporter {
public:
  virtual ~Reporter() = default;
  /// A file that was looked at, and whether Upstart accepts it.
  virtual void file(llvm::StringRef path, bool accepted) = 0;
  virtual void diagnostic(const Diagnostic &diagnostic) = 0;
  /// For formats that can tell; the others say nothing about it.
  virtual void suppressed(const Diagnostic &, const Suppression &) {}
  virtual void finish() = 0;

protected:
  Reporter() = default;
  Reporter(const Reporter &) = delete;
  Reporter &operator=(const Reporter &) = delete;
};

/// What is known about a kind of finding beyond its name.
struct Rule {
  std::string summary;  ///< one line; may be empty
  std::string markdown; ///< the whole documentation; may be empty
  Severity severity = Severity::Warning; ///< unless configured otherwise
  std::vector<std::string> tags;
};

struct ReportOptions {
  Format format = Format::Text;
  bool color = false;  ///< Text
  std::string version; ///< of this program
  /// Describes a kind of finding; must not be null for Format::Sarif.
  Rule (*describe)(llvm::StringRef name) = nullptr;
  /// Findings at or above it are failures to Format::Junit; Note: all,
  /// absent: none.
  std::optional<Severity> failsAt = Severity::Error;
  /// The working directory, which relative paths are relative to; may be empty.
  std::string directory;
  /// Seconds since 1970, for Format::Junit.
  int64_t time = 0;
};

/// \p os must outlive the reporter.
std::unique_ptr<Reporter> makeReporter(const ReportOptions &options,
                                       llvm::raw_ostream &os);

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
