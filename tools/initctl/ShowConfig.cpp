// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// show-config (runtime §8.5), from the properties of the jobs of a running
// daemon.

#include "Commands.h"
#include "Details.h"
#include "JobConfig.h"
#include "Json.h"

using namespace starton::control;

namespace starton::initctl {

static std::string leafText(const ConditionNode &leaf) {
  LeafParts parts = leafParts(leaf);
  std::string text = leaf.words.front() + " (job:";
  text += (parts.job.empty() ? "" : " " + parts.job) + ", env:";
  for (const std::string &word : parts.environment)
    text += " " + word;
  return text + ")";
}

static std::string conditionLines(const char *what, const Condition &condition,
                                  bool enumerate) {
  if (condition.empty())
    return "";
  std::string start = std::string("  ") + what + " ";
  if (!enumerate)
    return start + conditionText(condition) + "\n";
  std::string text;
  for (const ConditionNode &node : condition)
    if (node.isMatch())
      text += start + leafText(node) + "\n";
  return text;
}

static std::string configText(const JobConfig &job, bool enumerate) {
  std::string text = job.name + "\n";
  for (const std::string &event : job.emits)
    text += "  emits " + event + "\n";
  return text + conditionLines("start on", job.startOn, enumerate) +
         conditionLines("stop on", job.stopOn, enumerate);
}

/// The text, the leaves as -e shows them, and the tree in postfix notation:
/// a tree of objects may be deeper than a reader can follow.
static std::string conditionJson(const Condition &condition) {
  if (condition.empty())
    return "null";
  std::vector<std::string> events;
  std::vector<std::string> postfix;
  for (const ConditionNode &node : condition) {
    if (!node.isMatch()) {
      bool isAnd = node.kind == ConditionNode::Kind::And;
      postfix.push_back(jsonString(isAnd ? "and" : "or"));
      continue;
    }
    postfix.push_back(std::to_string(events.size()));
    LeafParts parts = leafParts(node);
    JsonObject event;
    event.text("event", node.words.front());
    if (!parts.job.empty())
      event.text("job", parts.job);
    events.push_back(event.texts("environment", parts.environment).str());
  }
  return JsonObject()
      .text("text", conditionText(condition))
      .raw("events", jsonArray(events))
      .raw("postfix", jsonArray(postfix))
      .str();
}

static std::string configJson(const JobConfig &job) {
  return JsonObject()
      .text("job", job.name)
      .texts("emits", job.emits)
      .raw("start_on", conditionJson(job.startOn))
      .raw("stop_on", conditionJson(job.stopOn))
      .str();
}

bool showConfig(Session &session) {
  std::vector<JobConfig> jobs;
  Strings paths(1);
  bool done =
      session.words().empty()
          ? fetchAllJobs(session, jobs)
          : findJobOrExplain(session, session.words().front(), paths.front()) &&
                fetchJobs(session, paths, jobs);
  if (!done)
    return false;
  if (session.options.json)
    session.print(JsonReport().rows("jobs", jsonRows(jobs, configJson)).str());
  else
    for (const JobConfig &job : jobs)
      session.print(configText(job, session.options.enumerate));
  return true;
}

} // namespace starton::initctl
