// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Runtime/Host/AppArmor.h"
#include "starton/Runtime/Host/Sys.h"
#include <fcntl.h>
#include <unistd.h>

namespace starton::host {

namespace {

bool isProgram(ChildCalls &sys, const char *path) {
  if (sys.access(path, X_OK) < 0)
    return false;
  int file = sys.open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (file < 0)
    return false;
  struct stat status = {};
  bool regular =
      sys.statDescriptor(file, status) == 0 && S_ISREG(status.st_mode);
  sys.close(file);
  return regular;
}

} // namespace

bool appArmorUsable(ChildCalls &sys) {
  int state =
      sys.open("/sys/module/apparmor/parameters/enabled", O_RDONLY | O_CLOEXEC);
  if (state < 0)
    return false;
  char enabled = 'N';
  (void)sys.read(state, &enabled, 1);
  sys.close(state);
  return enabled == 'Y' && isProgram(sys, "/sbin/apparmor_parser") &&
         sys.access("/run/container_type", F_OK) < 0 &&
         sys.access("/rofs/etc/apparmor.d", F_OK) < 0;
}

} // namespace starton::host
