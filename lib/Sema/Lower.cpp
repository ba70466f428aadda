// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Statements in source order are applied to one object, conf first, then the
// override: what a second statement of a kind does is what applying it again
// does (language §3, "repeat").
//
// Upstart parses into the object as well, so a failing statement leaves traces:
// texts are stored before the rest of the line is checked, numbers before their
// range. The same code applies good and failing statements; a failing one comes
// with only the words that Upstart had got hold of.

#include "Lower.h"
#include "LowerStatement.h"
#include "llvm/ADT/StringMap.h"
#include <algorithm>
#include <cstring>

namespace starton::sema {

namespace {

/// Lines of offsets that mostly ascend, without a table of all lines.
class LineCursor {
public:
  explicit LineCursor(llvm::StringRef text) : text(text) {}

  uint32_t at(uint32_t target) {
    target = std::min<uint32_t>(target, static_cast<uint32_t>(text.size()));
    if (target < offset) {
      offset = 0;
      line = 1;
    }
    while (offset < target) {
      const void *found =
          std::memchr(text.data() + offset, '\n', target - offset);
      if (!found)
        break;
      offset = static_cast<uint32_t>(static_cast<const char *>(found) -
                                     text.data()) +
               1;
      ++line;
    }
    offset = target;
    return line;
  }

private:
  llvm::StringRef text;
  uint32_t offset = 0;
  uint32_t line = 1;
};

bool isLexical(UpstartError error) {
  return error == UpstartError::UnterminatedQuote ||
         error == UpstartError::TrailingSlash;
}

/// The words that were complete when Upstart met \p diag.
llvm::ArrayRef<ast::Word> wordsBefore(llvm::ArrayRef<ast::Word> words,
                                      const SyntaxDiag &diag) {
  size_t count = 0;
  for (const ast::Word &word : words) {
    // An unfinished word reaches to the end of the file.
    if (isLexical(diag.upstartError) && word.range.end > diag.range.begin)
      break;
    if (diag.upstartError == UpstartError::ExpectedToken && word.value.empty())
      break;
    ++count;
  }
  return words.take_front(count);
}

/// The statement that holds the first error. An unknown stanza is none, even
/// where the parser has a guess what was meant.
const ast::Statement *failingStatement(const ParseResult &parse) {
  const ast::File &file = *parse.file;
  if (parse.accepted() || file.firstError >= file.statements.size())
    return nullptr;
  const ast::Statement &statement = file.statements[file.firstError];
  const SyntaxDiag &diag =
      parse.diagnostics[static_cast<size_t>(parse.firstError)];
  bool isUnknown = diag.upstartError == UpstartError::UnknownStanza &&
                   diag.range.begin <= statement.keyword.begin;
  bool holds = statement.health == ast::StatementHealth::Erroneous &&
               diag.range.begin >= statement.range.begin &&
               diag.range.begin <= statement.range.end;
  return holds && !isUnknown ? &statement : nullptr;
}

} // namespace

void lowerFile(Job &job, const ParseResult &parse, uint32_t fileIndex) {
  const ast::File &file = *parse.file;
  LineCursor lines(file.source->text());
  size_t good = parse.accepted()
                    ? file.statements.size()
                    : std::min<size_t>(file.firstError, file.statements.size());
  for (const ast::Statement &statement :
       llvm::ArrayRef(file.statements).take_front(good)) {
    Origin origin{fileIndex, lines.at(statement.keyword.begin)};
    StatementLowering(job, file, statement, origin, file.wordsOf(statement),
                      UpstartError::None)
        .apply();
  }
  if (const ast::Statement *failing = failingStatement(parse)) {
    const SyntaxDiag &diag =
        parse.diagnostics[static_cast<size_t>(parse.firstError)];
    Origin origin{fileIndex, lines.at(failing->keyword.begin)};
    StatementLowering(job, file, *failing, origin,
                      wordsBefore(file.wordsOf(*failing), diag),
                      diag.upstartError)
        .apply();
  }
}

// Once a job instead of once a statement, to be linear in their number.
void uniteCgroups(Job &job) {
  llvm::StringMap<size_t> known;
  std::vector<CgroupEntry> united;
  for (CgroupEntry &entry : job.cgroups) {
    // No part can hold a NUL (language §1.1).
    std::string key =
        entry.controller + '\0' +
        (entry.name.isSet() ? entry.name.value : "$UPSTART_CGROUP") + '\0' +
        (entry.key.isSet() ? "=" + entry.key.value : "");
    auto [place, isNew] = known.try_emplace(key, united.size());
    if (isNew)
      united.push_back(std::move(entry));
    else if (entry.key.isSet())
      united[place->second].value = std::move(entry.value);
  }
  job.cgroups = std::move(united);
}

} // namespace starton::sema
