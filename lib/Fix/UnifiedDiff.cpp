// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Myers' greedy difference of lines. Fixes change a few lines; where more than
// MaxChanges differ, what lies between the first and the last is one change.

#include "starton/Fix/Edits.h"
#include "llvm/ADT/StringExtras.h"
#include <algorithm>

using namespace starton;

namespace {

constexpr int MaxChanges = 1000;
constexpr size_t Context = 3;

using Lines = std::vector<llvm::StringRef>;

/// With their ends: a missing one at the end of the file is a difference.
Lines splitLines(llvm::StringRef text) {
  Lines lines;
  while (!text.empty()) {
    size_t size = std::min(text.find('\n'), text.size() - 1) + 1;
    lines.push_back(text.take_front(size));
    text = text.drop_front(size);
  }
  return lines;
}

/// Lines [before, before + removed) become [after, after + added).
struct Change {
  size_t before = 0, removed = 0, after = 0, added = 0;
};

/// Finds the changes between two lists that differ at both ends.
class Comparison {
public:
  Comparison(llvm::ArrayRef<llvm::StringRef> before,
             llvm::ArrayRef<llvm::StringRef> after)
      : before(before), after(after), rows(static_cast<int>(before.size())),
        columns(static_cast<int>(after.size())) {}

  /// Empty: they differ too much.
  std::vector<Change> run() {
    int limit = std::min(rows + columns, MaxChanges);
    std::vector<int> reach(2 * static_cast<size_t>(limit) + 3, 0);
    for (int depth = 0; depth <= limit; ++depth) {
      for (int k = -depth; k <= depth; k += 2) {
        auto at = [&](int diagonal) -> int & {
          return reach[static_cast<size_t>(std::ptrdiff_t(diagonal) + limit +
                                           1)];
        };
        bool down = k == -depth || (k != depth && at(k - 1) < at(k + 1));
        int row = down ? at(k + 1) : at(k - 1) + 1;
        row = follow(row, row - k);
        at(k) = row;
        if (row >= rows && row - k >= columns)
          return walkBack(depth, limit);
      }
      history.push_back(reach);
    }
    return {};
  }

private:
  // Row counts lines of before, row - k those of after. A diagonal may lead
  // out of the rectangle; nothing is equal there.
  int follow(int row, int column) const {
    while (row >= 0 && column >= 0 && row < rows && column < columns &&
           before[static_cast<size_t>(row)] ==
               after[static_cast<size_t>(column)]) {
      ++row;
      ++column;
    }
    return row;
  }

  std::vector<Change> walkBack(int depth, int limit) const {
    std::vector<Change> changes;
    int row = rows, column = columns;
    for (; depth > 0; --depth) {
      const std::vector<int> &reach = history[static_cast<size_t>(depth - 1)];
      auto at = [&](int diagonal) {
        return reach[static_cast<size_t>(std::ptrdiff_t(diagonal) + limit + 1)];
      };
      int k = row - column;
      bool down = k == -depth || (k != depth && at(k - 1) < at(k + 1));
      int fromK = down ? k + 1 : k - 1;
      row = at(fromK);
      column = row - fromK;
      changes.push_back({static_cast<size_t>(row), down ? 0u : 1u,
                         static_cast<size_t>(column), down ? 1u : 0u});
    }
    std::reverse(changes.begin(), changes.end());
    return joined(changes);
  }

  static std::vector<Change> joined(llvm::ArrayRef<Change> steps) {
    std::vector<Change> changes;
    for (const Change &step : steps) {
      if (!changes.empty()) {
        Change &last = changes.back();
        if (last.before + last.removed == step.before &&
            last.after + last.added == step.after) {
          last.removed += step.removed;
          last.added += step.added;
          continue;
        }
      }
      changes.push_back(step);
    }
    return changes;
  }

