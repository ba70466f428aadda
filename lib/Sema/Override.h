// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which files make the job of a name (language §6.4, §6.5).

#ifndef STARTON_LIB_SEMA_OVERRIDE_H
#define STARTON_LIB_SEMA_OVERRIDE_H

#include "starton/Sema/Model.h"

namespace starton::sema {

/// The files a job is made of.
struct Choice {
  uint32_t conf = 0;
  int64_t overrideFile = -1;
  uint64_t registered = 0; ///< when Upstart registers this definition
};

/// What the files of a set amount to.
struct Choices {
  std::vector<Choice> jobs; ///< in order of registration
  std::vector<Rejected> rejected;
  std::vector<Rejected> rejectedInPart;
};

/// Visits the files of \p set in order as Upstart does at start-up. What the
/// combinations mean is reported into the set's diagnostics.
Choices chooseFiles(JobSet &set);

} // namespace starton::sema

#endif // STARTON_LIB_SEMA_OVERRIDE_H
