// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Summary.h"

using namespace starton;
using namespace starton::shell;

namespace {

constexpr std::pair<Context, const char *> ContextNames[] = {
    {InPipeline, "pipe"},      {InBackground, "back"}, {InSubshell, "sub"},
    {InSubstitution, "subst"}, {InCondition, "cond"},  {InBranch, "branch"},
    {InLoop, "loop"},          {InFunction, "func"},   {IsNegated, "not"},
    {IsTail, "tail"},          {IsGuarded, "guard"},   {IsUnreachable, "dead"},
};

const char *layerName(WrapperKind kind) {
  constexpr const char *Names[] = {
      "",      "exec",    "command",  "env",    "nice",   "ionice",
      "chrt",  "taskset", "nohup",    "setsid", "chroot", "su",
      "sudo",  "ssd",     "minijail", "stdbuf", "time",   "timeout",
      "capsh", "setpriv", "cgexec",   "shell"};
  return Names[static_cast<unsigned>(kind)];
}

const char *definitionName(DefinitionKind kind) {
  constexpr const char *Names[] = {
      "assign", "prefix",  "export",  "local",      "readonly", "read",
      "loop",   "getopts", "default", "arithmetic", "unset",    "printf"};
  return Names[static_cast<unsigned>(kind)];
}

std::string partText(const WordPart &part) {
  std::string name = part.text.str();
  switch (part.kind) {
  case PartKind::Literal:
  case PartKind::Pattern:
    return name;
  case PartKind::Variable:
    return (part.quoted ? "<\"" : "<") + name + ">";
  case PartKind::Substitution:
    return part.quoted ? "<\"()>" : "<()>";
  case PartKind::Arithmetic:
    return "<+>";
  }
  return {};
}

std::string wordText(const ShellFacts &facts, const Word &word) {
  std::string text;
  for (const WordPart &part : facts.partsOf(word))
    text += partText(part);
  return text.empty() ? "''" : text;
}

bool isWithin(Range range, size_t size) {
  return range.begin <= range.end && range.end <= size;
}

template <typename T>
bool isSlice(uint32_t first, uint32_t count, const std::vector<T> &of) {
  return first <= of.size() && count <= of.size() - first;
}

} // namespace

std::string test::summary(const ShellFacts &facts, const Command &command) {
  std::string text;
  for (auto [flag, name] : ContextNames)
    if (command.is(flag))
      text += (text.empty() ? "" : ",") + std::string(name);
  text += ":";
  for (const Layer &layer : facts.layersOf(command)) {
    const char *name = layerName(layer.kind);
    if (*name)
      text += " " + std::string(name);
    if (layer.text != None)
      text += "(" + wordText(facts, facts.words[layer.text]) + ")";
    if (!layer.understood)
      text += "?";
    text += "|";
  }
  for (const Definition &definition : facts.definitionsOf(command))
    if (definition.value != None)
      text += " " + definition.name.str() + "=" +
              wordText(facts, facts.words[definition.value]);
  for (const Word &word : facts.wordsOf(command))
    text += " " + wordText(facts, word);
  for (const Redirect &redirect : facts.redirectsOf(command)) {
    constexpr const char *Operators[] = {"<",  ">",  ">>", "<>", "<&",
                                         ">&", "&>", "<<", "<<<"};
    text += " {";
    if (redirect.descriptor >= 0)
      text += std::to_string(redirect.descriptor);
    text += Operators[static_cast<unsigned>(redirect.kind)];
    if (redirect.target != None)
      text += wordText(facts, facts.words[redirect.target]);
    text += "}";
  }
  return text;
}

std::string test::summary(const ShellFacts &facts) {
  std::string text;
  for (const Command &command : facts.commands)
    text += summary(facts, command) + "\n";
  for (Range range : facts.unknown)
    text +=
        "unknown " + facts.text.substr(range.begin, range.size()).str() + "\n";
  return text;
}

std::string test::callSummary(const ShellFacts &facts) {
  constexpr const char *Kinds[] = {"emit",    "start",  "stop",
                                   "restart", "reload", "status"};
  std::string text;
  for (const ControlCall &call : facts.controlCalls) {
    text += Kinds[static_cast<unsigned>(call.kind)];
    text.append(" ").append(call.name).append(call.isLiteral ? "" : "?");
    for (const ControlArgument &argument : facts.argumentsOf(call))
      text += " " + argument.key.str() + "=" +
              (argument.isLiteral ? argument.value.str() : "?");
    if (!call.argumentsComplete)
      text += " ...";
    text += call.noWait ? " &\n" : "\n";
  }
  return text;
}

std::string test::definitionSummary(const ShellFacts &facts) {
  std::string text;
  for (const Definition &definition : facts.definitions)
    text += std::string(definitionName(definition.kind)) + " " +
            definition.name.str() + "\n";
  return text;
}

std::string test::useSummary(const ShellFacts &facts) {
  std::string text;
  for (const VariableUse &use : facts.uses)
    text += use.name.str() + " -=+?a"[static_cast<unsigned>(use.kind)] + "\n";
  return text;
}

std::string test::findDisorder(const ShellFacts &facts) {
  size_t size = facts.text.size();
  for (Range range : facts.unknown)
    if (!isWithin(range, size))
      return "unknown";
  for (const Word &word : facts.words) {
    if (!isWithin(word.range, size) ||
        !isSlice(word.firstPart, word.partCount, facts.parts))
      return "word";
    for (const WordPart &part : facts.partsOf(word))
      if (!isWithin(part.range, size) || part.range.begin < word.range.begin)
        return "part";
  }
  for (const Command &command : facts.commands)
    if (!isWithin(command.range, size) ||
        !isSlice(command.firstWord, command.wordCount, facts.words) ||
        !isSlice(command.firstDefinition, command.definitionCount,
                 facts.definitions) ||
        !isSlice(command.firstRedirect, command.redirectCount,
                 facts.redirects) ||
        !isSlice(command.firstLayer, command.layerCount, facts.layers) ||
        command.scope >= facts.scopes.size())
      return "command";
  for (const Layer &layer : facts.layers)
    if ((layer.word != None && layer.word >= facts.words.size()) ||
        (layer.text != None && layer.text >= facts.words.size()) ||
        layer.firstArgument > layer.endWord ||
        layer.endWord > facts.words.size())
      return "layer";
  for (size_t index = 1; index < facts.scopes.size(); ++index)
    if (facts.scopes[index].parent >= index ||
        !isWithin(facts.scopes[index].range, size))
      return "scope";
  for (const Definition &definition : facts.definitions)
    if (!isWithin(definition.range, size) ||
        (definition.value != None && definition.value >= facts.words.size()))
      return "definition";
  for (const VariableUse &use : facts.uses)
    if (!isWithin(use.range, size) || use.name.empty() ||
        facts.text.substr(use.range.begin, use.range.size()).find(use.name) ==
            llvm::StringRef::npos)
      return "use";
  for (const Redirect &redirect : facts.redirects)
    if (!isWithin(redirect.range, size) || !isWithin(redirect.body, size) ||
        (redirect.target != None && redirect.target >= facts.words.size()))
      return "redirect";
  for (const ControlCall &call : facts.controlCalls)
    if (!isWithin(call.nameRange, size) ||
        call.command >= facts.commands.size() ||
        !isSlice(call.firstArgument, call.argumentCount,
                 facts.controlArguments))
      return "call";
  return {};
}
