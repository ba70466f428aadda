/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * The static libdbus wants libsystemd for these two functions of its socket
 * activation and nothing else; no descriptor is ever passed that way here. */

// The names are libsystemd's. NOLINTBEGIN(readability-identifier-naming)
int sd_listen_fds(int unset_environment);
int sd_is_socket(int descriptor, int family, int type, int listening);

int sd_listen_fds(int unset_environment) {
  (void)unset_environment;
  return 0;
}

int sd_is_socket(int descriptor, int family, int type, int listening) {
  (void)descriptor;
  (void)family;
  (void)type;
  (void)listening;
  return 0;
}
// NOLINTEND(readability-identifier-naming)
