// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// SARIF 2.1.0, one run. Results come before the tool's rules, which are those
// that results were about: so nothing has to be kept but their names.
//
// Columns are code points (run.columnKind); the bytes of every region are told
// beside them, since a job file need not be UTF-8. URIs hold any byte.

#include "Characters.h"
#include "Escape.h"
#include "Formats.h"
#include "starton/Basic/Fingerprint.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/Path.h"
#include <algorithm>

using namespace starton;
using namespace starton::report;
using llvm::json::OStream;

namespace {

constexpr const char *Schema = "https://json.schemastore.org/sarif-2.1.0.json";
constexpr const char *BaseId = "%SRCROOT%";

/// A message string: braces would be placeholders (3.11.5).
std::string messageText(llvm::StringRef bytes) {
  std::string result;
  for (char byte : printable(bytes)) {
    if (byte == '{' || byte == '}')
      result += byte;
    result += byte;
  }
  return result;
}

void printMessage(OStream &json, llvm::StringRef key, llvm::StringRef text) {
  json.attributeObject(key, [&] { json.attribute("text", messageText(text)); });
}

/// Prints the parts of a result; knows where relative paths lead.
class Printer {
public:
  explicit Printer(std::string directory) : directory(std::move(directory)) {}

  void artifact(OStream &json, llvm::StringRef path);
  void result(OStream &json, const Diagnostic &diagnostic, size_t rule,
              const Suppression *suppression);
  void baseIds(OStream &json) const;

private:
  void region(OStream &json, llvm::StringRef key, const SourceBuffer &source,
              Range range);
  void location(OStream &json, const SourceBuffer *source, llvm::StringRef path,
                std::optional<Range> range);
  void note(OStream &json, const Diagnostic &diagnostic, const Note &note);
  void fix(OStream &json, const Diagnostic &diagnostic, const Fix &fix);

  std::string directory;
  Characters characters;
};

/// A path that leads up is made absolute: below a base only what is below it
/// can be named.
void Printer::artifact(OStream &json, llvm::StringRef path) {
  llvm::StringRef plain = withoutDot(path);
  bool leadsUp = plain == ".." || plain.starts_with("../") ||
                 plain.contains("/../") || plain.ends_with("/..");
  llvm::SmallString<256> absolute(plain);
  if (leadsUp && !plain.starts_with("/")) {
    absolute = directory;
    llvm::sys::path::append(absolute, plain);
  }
  if (leadsUp)
    llvm::sys::path::remove_dots(absolute, true);
  bool isAbsolute = absolute.starts_with("/");
  json.attributeObject("artifactLocation", [&] {
    json.attribute("uri", (isAbsolute ? "file://" : "") + uriPath(absolute));
    if (!isAbsolute)
      json.attribute("uriBaseId", BaseId);
  });
}

void Printer::region(OStream &json, llvm::StringRef key,
                     const SourceBuffer &source, Range range) {
  LineColumn begin = source.lineColumn(range.begin);
  LineColumn end = source.lineColumn(range.end);
  json.attributeObject(key, [&] {
    json.attribute("startLine", begin.line);
    json.attribute("startColumn", characters.column(source, range.begin));
    json.attribute("endLine", end.line);
    json.attribute("endColumn", characters.column(source, range.end));
    json.attribute("byteOffset", range.begin);
    json.attribute("byteLength", range.size());
  });
}

void Printer::location(OStream &json, const SourceBuffer *source,
                       llvm::StringRef path, std::optional<Range> range) {
  json.attributeObject("physicalLocation", [&] {
    artifact(json, path);
    if (source && range)
      region(json, "region", *source, *range);
  });
}

void Printer::note(OStream &json, const Diagnostic &diagnostic,
                   const Note &note) {
  json.object([&] {
    const SourceBuffer *source = note.source ? note.source : diagnostic.source;
    if (note.hasRange || note.source)
      location(json, source, locationOf(diagnostic, note).path,
               note.hasRange ? std::optional(note.range) : std::nullopt);
    printMessage(json, "message", note.message);
  });
}

void Printer::fix(OStream &json, const Diagnostic &diagnostic, const Fix &fix) {
  // The edits of one file belong together, in the order of their files.
  std::vector<const SourceBuffer *> sources;
  auto sourceOf = [&](const Edit &edit) {
    return edit.source ? edit.source : diagnostic.source;
  };
  for (const Edit &edit : fix.edits)
    if (std::find(sources.begin(), sources.end(), sourceOf(edit)) ==
        sources.end())
      sources.push_back(sourceOf(edit));
  auto replacement = [&](const SourceBuffer &source, const Edit &edit) {
    json.object([&] {
      region(json, "deletedRegion", source, edit.range);
      if (!edit.replacement.empty())
        json.attributeObject("insertedContent", [&] {
          json.attribute("text", printable(edit.replacement));
        });
    });
  };
  json.object([&] {
    printMessage(json, "description", fix.title);
    json.attributeArray("artifactChanges", [&] {
      for (const SourceBuffer *source : sources)
        json.object([&] {
          artifact(json, source->path());
          json.attributeArray("replacements", [&] {
            for (const Edit &edit : fix.edits)
              if (sourceOf(edit) == source)
                replacement(*source, edit);
          });
        });
    });
    json.attributeObject("properties",
                         [&] { json.attribute("safe", fix.safe); });
  });
}

void Printer::result(OStream &json, const Diagnostic &diagnostic, size_t rule,
                     const Suppression *suppression) {
  Location place = locationOf(diagnostic);
  json.attribute("ruleId", nameOf(diagnostic));
  json.attribute("ruleIndex", static_cast<int64_t>(rule));
  json.attribute("level", severityName(diagnostic.severity));
  printMessage(json, "message", diagnostic.message);
  json.attributeArray("locations", [&] {
    json.object([&] {
      location(json, diagnostic.source, place.path, diagnostic.range);
    });
  });
  if (!diagnostic.notes.empty())
    json.attributeArray("relatedLocations", [&] {
      for (const Note &each : diagnostic.notes)
        note(json, diagnostic, each);
    });
  json.attributeObject("partialFingerprints", [&] {
    json.attribute("finding/v1", fingerprint(diagnostic, place.path));
  });
  // A fix without edits is no fix to SARIF.
  if (diagnostic.source && !diagnostic.fixes.empty())
    json.attributeArray("fixes", [&] {
      for (const Fix &each : diagnostic.fixes)
        if (!each.edits.empty())
          fix(json, diagnostic, each);
    });
  if (suppression)
    json.attributeArray("suppressions", [&] {
      json.object([&] {
        bool comment = suppression->kind == Suppression::Kind::Comment;
        json.attribute("kind", comment ? "inSource" : "external");
        if (!suppression->reason.empty())
          json.attribute("justification", printable(suppression->reason));
      });
    });
  if (diagnostic.upstartError != UpstartError::None)
    json.attributeObject("properties", [&] {
      json.attribute("upstartMessage", upstartText(diagnostic.upstartError));
      if (diagnostic.upstartLine)
        json.attribute("upstartLine", *diagnostic.upstartLine);
    });
}

void Printer::baseIds(OStream &json) const {
  if (directory.empty())
    return;
  json.attributeObject("originalUriBaseIds", [&] {
    json.attributeObject(BaseId, [&] {
      std::string path = uriPath(directory);
      json.attribute("uri",
                     "file://" + path +
                         (llvm::StringRef(path).ends_with("/") ? "" : "/"));
    });
  });
}

class SarifReporter final : public Reporter {
public:
  SarifReporter(const ReportOptions &options, llvm::raw_ostream &os)
      : options(options), os(os), json(os), printer(options.directory) {
    json.objectBegin();
    json.attribute("$schema", Schema);
    json.attribute("version", "2.1.0");
    json.attributeBegin("runs");
    json.arrayBegin();
    json.objectBegin();
    json.attribute("columnKind", "unicodeCodePoints");
    // A lone CR ends no line of a job file.
    json.attributeArray("newlineSequences", [&] {
      json.value("\r\n");
      json.value("\n");
    });
    printer.baseIds(json);
    json.attributeBegin("results");
    json.arrayBegin();
  }

