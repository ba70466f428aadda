// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "DisplayText.h"
#include "starton/Report/Reporter.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/ConvertUTF.h"
#include "llvm/Support/Unicode.h"

using namespace starton;

namespace {

/// The length of the valid UTF-8 sequence \p bytes starts with, 0: none.
unsigned sequenceLength(llvm::StringRef bytes) {
  const auto *at = reinterpret_cast<const llvm::UTF8 *>(bytes.begin());
  unsigned length = llvm::getNumBytesForUTF8(*at);
  bool valid =
      length <= bytes.size() && llvm::isLegalUTF8Sequence(at, at + length);
  return valid ? length : 0;
}

llvm::UTF32 decode(llvm::StringRef sequence) {
  const auto *at = reinterpret_cast<const llvm::UTF8 *>(sequence.begin());
  const auto *end = reinterpret_cast<const llvm::UTF8 *>(sequence.end());
  llvm::UTF32 character = 0;
  llvm::convertUTF8Sequence(&at, end, &character, llvm::strictConversion);
  return character;
}

unsigned appendByte(unsigned char byte, std::string &text) {
  text += "\\x";
  text += llvm::hexdigit(byte >> 4);
  text += llvm::hexdigit(byte & 15);
  return 4;
}

} // namespace

unsigned report::appendCharacter(llvm::StringRef &bytes, std::string &text) {
  auto first = static_cast<unsigned char>(bytes.front());
  unsigned length = first < 0x80 ? 1 : sequenceLength(bytes);
  if (length <= 1) {
    bytes = bytes.drop_front();
    if (first < 0x20 || first >= 0x7F)
      return appendByte(first, text);
    text += static_cast<char>(first);
    return 1;
  }
  llvm::StringRef sequence = bytes.take_front(length);
  bytes = bytes.drop_front(length);
  llvm::UTF32 character = decode(sequence);
  auto code = static_cast<int>(character);
  int width = llvm::sys::unicode::columnWidthUTF8(sequence);
  // Characters that print nothing or turn the direction of the text could
  // hide what a file really says.
  if (width < 0 || llvm::sys::unicode::isFormatting(code)) {
    std::string name = "<U+" + llvm::utohexstr(character, false, 4) + ">";
    text += name;
    return static_cast<unsigned>(name.size());
  }
  text += sequence;
  return static_cast<unsigned>(width);
}

std::string report::displayText(llvm::StringRef bytes) {
  std::string text;
  text.reserve(bytes.size());
  while (!bytes.empty())
    appendCharacter(bytes, text);
  return text;
}
