// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef STARTON_TOOLS_INITCTL_TARGET_H
#define STARTON_TOOLS_INITCTL_TARGET_H

#include "Session.h"
#include <string>

namespace starton::initctl {

/// What a job command acts on: a job with arguments, or, without arguments in
/// a process of a job, that very instance.
struct Target {
  std::string name; ///< of the job
  std::string jobPath;
  std::string instancePath; ///< inside a job only
  bool inside() const { return !instancePath.empty(); }
};

/// False with an error printed. \p unknown, if given: whether there is no such
/// job.
bool findTarget(Session &session, Target &target, bool *unknown = nullptr);

} // namespace starton::initctl

#endif // STARTON_TOOLS_INITCTL_TARGET_H
