// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Any bytes as a script and as a command: everything that is told of them must
// lie inside them.

#include "Shell/Summary.h"
#include "starton/Parse/TextMap.h"
#include <cstdio>
#include <cstdlib>

using namespace starton;
using namespace starton::shell;

namespace {

void check(const ShellFacts &facts) {
  std::string disorder = shell::test::findDisorder(facts);
  if (disorder.empty())
    return;
  std::fprintf(stderr, "out of order: %s\n", disorder.c_str());
  std::abort();
}

} // namespace

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static ShellParser parser;
  llvm::StringRef text(reinterpret_cast<const char *>(data), size);
  check(parser.parseText(text));
  ShellFacts command = parser.parseCommand(text);
  check(command);
  TextMap map = TextMap::ofCommand(text, 0, text);
  for (uint32_t at = 0; at <= size; ++at)
    if (map.toSource(at) > size)
      std::abort();
  return 0;
}
