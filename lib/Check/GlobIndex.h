// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Patterns, each once, and which of them match a text, without trying all: by
// the literal text they begin with, or else end with.

#ifndef STARTON_LIB_CHECK_GLOBINDEX_H
#define STARTON_LIB_CHECK_GLOBINDEX_H

#include "llvm/ADT/StringMap.h"
#include <set>
#include <string>
#include <vector>

namespace starton::check {

/// The text that all that match \p pattern begin with.
llvm::StringRef literalPrefix(llvm::StringRef pattern);

class GlobIndex {
public:
  /// The number of \p pattern; numbers count up from 0.
  uint32_t add(llvm::StringRef pattern);
  /// The numbers of the patterns that match \p text, in order.
  std::vector<uint32_t> matching(llvm::StringRef text) const;

private:
  /// The patterns with one such end of theirs, and the lengths there are.
  struct Ends {
    llvm::StringMap<std::vector<uint32_t>> patterns;
    std::set<size_t> lengths;

    void add(llvm::StringRef end, uint32_t pattern) {
      patterns[end].push_back(pattern);
      lengths.insert(end.size());
    }
  };

  void collect(const std::vector<uint32_t> &candidates, llvm::StringRef text,
               std::vector<uint32_t> &found) const;

  std::vector<std::string> patterns;
  llvm::StringMap<uint32_t> numbers;
  Ends fronts, backs;
  std::vector<uint32_t> others; ///< begin and end with no literal text
};

} // namespace starton::check

#endif // STARTON_LIB_CHECK_GLOBINDEX_H
