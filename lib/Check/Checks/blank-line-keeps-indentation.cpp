// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Check/Context.h"
#include "starton/Check/Scan.h"
#include "llvm/ADT/StringExtras.h"

namespace starton::check {

namespace {

size_t indentationOf(llvm::StringRef line) {
  return line.take_while(isBlank).size();
}

size_t commonLength(llvm::StringRef left, llvm::StringRef right) {
  size_t length = 0;
  while (length < std::min(left.size(), right.size()) &&
         left[length] == right[length])
    ++length;
  return length;
}

/// A script block by lines, with the indentation that Upstart takes away and
/// the one it would take away if there were no blank lines (language §2).
class Block {
public:
  Block(llvm::StringRef text, Range body) : text(text) {
    bool isFirst = true;
    for (uint32_t at = body.begin; at < body.end;) {
      Range line = lineAt(text, at);
      line.end = std::min(line.end, body.end);
      lines.push_back(line);
      at = line.end + 1;
      llvm::StringRef content = contentOf(line);
      llvm::StringRef blanks = content.take_front(indentationOf(content));
      removed =
          isFirst ? blanks : removed.take_front(commonLength(removed, content));
      isFirst = false;
      if (blanks.size() == content.size())
        continue;
      expected = sawText ? expected.take_front(commonLength(expected, content))
                         : blanks;
      sawText = true;
    }
  }

  llvm::StringRef contentOf(Range line) const {
    return text.slice(line.begin, line.end);
  }
  /// Only blank lines can make the difference.
  bool keepsIndentation() const { return removed.size() < expected.size(); }
  bool keepsIndentation(Range line) const {
    llvm::StringRef content = contentOf(line);
    return content.trim(" \t\r").empty() && !content.starts_with(expected);
  }

  llvm::StringRef text;
  std::vector<Range> lines;
  llvm::StringRef removed, expected;

private:
  bool sawText = false;
};

/// The word that ends the here-document which begins in \p line; empty: none.
/// \p tabs: `<<-`, which removes tabs.
llvm::StringRef endWordOf(llvm::StringRef line, bool &tabs) {
  if (line.ltrim(" \t").starts_with("#"))
    return {};
  size_t at = line.find("<<");
  if (at == llvm::StringRef::npos || line.substr(at + 2).starts_with("<"))
    return {};
  llvm::StringRef rest = line.drop_front(at + 2);
  tabs = rest.consume_front("-");
  rest = rest.ltrim(" \t").ltrim("'\"\\");
  // `$((1 << 3))`
  if (!rest.empty() && llvm::isDigit(rest.front()))
    return {};
  return rest.take_while(
      [](char byte) { return llvm::isAlnum(byte) || byte == '_'; });
}

bool isEnd(llvm::StringRef line, size_t indentation, bool tabs,
           llvm::StringRef word) {
  line = line.drop_front(std::min(indentation, line.size())).rtrim('\r');
  return (tabs ? line.ltrim('\t') : line) == word;
}

/// The lines that end a here-document and that were meant to, or the number of
/// all lines.
struct End {
  size_t real, meant;
};

End findEnd(const Block &block, size_t first, llvm::StringRef word, bool tabs) {
  End found = {block.lines.size(), block.lines.size()};
  for (size_t i = first + 1; i < found.real; ++i) {
    llvm::StringRef line = block.contentOf(block.lines[i]);
    if (isEnd(line, block.removed.size(), tabs, word))
      found.real = i;
    else if (found.meant == block.lines.size() &&
             line.starts_with(block.expected) &&
             isEnd(line, block.expected.size(), tabs, word))
      found.meant = i;
  }
  return found;
}

void report(Context &context, uint32_t file, const Block &block, size_t end) {
  const Range *cause = nullptr;
  std::vector<Edit> edits;
  for (const Range &line : block.lines) {
    if (!block.keepsIndentation(line))
      continue;
    cause = cause ? cause : &line;
    uint32_t blanks =
        line.begin +
        static_cast<uint32_t>(block.contentOf(line).rtrim('\r').size());
    edits.push_back({{line.begin, blanks}, block.expected.str()});
  }
  if (!cause)
    return;
  Range line = block.lines[end];
  auto begin = static_cast<uint32_t>(line.begin + block.expected.size());
  uint32_t isDos = block.contentOf(line).ends_with("\r") ? 1 : 0;
  context
      .report({file, {begin, std::max(begin, line.end - isDos)}},
              "this does not end the here-document: the indentation stays "
              "because of a blank line")
      .note(context.system(), {file, {cause->begin, cause->begin}},
            "Upstart removes only the indentation that this line has, too")
      .fix("indent the blank lines", true, std::move(edits));
}

void runOn(Context &context, uint32_t file, const ast::Statement &statement) {
  llvm::StringRef text = context.system().source(file).text();
  llvm::StringRef body =
      text.slice(statement.textRange.begin, statement.textRange.end);
  if (!body.contains("<<"))
    return;
  Block block(text, statement.textRange);
  if (!block.keepsIndentation())
    return;
  for (size_t i = 0; i < block.lines.size(); ++i) {
    bool tabs = false;
    llvm::StringRef word = endWordOf(block.contentOf(block.lines[i]), tabs);
    if (word.empty())
      continue;
    End end = findEnd(block, i, word, tabs);
    if (end.real == block.lines.size() && end.meant != end.real)
      return report(context, file, block, end.meant);
    i = end.real; // what stands between is text; without an end all is
  }
}

void run(Context &context) {
  for (const sema::Job &job : context.jobs())
    context.system().forEachStatement(
        job, [&](uint32_t file, const ast::Statement &statement) {
          if (statement.process == ast::Statement::Process::Script)
            runOn(context, file, statement);
        });
}

} // namespace

STARTON_CHECK(blankLineKeepsIndentation) = {
    .name = "blank-line-keeps-indentation",
    .summary = "a blank line in a script keeps a here-document from ending",
    .fix = FixKind::Safe,
    .doc = R"(
Upstart takes the indentation that all lines of a script have in common away, so that a here-document may be indented with the rest. But blank lines count: one empty line, and nothing is taken away from any.
The indented word that was to end the here-document then does not end it, and all that follows in the script is written out instead of run; the shell says nothing.
So a blank line that somebody adds for better reading breaks the script.

Remove the blank lines, or give them the indentation of the others, which the fix does; or write the here-document at the beginning of the line.
Where the indentation does not matter blank lines are no finding.
)",
    .bad = R"(
start on runlevel [2345]
stop on runlevel [016]
pre-start script
    mkdir -p /run/food

    cat > /run/food/settings <<EOF
    listen 80
    «EOF»
    chmod 600 /run/food/settings
end script
exec /usr/sbin/food
)",
    .good = R"(
start on runlevel [2345]
stop on runlevel [016]
pre-start script
    mkdir -p /run/food
    
    cat > /run/food/settings <<EOF
    listen 80
    EOF
    chmod 600 /run/food/settings
end script
exec /usr/sbin/food
)",
    .run = run};

} // namespace starton::check
