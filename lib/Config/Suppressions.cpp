// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Places of comments are costly to find, and files with a comment for this
// program are few: the bytes tell which those are.

#include "starton/Config/Suppressions.h"
#include "starton/Config/Levels.h"
#include "starton/Config/ScriptComments.h"
#include "starton/Parse/Comments.h"
#include "starton/Parse/TextMap.h"
#include <algorithm>
#include <optional>

using namespace starton;
using namespace starton::config;

namespace {

constexpr llvm::StringLiteral Marker = "checkconf";
constexpr llvm::StringLiteral Disable = "disable=";

bool isBlank(char byte) { return byte == ' ' || byte == '\t'; }

bool isComment(llvm::StringRef line) {
  return line.ltrim(" \t").starts_with("#");
}
bool isEmptyLine(llvm::StringRef line) { return line.trim(" \t\r").empty(); }

/// What would be right where \p rest, which is behind the marker, nearly is.
/// Absent: it is about something else.
std::optional<std::string> respelt(llvm::StringRef rest) {
  bool hasColon = rest.ltrim(" \t").starts_with(":");
  rest = rest.ltrim(" \t");
  rest.consume_front(":");
  rest = rest.ltrim(" \t");
  llvm::StringRef word = Disable.drop_back();
  if (!rest.take_front(word.size()).equals_insensitive(word))
    return hasColon ? std::optional<std::string>(std::string()) : std::nullopt;
  rest = rest.drop_front(word.size()).ltrim(" \t");
  if (!rest.consume_front("=") && !rest.consume_front(":"))
    return hasColon ? std::optional<std::string>(std::string()) : std::nullopt;
  llvm::StringRef name = rest.ltrim(" \t,").take_until(isBlank);
  return "# checkconf: disable=" + (name.empty() ? "NAME" : name).str();
}

/// Null: none of them.
const Range *rangeAt(const std::vector<Range> &sorted, uint32_t offset) {
  auto next = std::upper_bound(
      sorted.begin(), sorted.end(), offset,
      [](uint32_t at, const Range &range) { return at < range.begin; });
  if (next == sorted.begin() || offset >= std::prev(next)->end)
    return nullptr;
  return &*std::prev(next);
}

} // namespace

/// Where comments are: asked for in the order of the file.
struct Suppressions::Places {
  FileComments comments;
  size_t statement = 0;                   ///< no earlier one is asked for
  const ast::Statement *script = nullptr; ///< whose comments these are
  std::vector<ScriptComment> ofScript;    ///< ranges of the file

  const ScriptComment *inScript(uint32_t hash) const {
    auto next = std::upper_bound(ofScript.begin(), ofScript.end(), hash,
                                 [](uint32_t at, const ScriptComment &each) {
                                   return at < each.range.begin;
                                 });
    bool inside = next != ofScript.begin() && hash < std::prev(next)->range.end;
    return inside ? &*std::prev(next) : nullptr;
  }
};

Suppressions::Suppressions(const SourceBuffer &source, const ast::File &file)
    : source(source), file(file) {
  llvm::StringRef text = source.text();
  std::optional<Places> places;
  for (size_t hash = text.find('#'); hash != llvm::StringRef::npos;
       hash = text.find('#', hash + 1)) {
    size_t at = text.find_first_not_of(" \t", hash + 1);
    llvm::StringRef rest = text.substr(at);
    if (!rest.take_front(Marker.size()).equals_insensitive(Marker))
      continue;
    if (!places) {
      places.emplace().comments = findComments(source);
      firstStanza = 1;
      while (firstStanza < source.endLine() &&
             (isComment(source.lineText(firstStanza)) ||
              isEmptyLine(source.lineText(firstStanza))))
        ++firstStanza;
    }
    rest = rest.take_until([](char byte) { return byte == '\n'; });
    rest = rest.rtrim(" \t\r");
    Comment comment;
    comment.range = {static_cast<uint32_t>(hash),
                     static_cast<uint32_t>(at + rest.size())};
    comment.alone = isComment(source.lineText(lineOf(comment)));
    if (classify(comment, *places))
      readComment(comment, at);
  }
  for (uint32_t i = 0; i != names.size(); ++i)
    byName[names[i].name].push_back(i);
  for (auto &entry : byName)
    std::stable_sort(entry.second.begin(), entry.second.end(),
                     [&](uint32_t left, uint32_t right) {
                       return names[left].line < names[right].line;
                     });
}

uint32_t Suppressions::lineOf(const Comment &comment) const {
  return source.lineColumn(comment.range.begin).line;
}

/// False: it is none. Within a comment of another kind it begins a word.
bool Suppressions::classify(Comment &comment, Places &places) const {
  uint32_t hash = comment.range.begin;
  auto begins = [&](Range all) {
    return hash == all.begin || isBlank(source.text()[hash - 1]);
  };
  const std::vector<ast::Statement> &all = file.statements;
  while (places.statement != all.size() &&
         all[places.statement].range.end <= hash)
    ++places.statement;
  const ast::Statement *inside =
      places.statement == all.size() ? nullptr : &all[places.statement];
  if (inside && inside->process == ast::Statement::Process::Script &&
      hash >= inside->textRange.begin && hash < inside->textRange.end) {
    if (places.script != inside) {
      places.script = inside;
      places.ofScript = findScriptComments(inside->text);
      TextMap map = TextMap::ofScript(source.text(inside->textRange),
                                      inside->textRange.begin);
      for (ScriptComment &each : places.ofScript)
        each.range = map.toSource(each.range);
    }
    const ScriptComment *found = places.inScript(hash);
    if (!found || !begins(found->range))
      return false;
    comment.certain = found->certain;
    comment.removable = found->removable;
    return true;
  }
  if (const Range *found = rangeAt(places.comments.comments, hash)) {
    comment.removable = standsAlone(source.text(), hash);
    return begins(*found);
  }
  comment.certain = comment.removable = false;
  return comment.alone && rangeAt(places.comments.unfinished, hash);
}

