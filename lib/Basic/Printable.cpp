// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Job data is bytes in any encoding; D-Bus, JSON and YAML want UTF-8.

#include "starton/Basic/Diagnostic.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/ConvertUTF.h"

namespace starton {

std::string printable(llvm::StringRef bytes, bool *lossy) {
  std::string text;
  text.reserve(bytes.size());
  const auto *at = reinterpret_cast<const llvm::UTF8 *>(bytes.begin());
  const auto *end = reinterpret_cast<const llvm::UTF8 *>(bytes.end());
  while (at != end) {
    unsigned length = llvm::getNumBytesForUTF8(*at);
    if (length <= static_cast<size_t>(end - at) &&
        llvm::isLegalUTF8Sequence(at, at + length)) {
      text.append(reinterpret_cast<const char *>(at), length);
      at += length;
      continue;
    }
    text += "\\x";
    text += llvm::hexdigit(*at >> 4);
    text += llvm::hexdigit(*at & 15);
    ++at;
    if (lossy)
      *lossy = true;
  }
  return text;
}

} // namespace starton
