// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Pattern.h"

namespace starton::engine {

namespace {

using Byte = unsigned char;

bool isClass(Span<const char> name, const char *wanted) {
  return equal(name, textOf(wanted));
}

bool between(Byte c, Byte low, Byte high) { return c >= low && c <= high; }

/// \p known is false for a name that is no class.
bool inClass(Span<const char> name, Byte c, bool &known) {
  bool lower = between(c, 'a', 'z');
  bool upper = between(c, 'A', 'Z');
  bool digit = between(c, '0', '9');
  bool graph = between(c, 0x21, 0x7e);
  known = true;
  if (isClass(name, "alpha"))
    return lower || upper;
  if (isClass(name, "digit"))
    return digit;
  if (isClass(name, "alnum"))
    return lower || upper || digit;
  if (isClass(name, "upper"))
    return upper;
  if (isClass(name, "lower"))
    return lower;
  if (isClass(name, "space"))
    return c == ' ' || between(c, '\t', '\r');
  if (isClass(name, "blank"))
    return c == ' ' || c == '\t';
  if (isClass(name, "punct"))
    return graph && !lower && !upper && !digit;
  if (isClass(name, "print"))
    return graph || c == ' ';
  if (isClass(name, "graph"))
    return graph;
  if (isClass(name, "cntrl"))
    return c < 0x20 || c == 0x7f;
  if (isClass(name, "xdigit"))
    return digit || between(c, 'a', 'f') || between(c, 'A', 'F');
  known = false;
  return false;
}

/// A bracket expression, from behind its `[`.
struct Bracket {
  Span<const char> pattern;
  size_t at;
  bool valid = true;

  bool more() const { return at < pattern.size(); }

  /// `[:name:]`, `[=c=]`, `[.c.]`: the text between, when \p at is at its `[`
  /// and it is closed.
  bool named(char kind, Span<const char> &name) {
    if (at + 1 >= pattern.size() || pattern[at] != '[' ||
        pattern[at + 1] != kind)
      return false;
    for (size_t end = at + 2; end + 1 < pattern.size(); ++end)
      if (pattern[end] == kind && pattern[end + 1] == ']') {
        name = pattern.slice(at + 2, end - at - 2);
        at = end + 2;
        return true;
      }
    return false;
  }

  /// One end of a range.
  Byte member() {
    if (at + 1 < pattern.size() && pattern[at] == '[' &&
        pattern[at + 1] == '.') {
      Span<const char> name;
      valid = named('.', name) && name.size() == 1;
      if (valid)
        return Byte(name[0]);
      at = at + 2;
      return 0;
    }
    if (pattern[at] == '\\')
      ++at;
    if (!more()) {
      valid = false;
      return 0;
    }
    return Byte(pattern[at++]);
  }

  /// Does the item at \p at hold \p c?
  bool item(Byte c) {
    Span<const char> name;
    if (named(':', name)) {
      bool known = false;
      bool in = inClass(name, c, known);
      valid = valid && known;
      return in;
    }
    if (named('=', name)) {
      valid = valid && name.size() == 1;
      return name.size() == 1 && Byte(name[0]) == c;
    }
    Byte low = member();
    if (at + 1 < pattern.size() && pattern[at] == '-' &&
        pattern[at + 1] != ']') {
      ++at;
      return between(c, low, member());
    }
    return c == low;
  }
};

enum class Verdict { No, Yes, NotABracket };

/// Matches \p c against the bracket expression whose `[` is before \p at;
/// \p at is then behind its `]`.
Verdict matchBracket(Span<const char> pattern, size_t &at, Byte c) {
  Bracket bracket{pattern, at};
  bool inverted = bracket.more() &&
                  (pattern[bracket.at] == '!' || pattern[bracket.at] == '^');
  if (inverted)
    ++bracket.at;
  bool in = false;
  // A `]` in the first place is a member. What is malformed behind a member
  // that matched does no harm.
  for (bool first = true;
       bracket.more() && (first || pattern[bracket.at] != ']'); first = false) {
    bool hit = bracket.item(c);
    if (!in && !bracket.valid)
      return Verdict::No;
    in = in || hit;
  }
  if (!bracket.more())
    return Verdict::NotABracket;
  at = bracket.at + 1;
  return in != inverted ? Verdict::Yes : Verdict::No;
}

/// Matches one pattern element other than `*` against \p c and steps over it.
bool matchOne(Span<const char> pattern, size_t &at, Byte c) {
  char p = pattern[at++];
  if (p == '?')
    return true;
  if (p == '[') {
    Verdict verdict = matchBracket(pattern, at, c);
    if (verdict != Verdict::NotABracket)
      return verdict == Verdict::Yes;
  }
  if (p == '\\') {
    if (at == pattern.size())
      return false; // nothing to quote: never matches
    p = pattern[at++];
  }
  return Byte(p) == c;
}

} // namespace

bool matchPattern(Span<const char> pattern, Span<const char> text) {
  constexpr size_t NoStar = ~size_t(0);
  size_t at = 0;
  size_t position = 0;
  size_t star = NoStar; // behind the last `*` seen
  size_t retry = 0;     // where the text after that `*` was tried to begin
  while (position < text.size()) {
    if (at < pattern.size() && pattern[at] == '*') {
      star = ++at;
      retry = position;
      continue;
    }
    if (at < pattern.size() && matchOne(pattern, at, Byte(text[position]))) {
      ++position;
      continue;
    }
    if (star == NoStar)
      return false;
    at = star;
    position = ++retry;
  }
  while (at < pattern.size() && pattern[at] == '*')
    ++at;
  return at == pattern.size();
}

} // namespace starton::engine
