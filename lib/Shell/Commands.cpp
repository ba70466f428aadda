// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Simple commands: words, assignments, redirections.

#include "Builder.h"
#include "Meaning.h"
#include "llvm/ADT/StringSwitch.h"

using namespace starton;
using namespace starton::shell;

namespace {

/// Words that are no command where the shell looks for one: the grammar has
/// taken something for what it is not.
bool isReserved(llvm::StringRef word) {
  return llvm::StringSwitch<bool>(word)
      .Cases("!", "{", "}", "if", "then", "else", "elif", "fi", true)
      .Cases("do", "done", "while", "until", "for", "case", "esac", true)
      .Default(false);
}

bool isWordKind(NodeKind kind) {
  switch (kind) {
  case NodeKind::Word:
  case NodeKind::Concatenation:
  case NodeKind::String:
  case NodeKind::RawString:
  case NodeKind::TranslatedString:
  case NodeKind::AnsiCString:
  case NodeKind::Number:
  case NodeKind::BraceExpression:
  case NodeKind::SimpleExpansion:
  case NodeKind::Expansion:
  case NodeKind::CommandSubstitution:
  case NodeKind::ProcessSubstitution:
  case NodeKind::ArithmeticExpansion:
  case NodeKind::VariableName:
  case NodeKind::TestOperator:
  case NodeKind::Regex:
  case NodeKind::ExtglobPattern:
  case NodeKind::Token:
  case NodeKind::Bang:
    return true;
  default:
    return false;
  }
}

/// One or more, and nothing else.
bool isEscapedNewline(llvm::StringRef text) {
  bool found = false;
  while (text.consume_front("\\\n"))
    found = true;
  return found && text.empty();
}

RedirectKind redirectKindOf(llvm::StringRef op) {
  return llvm::StringSwitch<RedirectKind>(op)
      .Case("<", RedirectKind::Input)
      .Case(">>", RedirectKind::Append)
      .Case("<>", RedirectKind::ReadWrite)
      .Cases("<&", "<&-", RedirectKind::DupInput)
      .Cases(">&", ">&-", RedirectKind::DupOutput)
      .Cases("&>", "&>>", RedirectKind::BothOutput)
      .Default(RedirectKind::Output);
}

/// Whether words follow each other without a blank: the grammar has cut one in
/// two.
bool hasNeighbours(const ShellFacts &facts, const Command &command) {
  uint32_t end = None;
  for (const Definition &definition : facts.definitionsOf(command))
    if (definition.value != None &&
        facts.words[definition.value].range.begin <
            facts.words[command.firstWord].range.begin)
      end = facts.words[definition.value].range.end;
  for (const Word &word : facts.wordsOf(command)) {
    if (word.range.begin == end)
      return true;
    end = word.range.end;
  }
  return false;
}

} // namespace

void Builder::visitCommand(const Task &task) {
  auto index = static_cast<uint32_t>(facts.commands.size());
  Command command;
  command.scope = task.place.scope;
  command.context = task.place.context;
  command.firstWord = static_cast<uint32_t>(facts.words.size());
  command.firstDefinition = static_cast<uint32_t>(facts.definitions.size());
  command.firstRedirect = static_cast<uint32_t>(facts.redirects.size());
  facts.commands.push_back(command);

  addCommandParts(task.node, task, index);
  Command &made = facts.commands[index];
  if (task.node != None)
    made.range = tree.nodes[task.node].range();
  else if (task.redirectCount != 0)
    made.range = tree.nodes[redirectNodes[task.firstRedirect]].range();
  if (made.wordCount != 0) {
    const Word &name = facts.words[made.firstWord];
    made.range.end =
        std::max(made.range.end,
                 facts.words[made.firstWord + made.wordCount - 1].range.end);
    llvm::StringRef written =
        facts.text.substr(name.range.begin, name.range.size());
    if (isReserved(written) || hasNeighbours(facts, made))
      markUnknown(made.range);
  }
}

