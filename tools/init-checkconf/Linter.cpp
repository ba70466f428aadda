// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Linter.h"
#include "LinterAnswer.h"
#include "Output.h"
#include "ShellPool.h"
#include "ShellStatements.h"
#include "starton/Parse/TextMap.h"
#include "starton/Report/Reporter.h"

using namespace starton;
using namespace starton::checkconf;

namespace {

// The first line tells how init calls the shell, which some remarks depend on.
constexpr llvm::StringLiteral FirstLine = "#!/bin/sh -e\n";
constexpr llvm::StringLiteral FirstLineOfCommand = "#!/bin/sh -e\nexec ";
// Longer texts have fewer remarks than this is bytes.
constexpr size_t MaxAnswer = size_t(8) << 20;

ShellProgram linterProgram(const std::string &name) {
  ShellProgram program;
  // docs/checks/shellcheck.md says why these are left out.
  program.command = {name, "--format=json1", "--shell=dash",
                     "--exclude=SC1090,SC1091,SC2148,SC2153,SC2154", "-"};
  program.locale = "C.UTF-8";
  program.bytesPerSecond = 4096;
  program.maxMessages = MaxAnswer;
  return program;
}

/// The two checks, and which of them is wanted.
struct Wanted {
  const check::Check *main = check::findCheck("shellcheck");
  const check::Check *style = check::findCheck("shellcheck-style");
  const check::Selection &selection;

  explicit Wanted(const check::Selection &selection) : selection(selection) {}
  const check::Check *checkOf(const LintRemark &remark) const {
    const check::Check *check = remark.isStyle ? style : main;
    return selection.isEnabled(*check) ? check : nullptr;
  }
  bool any() const {
    return selection.isEnabled(*main) || selection.isEnabled(*style);
  }
};

ShellInput inputOf(const ShellText &text) {
  if (text.isScript())
    return {{FirstLine, text.text(), ""}};
  return {{FirstLineOfCommand, text.text(), "\n"}};
}

/// From the text as the linter reads it into the file.
class Way {
public:
  Way(const ShellStatement &place, const SourceBuffer &source)
      : front(static_cast<uint32_t>(
            place.isScript() ? FirstLine.size() : FirstLineOfCommand.size())),
        keyword(place.statement->keyword()) {
    Range written = place.statement->textRange;
    map = place.isScript()
              ? TextMap::ofScript(source.text(written), written.begin)
              : TextMap::ofCommand(source.text(written), written.begin,
                                   place.statement->text);
  }

  /// What stands before the text stands for the keyword of the statement.
  Range operator()(Range range) const {
    if (range.end <= front)
      return keyword;
    uint32_t begin = std::max(range.begin, front) - front;
    return map.toSource(Range{begin, range.end - front});
  }
  bool leadsTo(Range range) const { return range.begin >= front; }

private:
  uint32_t front;
  Range keyword;
  TextMap map;
};

Diagnostic findingOf(const LintRemark &remark, const check::Check &check,
                     const Wanted &wanted, const Way &way) {
  Diagnostic finding;
  finding.id = DiagId::Check;
  finding.check = check.name;
  finding.severity = wanted.selection.severityOf(
      check, remark.isError ? Severity::Error : Severity::Warning);
  finding.range = way(remark.range);
  finding.message = "SC" + std::to_string(remark.code) + ": " + remark.message;
  bool reachable = llvm::all_of(
      remark.edits, [&](const Edit &edit) { return way.leadsTo(edit.range); });
  if (remark.edits.empty() || !reachable)
    return finding;
  Fix &fix = finding.fixes.emplace_back();
  fix.title = "as ShellCheck proposes";
  for (const Edit &edit : remark.edits) {
    Edit &made = fix.edits.emplace_back(edit);
    made.range = way(edit.range);
  }
  return finding;
}

/// Of texts without an answer the first is reported, with their number.
struct Failures {
  const ShellText *first = nullptr;
  std::string reason;
  size_t count = 0;

  void add(const ShellText &text, const std::string &why) {
    if (count++ != 0)
      return;
    first = &text;
    reason = why;
  }
};

void addRemarks(const ShellText &text, const std::vector<LintRemark> &remarks,
                const Wanted &wanted, std::vector<CheckedFile> &files) {
  for (const ShellStatement &place : text.places) {
    CheckedFile &file = files[place.file];
    Way way(place, *file.source);
    for (const LintRemark &remark : remarks)
      if (const check::Check *check = wanted.checkOf(remark);
          check && remark.range.begin >= FirstLine.size()) {
        Diagnostic finding = findingOf(remark, *check, wanted, way);
        finding.source = file.source;
        file.more.push_back(std::move(finding));
      }
  }
}

/// False and \p error set where \p answer is none.
bool readAnswer(const ShellAnswer &answer, const ShellText &text,
                std::vector<LintRemark> &remarks, std::string &error) {
  if (answer.timedOut || answer.cut) {
    error = answer.cut ? "it says too much" : "it does not come to an end";
    return false;
  }
  std::string whole;
  for (llvm::StringRef part : inputOf(text).parts)
    whole += part;
  bool good = readLinterAnswer(answer.messages, whole, remarks, error);
  // 1: there are remarks.
  if (good && (answer.status < 0 || answer.status > 1)) {
    error = "it has failed";
    return false;
  }
  return good;
}

void reportFailures(const Failures &failures, const std::string &program,
                    std::vector<CheckedFile> &files) {
  if (failures.count == 0)
    return;
  const ShellStatement &place = failures.first->places.front();
  Diagnostic finding = findingAt(files, place, DiagId::LinterFailed);
  finding.message = "'" + printable(program) + "' gives no answer on this text";
  if (failures.count > 1)
    finding.message +=
        " and " + std::to_string(failures.count - 1) + " further ones";
  finding.message += ": " + printable(failures.reason);
  files[place.file].more.push_back(std::move(finding));
}

} // namespace

bool checkconf::addLinterFindings(const Options &options,
                                  const check::Selection &selection,
                                  std::vector<CheckedFile> &files) {
  Wanted wanted(selection);
  if (!wanted.any())
    return true;
  std::vector<ShellText> texts = shellTexts(files);
  std::vector<ShellInput> inputs;
  inputs.reserve(texts.size());
  for (const ShellText &text : texts)
    inputs.push_back(inputOf(text));
  ShellAnswers answers = runShells(linterProgram(options.shellcheck), inputs);
  if (!answers.unavailable.empty()) {
    printError("cannot run '" + report::displayText(options.shellcheck) +
               "': " + answers.unavailable +
               "; install ShellCheck, name it with --shellcheck, or leave the "
               "check out with --off shellcheck,shellcheck-style");
    return false;
  }
  Failures failures;
  std::vector<bool> answered(texts.size());
  for (const ShellAnswer &answer : answers.answers) {
    const ShellText &text = texts[answer.input];
    answered[answer.input] = true;
    std::vector<LintRemark> remarks;
    std::string error;
    if (readAnswer(answer, text, remarks, error))
      addRemarks(text, remarks, wanted, files);
    else
      failures.add(text, error);
  }
  // A program that ends well without a word has read nothing either.
  for (size_t i = 0; i != texts.size(); ++i)
    if (!answered[i])
      failures.add(texts[i], "it says nothing");
  reportFailures(failures, options.shellcheck, files);
  return true;
}
