// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// start, stop, restart, reload, usage (runtime §8.2).

#include "Commands.h"
#include "Details.h"
#include "Status.h"
#include "Target.h"
#include "starton/Runtime/Control/Upstart.h"
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

using namespace starton::control;

namespace starton::initctl {

static bool printStatus(Session &session, const std::string &job,
                        const std::string &instancePath) {
  Reply reply = session.call(propertiesCall(instancePath, InstanceInterface));
  StatusEntry entry;
  if (!readStatus(session, job, reply, entry))
    return false;
  session.print(statusText(entry));
  return true;
}

/// \p unknown: the caller tells why.
static bool findJobOf(Session &session, Target &target, bool *unknown) {
  return unknown ? session.findJob(target.name, target.jobPath, unknown)
                 : findJobOrExplain(session, target.name, target.jobPath);
}

bool findTarget(Session &session, Target &target, bool *unknown) {
  if (!session.words().empty()) {
    target.name = printable(session.words().front());
    return findJobOf(session, target, unknown);
  }
  const char *job = std::getenv("UPSTART_JOB");
  const char *instance = std::getenv("UPSTART_INSTANCE");
  if (!job || !instance)
    return session.usageError("missing job name");
  target.name = printable(job);
  return findJobOf(session, target, unknown) &&
         session.request({target.jobPath,
                          JobInterface,
                          "GetInstanceByName",
                          {printable(instance)}},
                         target.instancePath);
}

/// Start, Stop or Restart of the target; the instance it was for.
static bool changeGoal(Session &session, const Target &target,
                       const char *method, std::string &instancePath) {
  Reply reply;
  if (target.inside()) {
    instancePath = target.instancePath;
    return session.request({instancePath, InstanceInterface, method, {false}},
                           reply);
  }
  bool wait = !session.options.noWait;
  bool done = session.request({target.jobPath,
                               JobInterface,
                               method,
                               {session.environmentWords(), wait},
                               /*patient=*/true},
                              reply);
  if (!reply.string().empty())
    instancePath = reply.string();
  return done;
}

static bool findInstance(Session &session, const Target &target,
                         std::string &path) {
  path = target.instancePath;
  return target.inside() || session.request({target.jobPath,
                                             JobInterface,
                                             "GetInstance",
                                             {session.environmentWords()}},
                                            path);
}

static bool changeAndShow(Session &session, const Target &target,
                          const char *method) {
  std::string instancePath;
  return changeGoal(session, target, method, instancePath) &&
         printStatus(session, target.name, instancePath);
}

bool startJob(Session &session) {
  Target target;
  return findTarget(session, target) && changeAndShow(session, target, "Start");
}

bool restartJob(Session &session) {
  Target target;
  return findTarget(session, target) &&
         changeAndShow(session, target, "Restart");
}

bool stopJob(Session &session) {
  Target target;
  std::string instancePath;
  return findTarget(session, target) &&
         findInstance(session, target, instancePath) &&
         changeGoal(session, target, "Stop", instancePath) &&
         printStatus(session, target.name, instancePath);
}

/// For a daemon too old to have Reload.
static bool hangUp(Session &session, const std::string &instancePath) {
  Reply reply;
  if (!session.request(propertiesCall(instancePath, InstanceInterface), reply))
    return false;
  for (const ProcessEntry &process :
       property<std::vector<ProcessEntry>>(reply.properties, "processes")) {
    if (process.name != "main" || process.pid <= 0)
      continue;
    if (kill(process.pid, SIGHUP) == 0)
      return true;
    session.error(std::strerror(errno));
    return false;
  }
  session.error("Not running");
  return false;
}

bool reloadJob(Session &session) {
  Target target;
  std::string instancePath;
  if (!findTarget(session, target) ||
      !findInstance(session, target, instancePath))
    return false;
  Reply reply = session.call({instancePath, InstanceInterface, "Reload", {}});
  if (!reply.error)
    return true;
  if (reply.error->is("UnknownMethod"))
    return hangUp(session, instancePath);
  session.error(reply.error->message);
  return false;
}

bool showUsage(Session &session) {
  std::string name;
  const char *job = std::getenv("UPSTART_JOB");
  if (!session.words().empty())
    name = session.words().front();
  else if (job && std::getenv("UPSTART_INSTANCE"))
    name = job;
  else
    return session.usageError("missing job name");
  std::string path;
  Reply reply;
  if (!findJobOrExplain(session, name, path) ||
      !session.request(propertiesCall(path, JobInterface), reply))
    return false;
  session.print("Usage: " + property<std::string>(reply.properties, "usage") +
                "\n");
  return true;
}

} // namespace starton::initctl
