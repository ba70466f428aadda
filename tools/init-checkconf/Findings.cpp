// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Findings.h"
#include "Check.h"
#include "Linter.h"
#include <algorithm>
#include <cstdlib>
#include <ctime>
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

/// Of a program or a text in UTF-16 that Upstart rejects, which each line would
/// be told of. Upstart takes NUL bytes for others in places.
bool isNoText(const CheckedFile &file) {
  constexpr size_t Front = 512;
  llvm::StringRef front = file.source->text().take_front(Front);
  return !file.accepted &&
         (front.contains('\0') || front.starts_with("\xFF\xFE") ||
          front.starts_with("\xFE\xFF"));
}

Note noTextNote() {
  Note note;
  note.message = "the file is binary: nothing else in it is reported";
  return note;
}

/// All findings of one file in source order: those of the parser, of which
/// there may be a million, are made one at a time.
template <typename Visit> void visitFile(CheckedFile &file, Visit visit) {
  size_t next = 0, count = file.more.size();
  if (file.parse) {
    const std::vector<SyntaxDiag> &syntax = file.parse->diagnostics;
    SyntaxOrder order(*file.parse);
    bool firstOnly = file.source && isNoText(file);
    for (size_t i = 0; i != syntax.size(); ++i) {
      const SyntaxDiag &diag = syntax[order[i]];
      if (firstOnly && order[i] != static_cast<size_t>(file.parse->firstError))
        continue;
      while (next != count && file.more[next].range.begin < diag.range.begin)
        visit(file.more[next++]);
      Diagnostic full = render(diag, *file.parse);
      if (order.isUnknownToUpstart(i)) {
        full.upstartError = UpstartError::None;
        full.upstartLine.reset();
      }
      if (firstOnly)
        full.notes.push_back(noTextNote());
      visit(full);
    }
  }
  while (next != count)
    visit(file.more[next++]);
}

/// The shell's come before what \p meanwhile finds at the same place.
void addShellFindings(std::vector<CheckedFile> &files,
                      llvm::function_ref<void()> meanwhile) {
  std::vector<ShellFinding> findings = checkShell(files, meanwhile);
  for (size_t begin = 0, end = 0; begin != findings.size(); begin = end) {
    std::vector<Diagnostic> all;
    for (; end != findings.size() && findings[end].file == findings[begin].file;
         ++end)
      all.push_back(std::move(findings[end].diagnostic));
    std::vector<Diagnostic> &more = files[findings[begin].file].more;
    std::move(more.begin(), more.end(), std::back_inserter(all));
    more = std::move(all);
  }
}

/// Whether a comment was of use is known only after all findings were seen, and
/// what is said about it belongs among them.
void judgeComments(const Options &options, CheckedFile &file, Policy &policy,
                   config::Suppressions &comments) {
  if (comments.empty() || file.commentsJudged || !file.inScope)
    return;
  visitFile(file, [&](Diagnostic &diagnostic) {
    report::Suppression why;
    (void)policy.judgeByRules(diagnostic, file, &comments, why);
  });
  for (Diagnostic &finding : policy.judgeComments(options, file, comments))
    file.more.push_back(std::move(finding));
  sortFindings(file);
  file.commentsJudged = true;
}

/// A kind of finding as reports that describe them want it.
report::Rule describe(llvm::StringRef name) {
  report::Rule rule;
  if (const check::Check *check = check::findCheck(name)) {
    rule.summary = check->summary.str();
    rule.markdown = check->doc.str();
    rule.severity = check->severity;
    for (check::Profile profile : check::allProfiles())
      if (check->profiles & profile)
        rule.tags.push_back(check::profileName(profile).str());
    return rule;
  }
  constexpr DiagId ids[] = {
#define DIAGNOSTIC(Id, Name, Sev) DiagId::Id,
#include "starton/Basic/Diagnostics.def"
  };
  for (DiagId id : ids)
    if (diagName(id) == name)
      rule.severity = diagSeverity(id);
  rule.summary = name.str();
  std::replace(rule.summary.begin(), rule.summary.end(), '-', ' ');
  return rule;
}

