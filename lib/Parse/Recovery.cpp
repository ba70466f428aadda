// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Recovery.h"
#include "Words.h"
#include "llvm/ADT/StringExtras.h"

using namespace starton;
using namespace starton::parse;

namespace {

constexpr llvm::StringRef blanks(" \t\r\0", 4);

llvm::StringRef lineAt(llvm::StringRef text, uint32_t lineStart) {
  llvm::StringRef rest = text.substr(lineStart);
  return rest.substr(0, rest.find('\n'));
}

/// Splits off what Upstart would take for a word if it were not quoted.
llvm::StringRef takeWord(llvm::StringRef &rest) {
  size_t length =
      std::min(rest.find_first_of(llvm::StringRef(" \t\r\0#", 5)), rest.size());
  llvm::StringRef word = rest.substr(0, length);
  rest = rest.substr(length).ltrim(blanks);
  return word;
}

bool isAtEnd(llvm::StringRef rest) {
  return rest.empty() || rest.front() == '#';
}

bool fitsArgument(const ArgumentInfo &info, llvm::StringRef word) {
  switch (info.type) {
  case ValueType::Text:
  case ValueType::Signal:
  case ValueType::ExitStatus:
    return true;
  case ValueType::Choice:
    return listContains(info.words, word);
  default:
    return llvm::isDigit(word.front()) || word.front() == '-' ||
           word.front() == '+' || listContains(info.words, word);
  }
}

bool fitsArguments(const StanzaForm &form, llvm::StringRef rest) {
  if (form.maxArguments == 0)
    return isAtEnd(rest);
  if (isAtEnd(rest))
    return false;
  bool isQuoted = rest.front() == '"' || rest.front() == '\'';
  llvm::StringRef word = takeWord(rest);
  if (isQuoted)
    return true;
  if (!fitsArgument(argumentAt(form, 0), word))
    return false;
  // Several words where one is allowed: prose, unless it assigns something.
  return form.maxArguments != 1 || isAtEnd(rest) || word.contains('=');
}

/// Whether the text behind the keyword has the shape one of the forms asks for.
bool fitsStanza(const StanzaInfo &info, llvm::StringRef rest) {
  llvm::StringRef behind = rest;
  llvm::StringRef word = takeWord(behind);
  for (const StanzaForm &form : formsOf(info)) {
    if (!form.word.empty() && suggestWord(word, form.word).empty())
      continue;
    llvm::StringRef content = form.word.empty() ? rest : behind;
    switch (form.content) {
    case FormContent::Command:
    case FormContent::Events:
      return !isAtEnd(content);
    case FormContent::Block:
      return isAtEnd(content);
    case FormContent::Arguments:
      if (fitsArguments(form, content))
        return true;
    }
  }
  return false;
}

/// Words that begin commands of a shell script as well.
bool isShellWord(StanzaKind kind) {
  switch (kind) {
  case StanzaKind::Exec:
  case StanzaKind::Export:
  case StanzaKind::Env:
  case StanzaKind::Umask:
  case StanzaKind::Nice:
  case StanzaKind::Chroot:
  case StanzaKind::Script:
    return true;
  default:
    return false;
  }
}

bool continuesExpression(llvm::StringRef rest) {
  llvm::StringRef word = takeWord(rest);
  return word == "and" || word == "or" || word.starts_with("(") ||
         word.starts_with(")");
}

/// One or two lines that are not indented, with a statement behind them.
bool isHardlyProse(llvm::StringRef text, uint32_t from, uint32_t to) {
  if (to == text.size())
    return false;
  unsigned lines = 0;
  for (uint32_t line = from; line < to; line = nextLine(text, line)) {
    llvm::StringRef content = lineAt(text, line);
    if (isAtEnd(content.ltrim(blanks)))
      continue;
    if (isBlank(content.front()) || ++lines > 2)
      return false;
  }
  return true;
}

/// The word that ends the here-document a line of shell text begins, or empty.
llvm::StringRef hereDocumentEnd(llvm::StringRef line) {
  size_t arrows = line.find("<<");
  if (arrows == llvm::StringRef::npos)
    return {};
  llvm::StringRef rest = line.substr(arrows + 2).ltrim("- \t\"'\\");
  return rest.take_while(
      [](char letter) { return llvm::isAlnum(letter) || letter == '_'; });
}

enum class EndLikeness : uint8_t { None, Bare, Misspelt };

/// "end scirpt", "endscript", "end script;" and the like; less surely "end".
EndLikeness likenessToEnd(llvm::StringRef line) {
  llvm::StringRef text = line.substr(0, line.find('#')).trim(blanks).rtrim(";");
  if (text.empty() || text.size() > 24 || llvm::toLower(text.front()) != 'e')
    return EndLikeness::None;
  if (text == "end")
    return EndLikeness::Bare;
  std::string plain;
  for (char letter : text)
    if (!isBlank(letter) && letter != '-' && letter != '_')
      plain += llvm::toLower(letter);
  bool isNear = llvm::StringRef(plain).starts_with("endscript") ||
                (plain.size() >= 7 && !suggestWord(plain, "endscript").empty());
  return isNear ? EndLikeness::Misspelt : EndLikeness::None;
}

} // namespace

