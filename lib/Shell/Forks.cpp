// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Shell/Forks.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSet.h"
#include <algorithm>

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

/// The outermost scope around \p command that is a process of its own.
uint32_t processScope(const ShellFacts &facts, const Command &command) {
  uint32_t found = None;
  for (uint32_t scope = command.scope; scope != None;
       scope = facts.scopes[scope].parent) {
    switch (facts.scopes[scope].kind) {
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

/// Where `exit` ends lists of commands that \p exec is not in.
class Exits {
public:
  Exits(const ShellFacts &facts, uint32_t exec) : facts(facts) {
    const Command &last = facts.commands[exec];
    for (const Command &command : facts.commands) {
      if (command.range.begin >= last.range.begin)
        break;
      if (facts.nameOf(command) == "exit" &&
          !command.is(Context(OtherProcess)) &&
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

std::vector<Fork> shell::forksBefore(const ShellFacts &facts, uint32_t exec) {
  std::vector<Fork> forks;
  const Command &last = facts.commands[exec];
  Exits exits(facts, exec);
  llvm::StringSet<> functions;
  for (const Function &function : facts.functions)
    functions.insert(function.name);
  for (uint32_t index = 0; index != facts.commands.size(); ++index) {
    const Command &command = facts.commands[index];
    if (command.is(InFunction) || command.is(IsUnreachable) || index == exec)
      continue;
    // What stands inside it, in a substitution, comes before it.
    if (command.range.begin >= last.range.end)
      break;
    Fork fork;
    fork.command = index;
    fork.conditional = command.is(InBranch) || command.is(InLoop);
    uint32_t scope = processScope(facts, command);
    if (scope != None) {
      fork.kind = forkKindOf(facts.scopes[scope].kind);
      fork.range = facts.scopes[scope].range;
      // One finding for all that it holds.
      if (!forks.empty() && forks.back().range == fork.range)
        continue;
    } else {
      llvm::StringRef name = facts.nameOf(command);
      if (name.empty() || functions.contains(name) ||
          facts.replacesShell(command))
        continue;
      if (isBuiltin(name) &&
          !facts.words[command.firstWord].value.contains('/'))
        continue;
      fork.range = {facts.words[command.firstWord].range.begin,
                    command.range.end};
    }
    if (!exits.follow(command))
      forks.push_back(fork);
  }
  return forks;
}
