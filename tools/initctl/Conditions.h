// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// start_on and stop_on as D-Bus gives them (runtime §7.3): a tree in
// post-order, a leaf = [event, operand...], an operator = ["/AND"] or ["/OR"].

#ifndef STARTON_TOOLS_INITCTL_CONDITIONS_H
#define STARTON_TOOLS_INITCTL_CONDITIONS_H

#include <cstdint>
#include <string>
#include <vector>

namespace starton::initctl {

struct ConditionNode {
  enum class Kind : uint8_t { Match, And, Or } kind = Kind::Match;
  size_t left = 0; ///< indices of the operands of an operator
  size_t right = 0;
  std::vector<std::string> words; ///< of a match; never empty

  bool isMatch() const { return kind == Kind::Match; }
};

/// Post-order: the root is the last node. Empty: no condition.
using Condition = std::vector<ConditionNode>;

/// False when \p words is not a tree in post-order.
bool readCondition(const std::vector<std::vector<std::string>> &words,
                   Condition &condition);

/// Fully parenthesised, a single event bare.
std::string conditionText(const Condition &condition);

/// The job a leaf speaks of, and its other operands: only starting, started,
/// stopping and stopped have one, as first positional operand or as JOB=NAME.
struct LeafParts {
  std::string job;
  std::vector<std::string> environment;
};
LeafParts leafParts(const ConditionNode &leaf);

} // namespace starton::initctl

#endif // STARTON_TOOLS_INITCTL_CONDITIONS_H