LineReading parse::readLine(llvm::StringRef text, uint32_t lineStart,
                            Spelling spelling) {
  llvm::StringRef line = lineAt(text, lineStart);
  llvm::StringRef rest = line.ltrim(blanks);
  LineReading reading;
  reading.isIndented = rest.size() != line.size();
  reading.isComment = rest.starts_with("#");
  llvm::StringRef word = takeWord(rest);
  if (word.empty())
    return reading;
  const StanzaInfo *stanza = findStanza(word);
  if (!stanza && spelling == Spelling::Near) {
    reading.isMisspelt = true;
    stanza = suggestStanza(word);
  }
  if (stanza && fitsStanza(*stanza, rest))
    reading.stanza = stanza;
  return reading;
}

uint32_t parse::nextLine(llvm::StringRef text, uint32_t offset) {
  size_t newline = text.find('\n', offset);
  return static_cast<uint32_t>(newline == llvm::StringRef::npos ? text.size()
                                                                : newline + 1);
}

uint32_t parse::nextUnjoinedLine(llvm::StringRef text, uint32_t offset) {
  uint32_t line = nextLine(text, offset);
  while (line < text.size() && line >= offset + 2 && text[line - 1] == '\n' &&
         text[line - 2] == '\\')
    line = nextLine(text, line);
  return line;
}

uint32_t parse::findStatement(llvm::StringRef text, uint32_t from, uint32_t to,
                              Swallowed swallowed) {
  bool mayBeAny =
      swallowed == Swallowed::Anything || isHardlyProse(text, from, to);
  for (uint32_t line = from; line < to; line = nextLine(text, line)) {
    llvm::StringRef content = lineAt(text, line);
    llvm::StringRef rest = content.trim(blanks);
    if (rest.empty())
      mayBeAny = true; // no text goes on behind an empty line
    if (isAtEnd(rest))
      continue;
    if (readLine(text, line).stanza || findStanza(rest))
      return line;
    bool isIndented = content.front() != rest.front();
    if (mayBeAny && !isIndented && !continuesExpression(rest))
      return line;
  }
  return to;
}

bool parse::isIntendedQuote(llvm::StringRef text, uint32_t quote) {
  llvm::StringRef before = text.substr(0, quote);
  bool opensValue = before.empty() ||
                    llvm::StringRef(" \t\r\n=(:,", 8).contains(before.back());
  if (!opensValue)
    return false;
  unsigned statements = 0;
  for (size_t at = quote + size_t(1); at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == '\n') {
      LineReading reading = readLine(text, static_cast<uint32_t>(at + 1));
      if (reading.stanza && !reading.isMisspelt &&
          !isShellWord(reading.stanza->kind) && ++statements == 2)
        return false;
    } else if (text[at] == text[quote]) {
      llvm::StringRef after = text.substr(at + 1, 1);
      return after.empty() ||
             llvm::StringRef(" \t\r\n);#", 7).contains(after.front());
    }
  }
  return false;
}

