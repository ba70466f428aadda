// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which names of files and directories matter to a configuration directory
// (spec/runtime §1.1): the daemon's side of what the compiler's walk decides.

#ifndef STARTON_RUNTIME_HOST_FILENAMES_H
#define STARTON_RUNTIME_HOST_FILENAMES_H

#include "starton/Runtime/Engine/Engine.h"

namespace starton::host {

/// Whether a directory of this name is passed over: hidden, backup, swap,
/// version control and packaging leftovers.
bool isIgnoredDirectory(engine::Text name);

/// Whether `x.conf` or `x.override`; \p stem is then `x`.
bool isJobFile(engine::Text name, engine::Text &stem);

/// Whether `x.conf`: links of such names are followed.
bool isConfFile(engine::Text name);

} // namespace starton::host

#endif // STARTON_RUNTIME_HOST_FILENAMES_H
