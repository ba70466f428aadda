// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// LLVM's readers of JSON and YAML recurse over what they read: a text that
// nests as deep as it is long would end the stack. It is asked here first.

#ifndef STARTON_BASIC_NESTING_H
#define STARTON_BASIC_NESTING_H

#include "llvm/ADT/StringRef.h"

namespace starton {

/// Whether more than \p limit brackets are open somewhere in \p text, those in
/// strings not counted.
bool jsonNestsDeeper(llvm::StringRef text, unsigned limit);

/// Whether YAML of \p text could nest deeper than \p limit: brackets, or list
/// and key signs before one word of a line. Counts those in strings too.
bool yamlNestsDeeper(llvm::StringRef text, unsigned limit);

} // namespace starton

#endif // STARTON_BASIC_NESTING_H
