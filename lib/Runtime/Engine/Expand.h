// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Variable expansion (spec/language §5.3) into a buffer of fixed size, without
// recursion: what is open is kept on a stack of limited depth.

#ifndef STARTON_LIB_RUNTIME_ENGINE_EXPAND_H
#define STARTON_LIB_RUNTIME_ENGINE_EXPAND_H

#include "starton/Runtime/Engine/Engine.h"
#include "starton/Runtime/Support/Vector.h"

namespace starton::engine {

struct Environment;

enum class ExpandStatus : uint8_t {
  Ok,
  UnknownParameter, ///< its name is the result's text
  ExpectedOperator,
  MismatchedBraces,
  TooLong,
};

class Expander {
public:
  /// Bytes of the longest expansion and references open at a time.
  static constexpr size_t MaxLength = 65535;
  static constexpr size_t MaxDepth = 1000;

  [[nodiscard]] bool init();
  /// The result is in text() until the next call.
  ExpandStatus run(Text value, const Environment &environment);
  Text text() const { return out.text(); }

private:
  struct Frame {
    uint32_t name; ///< where the name begins in `out`
    uint32_t word; ///< where the word begins, valid once `op` is set
    char op;       ///< 0: still in the name; '-' or '+'
    bool colon;
  };

  ExpandStatus reference(Text value, size_t &at);
  ExpandStatus openBrace(Text value, size_t &at);
  ExpandStatus byteInBraces(Text value, size_t &at);
  ExpandStatus closeBrace();
  ExpandStatus unknown(Text name);
  bool isSet(Text name, Text &value) const;

  const Environment *variables = nullptr;
  TextBuffer out;
  Vector<Frame> frames;
};

/// A value that run() would give back unchanged.
inline bool isLiteral(Text value) {
  return value.empty() || !std::memchr(value.data(), '$', value.size());
}

} // namespace starton::engine

#endif // STARTON_LIB_RUNTIME_ENGINE_EXPAND_H
