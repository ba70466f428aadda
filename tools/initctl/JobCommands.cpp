// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// start, stop, restart, reload, status, list, usage (runtime §8.2).

#include "Commands.h"
#include "starton/Runtime/Control/Upstart.h"
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

using namespace starton::control;

namespace starton::initctl {

namespace {

/// What a job command acts on: a job with arguments, or, without arguments in
/// a process of a job, that very instance.
struct Target {
  std::string name; ///< of the job
  std::string jobPath;
  std::string instancePath; ///< inside a job only
  bool inside() const { return !instancePath.empty(); }
};

} // namespace

static std::string statusText(const std::string &job,
                              const Properties &properties) {
  auto instance = property<std::string>(properties, "name");
  std::string text = job;
  if (!instance.empty())
    text.append(" (").append(instance).append(")");
  text.append(" ").append(property<std::string>(properties, "goal"));
  text.append("/").append(property<std::string>(properties, "state"));
  bool first = true;
  for (const ProcessEntry &process :
       property<std::vector<ProcessEntry>>(properties, "processes")) {
    bool plain = process.name == "main" || process.name == "pre-start" ||
                 process.name == "post-stop";
    std::string pid = "process " + std::to_string(process.pid);
    if (first)
      text += plain ? ", " + pid : ", (" + process.name + ") " + pid;
    else
      text += "\n\t" + process.name + " " + pid;
    first = false;
  }
  return text + "\n";
}

static std::string stoppedText(const std::string &job) {
  return job + " stop/waiting\n";
}

/// An object that went between two calls.
static bool hasVanished(const CallError &error) {
  return error.is("UnknownMethod") || error.is("UnknownObject");
}

static bool printStatus(Session &session, const std::string &job,
                        const Reply &reply) {
  if (reply.error && !hasVanished(*reply.error)) {
    session.error(reply.error->message);
    return false;
  }
  session.print(reply.error ? stoppedText(job)
                            : statusText(job, reply.properties));
  return true;
}

static bool printStatus(Session &session, const std::string &job,
                        const std::string &instancePath) {
  return printStatus(
      session, job,
      session.call(propertiesCall(instancePath, InstanceInterface)));
}

static bool findTarget(Session &session, Target &target) {
  if (!session.words().empty()) {
    target.name = printable(session.words().front());
    return session.findJob(target.name, target.jobPath);
  }
  const char *job = std::getenv("UPSTART_JOB");
  const char *instance = std::getenv("UPSTART_INSTANCE");
  if (!job || !instance)
    return session.usageError("missing job name");
  target.name = printable(job);
  Reply reply;
  if (!session.findJob(target.name, target.jobPath) ||
      !session.request({target.jobPath,
                        JobInterface,
                        "GetInstanceByName",
                        {printable(instance)}},
                       reply))
    return false;
  target.instancePath = reply.string();
  return true;
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
  if (target.inside())
    return true;
  Reply reply;
  bool found = session.request({target.jobPath,
                                JobInterface,
                                "GetInstance",
                                {session.environmentWords()}},
                               reply);
  path = reply.string();
  return found;
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

bool showStatus(Session &session) {
  Target target;
  if (!findTarget(session, target))
    return false;
  if (target.inside())
    return printStatus(session, target.name, target.instancePath);
  Reply reply = session.call({target.jobPath,
                              JobInterface,
                              "GetInstance",
                              {session.environmentWords()}});
  if (!reply.error)
    return printStatus(session, target.name, reply.string());
  if (reply.error->is("UnknownInstance") &&
      session.environmentWords().empty()) {
    session.print(stoppedText(target.name));
    return true;
  }
  session.error(reply.error->message);
  return false;
}

bool listJobs(Session &session) {
  std::vector<std::string> jobs;
  if (!session.allJobs(jobs))
    return false;
  std::vector<Call> calls;
  for (const std::string &job : jobs) {
    calls.push_back({job,
                     PropertiesInterface,
                     "Get",
                     {std::string(JobInterface), std::string("name")}});
    calls.push_back({job, JobInterface, "GetAllInstances"});
  }
  std::vector<Reply> answers = session.callAll(calls);
  std::vector<Call> details;
  for (size_t i = 1; i < answers.size(); i += 2)
    for (const std::string &instance : answers[i].strings())
      details.push_back(propertiesCall(instance, InstanceInterface));
  std::vector<Reply> states = session.callAll(details);

  size_t next = 0;
  bool done = true;
  for (size_t i = 0; i < answers.size(); i += 2) {
    for (const Reply &answer : {answers[i], answers[i + 1]}) {
      if (!answer.error || hasVanished(*answer.error))
        continue;
      session.error(answer.error->message);
      return false;
    }
    if (answers[i].error || answers[i + 1].error)
      continue; // The job went meanwhile.
    std::string name = answers[i].string();
    size_t instances = answers[i + 1].strings().size();
    if (instances == 0)
      session.print(stoppedText(name));
    for (; instances > 0; --instances)
      done = printStatus(session, name, states[next++]) && done;
  }
  return done;
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
  if (!session.findJob(name, path) ||
      !session.request(propertiesCall(path, JobInterface), reply))
    return false;
  session.print("Usage: " + property<std::string>(reply.properties, "usage") +
                "\n");
  return true;
}

} // namespace starton::initctl
