// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Where the other programs of this project are.

#ifndef STARTON_RUNTIME_HOST_OWNPROGRAM_H
#define STARTON_RUNTIME_HOST_OWNPROGRAM_H

#include "starton/Runtime/Host/Sys.h"
#include "starton/Runtime/Support/Span.h"

namespace starton::host {

/// Looks for the program \p name beside the running binary, then in libexec.
/// 0, or an errno; \p path says where it is or should have been.
int findOwnProgram(Sys &sys, const char *name, Span<char> path);

} // namespace starton::host

#endif // STARTON_RUNTIME_HOST_OWNPROGRAM_H