BlockEnd parse::findBlockEnd(llvm::StringRef text, uint32_t bodyStart) {
  auto size = static_cast<uint32_t>(text.size());
  bool isFirst = true;
  bool isIndentedBody = false;
  BlockEnd bareEnd; // taken only where nothing better comes
  auto endAt = [&](uint32_t line) {
    return bareEnd.resume != 0 ? bareEnd : BlockEnd{line, line, {}};
  };
  for (uint32_t line = bodyStart; line < size; line = nextLine(text, line)) {
    llvm::StringRef content = lineAt(text, line);
    EndLikeness likeness = likenessToEnd(content);
    if (likeness != EndLikeness::None) {
      llvm::StringRef word = content.trim(blanks);
      auto begin = line + static_cast<uint32_t>(word.data() - content.data());
      BlockEnd found = {line,
                        nextLine(text, line),
                        {begin, begin + static_cast<uint32_t>(word.size())}};
      if (likeness == EndLikeness::Misspelt)
        return found;
      if (bareEnd.resume == 0)
        bareEnd = found;
    }
    LineReading reading = readLine(text, line);
    if (isFirst && !content.trim(blanks).empty()) {
      isFirst = false;
      isIndentedBody = reading.isIndented;
    }
    if (reading.isIndented)
      continue;
    // An unindented body leaves doubt about words the shell knows too; an
    // indented one leaves none even about statements that are not right.
    llvm::StringRef rest = content;
    const StanzaInfo *keyword = findStanza(takeWord(rest));
    bool isOther = keyword && !isShellWord(keyword->kind);
    if (isIndentedBody ? reading.stanza || isOther
                       : reading.stanza && !reading.isMisspelt && isOther)
      return endAt(line);
  }
  return endAt(size);
}

uint32_t parse::skipExpressionLines(llvm::StringRef text, uint32_t offset) {
  uint32_t line = nextUnjoinedLine(text, offset);
  while (line < text.size() &&
         continuesExpression(lineAt(text, line).ltrim(blanks)))
    line = nextUnjoinedLine(text, line);
  return line;
}

OrphanedBlock parse::findOrphanedBlock(llvm::StringRef text, uint32_t offset) {
  auto size = static_cast<uint32_t>(text.size());
  uint32_t lines = 1;
  uint32_t line = nextLine(text, offset);
  for (; line < size; line = nextLine(text, line)) {
    llvm::StringRef rest = lineAt(text, line).ltrim(blanks);
    if (isAtEnd(rest))
      continue;
    if (takeWord(rest) == "end" && takeWord(rest) == "script" && isAtEnd(rest))
      return {true, lines, nextLine(text, line)};
    LineReading reading = readLine(text, line);
    if (reading.stanza && !reading.isIndented &&
        !isShellWord(reading.stanza->kind))
      break;
    ++lines;
  }
  return {false, lines, line};
}

uint32_t parse::findSwallowedStanza(llvm::StringRef text, Range body) {
  llvm::StringRef document;
  bool isFirst = true;
  for (uint32_t line = body.begin; line < body.end;
       line = nextLine(text, line)) {
    llvm::StringRef content = lineAt(text, line);
    if (!document.empty()) {
      if (content.trim(blanks) == document)
        document = {};
      continue;
    }
    document = hereDocumentEnd(content);
    if (content.trim(blanks).empty())
      continue;
    bool isIndented = isBlank(content.front());
    if (isFirst && !isIndented)
      return NoLine;
    isFirst = false;
    if (isIndented)
      continue;
    LineReading reading = readLine(text, line, Spelling::Exact);
    if (reading.stanza && !isShellWord(reading.stanza->kind))
      return line;
  }
  return NoLine;
}
