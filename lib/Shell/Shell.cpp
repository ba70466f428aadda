// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Shell/Shell.h"
#include "Builder.h"
#include "Meaning.h"

using namespace starton;
using namespace starton::shell;

bool shell::isAvailable() { return TreeParser::isAvailable(); }

struct ShellParser::Impl {
  std::unique_ptr<TreeParser> parser; ///< made when first needed
  Tree tree;
  std::string withExec;
};

ShellParser::ShellParser() : impl(std::make_unique<Impl>()) {}
ShellParser::~ShellParser() = default;

namespace {

ShellFacts makeFacts(llvm::StringRef text) {
  ShellFacts facts;
  facts.text = text;
  facts.arena = std::make_unique<Arena>();
  facts.scopes.push_back(
      {ScopeKind::Text, None, {0, static_cast<uint32_t>(text.size())}});
  return facts;
}

/// Of a text that was not parsed: nothing is known.
ShellFacts &unknownAll(ShellFacts &facts) {
  facts.unknown = {{0, static_cast<uint32_t>(facts.text.size())}};
  facts.complete = false;
  return facts;
}

/// One command of plain words, as Upstart splits them.
void addPlainCommand(ShellFacts &facts) {
  Tree none;
  WordMaker words(none, facts);
  Command command;
  command.context = IsTail;
  for (llvm::StringRef word : sema::splitCommand(facts.text)) {
    auto begin = static_cast<uint32_t>(word.data() - facts.text.data());
    Range range = {begin, begin + static_cast<uint32_t>(word.size())};
    words.makeWord(range, 0, 0, WordUse::Plain);
  }
  command.wordCount = static_cast<uint32_t>(facts.words.size());
  if (command.wordCount == 0)
    return;
  command.range = {facts.words.front().range.begin,
                   facts.words.back().range.end};
  facts.commands.push_back(command);
}

void moveBack(uint32_t &offset, uint32_t by) {
  offset = offset < by ? 0 : offset - by;
}

void moveBack(Range &range, uint32_t by) {
  moveBack(range.begin, by);
  moveBack(range.end, by);
}

/// Takes \p prefix bytes in front of \p text away again.
void dropPrefix(ShellFacts &facts, llvm::StringRef text, uint32_t prefix) {
  const char *parsed = facts.text.data();
  size_t size = facts.text.size();
  // What points into the text that was parsed shall point into the given one.
  auto moveText = [&](llvm::StringRef &part) {
    if (part.data() < parsed || part.data() > parsed + size)
      return;
    size_t offset = static_cast<size_t>(part.data() - parsed);
    part = offset < prefix ? llvm::StringRef()
                           : text.substr(offset - prefix, part.size());
  };
  for (Range &range : facts.unknown)
    moveBack(range, prefix);
  for (Range &range : facts.backticks)
    moveBack(range, prefix);
  for (Command &command : facts.commands)
    moveBack(command.range, prefix);
  for (Word &word : facts.words) {
    moveBack(word.range, prefix);
    moveText(word.value);
  }
  for (WordPart &part : facts.parts) {
    moveBack(part.range, prefix);
    moveText(part.text);
  }
  for (Redirect &redirect : facts.redirects) {
    moveBack(redirect.range, prefix);
    moveBack(redirect.body, prefix);
  }
  for (Scope &scope : facts.scopes)
    moveBack(scope.range, prefix);
  for (Definition &definition : facts.definitions) {
    moveBack(definition.range, prefix);
    moveText(definition.name);
  }
  for (VariableUse &use : facts.uses) {
    moveBack(use.range, prefix);
    moveText(use.name);
  }
  for (Function &function : facts.functions) {
    moveBack(function.nameRange, prefix);
    moveBack(function.body, prefix);
    moveText(function.name);
  }
  facts.text = text;
}

/// The first command without its first word, an `exec` that is not written.
void dropExecWord(ShellFacts &facts) {
  Command &command = facts.commands.front();
  ++command.firstWord;
  --command.wordCount;
  if (command.wordCount != 0)
    command.range.begin = facts.words[command.firstWord].range.begin;
}

} // namespace

ShellFacts ShellParser::parseText(llvm::StringRef text) {
  ShellFacts facts = makeFacts(text);
  if (text.size() > MaxTextSize || text.contains('\0'))
    return std::move(unknownAll(facts));
  if (!impl->parser)
    impl->parser = std::make_unique<TreeParser>();
  if (!impl->parser->parse(text, impl->tree))
    return std::move(unknownAll(facts));
  Builder(impl->tree, facts).run();
  addLayers(facts, false);
  addMeaning(facts);
  facts.complete = facts.unknown.empty();
  return facts;
}

ShellFacts ShellParser::parseCommand(llvm::StringRef command) {
  ShellFacts facts = makeFacts(command);
  if (!sema::commandNeedsShell(command)) {
    facts.withoutShell = facts.complete = true;
    addPlainCommand(facts);
    addLayers(facts, false);
    addMeaning(facts);
    return facts;
  }
  if (command.size() > MaxTextSize || command.contains('\0'))
    return std::move(unknownAll(facts));
  constexpr llvm::StringLiteral Exec = "exec ";
  impl->withExec = Exec.str() + command.str();
  facts.text = impl->withExec;
  if (!impl->parser)
    impl->parser = std::make_unique<TreeParser>();
  bool parsed = impl->parser->parse(facts.text, impl->tree);
  if (parsed)
    Builder(impl->tree, facts).run();
  bool startsWithExec = !facts.commands.empty() &&
                        facts.commands.front().wordCount != 0 &&
                        facts.words.front().value == "exec";
  if (!parsed || !startsWithExec) {
    facts = makeFacts(command);
    return std::move(unknownAll(facts));
  }
  dropPrefix(facts, command, Exec.size());
  dropExecWord(facts);
  addLayers(facts, true);
  addMeaning(facts);
  facts.complete = facts.unknown.empty();
  return facts;
}

ShellFacts ShellParser::parse(const sema::Process &process) {
  switch (process.kind) {
  case sema::ProcessKind::Command:
    return parseCommand(process.text);
  case sema::ProcessKind::Script:
    return parseText(process.text);
  default:
    break;
  }
  ShellFacts facts = makeFacts(process.text);
  facts.complete = true;
  return facts;
}

void ShellFacts::shrink() {
  auto shrinkAll = [](auto &...arrays) { (arrays.shrink_to_fit(), ...); };
  shrinkAll(unknown, commands, words, parts, redirects, layers, scopes,
            definitions, uses, functions, sourced, backticks, controlCalls,
            controlArguments);
}

llvm::StringRef ShellFacts::nameOf(const Command &c) const {
  if (c.wordCount == 0 || !words[c.firstWord].isLiteral)
    return {};
  return baseName(words[c.firstWord].value);
}

llvm::StringRef ShellFacts::programOf(const Command &c) const {
  if (c.layerCount == 0)
    return {};
  const Layer &last = layersOf(c).back();
  if (last.kind != WrapperKind::Program || last.word == None ||
      !words[last.word].isLiteral)
    return {};
  return baseName(words[last.word].value);
}

bool ShellFacts::replacesShell(const Command &c) const {
  return c.layerCount > 1 && layersOf(c).front().kind == WrapperKind::Exec;
}
