/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * For programs that are linked fully static (STARTON_STATIC_RUNTIME). libdbus
 * refers to the account and host databases for transports and mechanisms that
 * are not used here (TCP, DBUS_COOKIE_SHA1). The C library would load plug-ins
 * for them at run time; these find nothing instead. */

#include <errno.h>
#include <grp.h>
#include <netdb.h>
#include <pwd.h>
#include <stddef.h>

// The names are the C library's. NOLINTBEGIN(readability-identifier-naming)
int getpwnam_r(const char *name, struct passwd *entry, char *buffer,
               size_t size, struct passwd **result) {
  (void)name;
  (void)entry;
  (void)buffer;
  (void)size;
  *result = NULL;
  return ENOENT;
}

int getpwuid_r(uid_t uid, struct passwd *entry, char *buffer, size_t size,
               struct passwd **result) {
  (void)uid;
  (void)entry;
  (void)buffer;
  (void)size;
  *result = NULL;
  return ENOENT;
}

int getgrouplist(const char *user, gid_t group, gid_t *groups, int *count) {
  (void)user;
  (void)group;
  (void)groups;
  *count = 0;
  return -1;
}

int getaddrinfo(const char *node, const char *service,
                const struct addrinfo *hints, struct addrinfo **result) {
  (void)node;
  (void)service;
  (void)hints;
  *result = NULL;
  return EAI_FAIL;
}

void freeaddrinfo(struct addrinfo *list) { (void)list; }
// NOLINTEND(readability-identifier-naming)
