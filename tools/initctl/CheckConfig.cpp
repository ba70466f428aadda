// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// check-config (runtime §11), from the properties of the jobs of a running
// daemon.

#include "Commands.h"
#include "JobConfig.h"
#include <algorithm>
#include <fnmatch.h>
#include <unordered_set>

using namespace starton::control;

namespace starton::initctl {

namespace {

/// What check-config takes as existing.
struct KnownNames {
  std::unordered_set<std::string> events; ///< as they are
  Strings eventPatterns;
  Strings jobs; ///< sorted

  /// An entry of `emits` is a pattern, though few look like one.
  void addEmitted(const std::string &pattern) {
    if (pattern.find_first_of("*?[\\") == std::string::npos)
      events.insert(pattern);
    else
      eventPatterns.push_back(pattern);
  }
  bool hasEvent(const std::string &event) const {
    if (events.count(event) != 0)
      return true;
    return std::any_of(eventPatterns.begin(), eventPatterns.end(),
                       [&](const std::string &pattern) {
                         return fnmatch(pattern.c_str(), event.c_str(), 0) == 0;
                       });
  }
  bool hasJob(const std::string &job) const {
    return job.empty() || job[0] == '$' ||
           std::binary_search(jobs.begin(), jobs.end(), job);
  }
};

} // namespace

namespace {

/// Judges one condition against the known names.
class ConditionCheck {
public:
  ConditionCheck(const Condition &condition, const KnownNames &known, bool warn)
      : condition(condition), known(known), warn(warn) {}

  /// The errors, each ready to be printed behind "start on: ".
  Strings run() {
    Strings errors;
    if (condition.empty())
      return errors;
    judge();
    std::vector<size_t> todo = {condition.size() - 1};
    while (!todo.empty()) {
      size_t at = todo.back();
      todo.pop_back();
      const ConditionNode &node = condition[at];
      if (isBad(at)) {
        report(at, errors);
        return errors;
      }
      if (node.isMatch())
        continue;
      todo.push_back(node.left);
      todo.push_back(node.right);
    }
    return errors;
  }

private:
  void judge() {
    good.resize(condition.size());
    for (size_t i = 0; i < condition.size(); ++i) {
      const ConditionNode &node = condition[i];
      if (node.isMatch())
        good[i] = known.hasEvent(node.words.front()) &&
                  known.hasJob(leafParts(node).job);
      else if (node.kind == ConditionNode::Kind::And)
        good[i] = good[node.left] && good[node.right];
      else
        good[i] = good[node.left] || good[node.right];
    }
  }

  /// Whether an operator (or a lone leaf) is to be reported.
  bool isBad(size_t at) const {
    const ConditionNode &node = condition[at];
    if (node.isMatch())
      return !good[at] && condition.size() == 1;
    if (node.kind == ConditionNode::Kind::And || warn)
      return !good[node.left] || !good[node.right];
    return !good[at];
  }

  /// Every bad leaf below \p root, from right to left. In post-order the
  /// subtree of a node is what lies directly before it.
  void report(size_t root, Strings &errors) const {
    size_t first = root;
    while (!condition[first].isMatch())
      first = condition[first].left;
    for (size_t at = root + 1; at-- > first;) {
      const ConditionNode &node = condition[at];
      if (!node.isMatch() || good[at])
        continue;
      if (!known.hasEvent(node.words.front()))
        errors.push_back("unknown event " + node.words.front());
      std::string job = leafParts(node).job;
      if (!known.hasJob(job))
        errors.push_back("unknown job " + job);
    }
  }

  const Condition &condition;
  const KnownNames &known;
  bool warn;
  std::vector<char> good;
};

} // namespace

static KnownNames knownNames(const Session &session,
                             const std::vector<JobConfig> &jobs) {
  KnownNames known;
  known.events = {"starting",
                  "started",
                  "stopping",
                  "stopped",
                  "startup",
                  "debug",
                  "control-alt-delete",
                  "keyboard-request",
                  "power-status-changed"};
  if (session.isUserMode())
    known.events.insert("session-end");
  for (const JobConfig &job : jobs) {
    known.jobs.push_back(job.name);
    for (const std::string &event : job.emits)
      known.addEmitted(event);
  }
  std::sort(known.jobs.begin(), known.jobs.end());
  const std::string &list = session.options.ignoredEvents;
  for (size_t at = 0; at < list.size();) {
    size_t end = std::min(list.find(',', at), list.size());
    known.events.insert(list.substr(at, end - at));
    at = end + 1;
  }
  return known;
}

bool checkConfig(Session &session) {
  std::vector<JobConfig> jobs;
  if (!fetchAllJobs(session, jobs))
    return false;
  KnownNames known = knownNames(session, jobs);
  std::string only = session.words().empty()
                         ? std::string()
                         : printable(session.words().front());
  if (!session.words().empty() && !known.hasJob(only)) {
    session.error("Invalid job class: " + only);
    return false;
  }
  bool clean = true;
  for (const JobConfig &job : jobs) {
    if (!session.words().empty() && job.name != only)
      continue;
    std::string text;
    bool warn = session.options.warn;
    for (const std::string &error :
         ConditionCheck(job.startOn, known, warn).run())
      text += "  start on: " + error + "\n";
    for (const std::string &error :
         ConditionCheck(job.stopOn, known, warn).run())
      text += "  stop on: " + error + "\n";
    if (text.empty())
      continue;
    clean = false;
    session.print(job.name + "\n" + text);
  }
  return clean;
}

} // namespace starton::initctl
