// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Report/Reporter.h"
#include "Formats.h"

using namespace starton;
using namespace starton::report;

std::unique_ptr<Reporter> report::makeReporter(const ReportOptions &options,
                                               llvm::raw_ostream &os) {
  switch (options.format) {
  case Format::Text:
    return makeTextReporter(os, options.color);
  case Format::Gcc:
    return makeGccReporter(os);
  case Format::Json:
    return makeJsonReporter(os);
  case Format::Jsonl:
    return makeJsonLinesReporter(os);
  case Format::Sarif:
    return makeSarifReporter(options, os);
  case Format::Junit:
    return makeJunitReporter(options, os);
  case Format::GitHub:
    return makeGitHubReporter(os);
  case Format::GitLab:
    return makeGitLabReporter(os);
  case Format::Checkstyle:
    break;
  }
  return makeCheckstyleReporter(os);
}

llvm::StringRef report::severityName(Severity severity) {
  switch (severity) {
  case Severity::Note:
    return "note";
  case Severity::Warning:
    return "warning";
  case Severity::Error:
    break;
  }
  return "error";
}

static Location locate(const Diagnostic &diagnostic, const SourceBuffer *other,
                       Range range) {
  Location location;
  const SourceBuffer *source = other ? other : diagnostic.source;
  if (!source) {
    location.path = diagnostic.file;
    return location;
  }
  location.path = source->path();
  location.begin = source->lineColumn(range.begin);
  location.end = range.empty() ? location.begin : source->lineColumn(range.end);
  location.hasPosition = true;
  return location;
}

Location report::locationOf(const Diagnostic &diagnostic) {
  return locate(diagnostic, nullptr, diagnostic.range);
}

Location report::locationOf(const Diagnostic &diagnostic, const Note &note) {
  return locate(diagnostic, note.source,
                note.hasRange || note.source ? note.range : diagnostic.range);
}
