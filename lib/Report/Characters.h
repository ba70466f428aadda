// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Columns counted in characters, for formats and viewers that do not count in
// bytes. A byte that is no part of valid UTF-8 is a character of its own.

#ifndef STARTON_REPORT_CHARACTERS_H
#define STARTON_REPORT_CHARACTERS_H

#include "starton/Basic/Source.h"

namespace starton::report {

class Characters {
public:
  /// The 1-based column of \p offset in characters. Linear once a source, then
  /// constant, however long a line is; keeps the sources asked about last.
  uint32_t column(const SourceBuffer &source, uint32_t offset);

private:
  static constexpr uint32_t Step = 256;
  struct Index {
    const SourceBuffer *source = nullptr;
    /// Characters that begin before each multiple of Step, and where the
    /// first one that begins at or after it does.
    struct Mark {
      uint32_t characters, begin;
    };
    std::vector<Mark> marks;
  };

  Index &indexOf(const SourceBuffer &source);
  /// Characters that begin before \p offset.
  static uint32_t before(const Index &index, uint32_t offset);

  /// The finding's file, and the one its notes point into.
  Index kept[2];
  unsigned oldest = 0;
};

} // namespace starton::report

#endif // STARTON_REPORT_CHARACTERS_H
