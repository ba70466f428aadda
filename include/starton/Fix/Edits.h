// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Edits of one text that can be made together.

#ifndef STARTON_FIX_EDITS_H
#define STARTON_FIX_EDITS_H

#include "starton/Basic/Diagnostic.h"
#include "llvm/Support/raw_ostream.h"
#include <map>

namespace starton::fix {

class Edits {
public:
  explicit Edits(llvm::StringRef text) : text(text) {}

  /// Adds \p edit unless it overlaps another, begins where another begins, or
  /// is not within the text: whatever the order, the outcome would depend on
  /// it. Of the edit only range and replacement count.
  bool add(const Edit &edit);
  /// Takes back what add() accepted.
  void remove(const Edit &edit) { byBegin.erase(edit.range.begin); }

  bool empty() const { return byBegin.empty(); }
  /// The text with all edits made; every other byte as it was.
  std::string apply() const;

private:
  llvm::StringRef text;
  std::map<uint32_t, const Edit *> byBegin;
};

/// The difference of two texts as `diff -u` and `git apply -p0` know it;
/// nothing where they are equal. Bytes are written as they are.
void printUnifiedDiff(llvm::StringRef path, llvm::StringRef before,
                      llvm::StringRef after, llvm::raw_ostream &os);

} // namespace starton::fix

#endif // STARTON_FIX_EDITS_H
