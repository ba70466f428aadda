// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Source text and positions in it. A position is a byte offset; lines and
// columns are derived, 1-based and counted in bytes. Files are limited to
// 4 GiB - 1 so that an offset fits 32 bits.

#ifndef STARTON_BASIC_SOURCE_H
#define STARTON_BASIC_SOURCE_H

#include "llvm/ADT/StringRef.h"
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace starton {

/// Half-open byte range [begin, end) of one source.
struct Range {
  uint32_t begin = 0;
  uint32_t end = 0;

  uint32_t size() const { return end - begin; }
  bool empty() const { return begin == end; }
  friend bool operator==(const Range &, const Range &) = default;
};

/// 1-based line and byte column.
struct LineColumn {
  uint32_t line = 1;
  uint32_t column = 1;
};

/// An immutable file: the path as the user gave it and the bytes it held.
/// The text need not be valid UTF-8 and may contain NUL bytes.
class SourceBuffer {
public:
  SourceBuffer(std::string path, std::string text);

  llvm::StringRef path() const { return filePath; }
  llvm::StringRef text() const { return storage; }
  llvm::StringRef text(Range range) const {
    return text().substr(range.begin, range.size());
  }
  uint32_t size() const { return static_cast<uint32_t>(storage.size()); }

  /// Line and column of \p offset (at most size()). Builds the line table on
  /// first use: linear once, logarithmic afterwards.
  LineColumn lineColumn(uint32_t offset) const;
  /// The bytes of 1-based \p line without its LF; empty when out of range.
  llvm::StringRef lineText(uint32_t line) const;
  /// Upstart's line code E: 1 + number of LF bytes (language §0.2).
  uint32_t endLine() const;

private:
  const std::vector<uint32_t> &lineStarts() const;

  std::string filePath;
  std::string storage;
  mutable std::vector<uint32_t> starts;
};

} // namespace starton

#endif // STARTON_BASIC_SOURCE_H
