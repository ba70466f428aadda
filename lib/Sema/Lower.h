// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From the statements of a file to the values of a job.

#ifndef STARTON_LIB_SEMA_LOWER_H
#define STARTON_LIB_SEMA_LOWER_H

#include "starton/Sema/Model.h"

namespace starton::sema {

/// Applies the statements of an accepted file to \p job, or, of a rejected
/// one, those before Upstart's first error and what Upstart does of the failing
/// one before it gives up (language §6.5). \p fileIndex goes into the origins.
void lowerFile(Job &job, const ParseResult &parse, uint32_t fileIndex);

/// Unites the cgroup entries of one (controller, name, key) when all files have
/// been applied: the first one stays, with the last value.
void uniteCgroups(Job &job);

} // namespace starton::sema

#endif // STARTON_LIB_SEMA_LOWER_H
