// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Status.h"
#include "Json.h"

using namespace starton::control;

namespace starton::initctl {

StatusEntry stoppedEntry(const std::string &job) {
  return {job, "", "stop", "waiting", {}};
}

bool readStatus(Session &session, const std::string &job, const Reply &reply,
                StatusEntry &entry) {
  entry = stoppedEntry(job);
  if (reply.error && hasVanished(*reply.error))
    return true;
  if (reply.error) {
    session.error(reply.error->message);
    return false;
  }
  const Properties &properties = reply.properties;
  entry.instance = property<std::string>(properties, "name");
  entry.goal = property<std::string>(properties, "goal");
  entry.state = property<std::string>(properties, "state");
  entry.processes =
      property<std::vector<ProcessEntry>>(properties, "processes");
  return !entry.goal.empty() || session.invalidReply();
}

std::string statusText(const StatusEntry &entry) {
  std::string text = entry.job;
  if (!entry.instance.empty())
    text.append(" (").append(entry.instance).append(")");
  text.append(" ").append(entry.goal).append("/").append(entry.state);
  bool first = true;
  for (const ProcessEntry &process : entry.processes) {
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

std::string statusJson(const StatusEntry &entry, const std::string &details) {
  std::vector<std::string> processes =
      jsonRows(entry.processes, [](const ProcessEntry &process) {
        return JsonObject()
            .text("process", process.name)
            .number("pid", process.pid)
            .str();
      });
  JsonObject object;
  object.text("job", entry.job)
      .text("instance", entry.instance)
      .text("goal", entry.goal)
      .text("state", entry.state)
      .raw("processes", jsonArray(processes));
  if (!details.empty())
    object.raw("details", details);
  return object.str();
}

bool hasVanished(const CallError &error) {
  return error.is("UnknownMethod") || error.is("UnknownObject");
}

} // namespace starton::initctl
