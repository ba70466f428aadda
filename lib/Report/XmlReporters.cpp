// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// JUnit and Checkstyle, which group findings by file. JUnit wants the number
// of a file's findings before the first: those of one file are kept.

#include "Escape.h"
#include "Formats.h"
#include <ctime>

using namespace starton;
using namespace starton::report;

namespace {

constexpr const char *Header = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

/// `name="VALUE"`, with a blank before.
std::string attribute(const char *name, llvm::StringRef bytes) {
  return std::string(" ") + name + "=\"" + xmlText(bytes) + "\"";
}

class CheckstyleReporter final : public Reporter {
public:
  explicit CheckstyleReporter(llvm::raw_ostream &os) : os(os) {
    os << Header << "<checkstyle version=\"4.3\">\n";
  }

  void file(llvm::StringRef, bool) override {}

  void diagnostic(const Diagnostic &diagnostic) override {
    Location location = locationOf(diagnostic);
    if (!open || current != location.path) {
      close();
      current = location.path.str();
      open = true;
      os << "<file" << attribute("name", withoutDot(current)) << ">\n";
    }
    os << "<error line=\"" << (location.hasPosition ? location.begin.line : 1)
       << '"';
    if (location.hasPosition)
      os << " column=\"" << location.begin.column << '"';
    os << " severity=\"" << severityName(diagnostic.severity) << '"'
       << attribute("message", diagnostic.message)
       << attribute("source", "starton." + nameOf(diagnostic).str()) << "/>\n";
  }

  void finish() override {
    close();
    os << "</checkstyle>\n";
  }

private:
  void close() {
    if (open)
      os << "</file>\n";
    open = false;
  }

  llvm::raw_ostream &os;
  std::string current;
  bool open = false;
};

/// A suite a file, a case a finding; a file without any is a case that passed.
/// Findings below the threshold passed too, and say so in the suite's output.
class JunitReporter final : public Reporter {
public:
  JunitReporter(const ReportOptions &options, llvm::raw_ostream &os)
      : failsAt(options.failsAt), os(os) {
    tm parts{};
    time_t seconds = options.time;
    gmtime_r(&seconds, &parts);
    char text[32];
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
    timestamp = text;
    os << Header << "<testsuites>\n";
  }

  void file(llvm::StringRef path, bool) override {
    waiting.push_back(path.str());
  }

  void diagnostic(const Diagnostic &diagnostic) override {
    Location location = locationOf(diagnostic);
    begin(location.path);
    std::string place = location.path.str();
    if (location.hasPosition)
      place += ":" + std::to_string(location.begin.line) + ":" +
               std::to_string(location.begin.column);
    std::string line = place + ": " + severityName(diagnostic.severity).str() +
                       ": " + diagnostic.message;
    for (const Note &note : diagnostic.notes)
      line += "\nnote: " + note.message;
    std::string name = nameOf(diagnostic).str();
    if (location.hasPosition)
      name += " at " + place.substr(location.path.size() + 1);
    ++count;
    cases += "<testcase" + attribute("name", name) +
             attribute("classname", withoutDot(location.path)) + " time=\"0\"";
    if (!failsAt || diagnostic.severity < *failsAt) {
      cases += "/>\n";
      messages += xmlText(line) + "\n";
      return;
    }
    ++failures;
    cases += "><failure" + attribute("message", diagnostic.message) +
             attribute("type", nameOf(diagnostic)) + ">" + xmlText(line) +
             "</failure></testcase>\n";
  }

  void finish() override {
    end();
    while (next != waiting.size())
      passSuite(waiting[next++]);
    os << "</testsuites>\n";
  }

private:
  /// Files come in order, and findings with them; a finding may also be about
  /// something that is no file.
  void begin(llvm::StringRef path) {
    if (open && path == current)
      return;
    end();
    bool isFile = false;
    for (size_t i = next; i != waiting.size() && !isFile; ++i)
      isFile = waiting[i] == path;
    while (isFile && waiting[next] != path)
      passSuite(waiting[next++]);
    next += isFile ? 1 : 0;
    current = path.str();
    open = true;
  }

  void passSuite(llvm::StringRef path) {
    current = path.str();
    cases = "<testcase name=\"no findings\"" +
            attribute("classname", withoutDot(path)) + " time=\"0\"/>\n";
    count = 1;
    open = true;
    end();
  }

  void end() {
    if (!open)
      return;
    os << "<testsuite" << attribute("name", withoutDot(current))
       << " package=\"init-checkconf\" id=\"" << suites++ << "\" tests=\""
       << count << "\" failures=\"" << failures
       << "\" errors=\"0\" time=\"0\" hostname=\"localhost\" timestamp=\""
       << timestamp << "\">\n<properties/>\n"
       << cases << "<system-out>" << messages
       << "</system-out>\n<system-err/>\n</testsuite>\n";
    cases.clear();
    messages.clear();
    count = failures = 0;
    open = false;
  }

  std::optional<Severity> failsAt;
  llvm::raw_ostream &os;
  std::string timestamp;
  std::vector<std::string> waiting; ///< files in order
  size_t next = 0;                  ///< of them not yet written
  std::string current, cases, messages;
  uint64_t count = 0, failures = 0, suites = 0;
  bool open = false;
};

} // namespace

std::unique_ptr<Reporter>
report::makeJunitReporter(const ReportOptions &options, llvm::raw_ostream &os) {
  return std::make_unique<JunitReporter>(options, os);
}

std::unique_ptr<Reporter>
report::makeCheckstyleReporter(llvm::raw_ostream &os) {
  return std::make_unique<CheckstyleReporter>(os);
}
