// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Snippet.h"
#include "DisplayText.h"
#include <algorithm>

using namespace starton;
using namespace starton::report;

namespace {

constexpr uint32_t ContextBefore = 100, ContextAfter = 160;
constexpr unsigned TabWidth = 8;

bool continuesCharacter(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0) == 0x80;
}

/// The part of a line that is shown: bytes [begin, end) of the source.
struct Window {
  uint32_t begin = 0, end = 0;
  bool cutBefore = false, cutAfter = false;
};

/// Never cuts a character that is three continuation bytes long at most.
uint32_t toCharacterStart(llvm::StringRef text, uint32_t offset) {
  for (unsigned i = 0; i != 3 && offset < text.size(); ++i, ++offset)
    if (!continuesCharacter(text[offset]))
      break;
  return offset;
}

Window windowAround(const SourceBuffer &source, Range range) {
  llvm::StringRef text = source.text();
  uint32_t lineBegin = range.begin - source.lineColumn(range.begin).column + 1;
  Window window;
  window.begin = lineBegin;
  if (range.begin - lineBegin > ContextBefore) {
    window.begin = toCharacterStart(text, range.begin - ContextBefore);
    window.cutBefore = true;
  }
  llvm::StringRef rest = text.substr(range.begin, ContextAfter);
  size_t newline = rest.find('\n');
  if (newline != llvm::StringRef::npos) {
    window.end = range.begin + static_cast<uint32_t>(newline);
  } else {
    window.end = range.begin + static_cast<uint32_t>(rest.size());
    window.cutAfter = window.end < text.size() && text[window.end] != '\n';
    if (window.cutAfter)
      window.end = toCharacterStart(text, window.end);
  }
  // The CR of a DOS line end is noise unless it is what the finding is about.
  if (window.end > window.begin && text[window.end - 1] == '\r' &&
      range.begin + 1 < window.end)
    --window.end;
  return window;
}

/// The line as shown, and the column at which each byte of it begins.
class DisplayLine {
public:
  DisplayLine(const SourceBuffer &source, Window window)
      : begin(window.begin), end(window.end) {
    if (window.cutBefore)
      append("...");
    llvm::StringRef rest = source.text({window.begin, window.end});
    while (!rest.empty()) {
      size_t before = rest.size();
      unsigned start = width;
      if (rest.front() == '\t') {
        append(std::string(TabWidth - width % TabWidth, ' '));
        rest = rest.drop_front();
      } else {
        width += appendCharacter(rest, text);
      }
      columns.resize(columns.size() + (before - rest.size()), start);
    }
    columns.push_back(width);
    if (window.cutAfter)
      append("...");
  }

  bool holds(uint32_t offset) const { return offset >= begin && offset <= end; }
  unsigned columnOf(uint32_t offset) const {
    return columns[std::clamp(offset, begin, end) - begin];
  }

  std::string text;

private:
  void append(const std::string &more) {
    text += more;
    width += static_cast<unsigned>(more.size());
  }

  uint32_t begin, end;
  unsigned width = 0;
  std::vector<unsigned> columns;
};

std::string fixLine(const DisplayLine &line, const Fix &fix) {
  std::string shown;
  unsigned width = 0;
  for (const Edit &edit : fix.edits) {
    if (!line.holds(edit.range.begin) || !line.holds(edit.range.end) ||
        llvm::StringRef(edit.replacement).contains('\n'))
      return {};
    unsigned column = line.columnOf(edit.range.begin);
    if (column > width) {
      shown.append(column - width, ' ');
      width = column;
    }
    llvm::StringRef rest = edit.replacement;
    while (!rest.empty())
      width += appendCharacter(rest, shown);
  }
  // Blanks at the end cannot be seen; nothing but blanks is a deletion, which
  // the markers show well enough.
  shown.erase(shown.find_last_not_of(' ') + 1);
  return shown;
}

} // namespace

Snippet report::makeSnippet(const SourceBuffer &source, Range range,
                            const Fix *fix) {
  DisplayLine line(source, windowAround(source, range));
  Snippet snippet;
  unsigned first = line.columnOf(range.begin);
  unsigned last = line.columnOf(range.end);
  snippet.markers.assign(first, ' ');
  snippet.markers += '^';
  if (last > first + 1)
    snippet.markers.append(last - first - 1, '~');
  if (fix)
    snippet.fix = fixLine(line, *fix);
  snippet.line = std::move(line.text);
  return snippet;
}
