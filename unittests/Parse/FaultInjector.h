// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Breaks good job files in ways that are known exactly, so that what the parser
// reports can be measured against what is wrong.

#ifndef STARTON_UNITTESTS_PARSE_FAULTINJECTOR_H
#define STARTON_UNITTESTS_PARSE_FAULTINJECTOR_H

#include "starton/Parse/Parse.h"
#include <cassert>
#include <optional>
#include <string>
#include <vector>

namespace starton::test {

enum class FaultKind : uint8_t {
  MisspeltKeyword,
  UnknownStanza,
  MisspeltSubKeyword,
  MissingArgument,
  SurplusArgument,
  EmptyArgument,
  IllegalNumber,
  UnclosedQuote,
  Apostrophe,
  MissingEndScript,
  MisspeltEndScript,
  StrayEndScript,
  UnclosedParenthesis,
  SurplusParenthesis,
  DanglingOperator,
  PositionalAfterNamed,
  QuoteInCondition,
  BlankLine,
  MissingOn,
  MissingExec,
  MissingCommand,
  SurplusAfterScript,
  BadChoice,
  WrongDialect,
  LastKind = WrongDialect
};
const char *faultName(FaultKind kind);

/// One change of the text and the finding it must cause.
struct Fault {
  FaultKind kind{};
  uint32_t offset = 0; ///< where, in the good text
  uint32_t removed = 0;
  std::string inserted;
  DiagId id{};
  /// Where the finding must point: into the good text, or, if isInside, into
  /// what was inserted.
  Range range;
  bool isInside = false;
};

/// A small generator whose sequence is the same everywhere.
class Random {
public:
  explicit Random(uint64_t seed) : state(seed * 2 + 1) {}
  /// A number below \p bound, which is not 0.
  uint32_t below(uint32_t bound) {
    assert(bound != 0);
    state = state * 6364136223846793005U + 1442695040888963407U;
    return static_cast<uint32_t>((state >> 33) % bound);
  }

private:
  uint64_t state;
};

/// Up to \p count faults on different statements of the accepted file.
std::vector<Fault> chooseFaults(const ast::File &file, unsigned count,
                                Random &random);

/// The text with the faults, and the range each must be reported at.
struct BrokenFile {
  std::string text;
  std::vector<Range> expected;
};
BrokenFile applyFaults(llvm::StringRef good, std::vector<Fault> &faults);

} // namespace starton::test

#endif // STARTON_UNITTESTS_PARSE_FAULTINJECTOR_H
