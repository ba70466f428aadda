// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Basic/Dialect.h"
#include <cstddef>
#include <cstring>
#include <iterator>

using namespace starton;

namespace {
// In the order of the enumerators.
constexpr const char *names[] = {"upstart-1.13", "upstart-1.12",
                                 "upstart-0.6.5", "chromeos"};
} // namespace

const char *starton::dialectName(Dialect dialect) {
  return names[static_cast<size_t>(dialect)];
}

bool starton::dialectFromName(const char *name, Dialect &dialect) {
  for (size_t index = 0; index != std::size(names); ++index) {
    if (std::strcmp(name, names[index]) == 0) {
      dialect = static_cast<Dialect>(index);
      return true;
    }
  }
  return false;
}
