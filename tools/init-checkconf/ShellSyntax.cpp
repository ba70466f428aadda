// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "ShellSyntax.h"
#include "ShellMessages.h"
#include "ShellPool.h"
#include "ShellStatements.h"

using namespace starton;
using namespace starton::checkconf;

namespace {

std::vector<ShellInput>
inputsOf(const std::vector<ShellStatement> &statements) {
  std::vector<ShellInput> inputs;
  inputs.reserve(statements.size());
  for (const ShellStatement &each : statements)
    if (each.isScript())
      inputs.push_back({{each.statement->text, "", ""}});
    else
      inputs.push_back({{CommandPrefix, each.statement->text, "\n"}});
  return inputs;
}

/// A finding of \p id at \p place; the caller adds what it says.
ShellFinding makeFinding(const std::vector<CheckedFile> &files,
                         const ShellStatement &place, DiagId id) {
  ShellFinding finding;
  finding.file = place.file;
  finding.section = stanzaInfo(place.statement->kind).spelling;
  finding.diagnostic = findingAt(files, place, id);
  return finding;
}

ShellFinding readAnswer(const std::vector<CheckedFile> &files,
                        const ShellStatement &place,
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
  bool failed = answer.status != 0;
  diagnostic.message = failed ? "shell syntax error" : "warning of the shell";
  diagnostic.message +=
      silent ? " that the shell says nothing about" : ": " + message.text;
  // Some shells warn, about a here-document without an end for example.
  if (!failed)
    diagnostic.severity = Severity::Warning;
  finding.messages = answer.messages;
  return finding;
}

} // namespace

std::vector<ShellFinding>
checkconf::checkShell(const std::vector<CheckedFile> &files) {
  std::vector<ShellStatement> statements = shellStatements(files);
  ShellAnswers answers = runShells(shellSyntaxProgram(), inputsOf(statements));
  std::vector<ShellFinding> findings;
  findings.reserve(answers.answers.size() + 1);
  for (const ShellAnswer &answer : answers.answers)
    findings.push_back(readAnswer(files, statements[answer.input], answer));
  if (!answers.unavailable.empty()) {
    ShellFinding finding =
        makeFinding(files, statements.front(), DiagId::ShellUnavailable);
    finding.diagnostic.message =
        "scripts and commands are not checked: cannot run '" +
        std::string(ShellPath) + "': " + answers.unavailable;
    findings.insert(findings.begin(), std::move(finding));
  }
  return findings;
}
