// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Check.h"
#include <algorithm>
#include <cstdlib>
#include <sys/stat.h>
#include <unistd.h>

using namespace starton;
using namespace starton::checkconf;

namespace {

bool wantsColor(const Options &options, const Output &output) {
  if (options.color != Color::Auto)
    return options.color == Color::Always;
  const char *terminal = std::getenv("TERM");
  const char *refused = std::getenv("NO_COLOR");
  return output.isTerminal() && terminal &&
         llvm::StringRef(terminal) != "dumb" && !(refused && *refused);
}

/// Remembers what the exit status depends on.
class Tally {
public:
  explicit Tally(FailOn failOn) : failOn(failOn) {}

  void count(const Diagnostic &diagnostic) {
    if (diagnostic.id == DiagId::InternalError)
      raise(ExitInternal);
    if (diagnostic.severity == Severity::Error &&
        (diagnostic.id == DiagId::CannotRead ||
         diagnostic.id == DiagId::NoJobs))
      raise(ExitInputOutput);
    if (failOn != FailOn::Never &&
        (diagnostic.severity == Severity::Error || failOn == FailOn::Warning))
      raise(ExitFindings);
  }
  int status() const { return worst; }

private:
  void raise(int status) { worst = std::max(worst, status); }

  FailOn failOn;
  int worst = ExitClean;
};

/// The parser's findings in the order of the report: source order, and of those
/// at one place Upstart's first error before the others.
class SyntaxOrder {
public:
  explicit SyntaxOrder(const ParseResult &parse) {
    if (parse.accepted())
      return;
    first = slot = static_cast<size_t>(parse.firstError);
    uint32_t begin = parse.diagnostics[first].range.begin;
    while (slot != 0 && parse.diagnostics[slot - 1].range.begin == begin)
      --slot;
  }

  size_t operator[](size_t position) const {
    if (position < slot || position > first)
      return position;
    return position == slot ? first : position - 1;
  }
  /// What comes before Upstart's first error, Upstart does not report.
  bool isUnknownToUpstart(size_t position) const { return position < slot; }

private:
  size_t first = 0, slot = 0;
};

/// All findings of one file in source order: those of the parser, of which
/// there may be a million, are made one at a time.
template <typename Visit>
void visitFindings(const CheckedFile &file, Visit visit) {
  size_t next = 0, count = file.more.size();
  if (file.parse) {
    const std::vector<SyntaxDiag> &syntax = file.parse->diagnostics;
    SyntaxOrder order(*file.parse);
    for (size_t i = 0; i != syntax.size(); ++i) {
      const SyntaxDiag &diag = syntax[order[i]];
      while (next != count && file.more[next].range.begin < diag.range.begin)
        visit(file.more[next++]);
      Diagnostic full = render(diag, *file.parse);
      if (order.isUnknownToUpstart(i)) {
        full.upstartError = UpstartError::None;
        full.upstartLine.reset();
      }
      visit(full);
    }
  }
  while (next != count)
    visit(file.more[next++]);
}

void addShellFindings(std::vector<CheckedFile> &files) {
  for (ShellFinding &finding : checkShell(files))
    files[finding.file].more.push_back(std::move(finding.diagnostic));
}

/// A report or a table must not take the place of what it is about.
bool isInput(const Options &options) {
  struct stat output, input;
  if (options.output.empty() || stat(options.output.c_str(), &output) != 0 ||
      !S_ISREG(output.st_mode))
    return false;
  return std::any_of(
      options.paths.begin(), options.paths.end(), [&](const std::string &path) {
        return stat(path.c_str(), &input) == 0 &&
               input.st_dev == output.st_dev && input.st_ino == output.st_ino;
      });
}

bool reportsToOutput(const Options &options) {
  return options.emit == Emit::Check;
}

} // namespace

int checkconf::reportFindings(const Options &options,
                              const std::vector<CheckedFile> &files,
                              Output &output) {
  Tally tally(options.failOn);
  std::unique_ptr<report::Reporter> reporter = report::makeReporter(
      options.format, output.stream(), wantsColor(options, output));
  for (const CheckedFile &file : files)
    if (file.listed)
      reporter->file(file.path, file.accepted);
  for (const CheckedFile &file : files)
    visitFindings(file, [&](const Diagnostic &diagnostic) {
      tally.count(diagnostic);
      reporter->diagnostic(diagnostic);
    });
  reporter->finish();
  return tally.status();
}

int checkconf::runCheck(const Options &options) {
  if (isInput(options)) {
    printError("'" + options.output + "' is both input and output");
    return ExitUsage;
  }
  if (!options.unlessCurrent.empty() && isCurrent(options))
    return ExitClean;
  Inputs inputs(options);
  inputs.load();
  if (options.emit == Emit::Check && !options.syntaxOnly && !options.noScript)
    addShellFindings(inputs.files);
  if (runsChecks(options) && !addCheckFindings(options, inputs))
    return ExitInputOutput;
  for (CheckedFile &file : inputs.files)
    std::stable_sort(file.more.begin(), file.more.end(),
                     [](const Diagnostic &left, const Diagnostic &right) {
                       return left.range.begin < right.range.begin;
                     });
  bool emitted = emitForm(options, inputs);
  bool json = options.format == report::Format::Json;
  Output output(reportsToOutput(options) ? options.output : std::string(),
                json ? STDOUT_FILENO : STDERR_FILENO);
  int status = reportFindings(options, inputs.files, output);
  bool written = output.commit();
  return emitted && written ? status : std::max<int>(status, ExitInputOutput);
}
