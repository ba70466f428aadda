// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Whether a job file says the same after an edit that was only to take
// comments away.

#ifndef STARTON_TOOLS_INITCHECKCONF_SAMEMEANING_H
#define STARTON_TOOLS_INITCHECKCONF_SAMEMEANING_H

#include "starton/Parse/Parse.h"

namespace starton::checkconf {

/// Statement by statement, value by value; of scripts the text without comments
/// and empty lines. When in doubt they differ.
bool meanTheSame(const ast::File &before, const ast::File &after);

} // namespace starton::checkconf

#endif // STARTON_TOOLS_INITCHECKCONF_SAMEMEANING_H