  void file(llvm::StringRef, bool) override {}

  void diagnostic(const Diagnostic &diagnostic) override {
    failed = failed || diagnostic.id == DiagId::InternalError ||
             diagnostic.id == DiagId::CannotRead;
    printResult(diagnostic, nullptr);
  }

  void suppressed(const Diagnostic &diagnostic,
                  const Suppression &suppression) override {
    printResult(diagnostic, &suppression);
  }

  void finish() override {
    json.arrayEnd();
    json.attributeEnd();
    json.attributeArray("invocations", [&] {
      json.object([&] { json.attribute("executionSuccessful", !failed); });
    });
    json.attributeObject(
        "tool", [&] { json.attributeObject("driver", [&] { driver(); }); });
    json.objectEnd();
    json.arrayEnd();
    json.attributeEnd();
    json.objectEnd();
    os << '\n';
  }

private:
  void printResult(const Diagnostic &diagnostic,
                   const Suppression *suppression) {
    auto entry = rules.find(nameOf(diagnostic));
    if (entry == rules.end()) {
      entry = rules.try_emplace(nameOf(diagnostic), names.size()).first;
      names.push_back(entry->first());
    }
    size_t rule = entry->second;
    llvm::raw_ostream &line = json.rawValueBegin();
    line << '\n';
    OStream element(line);
    element.object(
        [&] { printer.result(element, diagnostic, rule, suppression); });
    json.rawValueEnd();
  }

  void driver() {
    json.attribute("name", "init-checkconf");
    json.attribute("organization", "Starton");
    json.attribute("version", options.version);
    json.attributeArray("rules", [&] {
      for (llvm::StringRef name : names)
        json.object([&] { rule(name, options.describe(name)); });
    });
  }

  void rule(llvm::StringRef name, const Rule &rule) {
    json.attribute("id", name);
    if (!rule.summary.empty())
      printMessage(json, "shortDescription", rule.summary);
    if (!rule.markdown.empty())
      json.attributeObject("help", [&] {
        json.attribute("text", messageText(rule.markdown));
        json.attribute("markdown", messageText(rule.markdown));
      });
    json.attributeObject("defaultConfiguration", [&] {
      json.attribute("level", severityName(rule.severity));
    });
    if (!rule.tags.empty())
      json.attributeObject("properties", [&] {
        json.attributeArray("tags", [&] {
          for (const std::string &tag : rule.tags)
            json.value(tag);
        });
      });
  }

  ReportOptions options;
  llvm::raw_ostream &os;
  OStream json;
  Printer printer;
  llvm::StringMap<size_t> rules; ///< the index of each name in names
  std::vector<llvm::StringRef> names;
  bool failed = false;
};

} // namespace

std::unique_ptr<Reporter>
report::makeSarifReporter(const ReportOptions &options, llvm::raw_ostream &os) {
  return std::make_unique<SarifReporter>(options, os);
}
