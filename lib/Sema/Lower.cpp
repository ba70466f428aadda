// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Statements in source order are applied to one object, conf first, then the
// override: what a second statement of a kind does is what applying it again
// does (language §3, "repeat").
//
// Upstart parses into the object as well, so a failing statement leaves traces:
// texts are stored before the rest of the line is checked, numbers before their
// range. The same code applies good and failing statements; of a failing one
// the parser keeps only the words that Upstart had got hold of.

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

/// The statement that holds the first error and may still have had an effect.
const ast::Statement *failingStatement(const ParseResult &parse) {
  const ast::File &file = *parse.file;
  if (parse.accepted() || file.firstError >= file.statements.size())
    return nullptr;
  const ast::Statement &statement = file.statements[file.firstError];
  return statement.health == ast::StatementHealth::Erroneous ? &statement
                                                             : nullptr;
}

} // namespace

void lowerFile(Job &job, const ParseResult &parse, uint32_t fileIndex) {
  const ast::File &file = *parse.file;
  LineCursor lines(file.source->text());
  size_t good = parse.accepted()
                    ? file.statements.size()
                    : std::min<size_t>(file.firstError, file.statements.size());
  auto apply = [&](const ast::Statement &statement, UpstartError error) {
    auto index = static_cast<uint32_t>(&statement - file.statements.data());
    Origin origin{fileIndex, lines.at(statement.keyword().begin), index,
                  statement.keyword()};
    StatementLowering(job, file, statement, origin, error).apply();
  };
  for (const ast::Statement &statement :
       llvm::ArrayRef(file.statements).take_front(good))
    apply(statement, UpstartError::None);
  if (const ast::Statement *failing = failingStatement(parse))
    apply(
        *failing,
        parse.diagnostics[static_cast<size_t>(parse.firstError)].upstartError);
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
