// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Basic/Stanzas.h"
#include "starton/Check/Context.h"
#include "starton/Check/Scan.h"

namespace starton::check {

namespace {

/// A backslash with nothing but blanks behind it in its line.
bool endsLineInBlanks(llvm::StringRef text, uint32_t backslash) {
  llvm::StringRef rest = text.drop_front(backslash + 1);
  llvm::StringRef behind = rest.drop_while(isBlank);
  return behind.size() != rest.size() &&
         (behind.empty() || behind.front() == '\n');
}

/// Whether the line behind \p line goes on with what stands in front: not when
/// it is blank, a comment or a stanza.
bool nextLineContinues(llvm::StringRef text, Range line) {
  if (line.end >= text.size())
    return false;
  Range next = lineAt(text, line.end + 1);
  llvm::StringRef content = text.slice(next.begin, next.end).ltrim(" \t\r");
  llvm::StringRef word = content.take_until(isBlank);
  return !word.empty() && !word.starts_with("#") && !findStanza(word) &&
         word != "end";
}

/// The blanks go where the next line was meant to be joined, else the
/// backslash.
Edit mendedLineEnd(llvm::StringRef text, uint32_t backslash) {
  Range line = lineAt(text, backslash);
  bool isDos = text.slice(line.begin, line.end).ends_with("\r");
  if (nextLineContinues(text, line))
    return {{backslash + 1, line.end}, ""};
  uint32_t begin = backslash;
  while (begin != line.begin && isBlank(text[begin - 1]))
    --begin;
  return {{begin, line.end - (isDos ? 1 : 0)}, ""};
}

void runOnText(Context &context, uint32_t file, Range range) {
  llvm::StringRef text = context.system().source(file).text();
  if (!text.slice(range.begin, range.end).contains('\\'))
    return;
  bool afterBlank = false;
  scanBytes(text, range, [&](const ScannedByte &at) {
    if (at.byte == '\\' && !at.escaped) {
      if (at.quote == 0 && endsLineInBlanks(text, at.offset)) {
        Range line = lineAt(text, at.offset);
        context
            .report({file, {at.offset, line.end}},
                    "a backslash with blanks behind it does not continue the "
                    "line: it makes a word of a blank")
            .fix("remove what is too much", true,
                 {mendedLineEnd(text, at.offset)});
      }
      return;
    }
    bool blank = isBlank(at.byte) || at.byte == '\n';
    if (at.escaped && !blank && at.byte != '\\' && afterBlank) {
      uint32_t backslash = at.offset - 1;
      context
          .report(
              {file, {backslash, at.offset + 1}},
              "the blank in front of this backslash becomes another backslash")
          .fix("put empty quotes between the two", true,
               {{{backslash, backslash}, at.quote == '\'' ? "''" : "\"\""}});
    }
    afterBlank = blank && (!at.escaped || at.byte == '\n');
  });
}

void run(Context &context) {
  const sema::JobSet &set = context.set();
  for (uint32_t file = 0; file != set.files.size(); ++file) {
    if (!set.files[file].source)
      continue;
    // Also of a rejected file: it may be the reason.
    const ast::File &tree = context.system().tree(file);
    for (const ast::Statement &statement : tree.statements)
      if (statement.health == ast::StatementHealth::Good)
        forEachText(tree, statement,
                    [&](Range range) { runOnText(context, file, range); });
  }
}

} // namespace

STARTON_CHECK(blankBackslash) = {
    .name = "blank-backslash",
    .summary = "a backslash beside a blank that does not do what it looks like",
    .fix = FixKind::Safe,
    .doc = R"(
A backslash continues a line only as the very last byte of it. With a blank behind it (also with the carriage return of a file with DOS line ends) it is a word that is a blank: the command gets an argument more, a condition an operand that never matches, and the next line is a statement of its own.

In a command, and in quotes, a backslash in front of an ordinary character damages the blank before it: Upstart has a defect there, and stores `echo \$HOME` as `echo\\$HOME`. The command is then not found, or gets other arguments.
This strikes `\$`, `\;`, `\(`, `\"` and the like, not `\\` or a backslash at the end of the line.

The fix removes what stands in the way of the continuation, or the backslash where no line is to be continued; and puts a pair of empty quotes between the blank and the backslash, which changes nothing for the shell.
A `script` is free of all this.
)",
    .bad = R"(
start on runlevel [2345]
stop on runlevel [016]
pre-start exec find /run/food -type s -exec rm {} «\;»
exec /usr/sbin/food --listen «\  »
)",
    .good = R"(
start on runlevel [2345]
stop on runlevel [016]
pre-start exec find /run/food -type s -exec rm {} ""\;
exec /usr/sbin/food --listen
)",
    .run = run};

} // namespace starton::check
