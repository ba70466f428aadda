// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// dash     /bin/sh: 3: Syntax error: "fi" unexpected
// bash     /bin/sh: line 3: syntax error near unexpected token `fi'
// busybox  /bin/sh: syntax error: unexpected "fi"      (line N: before it)
// mksh     /bin/sh: <stdin>[3]: syntax error: 'fi' unexpected
// zsh      /bin/sh:3: parse error near `fi'

#include "ShellMessages.h"
#include "ShellPool.h"
#include "llvm/ADT/StringExtras.h"

using namespace starton;
using namespace starton::checkconf;

namespace {

bool takeLineNumber(llvm::StringRef &rest, uint32_t &line) {
  llvm::StringRef at = rest;
  bool bracket = at.consume_front("<stdin>[");
  if (!bracket)
    at.consume_front("line ");
  if (at.consumeInteger(10, line) || (bracket && !at.consume_front("]")) ||
      !at.consume_front(": "))
    return false;
  rest = at;
  return true;
}

/// The word between the first pair of quotes of either kind.
llvm::StringRef quotedToken(llvm::StringRef text) {
  size_t open = text.find_first_of("\"`'");
  if (open == llvm::StringRef::npos)
    return {};
  char close = text[open] == '`' ? '\'' : text[open];
  return text.substr(open + 1).split(close).first;
}

bool isWord(char byte) { return llvm::isAlnum(byte) || byte == '_'; }

/// Whether \p token at \p at stands by itself, not inside a longer word.
bool standsAlone(llvm::StringRef line, size_t at, llvm::StringRef token) {
  size_t end = at + token.size();
  return !(isWord(token.front()) && at != 0 && isWord(line[at - 1])) &&
         !(isWord(token.back()) && end != line.size() && isWord(line[end]));
}

/// \p token in \p line where it occurs exactly once; a shell names no column.
size_t findOnly(llvm::StringRef line, llvm::StringRef token) {
  size_t found = llvm::StringRef::npos;
  if (token.empty())
    return found;
  for (size_t at = line.find(token); at != llvm::StringRef::npos;
       at = line.find(token, at + 1)) {
    if (!standsAlone(line, at, token))
      continue;
    if (found != llvm::StringRef::npos)
      return llvm::StringRef::npos;
    found = at;
  }
  return found;
}

/// \p range without blanks at its ends; its last byte where that is all.
Range trimmed(const SourceBuffer &source, Range range) {
  llvm::StringRef text = source.text(range);
  size_t before = text.size() - text.ltrim().size();
  size_t after = text.size() - text.rtrim().size();
  if (before == text.size())
    return {range.end, range.end};
  return {range.begin + static_cast<uint32_t>(before),
          range.end - static_cast<uint32_t>(after)};
}

Range narrowed(const SourceBuffer &source, Range range, llvm::StringRef token) {
  size_t at = findOnly(source.text(range), token);
  if (at == llvm::StringRef::npos)
    return range;
  uint32_t begin = range.begin + static_cast<uint32_t>(at);
  return {begin, begin + static_cast<uint32_t>(token.size())};
}

/// Line \p line of the text at \p body; beyond its end, the line that ends it
/// (`end script`), because that is where the shell missed something.
Range lineOfScript(const SourceBuffer &source, Range body, uint32_t line) {
  llvm::StringRef text = source.text();
  size_t begin = body.begin;
  for (; line > 1 && begin < body.end; --line) {
    size_t newline = text.find('\n', begin);
    begin = newline == llvm::StringRef::npos ? body.end : newline + 1;
  }
  size_t end = std::min(text.find('\n', begin), text.size());
  return {static_cast<uint32_t>(begin), static_cast<uint32_t>(end)};
}

} // namespace

ShellMessage checkconf::readShellMessage(llvm::StringRef output) {
  ShellMessage message;
  llvm::StringRef text = output.split('\n').first;
  if (text.consume_front(ShellPath) && text.consume_front(":"))
    text = text.ltrim();
  takeLineNumber(text, message.line);
  if (text.consume_front_insensitive("syntax error"))
    text.consume_front(":");
  text = text.trim();
  message.text = text.str();
  message.token = quotedToken(text).str();
  return message;
}

Range checkconf::locateShellMessage(const ShellMessage &message,
                                    const SourceBuffer &source,
                                    const ast::Statement &statement) {
  Range range = statement.textRange;
  // A command is one line to the shell, however many it takes in the file.
  if (statement.process == ast::Statement::Process::Script && message.line != 0)
    range = lineOfScript(source, range, message.line);
  range = trimmed(source, range);
  return narrowed(source, range, message.token);
}
