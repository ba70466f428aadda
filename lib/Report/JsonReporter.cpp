// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One JSON object, or one a line, written as it grows; the members are
// described in docs/json.md. Every string that comes from outside goes through
// printable(), because JSON is UTF-8 and job files need not be.

#include "Formats.h"
#include "llvm/Support/JSON.h"

using namespace starton;
using namespace starton::report;
using llvm::json::OStream;

namespace {

constexpr int SchemaVersion = 1;

void printText(OStream &json, llvm::StringRef key, llvm::StringRef bytes,
               bool &lossy) {
  json.attribute(key, printable(bytes, &lossy));
}

void printPositions(OStream &json, const Location &location) {
  auto number = [&](llvm::StringRef key, uint32_t value) {
    if (location.hasPosition)
      json.attribute(key, value);
    else
      json.attribute(key, nullptr);
  };
  number("line", location.begin.line);
  number("column", location.begin.column);
  number("end_line", location.end.line);
  number("end_column", location.end.column);
}

void printNote(OStream &json, const Diagnostic &diagnostic, const Note &note,
               bool &lossy) {
  printText(json, "message", note.message, lossy);
  Location location = locationOf(diagnostic, note);
  if (note.source && note.source != diagnostic.source)
    printText(json, "file", location.path, lossy);
  location.hasPosition = location.hasPosition && note.hasRange;
  printPositions(json, location);
}

void printFix(OStream &json, const Diagnostic &diagnostic, const Fix &fix,
              bool &lossy) {
  printText(json, "title", fix.title, lossy);
  json.attribute("safe", fix.safe);
  json.attributeArray("edits", [&] {
    for (const Edit &edit : fix.edits)
      json.object([&] {
        Note place{edit.range, true, {}, edit.source};
        Location location = locationOf(diagnostic, place);
        if (edit.source && edit.source != diagnostic.source)
          printText(json, "file", location.path, lossy);
        printPositions(json, location);
        printText(json, "replacement", edit.replacement, lossy);
      });
  });
}

void printUpstart(OStream &json, const Diagnostic &diagnostic) {
  if (diagnostic.upstartLine)
    json.attribute("upstart_line", *diagnostic.upstartLine);
  else
    json.attribute("upstart_line", nullptr);
  if (diagnostic.upstartError != UpstartError::None)
    json.attribute("upstart_message", upstartText(diagnostic.upstartError));
  else
    json.attribute("upstart_message", nullptr);
}

void printDiagnostic(OStream &json, const Diagnostic &diagnostic) {
  bool lossy = false;
  Location location = locationOf(diagnostic);
  printText(json, "file", location.path, lossy);
  json.attribute("name", nameOf(diagnostic));
  json.attribute("severity", severityName(diagnostic.severity));
  printPositions(json, location);
  printText(json, "message", diagnostic.message, lossy);
  json.attributeArray("notes", [&] {
    for (const Note &note : diagnostic.notes)
      json.object([&] { printNote(json, diagnostic, note, lossy); });
  });
  json.attributeArray("fixes", [&] {
    for (const Fix &fix : diagnostic.fixes)
      json.object([&] { printFix(json, diagnostic, fix, lossy); });
  });
  printUpstart(json, diagnostic);
  if (lossy)
    json.attribute("lossy", true);
}

void printFile(OStream &json, llvm::StringRef path, bool accepted) {
  bool lossy = false;
  printText(json, "path", path, lossy);
  json.attribute("verdict", accepted ? "ok" : "error");
  if (lossy)
    json.attribute("lossy", true);
}

class JsonReporter final : public Reporter {
public:
  explicit JsonReporter(llvm::raw_ostream &os) : os(os), json(os) {
    json.objectBegin();
    json.attribute("version", SchemaVersion);
    beginArray("files");
  }

  void file(llvm::StringRef path, bool accepted) override {
    printElement([&](OStream &element) { printFile(element, path, accepted); });
  }

  void diagnostic(const Diagnostic &diagnostic) override {
    endFiles();
    printElement(
        [&](OStream &element) { printDiagnostic(element, diagnostic); });
  }

  void finish() override {
    endFiles();
    endArray();
    json.objectEnd();
    os << '\n';
  }

private:
  void beginArray(llvm::StringRef key) {
    json.attributeBegin(key);
    json.arrayBegin();
  }

  void endArray() {
    json.arrayEnd();
    json.attributeEnd();
  }

  void endFiles() {
    if (inDiagnostics)
      return;
    inDiagnostics = true;
    endArray();
    beginArray("diagnostics");
  }

  // An element a line: big reports stay readable, and line-wise tools of use.
  template <typename Print> void printElement(Print print) {
    llvm::raw_ostream &line = json.rawValueBegin();
    line << '\n';
    OStream element(line);
    element.object([&] { print(element); });
    json.rawValueEnd();
  }

  llvm::raw_ostream &os;
  OStream json;
  bool inDiagnostics = false;
};

/// The same members, an object a line, of which the last tells that nothing is
/// missing.
class JsonLinesReporter final : public Reporter {
public:
  explicit JsonLinesReporter(llvm::raw_ostream &os) : os(os) {
    printLine("start",
              [](OStream &json) { json.attribute("version", SchemaVersion); });
  }

  void file(llvm::StringRef path, bool accepted) override {
    ++files;
    printLine("file", [&](OStream &json) { printFile(json, path, accepted); });
  }

  void diagnostic(const Diagnostic &diagnostic) override {
    ++diagnostics;
    printLine("diagnostic",
              [&](OStream &json) { printDiagnostic(json, diagnostic); });
  }

  void finish() override {
    printLine("end", [&](OStream &json) {
      json.attribute("files", files);
      json.attribute("diagnostics", diagnostics);
    });
  }

private:
  template <typename Print> void printLine(const char *kind, Print print) {
    OStream json(os);
    json.object([&] {
      json.attribute("kind", kind);
      print(json);
    });
    json.flush();
    os << '\n';
  }

  llvm::raw_ostream &os;
  int64_t files = 0, diagnostics = 0;
};

} // namespace

std::unique_ptr<Reporter> report::makeJsonReporter(llvm::raw_ostream &os) {
  return std::make_unique<JsonReporter>(os);
}

std::unique_ptr<Reporter> report::makeJsonLinesReporter(llvm::raw_ostream &os) {
  return std::make_unique<JsonLinesReporter>(os);
}
