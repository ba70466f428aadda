// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "ShellEmissions.h"

namespace starton::check {

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
  emission.waits = !call.noWait;
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

std::optional<Request> requestOf(const shell::ShellFacts &facts,
                                 const llvm::StringSet<> &functions,
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
  return request;
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
