// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reasoning over the tree of a condition. Leaves are numbered as
// Graph::leavesOf() lists them: in the order of the Match nodes.

#ifndef STARTON_CHECK_CONDITION_H
#define STARTON_CHECK_CONDITION_H

#include "starton/Sema/Model.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include <optional>

namespace starton::check {

/// The value of \p condition when leaf N is leaf(N); false without nodes.
bool evaluateCondition(const sema::Condition &condition,
                       llvm::function_ref<bool(size_t leaf)> leaf);

/// One of the leaves that make \p condition true; nothing when it is false.
std::optional<size_t> trueLeaf(const sema::Condition &condition,
                               llvm::function_ref<bool(size_t leaf)> leaf);

/// Why \p condition is false: of an `and` the first side that is, of an `or`
/// both. Empty when it is true.
std::vector<size_t> falseLeaves(const sema::Condition &condition,
                                llvm::function_ref<bool(size_t leaf)> leaf);

/// Of each leaf whether it alone makes \p condition true.
std::vector<bool> sufficientLeaves(const sema::Condition &condition);

} // namespace starton::check

#endif // STARTON_CHECK_CONDITION_H