std::string workingDirectory() {
  char *name = getcwd(nullptr, 0);
  std::string result = name ? name : "";
  std::free(name);
  return result;
}

/// The time of the report; SOURCE_DATE_EPOCH where builds are to be repeatable.
int64_t reportTime() {
  const char *fixed = std::getenv("SOURCE_DATE_EPOCH");
  int64_t seconds = 0;
  if (fixed && !llvm::StringRef(fixed).getAsInteger(10, seconds) &&
      seconds >= 0 && seconds < INT32_MAX)
    return seconds;
  return std::time(nullptr);
}

std::optional<Severity> failsAt(FailOn failOn) {
  if (failOn == FailOn::Never)
    return std::nullopt;
  return failOn == FailOn::Warning ? Severity::Warning : Severity::Error;
}

} // namespace

void checkconf::sortFindings(CheckedFile &file) {
  std::stable_sort(file.more.begin(), file.more.end(),
                   [](const Diagnostic &left, const Diagnostic &right) {
                     return left.range.begin < right.range.begin;
                   });
}

bool checkconf::findAll(const Options &options, const Policy &policy,
                        Inputs &inputs) {
  bool readsShell =
      options.emit == Emit::Check && !options.syntaxOnly && !options.noScript;
  bool good = true;
  auto check = [&] {
    // The maker of a table says it itself.
    if (options.emit == Emit::Check && !options.syntaxOnly)
      addTableFindings(inputs);
    good = !runsChecks(options) ||
           addCheckFindings(options, policy.checks(), inputs);
  };
  if (readsShell && !policy.isOff(DiagId::ShellSyntax))
    addShellFindings(inputs.files, check);
  else
    check();
  if (!good || (readsShell &&
                !addLinterFindings(options, policy.checks(), inputs.files)))
    return false;
  for (CheckedFile &file : inputs.files)
    sortFindings(file);
  return true;
}

int checkconf::visitFindings(const Options &options, Inputs &inputs,
                             Policy &policy, report::Reporter &reporter) {
  std::vector<CheckedFile> &files = inputs.files;
  Tally tally(options.failOn);
  for (const CheckedFile &file : files)
    if (file.listed && file.inScope)
      reporter.file(file.path, file.accepted);
  for (CheckedFile &file : files) {
    std::optional<config::Suppressions> comments;
    if (file.source && policy.readsComments()) {
      comments.emplace(*file.source, *file.parse->file);
      judgeComments(options, file, policy, *comments);
    }
    visitFile(file, [&](Diagnostic &diagnostic) {
      report::Suppression why;
      switch (policy.judge(diagnostic, file, comments ? &*comments : nullptr,
                           why)) {
      case Verdict::Report:
        tally.count(diagnostic);
        reporter.diagnostic(diagnostic);
        break;
      case Verdict::Suppress:
        reporter.suppressed(diagnostic, why);
        break;
      case Verdict::Drop:
        break;
      }
    });
  }
  for (const Diagnostic &diagnostic : policy.judgeBaseline(options, inputs)) {
    tally.count(diagnostic);
    reporter.diagnostic(diagnostic);
  }
  reporter.finish();
  return tally.status();
}

int checkconf::reportFindings(const Options &options, Inputs &inputs,
                              Policy &policy, Output &output) {
  report::ReportOptions how;
  how.format = options.format;
  how.color = wantsColor(options, output);
  how.version = programVersion();
  how.describe = describe;
  how.failsAt = failsAt(options.failOn);
  how.directory = workingDirectory();
  how.time = reportTime();
  std::unique_ptr<report::Reporter> reporter =
      report::makeReporter(how, output.stream());
  return visitFindings(options, inputs, policy, *reporter);
}

int checkconf::reportDescriptor(const Options &options) {
  return report::isForPrograms(options.format) ? STDOUT_FILENO : STDERR_FILENO;
}
