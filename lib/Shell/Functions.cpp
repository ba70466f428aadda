// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Functions.h"

using namespace starton;
using namespace starton::shell;

uint32_t shell::processScope(const ShellFacts &facts, const Command &command) {
  uint32_t found = None;
  for (uint32_t scope = command.scope; scope != None;
       scope = facts.scopes[scope].parent) {
    switch (facts.scopes[scope].kind) {
    case ScopeKind::Function:
      return found;
    case ScopeKind::Pipeline:
    case ScopeKind::Background:
    case ScopeKind::Subshell:
    case ScopeKind::Substitution:
      found = scope;
      break;
    default:
      break;
    }
  }
  return found;
}

namespace {

/// The name that a function would be called by; empty: it is not known.
llvm::StringRef calledName(const ShellFacts &facts, const Command &command) {
  if (command.wordCount == 0)
    return {};
  const Word &word = facts.words[command.firstWord];
  return word.isLiteral ? word.value : llvm::StringRef();
}

} // namespace

FunctionTable::FunctionTable(const ShellFacts &facts, uint32_t end)
    : facts(facts), calls(facts.functions.size()),
      leaving(facts.functions.size()),
      firstReturns(facts.functions.size(), None) {
  addOwners();
  for (uint32_t index = 0; index != facts.functions.size(); ++index) {
    const Function &function = facts.functions[index];
    if (function.body.begin >= end)
      continue;
    auto [entry, isNew] = named.try_emplace(function.name, index);
    if (!isNew)
      entry->second = None;
  }
  addCalls(end);
  findLeaving(end);
}

/// Functions and their scopes come in the same order, parents in front of what
/// they hold.
void FunctionTable::addOwners() {
  uint32_t functions = 0;
  for (const Scope &scope : facts.scopes) {
    bool isFunction = scope.kind == ScopeKind::Function;
    bool isTop = scope.parent == None;
    bool isInFunction =
        !isTop && facts.scopes[scope.parent].kind == ScopeKind::Function;
    isBody.push_back(isFunction ||
                     (isInFunction && scope.kind == ScopeKind::Group));
    inBranch.push_back(scope.kind == ScopeKind::Branch ||
                       scope.kind == ScopeKind::Loop ||
                       (!isTop && inBranch[scope.parent]));
    owners.push_back(isFunction ? functions++
                                : (isTop ? None : owners[scope.parent]));
  }
}

void FunctionTable::addCalls(uint32_t end) {
  if (named.empty())
    return;
  for (uint32_t index = 0; index != facts.commands.size(); ++index) {
    const Command &command = facts.commands[index];
    if (command.range.begin >= end)
      break;
    uint32_t function = calleeOf(command);
    if (function != None && !command.is(IsUnreachable) &&
        processScope(facts, command) == None)
      calls[function].push_back(index);
  }
}

/// Whether \p command runs whenever its function does: it stands in the body
/// itself and behind no `&&` or `||`. What is inside a branch as a whole cannot
/// tell the difference.
bool FunctionTable::alwaysRuns(const Command &command) const {
  bool depends =
      command.is(Context(InBranch | InLoop)) && !inBranch[command.scope];
  return isBody[command.scope] && !depends && !command.is(IsUnreachable);
}

void FunctionTable::findLeaving(uint32_t end) {
  if (named.empty())
    return;
  std::vector<uint32_t> found;
  auto add = [&](uint32_t function) {
    if (leaving[function])
      return;
    leaving[function] = true;
    found.push_back(function);
  };
  for (const Command &command : facts.commands) {
    if (command.range.begin >= end)
      break;
    uint32_t owner = ownerOf(command);
    if (owner == None || !alwaysRuns(command))
      continue;
    llvm::StringRef name = calledName(facts, command);
    if (name == "exit")
      add(owner);
    else if (name == "return" && firstReturns[owner] == None)
      firstReturns[owner] = command.range.begin;
  }
  while (!found.empty()) {
    uint32_t function = found.back();
    found.pop_back();
    for (uint32_t index : calls[function]) {
      const Command &call = facts.commands[index];
      if (ownerOf(call) != None && alwaysRuns(call))
        add(ownerOf(call));
    }
  }
}

bool FunctionTable::isCall(const Command &command) const {
  return named.contains(calledName(facts, command));
}

uint32_t FunctionTable::calleeOf(const Command &command) const {
  auto found = named.find(calledName(facts, command));
  return found == named.end() ? None : found->second;
}

bool FunctionTable::leaves(const Command &command) const {
  // In the body of a function `a || exit` ends nothing for certain.
  if (processScope(facts, command) != None ||
      (isBody[command.scope] && !alwaysRuns(command)))
    return false;
  if (calledName(facts, command) == "exit")
    return true;
  uint32_t function = calleeOf(command);
  return function != None && leaving[function];
}

bool FunctionTable::isBehindReturn(const Command &command) const {
  uint32_t owner = ownerOf(command);
  return owner != None && command.range.begin > firstReturns[owner];
}
