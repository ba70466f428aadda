// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// /etc/passwd and /etc/group, read without NSS and without the heap: a child
// looks its user up inside the job's root, between fork and exec.

#ifndef STARTON_RUNTIME_HOST_ACCOUNTS_H
#define STARTON_RUNTIME_HOST_ACCOUNTS_H

#include "starton/Runtime/Host/Sys.h"
#include "starton/Runtime/Support/Span.h"

namespace starton::host {

/// Result of a look-up: found, or not, or a negative errno of reading the file.
enum : int { AccountFound = 1, AccountUnknown = 0 };

int findUser(ChildCalls &sys, Span<const char> name, uid_t &user, gid_t &group);
int findGroup(ChildCalls &sys, Span<const char> name, gid_t &group);

/// Fills \p groups with \p base and the groups that list \p user as a member,
/// as initgroups does. More than \p capacity are left out; a missing file
/// means no such group. Returns their number or a negative errno.
ssize_t groupsOf(ChildCalls &sys, Span<const char> user, gid_t base,
                 gid_t *groups, size_t capacity);

} // namespace starton::host

#endif // STARTON_RUNTIME_HOST_ACCOUNTS_H
