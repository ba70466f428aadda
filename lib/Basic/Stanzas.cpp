// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Basic/Stanzas.h"
#include "llvm/ADT/StringExtras.h"
#include <algorithm>
#include <array>

using namespace starton;

namespace {

constexpr StanzaInfo rows[] = {
#define STANZA(Kind, ...) {.kind = StanzaKind::Kind, __VA_ARGS__},
#include "starton/Basic/Stanzas.def"
};

constexpr bool rowsAreSorted() {
  for (size_t index = 1; index < std::size(rows); ++index)
    if (rows[index - 1].spelling >= rows[index].spelling)
      return false;
  return true;
}

constexpr bool rowsAreDocumented() {
  for (const StanzaInfo &row : rows)
    if (row.summary.empty() || row.doc.empty() ||
        row.example.substr(0, row.spelling.size()) != row.spelling)
      return false;
  return true;
}

constexpr bool wireIdsAreUnique() {
  for (size_t first = 0; first < std::size(rows); ++first)
    for (size_t second = first; second < std::size(rows); ++second)
      if (rows[first].wireId == 0 ||
          (first != second && rows[first].wireId == rows[second].wireId))
        return false;
  return true;
}

static_assert(rowsAreSorted(), "sort Stanzas.def by spelling");
static_assert(rowsAreDocumented(), "every row of Stanzas.def needs a summary, "
                                   "a doc and an example of its stanza");
static_assert(wireIdsAreUnique(), "wireId must be set and never be used twice");

/// Longer words are not taken for misspelt ones; names of events and checks
/// have some thirty letters.
constexpr size_t MaxMisspelling = 40;

/// Edit distance in which swapping two neighbours counts once; anything above
/// \p bound is returned as bound + 1.
unsigned editDistance(std::string_view from, std::string_view to,
                      unsigned bound) {
  size_t difference = from.size() > to.size() ? from.size() - to.size()
                                              : to.size() - from.size();
  if (difference > bound || from.size() > MaxMisspelling ||
      to.size() > MaxMisspelling)
    return bound + 1;
  std::array<std::array<unsigned, MaxMisspelling + 1>, 3> row{};
  auto *previous = &row[0], *current = &row[1], *older = &row[2];
  for (size_t column = 0; column <= to.size(); ++column)
    (*previous)[column] = static_cast<unsigned>(column);
  for (size_t line = 1; line <= from.size(); ++line) {
    (*current)[0] = static_cast<unsigned>(line);
    for (size_t column = 1; column <= to.size(); ++column) {
      unsigned cost = from[line - 1] == to[column - 1] ? 0 : 1;
      unsigned best =
          std::min({(*previous)[column] + 1, (*current)[column - 1] + 1,
                    (*previous)[column - 1] + cost});
      if (line > 1 && column > 1 && from[line - 1] == to[column - 2] &&
          from[line - 2] == to[column - 1])
        best = std::min(best, (*older)[column - 2] + 1);
      (*current)[column] = best;
    }
    auto *recycled = older;
    older = previous;
    previous = current;
    current = recycled;
  }
  return std::min((*previous)[to.size()], bound + 1);
}

/// How many slips a word of this length may hold and still be recognised.
unsigned toleratedSlips(size_t length) { return length <= 5 ? 1 : 2; }

/// The word without what people add to keywords: quotes, a byte order mark,
/// capitals, underscores. Empty when it cannot be a keyword.
std::string normalised(std::string_view word) {
  constexpr std::string_view byteOrderMark = "\xEF\xBB\xBF";
  if (word.substr(0, byteOrderMark.size()) == byteOrderMark)
    word.remove_prefix(byteOrderMark.size());
  std::string result;
  for (char letter : word) {
    if (letter == '"' || letter == '\'' || letter == '\\')
      continue;
    if (result.size() == MaxMisspelling)
      return {};
    result += letter == '_' ? '-' : llvm::toLower(letter);
  }
  return result;
}

/// Calls \p visit with each word of a list separated by single spaces.
template <typename Visitor>
void forEachWord(std::string_view list, Visitor visit) {
  while (!list.empty()) {
    size_t end = std::min(list.find(' '), list.size());
    visit(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
}

/// Of words that are equally near: how much of their beginning and of their end
/// is the same.
size_t sharedEnds(std::string_view left, std::string_view right) {
  size_t most = std::min(left.size(), right.size()), front = 0, back = 0;
  while (front != most && left[front] == right[front])
    ++front;
  while (front + back != most &&
         left[left.size() - 1 - back] == right[right.size() - 1 - back])
    ++back;
  return front + back;
}

} // namespace

std::span<const StanzaInfo> starton::allStanzas() { return rows; }

const StanzaInfo *starton::findStanza(std::string_view spelling) {
  const auto *row =
      std::lower_bound(std::begin(rows), std::end(rows), spelling,
                       [](const StanzaInfo &info, std::string_view word) {
                         return info.spelling < word;
                       });
  return row != std::end(rows) && row->spelling == spelling ? row : nullptr;
}

const StanzaInfo *starton::suggestStanza(std::string_view word) {
  if (word.size() > 2 * MaxMisspelling)
    return nullptr;
  std::string plain = normalised(word);
  if (plain.size() < 2)
    return nullptr;
  if (const StanzaInfo *exact = findStanza(plain))
    return exact;
  const StanzaInfo *best = nullptr;
  unsigned bound = toleratedSlips(plain.size());
  for (const StanzaInfo &row : rows) {
    unsigned distance = editDistance(plain, row.spelling, bound);
    if (distance > bound || distance >= row.spelling.size() ||
        (best && distance == bound &&
         sharedEnds(plain, row.spelling) <= sharedEnds(plain, best->spelling)))
      continue;
    best = &row;
    bound = distance;
  }
  return best;
}

std::string_view starton::suggestWord(std::string_view word,
                                      std::string_view candidates) {
  std::string plain =
      word.size() > 2 * MaxMisspelling ? std::string() : normalised(word);
  std::string_view best;
  unsigned bound = toleratedSlips(plain.size());
  forEachWord(candidates, [&](std::string_view candidate) {
    unsigned distance = editDistance(plain, candidate, bound);
    if (plain.empty() || distance > bound || distance >= candidate.size() ||
        (!best.empty() && distance == bound &&
         sharedEnds(plain, candidate) <= sharedEnds(plain, best)))
      return;
    best = candidate;
    bound = distance;
  });
  return best;
}

bool starton::listContains(std::string_view list, std::string_view word) {
  bool found = false;
  forEachWord(list,
              [&](std::string_view candidate) { found |= candidate == word; });
  return found;
}

std::span<const StanzaForm> starton::formsOf(const StanzaInfo &info) {
  // Only the first form may lack a sub-keyword.
  size_t count = 1;
  while (count != std::size(info.forms) && !info.forms[count].word.empty())
    ++count;
  return {info.forms, count};
}

const ArgumentInfo &starton::argumentAt(const StanzaForm &form,
                                        unsigned index) {
  size_t named = 1;
  while (named != std::size(form.arguments) &&
         !form.arguments[named].name.empty())
    ++named;
  return form.arguments[std::min<size_t>(index, named - 1)];
}

std::string starton::formUsage(const StanzaInfo &info, const StanzaForm &form) {
  std::string usage(info.spelling);
  if (!form.word.empty())
    usage.append(" ").append(form.word);
  switch (form.content) {
  case FormContent::Command:
    return usage + " COMMAND";
  case FormContent::Block:
    return info.kind == StanzaKind::Script || !form.word.empty()
               ? usage + " ... end script"
               : usage;
  case FormContent::Events:
    return usage + " EXPRESSION";
  case FormContent::Arguments:
    break;
  }
  for (const ArgumentInfo &argument : form.arguments) {
    if (argument.name.empty())
      break;
    bool optional = &argument - form.arguments >= form.minArguments;
    usage.append(optional ? " [" : " ").append(argument.name);
    if (argument.type != ValueType::Choice)
      forEachWord(argument.words, [&](std::string_view word) {
        usage.append("|").append(word);
      });
    if (optional)
      usage += "]";
  }
  return form.maxArguments == Unbounded ? usage + "..." : usage;
}
