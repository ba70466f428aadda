// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Check/Context.h"

namespace starton::check {

namespace {

/// The quote that closes the one at \p begin; the end of \p text is never
/// reached, since the file was accepted.
uint32_t closingQuote(llvm::StringRef text, uint32_t begin) {
  uint32_t at = begin + 1;
  while (at + 1 < text.size() && text[at] != text[begin])
    at += text[at] == '\\' ? 2 : 1;
  return at;
}

void run(Context &context) {
  const sema::JobSet &set = context.set();
  for (uint32_t file = 0; file != set.files.size(); ++file) {
    std::optional<uint32_t> suspect = set.files[file].parse.suspectQuote;
    if (!suspect)
      continue;
    const SourceBuffer &source = context.system().source(file);
    uint32_t begin = *suspect;
    uint32_t end = closingQuote(source.text(), begin);
    context
        .report({file, {begin, begin + 1}},
                "this quote is closed only in line " +
                    llvm::Twine(source.lineColumn(end).line) +
                    ", so what looks like a stanza there is text")
        .note(context.system(), {file, {end, end + 1}}, "it is closed here");
  }
}

} // namespace

STARTON_CHECK(apostropheSwallowsLines) = {
    .name = "apostrophe-swallows-lines",
    .summary = "a quote makes text of the stanzas in the lines below it",
    .doc = R"(
Upstart looks for quotes in every text, also in that of `exec`, and a quote goes on over the ends of lines until its like.
The apostrophe of `exec echo don't` takes the following lines into the command, until some other apostrophe happens to close it; the stanzas there have no effect, without a message.
(When none closes it, the file is rejected: `unterminated-quote`.)

Put such a word into quotes of the other kind, or the command into a `script`.
A quote over several lines that hold no stanza is no finding, nor is one that is plainly meant to, such as a program for `sh -c`.
Of several such quotes in a file the first is reported.
)",
    .bad = R"(
start on runlevel [2345]
stop on runlevel [016]
exec logger Food isn«'»t running
respawn
post-stop exec logger Food wasn't running
)",
    .good = R"(
start on runlevel [2345]
stop on runlevel [016]
exec logger "Food isn't running"
respawn
post-stop exec logger "Food wasn't running"
)",
    .run = run};

} // namespace starton::check
