// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Where a shell text holds comments, by the grammar.

#ifndef STARTON_SHELL_COMMENTS_H
#define STARTON_SHELL_COMMENTS_H

#include "starton/Basic/Source.h"
#include <optional>
#include <vector>

namespace starton::shell {

/// The comments of a script, in order and without their newlines. Absent: not
/// known, for all or a part of \p text was not understood.
std::optional<std::vector<Range>> findComments(llvm::StringRef text);

} // namespace starton::shell

#endif // STARTON_SHELL_COMMENTS_H
