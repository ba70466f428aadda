// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Annotations that GitHub and GitLab show beside a change.

#include "Characters.h"
#include "Escape.h"
#include "Formats.h"
#include "starton/Basic/Fingerprint.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/JSON.h"
#include <algorithm>

using namespace starton;
using namespace starton::report;

namespace {

/// Workflow commands, one a line.
class GitHubReporter final : public Reporter {
public:
  explicit GitHubReporter(llvm::raw_ostream &os) : os(os) {}

  void file(llvm::StringRef, bool) override {}

  void diagnostic(const Diagnostic &diagnostic) override {
    Location location = locationOf(diagnostic);
    os << "::" << severityName(diagnostic.severity)
       << " file=" << gitHubText(withoutDot(location.path), true);
    if (location.hasPosition)
      printPosition(*diagnostic.source, diagnostic.range, location);
    os << ",title=" << gitHubText(nameOf(diagnostic), true)
       << "::" << gitHubText(diagnostic.message, false);
    for (const Note &note : diagnostic.notes)
      os << "%0Anote: " << gitHubText(note.message, false);
    os << '\n';
  }

  void finish() override {}

private:
  /// Columns are understood on one line only, and the end is inclusive.
  void printPosition(const SourceBuffer &source, Range range,
                     const Location &location) {
    os << ",line=" << location.begin.line << ",endLine=" << location.end.line;
    if (location.begin.line != location.end.line)
      return;
    uint32_t begin = characters.column(source, range.begin);
    uint32_t end = characters.column(source, range.end);
    os << ",col=" << begin << ",endColumn=" << std::max(begin, end - 1);
  }

  llvm::raw_ostream &os;
  Characters characters;
};

/// The code quality report: a fingerprint must stay when lines are added above
/// and must not occur twice.
class GitLabReporter final : public Reporter {
public:
  explicit GitLabReporter(llvm::raw_ostream &os) : os(os), json(os) {
    json.arrayBegin();
  }

  void file(llvm::StringRef, bool) override {}

  void diagnostic(const Diagnostic &diagnostic) override {
    Location location = locationOf(diagnostic);
    llvm::StringRef path = withoutDot(location.path);
    if (current != path) {
      current = path.str();
      seen.clear();
    }
    std::string print = fingerprint(diagnostic, path);
    if (unsigned before = seen[print]++)
      print += "-" + std::to_string(before);
    llvm::raw_ostream &line = json.rawValueBegin();
    line << '\n';
    llvm::json::OStream element(line);
    element.object([&] {
      element.attribute("description", printable(diagnostic.message));
      element.attribute("check_name", nameOf(diagnostic));
      element.attribute("fingerprint", print);
      element.attribute("severity", severityOf(diagnostic.severity));
      element.attributeObject("location", [&] {
        element.attribute("path", printable(path));
        element.attributeObject("lines", [&] {
          element.attribute("begin", location.begin.line);
          if (location.hasPosition)
            element.attribute("end", location.end.line);
        });
      });
    });
    json.rawValueEnd();
  }

  void finish() override {
    json.arrayEnd();
    os << '\n';
  }

private:
  static llvm::StringRef severityOf(Severity severity) {
    switch (severity) {
    case Severity::Note:
      return "info";
    case Severity::Warning:
      return "minor";
    case Severity::Error:
      break;
    }
    return "major";
  }

  llvm::raw_ostream &os;
  llvm::json::OStream json;
  std::string current;
  llvm::StringMap<unsigned> seen; ///< fingerprints of the current file
};

} // namespace

std::unique_ptr<Reporter> report::makeGitHubReporter(llvm::raw_ostream &os) {
  return std::make_unique<GitHubReporter>(os);
}

std::unique_ptr<Reporter> report::makeGitLabReporter(llvm::raw_ostream &os) {
  return std::make_unique<GitLabReporter>(os);
}
