// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Findings for people (text) and for editors that read compiler output (gcc).

#include "Formats.h"
#include "Snippet.h"

using namespace starton;
using namespace starton::report;

namespace {

// SGR sequences that every terminal of the last decades knows.
constexpr const char *Reset = "\x1B[0m";
constexpr const char *Bold = "\x1B[1m";
constexpr const char *Red = "\x1B[1;31m";
constexpr const char *Magenta = "\x1B[1;35m";
constexpr const char *Cyan = "\x1B[1;36m";
constexpr const char *Green = "\x1B[32m";

const char *severityColor(Severity severity) {
  switch (severity) {
  case Severity::Note:
    return Cyan;
  case Severity::Warning:
    return Magenta;
  case Severity::Error:
    break;
  }
  return Red;
}

void printPosition(llvm::raw_ostream &os, const Location &location) {
  os << displayText(location.path) << ':';
  if (location.hasPosition)
    os << location.begin.line << ':' << location.begin.column << ':';
  os << ' ';
}

class TextReporter final : public Reporter {
public:
  TextReporter(llvm::raw_ostream &os, bool color) : os(os), color(color) {}

  void file(llvm::StringRef, bool) override {}

  void diagnostic(const Diagnostic &diagnostic) override {
    ++(diagnostic.severity == Severity::Error ? errors : warnings);
    std::string suffix = " [" + nameOf(diagnostic).str() + "]";
    printHeadline(locationOf(diagnostic), diagnostic.severity,
                  diagnostic.message, suffix);
    const Fix *fix =
        diagnostic.fixes.empty() ? nullptr : &diagnostic.fixes.front();
    if (diagnostic.source)
      printSnippet(*diagnostic.source, diagnostic.range, fix);
    for (const Note &note : diagnostic.notes) {
      printHeadline(locationOf(diagnostic, note), Severity::Note, note.message,
                    "");
      const SourceBuffer *source =
          note.source ? note.source : diagnostic.source;
      if (source && note.hasRange)
        printSnippet(*source, note.range, nullptr);
    }
  }

  void finish() override {
    if (errors + warnings == 0)
      return;
    if (warnings)
      printCount(warnings, "warning");
    if (warnings && errors)
      os << " and ";
    if (errors)
      printCount(errors, "error");
    os << " generated.\n";
  }

private:
  void paint(const char *sequence) {
    if (color)
      os << sequence;
  }

  void printHeadline(const Location &location, Severity severity,
                     llvm::StringRef message, llvm::StringRef suffix) {
    paint(Bold);
    printPosition(os, location);
    paint(severityColor(severity));
    os << severityName(severity) << ": ";
    paint(Reset);
    paint(Bold);
    os << displayText(message) << suffix;
    paint(Reset);
    os << '\n';
  }

  void printSnippet(const SourceBuffer &source, Range range, const Fix *fix) {
    Snippet snippet = makeSnippet(source, range, fix);
    os << snippet.line << '\n';
    printMarked(snippet.markers);
    if (!snippet.fix.empty())
      printMarked(snippet.fix);
  }

  void printMarked(llvm::StringRef text) {
    paint(Green);
    os << text;
    paint(Reset);
    os << '\n';
  }

  void printCount(uint64_t count, llvm::StringRef what) {
    os << count << ' ' << what << (count == 1 ? "" : "s");
  }

  llvm::raw_ostream &os;
  bool color;
  uint64_t errors = 0, warnings = 0;
};

/// One line a finding, in the form that GCC made common.
class GccReporter final : public Reporter {
public:
  explicit GccReporter(llvm::raw_ostream &os) : os(os) {}

  void file(llvm::StringRef, bool) override {}

  void diagnostic(const Diagnostic &diagnostic) override {
    printPosition(os, locationOf(diagnostic));
    os << severityName(diagnostic.severity) << ": "
       << displayText(diagnostic.message) << " [" << nameOf(diagnostic)
       << "]\n";
  }

  void finish() override {}

private:
  llvm::raw_ostream &os;
};

} // namespace

std::unique_ptr<Reporter> report::makeTextReporter(llvm::raw_ostream &os,
                                                   bool color) {
  return std::make_unique<TextReporter>(os, color);
}

std::unique_ptr<Reporter> report::makeGccReporter(llvm::raw_ostream &os) {
  return std::make_unique<GccReporter>(os);
}
