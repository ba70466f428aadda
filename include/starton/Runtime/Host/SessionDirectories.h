// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Where a user session keeps its jobs (spec/runtime §1.1): the daemon's side of
// what the compiler knows too.

#ifndef STARTON_RUNTIME_HOST_SESSIONDIRECTORIES_H
#define STARTON_RUNTIME_HOST_SESSIONDIRECTORIES_H

namespace starton::host {

/// Calls \p add with the path of each directory, highest priority first, until
/// it returns false; false then. \p environment is NULL-terminated. A path
/// that is too long for the system is left out.
bool sessionDirectories(char *const *environment, void *context,
                        bool (*add)(void *context, const char *path));

/// The value of an environment variable, or null.
const char *variableOf(char *const *environment, const char *name);

} // namespace starton::host

#endif // STARTON_RUNTIME_HOST_SESSIONDIRECTORIES_H
