// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "ShellCheck.h"
#include "ShellMessages.h"
#include "ShellPool.h"
#include "starton/Sema/Model.h"

using namespace starton;
using namespace starton::checkconf;

namespace {

/// Where a text for the shell was written.
struct Place {
  size_t file = 0;
  const ast::Statement *statement = nullptr;
};

/// All texts of the files, and beside each the place it is from.
struct Texts {
  std::vector<ShellInput> inputs;
  std::vector<Place> places;

  void add(size_t file, const ast::Statement &statement) {
    if (statement.process == ast::Statement::Process::Script)
      inputs.push_back({{statement.text, "", ""}});
    // The daemon runs such a command as `exec COMMAND`, and this way a word
    // that only counts in front, like `if`, is judged as it will be.
    else if (sema::commandNeedsShell(statement.text))
      inputs.push_back({{"exec ", statement.text, "\n"}});
    else
      return;
    places.push_back({file, &statement});
  }
};

Texts collectTexts(const std::vector<CheckedFile> &files) {
  Texts texts;
  for (size_t index = 0; index != files.size(); ++index) {
    if (!files[index].parse)
      continue;
    for (const ast::Statement &statement : files[index].parse->file->statements)
      if (statement.process != ast::Statement::Process::None &&
          statement.health == ast::StatementHealth::Good)
        texts.add(index, statement);
  }
  return texts;
}

/// A finding of \p id at \p place; the caller adds what it says.
ShellFinding makeFinding(const std::vector<CheckedFile> &files, Place place,
                         DiagId id) {
  ShellFinding finding;
  finding.file = place.file;
  finding.section = stanzaInfo(place.statement->kind).spelling;
  finding.diagnostic.id = id;
  finding.diagnostic.severity = diagSeverity(id);
  finding.diagnostic.source = files[place.file].source;
  finding.diagnostic.range = place.statement->keyword();
  return finding;
}

ShellFinding readAnswer(const std::vector<CheckedFile> &files, Place place,
                        const ShellAnswer &answer) {
  if (answer.timedOut) {
    ShellFinding finding = makeFinding(files, place, DiagId::ShellTimeout);
    finding.diagnostic.message = std::string(ShellPath) +
                                 " -n did not come to an end within " +
                                 std::to_string(ShellSeconds) + " seconds";
    return finding;
  }
  ShellFinding finding = makeFinding(files, place, DiagId::ShellSyntax);
  ShellMessage message = readShellMessage(answer.messages);
  Diagnostic &diagnostic = finding.diagnostic;
  diagnostic.range =
      locateShellMessage(message, *diagnostic.source, *place.statement);
  bool silent = message.text.empty();
  diagnostic.message =
      answer.failed ? "shell syntax error" : "warning of the shell";
  diagnostic.message +=
      silent ? " that the shell says nothing about" : ": " + message.text;
  // Some shells warn, about a here-document without an end for example.
  if (!answer.failed)
    diagnostic.severity = Severity::Warning;
  finding.messages = answer.messages;
  return finding;
}

} // namespace

std::vector<ShellFinding>
checkconf::checkShell(const std::vector<CheckedFile> &files) {
  Texts texts = collectTexts(files);
  ShellAnswers answers = runShells(texts.inputs);
  std::vector<ShellFinding> findings;
  findings.reserve(answers.answers.size() + 1);
  for (const ShellAnswer &answer : answers.answers)
    findings.push_back(readAnswer(files, texts.places[answer.input], answer));
  if (!answers.unavailable.empty()) {
    ShellFinding finding =
        makeFinding(files, texts.places.front(), DiagId::ShellUnavailable);
    finding.diagnostic.message =
        "scripts and commands are not checked: cannot run '" +
        std::string(ShellPath) + "': " + answers.unavailable;
    findings.insert(findings.begin(), std::move(finding));
  }
  return findings;
}
