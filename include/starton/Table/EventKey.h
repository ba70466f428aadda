// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which operand of a condition's leaf the event index can use. Writer and
// verifier share this one definition; the contract with the engine's look-up is
// in docs/table-format.md.

#ifndef STARTON_TABLE_EVENTKEY_H
#define STARTON_TABLE_EVENTKEY_H

#include "starton/Runtime/Support/Span.h"

namespace starton::table {

/// What one operand says about the value it needs: nothing the index can use,
/// or this very value (of the variable at its position, or of JOB).
enum class OperandUse : unsigned char { None, Positional, Job };

/// Classifies \p operand; \p value is set unless the result is None.
inline OperandUse operandUse(Span<const char> operand,
                             Span<const char> &value) noexcept {
  size_t equals = operand.size();
  for (size_t i = 0; i != operand.size(); ++i) {
    char c = operand[i];
    if (c > '\\')
      continue; // letters, mostly
    if (c == '*' || c == '?' || c == '[' || c == '\\' || c == '$')
      return OperandUse::None; // in a value; no key but JOB is of use anyway
    if (c != '=')
      continue;
    if (i != 0 && operand[i - 1] == '!')
      return OperandUse::None; // `!=` anywhere negates (language §4.5)
    if (equals == operand.size())
      equals = i;
  }
  value = operand;
  if (equals == operand.size())
    return OperandUse::Positional;
  value = operand.slice(equals + 1, operand.size() - equals - 1);
  return equal(operand.slice(0, equals), textOf("JOB")) ? OperandUse::Job
                                                        : OperandUse::None;
}

/// The index operand of a leaf with \p count operands, operandAt(i) giving the
/// i-th as a Span. False: the leaf belongs to the entry without operand.
template <typename OperandAt>
bool eventKey(size_t count, OperandAt operandAt,
              Span<const char> &key) noexcept {
  for (size_t i = 0; i != count; ++i) {
    OperandUse use = operandUse(operandAt(i), key);
    // Only the first operand is compared with the first variable.
    if (use == OperandUse::Job || (use == OperandUse::Positional && i == 0))
      return true;
  }
  return false;
}

} // namespace starton::table

#endif // STARTON_TABLE_EVENTKEY_H
