// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef STARTON_TOOLS_INITCTL_JOBCONFIG_H
#define STARTON_TOOLS_INITCTL_JOBCONFIG_H

#include "Conditions.h"
#include "Session.h"

namespace starton::initctl {

/// What a daemon tells of the definition of a job.
struct JobConfig {
  std::string name;
  control::Strings emits;
  Condition startOn;
  Condition stopOn;
};

/// Those at \p paths, in that order, without such as have gone meanwhile. False
/// with an error printed.
bool fetchJobs(Session &session, const control::Strings &paths,
               std::vector<JobConfig> &jobs);
/// All of them, in the daemon's order: in few messages where it can do that.
bool fetchAllJobs(Session &session, std::vector<JobConfig> &jobs);

} // namespace starton::initctl

#endif // STARTON_TOOLS_INITCTL_JOBCONFIG_H
