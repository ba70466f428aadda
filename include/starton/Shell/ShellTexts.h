// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The shell texts of a whole system, each parsed once, with the way back into
// the files.

#ifndef STARTON_SHELL_SHELLTEXTS_H
#define STARTON_SHELL_SHELLTEXTS_H

#include "starton/Parse/TextMap.h"
#include "starton/Shell/Shell.h"

namespace starton::shell {

/// One process of a job that runs something.
struct ShellText {
  uint32_t job = 0; ///< index into JobSet::jobs
  sema::ProcessSlot slot = sema::ProcessSlot::Main;
  uint32_t file = 0; ///< it was written in; index into JobSet::files
  ShellFacts facts;
  TextMap map;

  /// \p range of the text as a range of the file.
  Range inFile(Range range) const { return map.toSource(range); }
};

class ShellTexts {
public:
  /// Parses everything, on two threads where there is much. \p set must outlive
  /// the texts. What `apparmor load` runs was not written by anybody and is
  /// left out, and so are processes of files without source.
  explicit ShellTexts(const sema::JobSet &set);

  /// In order of jobs and slots.
  llvm::ArrayRef<ShellText> all() const { return texts; }
  llvm::ArrayRef<ShellText> ofJob(uint32_t job) const;
  /// Null: the job has no such process.
  const ShellText *find(uint32_t job, sema::ProcessSlot slot) const;

private:
  std::vector<ShellText> texts;
  std::vector<uint32_t> firstText; ///< per job, and the end
};

} // namespace starton::shell

#endif // STARTON_SHELL_SHELLTEXTS_H
