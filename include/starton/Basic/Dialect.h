// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The dialects of the job language (language §11).

#ifndef STARTON_BASIC_DIALECT_H
#define STARTON_BASIC_DIALECT_H

#include <cstdint>

namespace starton {

/// Values are frozen: they are written into job tables.
enum class Dialect : uint8_t {
  Upstart113 = 0,
  Upstart112 = 1,
  Upstart065 = 2,
  ChromeOS = 3
};

/// "upstart-1.13" and so on.
const char *dialectName(Dialect dialect);
/// False when \p name is no dialect; \p dialect is then untouched.
bool dialectFromName(const char *name, Dialect &dialect);

} // namespace starton

#endif // STARTON_BASIC_DIALECT_H
