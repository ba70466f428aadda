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

/// A page of Init1.ListConfig.
static bool readPage(const std::vector<ConfigEntry> &rows,
                     std::vector<JobConfig> &jobs) {
  for (const ConfigEntry &row : rows) {
    JobConfig job{row.job, row.emits, {}, {}};
    if (job.name.empty() || !readCondition(row.startOn, job.startOn) ||
        !readCondition(row.stopOn, job.stopOn))
      return false;
    jobs.push_back(std::move(job));
  }
  return true;
}

bool fetchAllJobs(Session &session, std::vector<JobConfig> &jobs) {
  if (!session.connect())
    return false;
  // Far more than a daemon can have: it must come to an end.
  constexpr size_t MaxJobs = 1U << 22;
  while (jobs.size() < MaxJobs) {
    std::string after = jobs.empty() ? "" : jobs.back().name;
    Reply reply = session.call(initCall("ListConfig", {after}));
    if (reply.error) // A daemon without it; or that job is gone.
      break;
    const auto *rows = reply.get<std::vector<ConfigEntry>>();
    if (!rows || !readPage(*rows, jobs))
      return session.invalidReply();
    if (rows->empty())
      return true;
  }
  jobs.clear();
  Strings paths;
  return session.allJobs(paths) && fetchJobs(session, paths, jobs);
}

} // namespace starton::initctl
