// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "JobConfig.h"
#include "starton/Runtime/Control/Upstart.h"

using namespace starton::control;

namespace starton::initctl {

static bool readJob(const Properties &properties, JobConfig &job) {
  job.name = property<std::string>(properties, "name");
  job.emits = property<Strings>(properties, "emits");
  using Lists = std::vector<Strings>;
  return !job.name.empty() &&
         readCondition(property<Lists>(properties, "start_on"), job.startOn) &&
         readCondition(property<Lists>(properties, "stop_on"), job.stopOn);
}

bool fetchJobs(Session &session, const Strings &paths,
               std::vector<JobConfig> &jobs) {
  std::vector<Call> calls;
  calls.reserve(paths.size());
  for (const std::string &path : paths)
    calls.push_back(propertiesCall(path, JobInterface));
  for (const Reply &reply : session.callAll(calls)) {
    JobConfig job;
    if (reply.error && reply.error->is("UnknownMethod"))
      continue; // Gone since the list was made.
    if (reply.error) {
      session.error(reply.error->message);
      return false;
    }
    if (!readJob(reply.properties, job))
      return session.invalidReply();
    jobs.push_back(std::move(job));
  }
  return true;
}

} // namespace starton::initctl
