// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `# checkconf: disable=NAME[,NAME] reason` in a job file. Behind something
// else on its line it counts for that line, on a line of its own for the next
// that is no comment, and among the comments before the first stanza for the
// whole file.

#ifndef STARTON_CONFIG_SUPPRESSIONS_H
#define STARTON_CONFIG_SUPPRESSIONS_H

#include "starton/Basic/Diagnostic.h"
#include "llvm/ADT/StringMap.h"

namespace starton::config {

/// One name of a comment.
struct SuppressedName {
  llvm::StringRef name;
  llvm::StringRef reason;
  Range range;  ///< of the name
  Edit removal; ///< takes the name away, or the comment when it has no other
  uint32_t line = 0; ///< what it counts for; 0: the file
  bool used = false;
};

class Suppressions {
public:
  /// \p source must outlive it.
  explicit Suppressions(const SourceBuffer &source);

  bool empty() const { return names.empty() && malformed.empty(); }
  /// The comment for a finding on these lines, which is then used; null: none.
  /// Without a place (\p first == 0) only those for the file count.
  SuppressedName *find(llvm::StringRef name, uint32_t first, uint32_t last);

  std::vector<SuppressedName> names;
  /// Comments that begin as one and are none.
  std::vector<Range> malformed;

private:
  void readComment(size_t hash, size_t after);
  void readNames(Range comment, size_t begin, uint32_t line);
  uint32_t targetLine(uint32_t line) const;

  const SourceBuffer &source;
  uint32_t firstStanza = 0; ///< its line
  /// Of each name the comments in order of their lines.
  llvm::StringMap<std::vector<uint32_t>> byName;
};

} // namespace starton::config

#endif // STARTON_CONFIG_SUPPRESSIONS_H
