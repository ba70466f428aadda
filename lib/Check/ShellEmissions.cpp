// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "ShellEmissions.h"
#include "RootScan.h"

namespace starton::check {

namespace {

constexpr llvm::StringLiteral blanks = " \t\n\\";

/// The next word of \p text, cut off from it.
llvm::StringRef takeWord(llvm::StringRef &text) {
  text = text.ltrim(blanks);
  llvm::StringRef word = text.take_front(text.find_first_of(blanks));
  text = text.drop_front(word.size());
  return word;
}

/// The words behind `initctl emit` in \p text, whatever shell runs it.
void scanCalls(llvm::StringRef text, const llvm::StringSet<> &wanted,
               std::vector<Emission> &emissions) {
  constexpr llvm::StringLiteral tool = "initctl";
  for (size_t at = text.find(tool); at != llvm::StringRef::npos;
       at = text.find(tool, at)) {
    at += tool.size();
    llvm::StringRef rest = text.drop_front(at), word;
    do
      word = takeWord(rest);
    while (word.starts_with("-"));
    if (word != "emit")
      continue;
    do
      word = takeWord(rest);
    while (word.starts_with("-"));
    scanWords(word, wanted, EmitterKind::Script, emissions);
  }
  if (text.contains("EmitEvent"))
    scanWords(text, wanted, EmitterKind::Script, emissions);
}

/// Every word that stands in no comment.
void scanLines(llvm::StringRef text, const llvm::StringSet<> &wanted,
               std::vector<Emission> &emissions) {
  while (!text.empty()) {
    auto [line, rest] = text.split('\n');
    if (!line.ltrim().starts_with("#"))
      scanWords(line, wanted, EmitterKind::Script, emissions);
    text = rest;
  }
}

} // namespace

std::optional<Emission> emissionOf(const shell::ShellFacts &facts,
                                   const shell::ControlCall &call) {
  // An event of which nothing is known could be any; to conclude from it that
  // all happen would be as wrong as that none does.
  if (call.kind != shell::ControlKind::Emit || call.name.empty() ||
      call.name == "*")
    return std::nullopt;
  Emission emission;
  emission.kind = EmitterKind::Script;
  emission.name = call.name.str();
  emission.isGlob = !call.isLiteral;
  emission.waits =
      !call.noWait && !facts.commands[call.command].is(shell::InBackground);
  emission.more = !call.argumentsComplete;
  for (const shell::ControlArgument &argument : facts.argumentsOf(call)) {
    if (argument.key.empty()) {
      emission.more = true;
      break;
    }
    emission.variables.push_back(argument.key.str());
  }
  return emission;
}

uint32_t firstExitOf(const shell::ShellFacts &facts) {
  for (uint32_t index = 0; index != facts.commands.size(); ++index) {
    const shell::Command &command = facts.commands[index];
    if (facts.nameOf(command) == "exit" || facts.replacesShell(command))
      return index;
  }
  return shell::None;
}

std::optional<Request> requestOf(const shell::ShellFacts &facts,
                                 const llvm::StringSet<> &functions,
                                 uint32_t firstExit,
                                 const shell::ControlCall &call) {
  Request request;
  switch (call.kind) {
  case shell::ControlKind::Start:
    request.kind = RequestKind::Start;
    break;
  case shell::ControlKind::Stop:
    request.kind = RequestKind::Stop;
    break;
  case shell::ControlKind::Restart:
    request.kind = RequestKind::Restart;
    break;
  default:
    return std::nullopt;
  }
  if (call.name.empty())
    return std::nullopt;
  request.name = call.name.str();
  request.isGlob = !call.isLiteral;
  // A function of that name, a service of another kind, `stop x || true`.
  const shell::Command &command = facts.commands[call.command];
  bool isOurs = call.tool == shell::ControlTool::Initctl ||
                (call.tool == shell::ControlTool::Bare &&
                 !functions.contains(facts.nameOf(command)));
  request.mustExist = isOurs && call.isLiteral &&
                      !command.is(shell::IsGuarded) &&
                      !command.is(shell::InBranch);
  constexpr auto Sometimes = shell::Context(
      shell::InBranch | shell::InLoop | shell::InFunction |
      shell::InBackground | shell::InPipeline | shell::IsUnreachable);
  request.isCertain = isOurs && call.isLiteral && !call.noWait &&
                      !command.is(Sometimes) && call.command <= firstExit;
  return request;
}

void addPossibleEmissions(const shell::ShellFacts &facts,
                          const llvm::StringSet<> &wanted,
                          std::vector<Emission> &emissions) {
  if (!facts.complete)
    return scanCalls(facts.text, wanted, emissions);
  bool anyName =
      llvm::any_of(facts.controlCalls, [](const shell::ControlCall &call) {
        return call.kind == shell::ControlKind::Emit && call.name == "*";
      });
  if (anyName)
    return scanLines(facts.text, wanted, emissions);
  for (const shell::WordPart &part : facts.parts)
    if (part.kind == shell::PartKind::Literal)
      scanCalls(part.text, wanted, emissions);
  for (const shell::Redirect &redirect : facts.redirects)
    scanCalls(facts.text.slice(redirect.body.begin, redirect.body.end), wanted,
              emissions);
}

void addEmissionsOfText(shell::ShellParser &parser, llvm::StringRef text,
                        EmitterKind kind, llvm::StringRef path,
                        std::vector<Emission> &emissions) {
  shell::ShellFacts facts = parser.parseText(text);
  for (const shell::ControlCall &call : facts.controlCalls)
    if (std::optional<Emission> emission = emissionOf(facts, call)) {
      emission->kind = kind;
      emission->file = path.str();
      emissions.push_back(std::move(*emission));
    }
}

} // namespace starton::check
