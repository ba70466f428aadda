// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Basic/Nesting.h"

using namespace starton;

bool starton::jsonNestsDeeper(llvm::StringRef text, unsigned limit) {
  unsigned open = 0;
  bool inString = false;
  for (size_t i = 0; i < text.size(); ++i) {
    char byte = text[i];
    if (inString && byte == '\\')
      ++i;
    else if (byte == '"')
      inString = !inString;
    else if (!inString && (byte == '[' || byte == '{'))
      ++open;
    else if (!inString && (byte == ']' || byte == '}') && open != 0)
      --open;
    if (open > limit)
      return true;
  }
  return false;
}

bool starton::yamlNestsDeeper(llvm::StringRef text, unsigned limit) {
  unsigned open = 0, signs = 0;
  bool atStart = true;
  for (char byte : text) {
    if (byte == '[' || byte == '{')
      ++open;
    else if ((byte == ']' || byte == '}') && open != 0)
      --open;
    if (byte == '\n') {
      atStart = true;
      signs = 0;
    } else if (atStart && (byte == '-' || byte == '?' || byte == ':')) {
      ++signs;
    } else if (byte != ' ') {
      atStart = false;
    }
    if (open > limit || signs > limit)
      return true;
  }
  return false;
}
