// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef STARTON_RUNTIME_HOST_UTMP_H
#define STARTON_RUNTIME_HOST_UTMP_H

#include "starton/Runtime/Host/Sys.h"

namespace starton::host {

/// A process has ended: its record in /var/run/utmp, if it has one that is not
/// dead, is marked dead and appended to /var/log/wtmp (runtime §4.4). Done as
/// far as it can be; never waits for a lock.
void noteDeath(Sys &sys, pid_t pid);

} // namespace starton::host

#endif // STARTON_RUNTIME_HOST_UTMP_H
