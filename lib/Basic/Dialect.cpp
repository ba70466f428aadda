// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Basic/Dialect.h"
#include <cstring>
#include <iterator>

namespace starton {

namespace {
constexpr const char *names[] = {"upstart-1.13", "upstart-1.12", "upstart-0.6.5", "chromeos"};
} // namespace

const char *dialectName(Dialect dialect) { return names[static_cast<unsigned>(dialect)]; }

bool dialectFromName(const char *name, Dialect &dialect) {
  for (unsigned i = 0; i != std::size(names); ++i) {
    if (std::strcmp(name, names[i]) != 0)
      continue;
    dialect = static_cast<Dialect>(i);
    return true;
  }
  return false;
}

} // namespace starton