  llvm::ArrayRef<llvm::StringRef> before, after;
  int rows, columns;
  std::vector<std::vector<int>> history;
};

std::vector<Change> compare(const Lines &before, const Lines &after) {
  size_t common = std::min(before.size(), after.size());
  size_t head = 0, tail = 0;
  while (head != common && before[head] == after[head])
    ++head;
  while (tail != common - head &&
         before[before.size() - 1 - tail] == after[after.size() - 1 - tail])
    ++tail;
  Change whole{head, before.size() - head - tail, head,
               after.size() - head - tail};
  if (whole.removed == 0 && whole.added == 0)
    return {};
  llvm::ArrayRef<llvm::StringRef> old = before, now = after;
  Comparison comparison{old.slice(head, whole.removed),
                        now.slice(head, whole.added)};
  std::vector<Change> changes = comparison.run();
  if (changes.empty())
    return {whole};
  for (Change &change : changes) {
    change.before += head;
    change.after += head;
  }
  return changes;
}

void printLine(char sign, llvm::StringRef line, llvm::raw_ostream &os) {
  os << sign << line;
  if (!line.ends_with("\n"))
    os << "\n\\ No newline at end of file\n";
}

/// `START,COUNT` as diff(1) writes it: of an empty range the line before.
void printRange(size_t first, size_t count, llvm::raw_ostream &os) {
  os << (count == 0 ? first : first + 1);
  if (count != 1)
    os << ',' << count;
}

/// Prints changes [first, last), which share their context.
void printHunk(llvm::ArrayRef<Change> changes, const Lines &before,
               const Lines &after, llvm::raw_ostream &os) {
  const Change &first = changes.front(), &last = changes.back();
  size_t lead = std::min(Context, first.before);
  size_t end = std::min(last.before + last.removed + Context, before.size());
  size_t trail = end - (last.before + last.removed);
  os << "@@ -";
  printRange(first.before - lead, end - (first.before - lead), os);
  os << " +";
  printRange(first.after - lead,
             last.after + last.added + trail - (first.after - lead), os);
  os << " @@\n";
  size_t at = first.before - lead;
  for (const Change &change : changes) {
    for (; at != change.before; ++at)
      printLine(' ', before[at], os);
    for (; at != change.before + change.removed; ++at)
      printLine('-', before[at], os);
    for (size_t i = 0; i != change.added; ++i)
      printLine('+', after[change.after + i], os);
  }
  for (; at != end; ++at)
    printLine(' ', before[at], os);
}

/// A name that could end early, or be no name, in the quotes that git and
/// patch(1) know.
std::string diffName(llvm::StringRef path) {
  bool plain = !path.starts_with("\"");
  for (char byte : path)
    plain = plain && static_cast<unsigned char>(byte) > ' ' && byte != '\x7F' &&
            byte != '\\';
  if (plain)
    return path.str();
  std::string name = "\"";
  for (char byte : path) {
    auto value = static_cast<unsigned char>(byte);
    if (byte == '"' || byte == '\\') {
      name += '\\';
      name += byte;
    } else if (value < ' ' || value >= 0x7F) {
      name += '\\';
      for (unsigned shift : {6, 3, 0})
        name += static_cast<char>('0' + (value >> shift & 7));
    } else {
      name += byte;
    }
  }
  return name + "\"";
}

} // namespace

void fix::printUnifiedDiff(llvm::StringRef path, llvm::StringRef before,
                           llvm::StringRef after, llvm::raw_ostream &os) {
  Lines old = splitLines(before), now = splitLines(after);
  std::vector<Change> changes = compare(old, now);
  if (changes.empty())
    return;
  std::string name = diffName(path);
  os << "--- " << name << "\n+++ " << name << '\n';
  size_t first = 0;
  for (size_t i = 1; i <= changes.size(); ++i) {
    const Change &previous = changes[i - 1];
    if (i != changes.size() &&
        changes[i].before - (previous.before + previous.removed) <= 2 * Context)
      continue;
    printHunk(llvm::ArrayRef(changes).slice(first, i - first), old, now, os);
    first = i;
  }
}
