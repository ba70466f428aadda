// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef STARTON_RUNTIME_HOST_APPARMOR_H
#define STARTON_RUNTIME_HOST_APPARMOR_H

namespace starton::host {

class ChildCalls;

/// Whether profiles can be loaded and switched to (runtime §2.1): the kernel
/// has AppArmor on, its parser is there, and this is neither a container nor a
/// live system.
bool appArmorUsable(ChildCalls &sys);

} // namespace starton::host

#endif // STARTON_RUNTIME_HOST_APPARMOR_H
