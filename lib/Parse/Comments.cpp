// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The lexer skips comments, and between two tokens there is nothing else but
// blanks and escaped newlines: a `#` there begins one.

#include "starton/Parse/Comments.h"
#include "Scanner.h"
#include <algorithm>

using namespace starton;
using namespace starton::parse;

namespace {

void addComments(llvm::StringRef text, uint32_t begin, uint32_t end,
                 std::vector<Range> &comments) {
  while (begin < end) {
    size_t hash = text.find('#', begin);
    if (hash >= end)
      return;
    size_t lineEnd = std::min(text.find('\n', hash), text.size());
    comments.push_back(
        {static_cast<uint32_t>(hash), static_cast<uint32_t>(lineEnd)});
    begin = static_cast<uint32_t>(lineEnd);
  }
}

} // namespace

FileComments starton::findComments(const SourceBuffer &source) {
  FileComments found;
  llvm::StringRef text = source.text();
  Scanner scanner;
  scanner.reset(text);
  for (uint32_t before = 0;;) {
    Token token = scanner.next();
    uint32_t begin = token.range.begin, end = token.range.end;
    addComments(text, before, begin, found.comments);
    before = end;
    if (token.kind == TokenKind::Block) {
      // Its last line is `end script`, and may have a comment.
      llvm::StringRef block = text.slice(begin, end);
      size_t last = block.rtrim('\n').rfind('\n');
      last = last == llvm::StringRef::npos ? 0 : last + 1;
      addComments(text, begin + static_cast<uint32_t>(last), end,
                  found.comments);
    } else if (token.kind == TokenKind::BadQuote ||
               token.kind == TokenKind::BadEscape ||
               token.kind == TokenKind::EndOfFile) {
      if (!token.range.empty())
        found.unfinished.push_back(token.range);
    }
    if (token.kind == TokenKind::EndOfFile)
      return found;
  }
}
