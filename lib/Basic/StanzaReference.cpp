// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// docs/stanzas.md from the stanza table.

#include "starton/Basic/Stanzas.h"
#include "llvm/Support/raw_ostream.h"

using namespace starton;

namespace {

constexpr std::pair<FormatGroup, const char *> groups[] = {
    {FormatGroup::Documentation, "Documentation"},
    {FormatGroup::Events, "Events"},
    {FormatGroup::Environment, "Environment"},
    {FormatGroup::Processes, "Processes"},
    {FormatGroup::LifeCycle, "Life cycle"},
    {FormatGroup::Limits, "Process environment and limits"},
};

const char *repeatText(RepeatPolicy policy) {
  switch (policy) {
  case RepeatPolicy::LastWins:
    return "the last one wins";
  case RepeatPolicy::Accumulates:
    return "all count, in order";
  case RepeatPolicy::Idempotent:
    return "no further effect";
  }
  return "";
}

std::string dialectList(DialectSet dialects) {
  std::string result;
  for (Dialect dialect : {Dialect::Upstart065, Dialect::Upstart112,
                          Dialect::Upstart113, Dialect::ChromeOS})
    if (dialects & dialectBit(dialect))
      result += (result.empty() ? "`" : ", `") +
                std::string(dialectName(dialect)) + "`";
  return result;
}

std::string valueText(const ArgumentInfo &argument) {
  std::string words;
  if (!argument.words.empty())
    words = (argument.type == ValueType::Choice ? "one of `" : " or `") +
            std::string(argument.words) + "`";
  auto range = [&] {
    if (argument.max >= INT32_MAX)
      return std::to_string(argument.min) + " or more";
    return std::to_string(argument.min) + " to " + std::to_string(argument.max);
  };
  switch (argument.type) {
  case ValueType::Text:
    return {};
  case ValueType::Choice:
    return words;
  case ValueType::Integer:
  case ValueType::LongInteger:
  case ValueType::OomAdjustment:
    return "a number, " + range() + words;
  case ValueType::Octal:
    return "an octal number, 0 to 0777";
  case ValueType::LimitValue:
    return "a number" + words;
  case ValueType::Signal:
    return "a signal: a name such as `TERM` or `SIGTERM`, or a number";
  case ValueType::ExitStatus:
    return "an exit status, or a signal by name";
  }
  return {};
}

void printForm(const StanzaInfo &info, const StanzaForm &form,
               llvm::raw_ostream &os) {
  os << "- `" << formUsage(info, form) << '`';
  if (form.dialects != EveryDialect)
    os << " (only in " << dialectList(form.dialects) << ')';
  const char *separator = ": ";
  for (const ArgumentInfo &argument : form.arguments) {
    std::string text = valueText(argument);
    if (text.empty())
      continue;
    os << separator << argument.name << " is " << text;
    separator = "; ";
  }
  os << '\n';
}

void printStanza(const StanzaInfo &info, llvm::raw_ostream &os) {
  os << "\n### " << info.spelling << "\n\n"
     << char(info.summary.front() - 'a' + 'A') << info.summary.substr(1)
     << ".\n"
     << info.doc << "\n\n";
  for (const StanzaForm &form : formsOf(info))
    printForm(info, form, os);
  os << "\nRepeated: " << repeatText(info.repeat) << ".\n";
  if (info.dialects != EveryDialect)
    os << "Only in " << dialectList(info.dialects) << ".\n";
  os << "\n```\n" << info.example << "\n```\n";
}

} // namespace

void starton::printStanzaReference(llvm::raw_ostream &os) {
  os << "<!-- Made by starton-stanza-reference from Stanzas.def. Do not edit. "
        "-->\n# Stanzas\n\n"
        "A job file is a list of stanzas, one a line unless a backslash at the "
        "end of a line joins the next.\n"
        "Words in capitals stand for text of your own; text with blanks must "
        "be quoted.\n";
  for (const auto &[group, title] : groups) {
    os << "\n## " << title << '\n';
    for (const StanzaInfo &info : allStanzas())
      if (info.group == group)
        printStanza(info, os);
  }
}
