// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `# checkconf: disable=NAME[,NAME] reason` in a job file, where it is a
// comment of the file's language or of a script's shell: not in a quoted text,
// nor in a here-document. Behind something else on its line it counts for that
// line, on a line of its own for the next that is no comment, and among the
// comments before the first stanza for the whole file.

#ifndef STARTON_CONFIG_SUPPRESSIONS_H
#define STARTON_CONFIG_SUPPRESSIONS_H

#include "starton/AST/AST.h"
#include "starton/Basic/Diagnostic.h"
#include "llvm/ADT/StringMap.h"

namespace starton::config {

/// One name of a comment.
struct SuppressedName {
  llvm::StringRef name;
  llvm::StringRef reason;
  Range range; ///< of the name
  /// Takes the name away, or the comment when it has no other; empty where that
  /// could change what the file means.
  Edit removal;
  uint32_t line = 0; ///< what it counts for; 0: the file
  bool used = false;
  /// Otherwise it may be no comment: it counts, but nothing is said of it.
  bool certain = true;
};

class Suppressions {
public:
  /// \p file is the tree of \p source; both must outlive it.
  Suppressions(const SourceBuffer &source, const ast::File &file);

  bool empty() const { return names.empty() && problems.empty(); }
  /// The comment for a finding on these lines, which is then used; null: none.
  /// Without a place (\p first == 0) only those for the file count.
  SuppressedName *find(llvm::StringRef name, uint32_t first, uint32_t last);

  /// What is wrong with a comment, or with a part of it.
  struct Problem {
    Range range;
    std::string message;
  };

  std::vector<SuppressedName> names;
  std::vector<Problem> problems;

private:
  /// One comment that means this program.
  struct Comment {
    Range range; ///< without blanks at its end
    bool alone = false;
    bool certain = true;
    bool removable = true;
  };
  struct Places;

  bool classify(Comment &comment, Places &places) const;
  void readComment(const Comment &comment, size_t after);
  void readNames(const Comment &comment, size_t begin, uint32_t line);
  size_t readName(const Comment &comment, size_t begin, uint32_t line);
  void setRemovals(const Comment &comment, size_t first);
  void complain(const Comment &comment, Range range, std::string message);
  uint32_t targetLine(uint32_t line);
  uint32_t lineOf(const Comment &comment) const;

  const SourceBuffer &source;
  const ast::File &file;
  uint32_t firstStanza = 0; ///< its line
  uint32_t lastTarget = 0;  ///< line that the last such comment counts for
  /// Of each name the comments in order of their lines.
  llvm::StringMap<std::vector<uint32_t>> byName;
};

} // namespace starton::config

#endif // STARTON_CONFIG_SUPPRESSIONS_H