/// Words first, then what the command defines, then redirections, so that each
/// lies together.
void Builder::addCommandParts(uint32_t node, const Task &task,
                              uint32_t command) {
  uint32_t redirectEnd = task.firstRedirect + task.redirectCount;
  if (node != None)
    addWords(node);
  // The grammar takes all words behind `>` for files: `echo > file words`.
  for (uint32_t at = task.firstRedirect; at != redirectEnd; ++at)
    addWords(redirectNodes[at]);
  Command *made = &facts.commands[command];
  made->wordCount = static_cast<uint32_t>(facts.words.size()) - made->firstWord;

  if (node != None) {
    bool alone = made->wordCount == 0;
    DefinitionKind kind =
        alone ? DefinitionKind::Assign : DefinitionKind::Prefix;
    if (kindOf(node) == NodeKind::DeclarationCommand)
      addDeclared(node, command);
    else if (kindOf(node) == NodeKind::VariableAssignment)
      addAssignment(node, kind, command);
    else
      forEachChild(node, [&](uint32_t child) {
        if (kindOf(child) == NodeKind::VariableAssignment)
          addAssignment(child, kind, command);
      });
  }
  addBuiltinDefinitions(facts, command);
  made = &facts.commands[command];
  made->definitionCount =
      static_cast<uint32_t>(facts.definitions.size()) - made->firstDefinition;

  if (node != None) {
    forEachChild(node, [&](uint32_t child) {
      if (kindOf(child) == NodeKind::FileRedirect ||
          kindOf(child) == NodeKind::HerestringRedirect)
        addRedirect(child, command, task.place);
      else if (kindOf(child) == NodeKind::Subshell)
        markUnknown(tree.nodes[child].range());
    });
    addUses(node, tree.nodes[node].next, command, task.place);
  }
  addRedirects(task, command);
  made = &facts.commands[command];
  made->redirectCount =
      static_cast<uint32_t>(facts.redirects.size()) - made->firstRedirect;
}

/// The words among the children of a command, or the loose ones of a
/// redirection.
void Builder::addWords(uint32_t node) {
  NodeKind kind = kindOf(node);
  switch (kind) {
  case NodeKind::TestCommand:
    return addTestWords(node);
  case NodeKind::FileRedirect:
  case NodeKind::HeredocRedirect: {
    bool isTarget = kind == NodeKind::FileRedirect;
    forEachChild(node, [&](uint32_t child) {
      if (!isWordKind(kindOf(child)) || kindOf(child) == NodeKind::Token)
        return;
      if (!isTarget)
        words.makeWord(child);
      isTarget = false;
    });
    return;
  }
  case NodeKind::Command:
  case NodeKind::DeclarationCommand:
  case NodeKind::UnsetCommand:
    break;
  default:
    return;
  }
  bool isDeclaration = kind == NodeKind::DeclarationCommand;
  uint32_t end = tree.nodes[node].next;
  for (uint32_t child = node + 1; child < end;) {
    NodeKind part = kindOf(child);
    uint32_t next = tree.nodes[child].next;
    if (part == NodeKind::CommandName || isWordKind(part)) {
      // The grammar ends a word at an escaped newline, the shell does not.
      Range range = tree.nodes[child].range();
      for (; next < end && isWordKind(kindOf(next)) &&
             isEscapedNewline(
                 facts.text.slice(range.end, tree.nodes[next].begin));
           next = tree.nodes[next].next)
        range.end = tree.nodes[next].end;
      words.makeWord(range, child, next, WordUse::Argument);
    } else if (part == NodeKind::VariableAssignment && isDeclaration) {
      words.makeWord(child, WordUse::Value);
    } else if (part == NodeKind::FileRedirect && kind == NodeKind::Command) {
      addWords(child);
    }
    child = next;
  }
}

/// `[` and `[[` are parsed as expressions; to the shell that has no `[[` they
/// are words.
void Builder::addTestWords(uint32_t node) {
  uint32_t end = tree.nodes[node].next;
  for (uint32_t at = node + 1; at < end;) {
    const Node &n = tree.nodes[at];
    if (!isWordKind(n.kind) && n.next != at + 1) {
      ++at;
      continue;
    }
    // Neighbours without a blank between them are one word.
    Range range = n.range();
    uint32_t first = at;
    at = n.next;
    while (at < end && tree.nodes[at].begin == range.end &&
           (isWordKind(tree.nodes[at].kind) || tree.nodes[at].next == at + 1)) {
      range.end = tree.nodes[at].end;
      at = tree.nodes[at].next;
    }
    if (!range.empty())
      words.makeWord(range, first, at, WordUse::Argument);
  }
}

void Builder::addAssignment(uint32_t node, DefinitionKind kind,
                            uint32_t command) {
  Definition definition;
  definition.kind = kind;
  definition.command = command;
  const Node &whole = tree.nodes[node];
  forEachChild(node, [&](uint32_t child) {
    const Node &n = tree.nodes[child];
    if (definition.name.empty() &&
        (n.kind == NodeKind::VariableName || n.kind == NodeKind::Subscript)) {
      definition.name =
          textOf(child).take_until([](char c) { return c == '['; });
      definition.range = {
          n.begin, n.begin + static_cast<uint32_t>(definition.name.size())};
    } else if (n.kind == NodeKind::Token && definition.value == None) {
      definition.appends |= textOf(child) == "+=";
      definition.value = words.makeWord({n.end, whole.end}, child + 1,
                                        whole.next, WordUse::Value);
    }
  });
  facts.definitions.push_back(definition);
}