/// \p after: where the marker stands.
void Suppressions::readComment(const Comment &comment, size_t after) {
  llvm::StringRef rest = source.text().slice(after, comment.range.end);
  bool isMarker = rest.consume_front(Marker) && rest.consume_front(":");
  llvm::StringRef order = rest.ltrim(" \t");
  if (!isMarker || !order.starts_with(Disable) ||
      order.size() == Disable.size() || isBlank(order[Disable.size()]) ||
      order[Disable.size()] == ',') {
    rest = source.text().slice(after + Marker.size(), comment.range.end);
    std::optional<std::string> right = respelt(rest);
    if (right)
      complain(comment, comment.range,
               right->empty()
                   ? "this disables nothing; write '# checkconf: disable=NAME'"
                   : "this disables nothing; did you mean '" + *right + "'?");
    return;
  }
  uint32_t line = lineOf(comment);
  uint32_t target = comment.alone ? targetLine(line) : line;
  if (comment.alone && line < firstStanza)
    target = 0;
  readNames(comment, comment.range.end - order.size() + Disable.size(), target);
}

void Suppressions::complain(const Comment &comment, Range range,
                            std::string message) {
  if (comment.certain)
    problems.push_back({range, std::move(message)});
}

/// The next line that holds more than a comment. Asked for in the order of the
/// file: of comments below each other only the first looks for it.
uint32_t Suppressions::targetLine(uint32_t line) {
  if (line < lastTarget)
    return lastTarget;
  uint32_t end = source.endLine();
  do
    ++line;
  while (line < end && (isComment(source.lineText(line)) ||
                        isEmptyLine(source.lineText(line))));
  return lastTarget = line;
}

/// Names go on behind a comma, with blanks around it too, since no reason
/// begins with one; behind a comma and blanks only what looks like a name is.
void Suppressions::readNames(const Comment &comment, size_t begin,
                             uint32_t line) {
  llvm::StringRef text = source.text().take_front(comment.range.end);
  auto skipBlanks = [&](size_t at) {
    return std::min(text.find_first_not_of(" \t", at), text.size());
  };
  size_t first = names.size(), at = readName(comment, begin, line);
  for (;;) {
    size_t comma = skipBlanks(at);
    if (comma == text.size() || text[comma] != ',')
      break;
    size_t next = skipBlanks(comma + 1);
    llvm::StringRef word = text.substr(next).take_until(
        [](char byte) { return isBlank(byte) || byte == ','; });
    Range place{static_cast<uint32_t>(comma), static_cast<uint32_t>(comma + 1)};
    if (word.empty() ||
        (next != comma + 1 && !resemblesName(word) && word != AllNames)) {
      complain(comment, place,
               "no name of a finding follows this ','; names are separated by "
               "',', a reason by a blank");
      at = comma + 1;
      if (word.empty())
        continue;
      break;
    }
    at = readName(comment, next, line);
  }
  llvm::StringRef reason = text.substr(at).trim(" \t");
  for (size_t i = first; i != names.size(); ++i)
    names[i].reason = reason;
  setRemovals(comment, first);
}

/// Adds the name at \p begin, if there is one, and returns its end.
size_t Suppressions::readName(const Comment &comment, size_t begin,
                              uint32_t line) {
  llvm::StringRef name =
      source.text().slice(begin, comment.range.end).take_until([](char byte) {
        return isBlank(byte) || byte == ',';
      });
  size_t end = begin + name.size();
  if (name.empty())
    return end;
  SuppressedName &entry = names.emplace_back();
  entry.name = name;
  entry.range = {static_cast<uint32_t>(begin), static_cast<uint32_t>(end)};
  entry.line = line;
  entry.certain = comment.certain;
  return end;
}

void Suppressions::setRemovals(const Comment &comment, size_t first) {
  if (!comment.removable || first == names.size())
    return;
  llvm::StringRef text = source.text();
  if (names.size() - first > 1) {
    for (size_t i = first; i != names.size(); ++i)
      names[i].removal.range =
          i + 1 != names.size()
              ? Range{names[i].range.begin, names[i + 1].range.begin}
              : Range{names[i - 1].range.end, names[i].range.end};
    return;
  }
  // The whole comment, with its line or the blanks before it.
  uint32_t from = comment.range.begin, to = comment.range.end;
  while (from != 0 && isBlank(text[from - 1]))
    --from;
  if (from == 0 || text[from - 1] == '\n')
    to = static_cast<uint32_t>(std::min(text.find('\n', to), text.size() - 1) +
                               1);
  names[first].removal.range = {from, to};
}

SuppressedName *Suppressions::find(llvm::StringRef name, uint32_t first,
                                   uint32_t last) {
  auto entry = byName.find(name);
  if (entry == byName.end())
    return nullptr;
  const std::vector<uint32_t> &sorted = entry->second;
  auto found = std::lower_bound(
      sorted.begin(), sorted.end(), std::max(first, uint32_t(1)),
      [&](uint32_t index, uint32_t line) { return names[index].line < line; });
  bool onLine =
      first != 0 && found != sorted.end() && names[*found].line <= last;
  // Those for the file come first.
  uint32_t index = onLine ? *found : sorted.front();
  if (!onLine && names[index].line != 0)
    return nullptr;
  names[index].used = true;
  return &names[index];
}
