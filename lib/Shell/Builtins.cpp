// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Builtins that set variables, source files or change how the shell goes on.

#include "Meaning.h"
#include "Words.h"

using namespace starton;
using namespace starton::shell;

namespace {

/// Reads the operands of one command that names variables.
class NameReader {
public:
  NameReader(ShellFacts &facts, uint32_t command)
      : facts(facts), command(command),
        begin(facts.commands[command].firstWord + 1),
        end(facts.commands[command].firstWord +
            facts.commands[command].wordCount) {}

  void add(uint32_t word, DefinitionKind kind) {
    const Word &name = facts.words[word];
    llvm::StringRef text = name.value.take_until(
        [](char byte) { return byte == '=' || byte == '['; });
    if (!isVariableName(text) ||
        (!name.isLiteral && text.size() == name.value.size()))
      return;
    addNamed(text, name.range, kind);
  }

  void addNamed(llvm::StringRef text, Range range, DefinitionKind kind) {
    Definition definition;
    definition.kind = kind;
    definition.name = text;
    definition.range = range;
    definition.command = command;
    facts.definitions.push_back(definition);
  }

  /// The first word that is no option; \p withValue are the options that take
  /// a word of their own.
  uint32_t skipOptions(llvm::StringRef withValue) const {
    uint32_t at = begin;
    for (; at < end; ++at) {
      llvm::StringRef text = facts.words[at].value;
      if (text == "--")
        return at + 1;
      if (text.size() < 2 || text.front() != '-')
        return at;
      if (facts.words[at].isLiteral && withValue.contains(text.back()))
        ++at;
    }
    return at;
  }

  ShellFacts &facts;
  uint32_t command, begin, end;
};

} // namespace

void shell::addBuiltinDefinitions(ShellFacts &facts, uint32_t command) {
  const Command &c = facts.commands[command];
  if (c.wordCount == 0 || !facts.words[c.firstWord].isLiteral)
    return;
  llvm::StringRef name = facts.words[c.firstWord].value;
  NameReader names(facts, command);
  if (name == "read") {
    for (uint32_t at = names.skipOptions("pdntuNi"); at < names.end; ++at)
      names.add(at, DefinitionKind::Read);
  } else if (name == "mapfile" || name == "readarray") {
    for (uint32_t at = names.skipOptions("dnOstuCc"); at < names.end; ++at)
      names.add(at, DefinitionKind::Read);
  } else if (name == "getopts") {
    if (names.begin + 1 < names.end)
      names.add(names.begin + 1, DefinitionKind::Getopts);
    Range range = facts.words[c.firstWord].range;
    names.addNamed("OPTARG", range, DefinitionKind::Getopts);
    names.addNamed("OPTIND", range, DefinitionKind::Getopts);
  } else if (name == "unset") {
    for (uint32_t at = names.skipOptions(""); at < names.end; ++at)
      names.add(at, DefinitionKind::Unset);
  } else if (name == "let") {
    for (uint32_t at = names.begin; at < names.end; ++at)
      names.add(at, DefinitionKind::Arithmetic);
  } else if (name == "printf" && names.begin + 1 < names.end &&
             facts.words[names.begin].value == "-v") {
    names.add(names.begin + 1, DefinitionKind::Printf);
  }
}

namespace {

/// Whether `set WORDS` may change -e.
bool changesErrexit(llvm::ArrayRef<Word> words) {
  for (const Word &word : words.drop_front()) {
    llvm::StringRef text = word.value;
    if (text == "--" || text == "-")
      return false;
    if (!word.isLiteral || text == "errexit" ||
        (text.size() > 1 && (text[0] == '-' || text[0] == '+') &&
         text.contains('e')))
      return true;
  }
  return false;
}

} // namespace

void shell::addMeaning(ShellFacts &facts) {
  auto count = static_cast<uint32_t>(facts.commands.size());
  llvm::StringSet<> functions;
  for (const Function &function : facts.functions)
    functions.insert(function.name);
  for (uint32_t index = 0; index != count; ++index) {
    const Command &command = facts.commands[index];
    if (command.wordCount == 0)
      continue;
    llvm::ArrayRef<Word> words = facts.wordsOf(command);
    llvm::StringRef name = words.front().value;
    if (!words.front().isLiteral || name == "eval")
      facts.usesEval = true;
    else if (name == "." || name == "source")
      facts.sourced.push_back(
          {index, command.wordCount > 1 ? command.firstWord + 1 : None});
    else if (name == "set" && changesErrexit(words))
      facts.changesErrexit = true;
    addControlCalls(facts, functions, index);
  }
}
