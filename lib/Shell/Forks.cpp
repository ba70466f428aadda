// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Shell/Forks.h"
#include "Functions.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/STLExtras.h"
#include <optional>

using namespace starton;
using namespace starton::shell;

namespace {

/// Sorted.
constexpr llvm::StringLiteral Builtins[] = {
    ".",      ":",       "[",        "alias",   "bg",      "break",    "cd",
    "chdir",  "command", "continue", "echo",    "eval",    "exec",     "exit",
    "export", "false",   "fc",       "fg",      "getopts", "hash",     "jobs",
    "kill",   "local",   "printf",   "pwd",     "read",    "readonly", "return",
    "set",    "shift",   "source",   "test",    "times",   "trap",     "true",
    "type",   "ulimit",  "umask",    "unalias", "unset",   "wait"};

constexpr uint16_t OtherProcess =
    InPipeline | InBackground | InSubshell | InSubstitution;

/// Whether \p scope is \p outer or inside it.
bool isWithin(const ShellFacts &facts, uint32_t scope, uint32_t outer) {
  while (scope != None && scope != outer)
    scope = facts.scopes[scope].parent;
  return scope == outer;
}

ForkKind forkKindOf(ScopeKind kind) {
  switch (kind) {
  case ScopeKind::Pipeline:
    return ForkKind::Pipeline;
  case ScopeKind::Background:
    return ForkKind::Background;
  case ScopeKind::Subshell:
    return ForkKind::Subshell;
  default:
    return ForkKind::Substitution;
  }
}

/// Where `exit`, or a function that always gets to one, ends lists of commands
/// that the last exec is not in.
class Exits {
public:
  Exits(const ShellFacts &facts, const FunctionTable &functions, uint32_t exec)
      : facts(facts) {
    const Command &last = facts.commands[exec];
    for (const Command &command : facts.commands) {
      if (command.range.begin >= last.range.begin)
        break;
      if (functions.leaves(command) &&
          !isWithin(facts, last.scope, command.scope))
        lastExit[command.scope] = command.range.begin;
    }
  }

  /// Whether the list that \p command stands in ends the text behind it.
  bool follow(const Command &command) const {
    for (uint32_t scope = command.scope; scope != None;
         scope = facts.scopes[scope].parent) {
      auto exit = lastExit.find(scope);
      if (exit != lastExit.end() && exit->second >= command.range.end)
        return true;
    }
    return false;
  }

private:
  const ShellFacts &facts;
  llvm::DenseMap<uint32_t, uint32_t> lastExit; ///< by scope: where it begins
};

/// What each function forks for when it is called.
class FunctionForks {
public:
  FunctionForks(const ShellFacts &facts, uint32_t exec, bool withPrograms)
      : facts(facts), functions(facts, facts.commands[exec].range.begin),
        exits(facts, functions, exec), withPrograms(withPrograms),
        found(facts.functions.size()) {
    // What happens in any case goes before what may happen.
    propagate(exec, false);
    propagate(exec, true);
  }

  /// What running the command forks for, by itself or in what it calls.
  std::optional<Fork> of(uint32_t index) const {
    const Command &command = facts.commands[index];
    uint32_t function = processScope(facts, command) == None
                            ? functions.calleeOf(command)
                            : None;
    if (function == None)
      return own(index);
    std::optional<Fork> fork = found[function];
    if (!fork || exits.follow(command))
      return std::nullopt;
    fork->call = index;
    fork->conditional |= isConditional(command);
    return fork;
  }

private:
  static bool isConditional(const Command &command) {
    return command.is(InBranch) || command.is(InLoop);
  }
  std::optional<Fork> own(uint32_t index) const;
  void propagate(uint32_t exec, bool conditional);

  const ShellFacts &facts;
  FunctionTable functions;
  Exits exits;
  bool withPrograms;
  std::vector<std::optional<Fork>> found; ///< by function
};

/// What the command itself forks for.
std::optional<Fork> FunctionForks::own(uint32_t index) const {
  const Command &command = facts.commands[index];
  if (command.is(IsUnreachable) || functions.isBehindReturn(command))
    return std::nullopt;
  Fork fork;
  fork.command = index;
  fork.conditional = isConditional(command);
  uint32_t scope = processScope(facts, command);
  if (scope != None) {
    fork.kind = forkKindOf(facts.scopes[scope].kind);
    fork.range = facts.scopes[scope].range;
  } else {
    llvm::StringRef name = facts.nameOf(command);
    bool isPath =
        !name.empty() && facts.words[command.firstWord].value.contains('/');
    if (!withPrograms || name.empty() || functions.isCall(command) ||
        facts.replacesShell(command) || (isBuiltin(name) && !isPath))
      return std::nullopt;
    fork.range = {facts.words[command.firstWord].range.begin,
                  command.range.end};
  }
  return exits.follow(command) ? std::nullopt : std::optional(fork);
}

/// From the functions that fork to those that call them.
void FunctionForks::propagate(uint32_t exec, bool conditional) {
  std::vector<uint32_t> pending;
  auto add = [&](uint32_t function, const Fork &fork) {
    if (found[function] || (fork.conditional && !conditional))
      return;
    found[function] = fork;
    pending.push_back(function);
  };
  for (uint32_t index = 0; index != exec && !found.empty(); ++index) {
    uint32_t owner = functions.ownerOf(facts.commands[index]);
    if (owner == None || found[owner])
      continue;
    if (std::optional<Fork> fork = own(index))
      add(owner, *fork);
  }
  for (uint32_t function = 0; conditional && function != found.size();
       ++function)
    if (found[function])
      pending.push_back(function);
  while (!pending.empty()) {
    uint32_t function = pending.back();
    pending.pop_back();
    for (uint32_t index : functions.callsOf(function)) {
      const Command &call = facts.commands[index];
      uint32_t owner = functions.ownerOf(call);
      if (owner == None || functions.isBehindReturn(call))
        continue;
      if (std::optional<Fork> fork = of(index))
        add(owner, *fork);
    }
  }
}

} // namespace

bool shell::isBuiltin(llvm::StringRef name) {
  return llvm::is_contained(Builtins, name);
}

uint32_t shell::finalExec(const ShellFacts &facts) {
  for (uint32_t index = static_cast<uint32_t>(facts.commands.size());
       index-- != 0;) {
    const Command &command = facts.commands[index];
    if (facts.replacesShell(command) &&
        (command.context & (OtherProcess | InFunction | IsUnreachable)) == 0)
      return index;
  }
  return None;
}

std::vector<Fork> shell::forksBefore(const ShellFacts &facts, uint32_t exec,
                                     bool withPrograms) {
  std::vector<Fork> forks;
  const Command &last = facts.commands[exec];
  FunctionForks each(facts, exec, withPrograms);
  for (uint32_t index = 0; index != facts.commands.size(); ++index) {
    const Command &command = facts.commands[index];
    if (command.is(InFunction) || command.is(IsUnreachable) || index == exec)
      continue;
    // What stands inside it, in a substitution, comes before it.
    if (command.range.begin >= last.range.end)
      break;
    std::optional<Fork> fork = each.of(index);
    // One finding for all that a construct holds.
    if (fork && (forks.empty() || forks.back().range != fork->range))
      forks.push_back(*fork);
  }
  return forks;
}
