// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Words.h"
#include <algorithm>
#include <cstring>

using namespace starton;
using namespace starton::parse;

namespace {

/// The scanner of language §1.3 over one word whose extent is known. Its output
/// is never longer than its input.
class WordReader {
public:
  WordReader(llvm::StringRef raw, WordMode mode, char *buffer)
      : raw(raw), keep(mode == WordMode::Raw), out(buffer) {}

  /// Returns the end of the output.
  char *run() {
    for (const char *at = raw.begin(); at != raw.end(); ++at) {
      if (escaped)
        readEscaped(*at);
      else if (*at == '\\')
        escaped = true;
      else if (quote ? *at == quote : *at == '"' || *at == '\'')
        readQuote(*at);
      else if (*at == '\n')
        newline = true;
      else if (isBlank(*at))
        addBlank(at);
      else
        emit(*at);
    }
    return out;
  }

  bool sawEscapedNewline = false;

private:
  void readEscaped(char byte) {
    escaped = false;
    if (byte == '\n') {
      newline = sawEscapedNewline = true;
    } else if (isBlank(byte) || byte == '\\') {
      flush();
      if (keep)
        *out++ = '\\';
      *out++ = byte;
    } else {
      flushWithBackslash();
      *out++ = byte;
    }
  }

  void readQuote(char byte) {
    quote = quote ? 0 : byte;
    flush();
    if (keep)
      *out++ = byte;
  }

  void emit(char byte) {
    flush();
    *out++ = byte;
  }

  void addBlank(const char *at) {
    // Blanks not yet written are contiguous: anything else but an escaped
    // newline, which discards them, writes them first.
    if (blanks.empty() || newline)
      blanks = {at, 1};
    else
      blanks = {blanks.data(), blanks.size() + 1};
  }

  void flush() {
    if (newline)
      *out++ = ' ';
    else
      out = std::copy(blanks.begin(), blanks.end(), out);
    clear();
  }

  /// The defect of language §1.4: the backslash goes where the first blank was.
  void flushWithBackslash() {
    if (newline) {
      *out++ = '\\';
      *out++ = ' ';
    } else if (!blanks.empty()) {
      *out++ = '\\';
      out = std::copy(blanks.begin() + 1, blanks.end(), out);
      *out++ = '\\';
    } else {
      *out++ = '\\';
    }
    clear();
  }

  void clear() {
    newline = false;
    blanks = {};
  }

  llvm::StringRef raw;
  bool keep;
  char *out;
  llvm::StringRef blanks;
  char quote = 0;
  bool escaped = false;
  bool newline = false;
};

/// Everything before the first NUL: Upstart's strings end there.
llvm::StringRef cut(llvm::StringRef text) {
  return text.substr(0, text.find('\0'));
}

bool isSpecial(char byte, WordMode mode) {
  if (byte == '\\' || byte == '\n' || byte == '\0')
    return true;
  return mode == WordMode::Dequoted && (byte == '"' || byte == '\'');
}

/// The commonest quoted word: one pair of quotes around it and nothing special
/// inside.
bool isSimplyQuoted(llvm::StringRef raw) {
  if (raw.size() < 3 || (raw.front() != '"' && raw.front() != '\'') ||
      raw.back() != raw.front())
    return false;
  return std::none_of(raw.begin() + 1, raw.end() - 1, [&](char byte) {
    return byte == raw.front() || byte == '\\' || byte == '\n' || byte == '\0';
  });
}

/// Calls \p visit with each line, its LF included.
template <typename Visitor>
void forEachLine(llvm::StringRef body, Visitor visit) {
  while (!body.empty()) {
    size_t length = std::min(body.find('\n'), body.size() - 1) + 1;
    visit(body.substr(0, length));
    body = body.substr(length);
  }
}

llvm::StringRef commonIndentation(llvm::StringRef body) {
  llvm::StringRef prefix;
  bool isFirst = true;
  forEachLine(body, [&](llvm::StringRef line) {
    size_t length = 0;
    if (isFirst) {
      while (length != line.size() && isBlank(line[length]))
        ++length;
    } else {
      while (length != prefix.size() && length != line.size() &&
             line[length] == prefix[length])
        ++length;
    }
    prefix = isFirst ? line.substr(0, length) : prefix.substr(0, length);
    isFirst = false;
  });
  return prefix;
}

} // namespace

WordText parse::readWord(llvm::StringRef raw, WordMode mode, Arena &arena) {
  if (std::none_of(raw.begin(), raw.end(),
                   [mode](char byte) { return isSpecial(byte, mode); })) {
    // Blanks at the end can only be there in a command.
    while (!raw.empty() && isBlank(raw.back()))
      raw = raw.drop_back();
    return {raw, raw.empty()};
  }
  if (mode == WordMode::Dequoted && isSimplyQuoted(raw))
    return {raw.drop_front().drop_back(), false};
  char *buffer = arena.Allocate<char>(raw.size());
  WordReader reader(raw, mode, buffer);
  llvm::StringRef value(buffer, static_cast<size_t>(reader.run() - buffer));
  // `""` with an escaped newline behind it counts as a character (§1.3).
  return {cut(value), value.empty() && !reader.sawEscapedNewline};
}

llvm::StringRef parse::readBlock(llvm::StringRef body, Arena &arena) {
  if (commonIndentation(body).empty() && !body.contains('\0'))
    return body;
  char *buffer = arena.Allocate<char>(body.size());
  char *out = buffer;
  forEachBlockLine(body, [&](llvm::StringRef line) {
    out = std::copy(line.begin(), line.end(), out);
  });
  return {buffer, static_cast<size_t>(out - buffer)};
}

void parse::forEachBlockLine(llvm::StringRef body,
                             llvm::function_ref<void(llvm::StringRef)> visit) {
  llvm::StringRef prefix = commonIndentation(body);
  // A NUL takes the rest of its line along, the LF too (§1.1).
  forEachLine(body, [&](llvm::StringRef line) {
    visit(cut(line.substr(prefix.size())));
  });
}

size_t parse::lengthWithoutJoins(llvm::StringRef word) {
  // A word ends in LF only where a backslash escapes it.
  while (word.size() >= 2 && word.back() == '\n')
    word = word.drop_back(2);
  return word.size();
}

size_t parse::skipGap(llvm::StringRef text, size_t offset) {
  while (offset != text.size()) {
    if (isBlank(text[offset]))
      ++offset;
    else if (text.substr(offset).starts_with("\\\n"))
      offset += 2;
    else
      break;
  }
  return offset;
}
