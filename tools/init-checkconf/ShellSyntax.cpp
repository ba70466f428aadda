// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "ShellSyntax.h"
#include "ShellMessages.h"
#include "ShellPool.h"
#include "ShellStatements.h"
#include <csignal>
#include <cstring>
#include <system_error>
#include <thread>

using namespace starton;
using namespace starton::checkconf;

namespace {

std::vector<ShellInput> inputsOf(const std::vector<ShellText> &texts) {
  std::vector<ShellInput> inputs;
  inputs.reserve(texts.size());
  for (const ShellText &each : texts)
    if (each.isScript())
      inputs.push_back({{each.text(), "", ""}});
    else
      inputs.push_back({{CommandPrefix, each.text(), "\n"}});
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

/// A shell that crashes on a text will do so when the job runs; of one that
/// somebody killed nothing follows.
bool isCrash(int signal) {
  return signal == SIGSEGV || signal == SIGBUS || signal == SIGABRT ||
         signal == SIGILL || signal == SIGFPE;
}

ShellFinding readDeath(const std::vector<CheckedFile> &files,
                       const ShellStatement &place, const ShellAnswer &answer) {
  bool crash = isCrash(answer.signal);
  ShellFinding finding = makeFinding(
      files, place, crash ? DiagId::ShellSyntax : DiagId::ShellUnavailable);
  std::string why = strsignal(answer.signal);
  finding.diagnostic.message =
      crash ? "shell syntax error: '" + std::string(ShellPath) +
                  "' crashes on this text: " + why
            : "this text is not checked: '" + std::string(ShellPath) +
                  "' was killed: " + why;
  finding.messages = answer.messages + why;
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
  if (answer.signal != 0)
    return readDeath(files, place, answer);
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

/// The shells' answers; a thread of its own waits for them.
ShellAnswers readAll(const std::vector<ShellInput> &inputs,
                     llvm::function_ref<void()> meanwhile) {
  ShellAnswers answers;
  auto read = [&] { answers = runShells(shellSyntaxProgram(), inputs); };
  std::jthread reader;
  try {
    if (!inputs.empty())
      reader = std::jthread(read);
  } catch (const std::system_error &) {
    read(); // no thread to be had: one after the other
  }
  meanwhile();
  if (!reader.joinable())
    return answers;
  reader.join();
  // The thread may have been the one too many for the limit on processes.
  if (!answers.unavailable.empty())
    read();
  return answers;
}

} // namespace

std::vector<ShellFinding>
checkconf::checkShell(const std::vector<CheckedFile> &files,
                      llvm::function_ref<void()> meanwhile) {
  std::vector<ShellText> texts = shellTexts(files);
  ShellAnswers answers = readAll(inputsOf(texts), meanwhile);
  std::vector<ShellFinding> findings;
  for (const ShellAnswer &answer : answers.answers)
    for (const ShellStatement &place : texts[answer.input].places)
      findings.push_back(readAnswer(files, place, answer));
  llvm::sort(findings, [](const ShellFinding &left, const ShellFinding &right) {
    return std::pair(left.file, left.diagnostic.range.begin) <
           std::pair(right.file, right.diagnostic.range.begin);
  });
  if (!answers.unavailable.empty()) {
    ShellFinding finding = makeFinding(files, texts.front().places.front(),
                                       DiagId::ShellUnavailable);
    finding.diagnostic.message =
        "scripts and commands are not checked: cannot run '" +
        std::string(ShellPath) + "': " + answers.unavailable;
    findings.insert(findings.begin(), std::move(finding));
  }
  return findings;
}
