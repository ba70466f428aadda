// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Diagnostics as data. A check reports; text, gcc, JSON (and later SARIF, LSP)
// are consumers that never parse a message again.

#ifndef STARTON_BASIC_DIAGNOSTIC_H
#define STARTON_BASIC_DIAGNOSTIC_H

#include "starton/Basic/Source.h"
#include <optional>
#include <string>
#include <vector>

namespace starton {

enum class Severity : uint8_t { Note, Warning, Error };

/// Names and severities come from Diagnostics.def; the name (for example
/// `unknown-stanza`) is the identity users see and configure.
enum class DiagId : uint16_t {
#define DIAGNOSTIC(Id, Name, Sev) Id,
#include "starton/Basic/Diagnostics.def"
};

llvm::StringRef diagName(DiagId id);
Severity diagSeverity(DiagId id);

/// Texts of Upstart 1.13.2 for the same defect (language §0.1). `None` means
/// Upstart says nothing about it.
enum class UpstartError : uint8_t {
#define UPSTART_ERROR(Id, Text) Id,
#include "starton/Basic/UpstartErrors.def"
};

/// The exact text, without position; empty for None.
llvm::StringRef upstartText(UpstartError error);

/// A remark beside a finding. With a source of its own it is about that file,
/// otherwise about the finding's.
struct Note {
  Range range;
  bool hasRange = false;
  std::string message;
  const SourceBuffer *source = nullptr;
};

/// One replacement, in the finding's file unless it has a source of its own.
struct Edit {
  Range range;
  std::string replacement;
  const SourceBuffer *source = nullptr;
};

struct Fix {
  std::string title;
  bool safe = false;
  std::vector<Edit> edits;
};

/// One finding, ready for any consumer. Message rules: one line, lower-case
/// start, no final period, names in single quotes.
struct Diagnostic {
  DiagId id{};
  /// With id == DiagId::Check the name of the check that found it; text of
  /// static duration.
  llvm::StringRef check;
  Severity severity = Severity::Error;
  const SourceBuffer *source = nullptr; ///< null: about no file's text
  std::string file;                     ///< used when source is null
  Range range;
  std::string message;
  std::vector<Note> notes;
  std::vector<Fix> fixes;
  /// Upstart's own report of the same defect: set on syntax errors only.
  /// The line is absent where Upstart prints none (language §0.3).
  UpstartError upstartError{};
  std::optional<uint32_t> upstartLine;
};

/// The name users see and configure, of either kind of finding.
llvm::StringRef nameOf(const Diagnostic &diagnostic);

/// Makes any bytes valid UTF-8: a byte that is not part of a valid sequence
/// becomes `\xHH`; sets *lossy when that happened. The one function between
/// job data and UTF-8 protocols.
std::string printable(llvm::StringRef bytes, bool *lossy = nullptr);

} // namespace starton

#endif // STARTON_BASIC_DIAGNOSTIC_H
