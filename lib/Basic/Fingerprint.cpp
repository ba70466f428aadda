// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Basic/Fingerprint.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/SHA1.h"

using namespace starton;

namespace {

/// A million findings on one line of a megabyte must not hash it each time.
constexpr size_t MaxText = 512;

bool isBlank(char byte) {
  return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

/// With runs of blanks as one and none at the ends: indentation and line ends
/// may change.
std::string squeezed(llvm::StringRef text) {
  std::string result;
  for (char byte : text.take_front(MaxText)) {
    if (!isBlank(byte))
      result += byte;
    else if (!result.empty() && result.back() != ' ')
      result += ' ';
  }
  return llvm::StringRef(result).rtrim(' ').str();
}

/// The line of \p offset, from its start or, in a very long one, from a little
/// before the offset; no more of it than counts.
llvm::StringRef lineAround(llvm::StringRef text, uint32_t offset) {
  size_t first = offset > MaxText / 2 ? offset - MaxText / 2 : 0;
  llvm::StringRef before = text.slice(first, offset);
  size_t newline = before.rfind('\n');
  if (newline != llvm::StringRef::npos)
    first += newline + 1;
  return text.substr(first, MaxText).take_until([](char byte) {
    return byte == '\n';
  });
}

} // namespace

std::string starton::fingerprint(const Diagnostic &diagnostic,
                                 llvm::StringRef path) {
  llvm::SHA1 hash;
  // A NUL is in none of the parts but the texts, which come last.
  auto add = [&](llvm::StringRef part) {
    hash.update(part);
    hash.update(llvm::StringRef("\0", 1));
  };
  add(path);
  add(nameOf(diagnostic));
  if (diagnostic.source) {
    llvm::StringRef text = diagnostic.source->text();
    if (!diagnostic.range.empty() || diagnostic.range.begin != 0)
      add(squeezed(lineAround(text, diagnostic.range.begin)));
    add(squeezed(text.substr(diagnostic.range.begin, diagnostic.range.size())));
  }
  return llvm::toHex(hash.final(), true).substr(0, 32);
}
