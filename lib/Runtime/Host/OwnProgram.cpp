// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Runtime/Host/OwnProgram.h"
#include <cstdio>
#include <cstring>
#include <unistd.h>

namespace starton::host {

int findOwnProgram(Sys &sys, const char *name, Span<char> path) {
  size_t nameSize = std::strlen(name) + 1;
  ssize_t length =
      sys.readLink("/proc/self/exe", path.data(), path.size() - nameSize - 1);
  if (length > 0) {
    path[length] = '\0';
    char *slash = std::strrchr(path.data(), '/');
    std::memcpy(slash ? slash + 1 : path.data(), name, nameSize);
    if (sys.access(path.data(), X_OK) == 0)
      return 0;
  }
  std::snprintf(path.data(), path.size(), "%s/%s", STARTON_LIBEXEC_DIR, name);
  return -sys.access(path.data(), X_OK);
}

} // namespace starton::host
