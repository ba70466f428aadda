// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Check/Context.h"
#include <algorithm>

namespace starton::check {

namespace {

constexpr unsigned MaxColumns = 80;
constexpr unsigned TabWidth = 8;

/// The bytes of a line that fit, and the columns that all of it takes.
struct Measure {
  size_t fitting = 0;
  unsigned columns = 0;
};

Measure measure(llvm::StringRef line) {
  Measure result;
  for (size_t i = 0; i != line.size(); ++i) {
    auto byte = static_cast<unsigned char>(line[i]);
    if (byte == '\t')
      result.columns += TabWidth - result.columns % TabWidth;
    else if ((byte & 0xC0) != 0x80) // the first byte of a character
      ++result.columns;
    if (result.columns <= MaxColumns)
      result.fitting = i + 1;
  }
  return result;
}

/// A single word, as an address in a comment: there is nowhere to break it.
bool isUnbreakable(llvm::StringRef line) {
  llvm::StringRef text = line.ltrim(" \t#");
  return text.find_first_of(" \t") == llvm::StringRef::npos;
}

void runOnFile(Context &context, uint32_t file) {
  llvm::StringRef text = context.system().source(file).text();
  size_t begin = 0;
  while (begin < text.size()) {
    size_t end = std::min(text.find('\n', begin), text.size());
    llvm::StringRef line = text.slice(begin, end).rtrim("\r");
    // No more columns than bytes where there is no tab.
    if (line.size() > MaxColumns || line.contains('\t')) {
      Measure measured = measure(line);
      if (measured.columns > MaxColumns && !isUnbreakable(line))
        context.report({file,
                        {static_cast<uint32_t>(begin + measured.fitting),
                         static_cast<uint32_t>(begin + line.size())}},
                       "the line takes " + llvm::Twine(measured.columns) +
                           " columns; at most " + llvm::Twine(MaxColumns) +
                           " are agreed");
    }
    begin = end + 1;
  }
}

void run(Context &context) {
  context.forEachFile([&](uint32_t file) { runOnFile(context, file); });
}

} // namespace

STARTON_CHECK(lineLength) = {.name = "line-length",
                             .summary = "a line of more than 80 columns",
                             .profiles = ChromeOS,
                             .dialect = Dialect::ChromeOS,
                             .doc = R"(
ChromiumOS keeps job files to 80 columns.
Longer lines are cut or wrapped in reviews and on the consoles where such files are read when a device does not boot, and what stands at their end is overlooked.

Break the line with a `\` at its end, and indent the rest.
A tab counts up to the next multiple of eight; a line that is one word, such as an address in a comment, is let pass.
)",
                             .bad = R"(
description "Start the food daemon"
author "chromium-os-dev@chromium.org"
start on startup
oom score -100
exec /usr/bin/food --configuration=/etc/food/food.conf --directory=/var/lib/food« --quiet»
)",
                             .good = R"(
description "Start the food daemon"
author "chromium-os-dev@chromium.org"
start on startup
oom score -100
exec /usr/bin/food --configuration=/etc/food/food.conf \
    --directory=/var/lib/food --quiet
)",
                             .run = run};

} // namespace starton::check
