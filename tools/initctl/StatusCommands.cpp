// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// status, list and blocked (runtime §8.2; --json and blocked are ours).

#include "Commands.h"
#include "Details.h"
#include "Json.h"
#include "LogTail.h"
#include "Status.h"
#include "Target.h"
#include "starton/Runtime/Control/Upstart.h"
#include <unistd.h>

using namespace starton::control;

namespace starton::initctl {

// --- status.

static std::vector<std::string>
rejectionRows(const std::vector<Rejection> &rejections) {
  return jsonRows(rejections, [](const Rejection &rejection) {
    return JsonObject()
        .text("job", rejection.job)
        .text("reason", rejection.reason)
        .str();
  });
}

/// Programs that know Upstart's one line get no second one, unless the file
/// broke since the start.
static bool isTold(const Session &session, const Rejection &rejection) {
  return rejection.sinceStart || session.options.verbose ||
         isatty(STDERR_FILENO);
}

/// A job that is not there because its file is broken.
static bool tellRejection(Session &session, const std::string &job) {
  WhyUnknown why = whyUnknown(session, job);
  std::vector<Rejection> rejections;
  if (why.rejection)
    rejections.push_back(*why.rejection);
  if (session.options.json)
    session.print(JsonReport()
                      .rows("jobs", {})
                      .rows("rejected", rejectionRows(rejections))
                      .str());
  else if (why.rejection && !isTold(session, *why.rejection))
    why.rejection.reset();
  if (!session.options.json)
    tell(session, why);
  return false;
}

static void showEntry(Session &session, const StatusEntry &entry) {
  const Options &options = session.options;
  Details details;
  details.read(session.call(Details::call(entry.job, entry.instance)));
  std::optional<Rejection> rejection = details.rejection(entry.job);
  if (options.json) {
    std::vector<Rejection> rejections;
    if (rejection)
      rejections.push_back(*rejection);
    session.print(
        JsonReport()
            .rows("jobs", {statusJson(entry, options.verbose ? details.json()
                                                             : std::string())})
            .rows("rejected", rejectionRows(rejections))
            .str());
    return;
  }
  session.print(statusText(entry));
  if (options.verbose)
    session.print(details.text());
  else if (rejection && isTold(session, *rejection))
    session.remark("rejected: " + harmless(rejection->reason));
}

static bool showInstance(Session &session, const std::string &job,
                         const std::string &path) {
  Reply reply = session.call(propertiesCall(path, InstanceInterface));
  StatusEntry entry;
  if (!readStatus(session, job, reply, entry))
    return false;
  showEntry(session, entry);
  return true;
}

bool showStatus(Session &session) {
  Target target;
  bool unknown = false;
  if (!findTarget(session, target, &unknown))
    return unknown && tellRejection(session, target.name);
  if (target.inside())
    return showInstance(session, target.name, target.instancePath);
  Reply reply = session.call({target.jobPath,
                              JobInterface,
                              "GetInstance",
                              {session.environmentWords()}});
  if (!reply.error)
    return showInstance(session, target.name, reply.string());
  if (reply.error->is("UnknownInstance") &&
      session.environmentWords().empty()) {
    showEntry(session, stoppedEntry(target.name));
    return true;
  }
  session.error(reply.error->message);
  return false;
}

// --- list.

/// Job by job, for a daemon that does not have ListAll.
static bool askEachJob(Session &session, std::vector<StatusEntry> &entries) {
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
      entries.push_back(stoppedEntry(name));
    for (; instances > 0; --instances) {
      entries.emplace_back();
      if (!readStatus(session, name, states[next++], entries.back()))
        return false;
    }
  }
  return true;
}

/// Everything in one message where the daemon can.
static bool allEntries(Session &session, std::vector<StatusEntry> &entries) {
  if (!session.connect())
    return false;
  Reply reply = session.call(initCall("ListAll"));
  if (reply.error && reply.error->isUnsupported())
    return askEachJob(session, entries);
  if (reply.error) {
    session.error(reply.error->message);
    return false;
  }
  const auto *rows = reply.get<std::vector<StatusEntry>>(1);
  if (!rows)
    return session.invalidReply();
  entries = *rows;
  return true;
}

bool listJobs(Session &session) {
  std::vector<StatusEntry> entries;
  if (!allEntries(session, entries))
    return false;
  if (!session.options.json) {
    for (const StatusEntry &entry : entries)
      session.print(statusText(entry));
    return true;
  }
  std::vector<std::string> rows = jsonRows(
      entries, [](const StatusEntry &entry) { return statusJson(entry); });
  session.print(JsonReport()
                    .rows("jobs", rows)
                    .rows("rejected", rejectionRows(allRejections(session)))
                    .str());
  return true;
}

// --- blocked.

static std::string heldText(const HeldEvent &event) {
  std::string text = event.name;
  for (const std::string &variable : event.environment)
    text += " " + variable;
  text = harmless(text) + "\n";
  for (const EventHolder &holder : event.holders) {
    std::string line = holder.job;
    if (!holder.instance.empty())
      line += " (" + holder.instance + ")";
    text += "  held by " + harmless(line + ": " + holder.why) + "\n";
  }
  return text;
}

static std::string heldJson(const HeldEvent &event) {
  std::vector<std::string> holders =
      jsonRows(event.holders, [](const EventHolder &holder) {
        return JsonObject()
            .text("job", holder.job)
            .text("instance", holder.instance)
            .text("why", holder.why)
            .str();
      });
  return JsonObject()
      .text("event", event.name)
      .texts("environment", event.environment)
      .raw("holders", jsonArray(holders))
      .str();
}

bool showBlocked(Session &session) {
  if (!session.connect())
    return false;
  Reply reply = session.call(initCall("ListBlocked"));
  if (reply.error) {
    session.error(reply.error->isUnsupported()
                      ? "This daemon does not tell which events are held"
                      : reply.error->message);
    return false;
  }
  const auto *events = reply.get<std::vector<HeldEvent>>();
  if (!events)
    return session.invalidReply();
  if (session.options.json)
    session.print(
        JsonReport().rows("events", jsonRows(*events, heldJson)).str());
  else
    for (const HeldEvent &event : *events)
      session.print(heldText(event));
  return true;
}

} // namespace starton::initctl