/// `export A B=1` and its like.
void Builder::addDeclared(uint32_t node, uint32_t command) {
  llvm::StringRef builtin = textOf(node + 1);
  DefinitionKind kind = builtin == "export"     ? DefinitionKind::Export
                        : builtin == "readonly" ? DefinitionKind::Readonly
                                                : DefinitionKind::Local;
  forEachChild(node, [&](uint32_t child) {
    if (kindOf(child) == NodeKind::VariableAssignment)
      return addAssignment(child, kind, command);
    if (child == node + 1 || !isVariableName(textOf(child)))
      return;
    Definition definition;
    definition.kind = kind;
    definition.name = textOf(child);
    definition.range = tree.nodes[child].range();
    definition.command = command;
    facts.definitions.push_back(definition);
  });
}

void Builder::addRedirects(const Task &task, uint32_t command) {
  for (uint32_t at = 0; at != task.redirectCount; ++at) {
    uint32_t node = redirectNodes[task.firstRedirect + at];
    if (kindOf(node) == NodeKind::HeredocRedirect)
      addHeredoc(node, command, task.place);
    else
      addRedirect(node, command, task.place);
    // A command's own node ends in front of it.
    if (command == None || kindOf(node) == NodeKind::HeredocRedirect)
      continue;
    addUses(node, tree.nodes[node].next, command, task.place);
  }
}

void Builder::addRedirect(uint32_t node, uint32_t command, Place place) {
  Redirect redirect;
  redirect.command = command;
  redirect.range = tree.nodes[node].range();
  if (kindOf(node) == NodeKind::HerestringRedirect)
    redirect.kind = RedirectKind::HereString;
  bool hasOperator = false;
  forEachChild(node, [&](uint32_t child) {
    const Node &n = tree.nodes[child];
    if (n.kind == NodeKind::FileDescriptor) {
      int32_t number = -1;
      if (!textOf(child).getAsInteger(10, number))
        redirect.descriptor = number;
    } else if (!hasOperator && n.kind == NodeKind::Token) {
      hasOperator = true;
      if (redirect.kind != RedirectKind::HereString)
        redirect.kind = redirectKindOf(textOf(child));
    } else if (redirect.target == None && isWordKind(n.kind)) {
      redirect.target = words.makeWord(child);
      redirect.range.end = n.end;
    }
  });
  facts.redirects.push_back(redirect);
  if (command == None)
    addUses(node, tree.nodes[node].next, None, place);
}

void Builder::addHeredoc(uint32_t node, uint32_t command, Place place) {
  Redirect redirect;
  redirect.kind = RedirectKind::HereDocument;
  redirect.command = command;
  forEachChild(node, [&](uint32_t child) {
    const Node &n = tree.nodes[child];
    switch (n.kind) {
    case NodeKind::FileDescriptor: {
      int32_t number = -1;
      if (!textOf(child).getAsInteger(10, number))
        redirect.descriptor = number;
      break;
    }
    case NodeKind::HeredocStart:
      redirect.range = {tree.nodes[node].begin, n.end};
      redirect.bodyExpands =
          textOf(child).find_first_of("'\"\\") == llvm::StringRef::npos;
      break;
    case NodeKind::HeredocBody:
      redirect.body = n.range();
      if (redirect.bodyExpands) {
        addUses(child, n.next, command, place);
        // The grammar has no backticks there.
        if (textOf(child).contains('`'))
          markUnknown(n.range());
      }
      break;
    case NodeKind::FileRedirect:
    case NodeKind::HerestringRedirect:
      addRedirect(child, command, place);
      if (command != None)
        addUses(child, n.next, command, place);
      break;
    default: // words of the command; other statements are visited elsewhere
      if (isWordKind(n.kind) && n.kind != NodeKind::Token)
        addUses(child, n.next, command, place);
    }
  });
  facts.redirects.push_back(redirect);
}

void Builder::addUses(uint32_t node, uint32_t end, uint32_t command,
                      Place place) {
  VariableUse context;
  context.command = command;
  context.scope = place.scope;
  std::vector<uint32_t> substitutions;
  words.collectUses(node, end, context, substitutions);
  pushSubstitutions(substitutions, place);
}
