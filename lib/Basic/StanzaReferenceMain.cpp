// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//   starton-stanza-reference > docs/stanzas.md

#include "starton/Basic/Stanzas.h"
#include "llvm/Support/raw_ostream.h"

int main() {
  starton::printStanzaReference(llvm::outs());
  return 0;
}
