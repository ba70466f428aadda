/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * The static libdbus wants libsystemd for these two functions of its socket
 * activation and nothing else. We are not started by systemd; but after a
 * re-exec there is a listening socket, see Standins.h. */

#include "Standins.h"
#include <sys/socket.h>

static int socketPassed = 0;

void startonPassSocket(int passed) { socketPassed = passed; }

// The names are libsystemd's. NOLINTBEGIN(readability-identifier-naming)
int sd_listen_fds(int unset_environment);
int sd_is_socket(int descriptor, int family, int type, int listening);

int sd_listen_fds(int unset_environment) {
  (void)unset_environment;
  int count = socketPassed;
  socketPassed = 0;
  return count;
}

int sd_is_socket(int descriptor, int family, int type, int listening) {
  (void)family; // libdbus takes any
  int actual = 0;
  int accepts = 0;
  socklen_t size = sizeof actual;
  if (getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &actual, &size) != 0)
    return 0;
  size = sizeof accepts;
  if (getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &accepts, &size) != 0)
    return 0;
  return actual == type && accepts == listening;
}
// NOLINTEND(readability-identifier-naming)
