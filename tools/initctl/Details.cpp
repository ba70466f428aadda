// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Details.h"
#include "Json.h"
#include "LogTail.h"
#include <algorithm>
#include <cstring>
#include <ctime>

using namespace starton::control;

namespace starton::initctl {

// Keys of GetDetails (docs/dbus.md).
static constexpr char Generation[] = "generation";
static constexpr char Rejected[] = "rejected";
static constexpr char RejectedLater[] = "rejected-later";
static constexpr char Outdated[] = "outdated";
static constexpr char Log[] = "log";
static constexpr char LogError[] = "log-error";
static constexpr char LastProcess[] = "last-process";
static constexpr char LastExit[] = "last-exit";
static constexpr char LastSignal[] = "last-signal";
static constexpr char LastError[] = "last-error";
static constexpr char LastStep[] = "last-step";
static constexpr char LastWhy[] = "last-why";
static constexpr char LastStarted[] = "last-started";
static constexpr char LastEnded[] = "last-ended";
static constexpr char Retracked[] = "retracked";
static constexpr char LeftOver[] = "left-over";
static constexpr char BlockedBy[] = "blocked-by";
static constexpr char HeldEvents[] = "held-events";

/// Null when there is none of that type.
template <typename T>
static const T *find(const Properties &values, const char *name) {
  auto found = values.find(name);
  return found == values.end() ? nullptr : std::get_if<T>(&found->second);
}

Call Details::call(const std::string &job, const std::string &instance) {
  return initCall("GetDetails", {job, instance});
}

bool Details::read(const Reply &reply) {
  known = !reply.error || !reply.error->isUnsupported();
  values = reply.properties;
  return known;
}

std::optional<Rejection> Details::rejection(const std::string &job) const {
  const auto *reason = find<std::string>(values, Rejected);
  if (!reason)
    return std::nullopt;
  return Rejection{job, *reason, property<bool>(values, RejectedLater)};
}

std::string Details::outdated() const {
  return property<std::string>(values, Outdated);
}

/// (kind, text) of each blocker. A daemon may have sent lists of any length.
static std::vector<Strings> blockersOf(const Properties &values) {
  auto blockers = property<std::vector<Strings>>(values, BlockedBy);
  blockers.erase(
      std::remove_if(blockers.begin(), blockers.end(),
                     [](const Strings &row) { return row.size() != 2; }),
      blockers.end());
  return blockers;
}

// --- As text.

static std::string signalName(int32_t number) {
  const char *name = sigabbrev_np(number);
  return name ? name : std::to_string(number);
}

/// Local time, to the second.
static std::string timeText(uint64_t microseconds) {
  auto seconds = static_cast<time_t>(microseconds / 1000000);
  struct tm local{};
  char text[64];
  if (!localtime_r(&seconds, &local) ||
      std::strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &local) == 0)
    return std::to_string(seconds);
  return text;
}

/// last-why, behind the name of the process.
static std::string whyText(const Properties &values) {
  static constexpr std::pair<const char *, const char *> Words[] = {
      {"exited", "exited"},
      {"killed", "was killed"},
      {"reload-signal", "was killed by its reload signal"},
      {"stopped", "was stopped"},
      {"respawn-limit", "ended once too often to be respawned"},
      {"spawn-failed", "could not be started"},
      {"vanished", "vanished"}};
  auto why = property<std::string>(values, LastWhy);
  for (const auto &[key, words] : Words)
    if (why == key)
      return words;
  return why.empty() ? "ended" : why;
}

static std::string lastRunText(const Properties &values) {
  const auto *process = find<std::string>(values, LastProcess);
  const auto *exit = find<int32_t>(values, LastExit);
  const auto *signal = find<int32_t>(values, LastSignal);
  const auto *error = find<int32_t>(values, LastError);
  const auto *step = find<std::string>(values, LastStep);
  const auto *started = find<uint64_t>(values, LastStarted);
  const auto *ended = find<uint64_t>(values, LastEnded);
  if (!process && !ended)
    return "";
  std::string text = (process ? *process : "it") + " " + whyText(values);
  if (signal)
    text += ", signal " + signalName(*signal);
  else if (exit)
    text += ", status " + std::to_string(*exit);
  if (step)
    text += ": " + *step;
  if (error)
    text += std::string(step ? ": " : ", ") + std::strerror(*error);
  if (started)
    text += ", started " + timeText(*started);
  if (ended)
    text += ", ended " + timeText(*ended);
  return text;
}

std::string Details::text() const {
  if (!known)
    return "  no details: this daemon does not tell them\n";
  std::string text;
  auto line = [&](const char *what, const std::string &value) {
    text += std::string("  ") + what + ": " + harmless(value) + "\n";
  };
  if (const auto *generation = find<uint64_t>(values, Generation))
    line("generation", std::to_string(*generation));
  if (const auto *rejected = find<std::string>(values, Rejected))
    line("rejected", *rejected);
  if (std::string why = outdated(); !why.empty())
    line("outdated", why);
  for (const Strings &blocker : blockersOf(values))
    line("blocked by", blocker.back());
  for (const std::string &event : property<Strings>(values, HeldEvents))
    line("holds event", event);
  if (property<bool>(values, Retracked))
    line("main process", "what was left when the tracked one was gone");
  for (int32_t pid : property<std::vector<int32_t>>(values, LeftOver))
    line("left-over process", std::to_string(pid));
  if (std::string run = lastRunText(values); !run.empty())
    line("last run", run);
  if (const auto *error = find<int32_t>(values, LogError))
    line("output lost", std::strerror(*error));
  const auto *log = find<std::string>(values, Log);
  if (!log)
    return text;
  LogTail tail = readLogTail(*log);
  line("log", *log + (tail.error.empty() ? "" : ": " + tail.error));
  for (const std::string &last : tail.lines)
    text += "    | " + harmless(last) + "\n";
  return text;
}

// --- As JSON.

static std::string lastRunJson(const Properties &values) {
  JsonObject run;
  bool any = false;
  for (auto [key, name] : {std::pair(LastProcess, "process"), {LastWhy, "why"}})
    if (const auto *text = find<std::string>(values, key)) {
      run.text(name, *text);
      any = true;
    }
  if (const auto *exit = find<int32_t>(values, LastExit))
    run.number("exit_status", *exit);
  if (const auto *signal = find<int32_t>(values, LastSignal))
    run.number("signal", *signal).text("signal_name", signalName(*signal));
  if (const auto *error = find<int32_t>(values, LastError))
    run.number("errno", *error).text("error", std::strerror(*error));
  if (const auto *step = find<std::string>(values, LastStep))
    run.text("step", *step);
  for (auto [key, name] :
       {std::pair(LastStarted, "started_us"), {LastEnded, "ended_us"}})
    if (const auto *time = find<uint64_t>(values, key)) {
      run.number(name, static_cast<int64_t>(*time));
      any = true;
    }
  return any ? run.str() : "null";
}

static std::string logJson(const std::string &path) {
  LogTail tail = readLogTail(path);
  JsonObject log;
  log.text("path", path).texts("lines", tail.lines);
  if (!tail.error.empty())
    log.text("error", tail.error);
  return log.str();
}

std::string Details::json() const {
  if (!known)
    return "null";
  JsonObject details;
  if (const auto *generation = find<uint64_t>(values, Generation))
    details.number("generation", static_cast<int64_t>(*generation));
  if (const auto *rejected = find<std::string>(values, Rejected))
    details.text("rejected", *rejected);
  if (std::string why = outdated(); !why.empty())
    details.text("outdated", why);
  std::vector<std::string> blockers =
      jsonRows(blockersOf(values), [](const Strings &blocker) {
        return JsonObject()
            .text("kind", blocker.front())
            .text("text", blocker.back())
            .str();
      });
  std::vector<std::string> leftOver =
      jsonRows(property<std::vector<int32_t>>(values, LeftOver),
               [](int32_t pid) { return std::to_string(pid); });
  if (property<bool>(values, Retracked))
    details.raw("retracked", "true");
  details.raw("blocked_by", jsonArray(blockers))
      .texts("held_events", property<Strings>(values, HeldEvents))
      .raw("left_over", jsonArray(leftOver))
      .raw("last_run", lastRunJson(values));
  if (const auto *error = find<int32_t>(values, LogError))
    details.number("log_errno", *error)
        .text("log_error", std::strerror(*error));
  const auto *log = find<std::string>(values, Log);
  return details.raw("log", log ? logJson(*log) : "null").str();
}

// --- Rejections.

WhyUnknown whyUnknown(Session &session, const std::string &name) {
  WhyUnknown why;
  Details details;
  details.read(session.call(Details::call(name, "")));
  why.rejection = details.rejection(name);
  why.outdated = details.outdated();
  if (!why.rejection)
    for (Rejection &rejection : allRejections(session))
      if (rejection.job == name)
        why.rejection = std::move(rejection);
  return why;
}

void tell(Session &session, const WhyUnknown &why) {
  if (why.rejection)
    session.remark("rejected: " + harmless(why.rejection->reason));
  if (!why.outdated.empty())
    session.remark("outdated: " + harmless(why.outdated));
}

void explainUnknown(Session &session, const std::string &name) {
  tell(session, whyUnknown(session, name));
}

bool findJobOrExplain(Session &session, const std::string &name,
                      std::string &path) {
  bool unknown = false;
  bool found = session.findJob(name, path, &unknown);
  if (unknown)
    explainUnknown(session, printable(name));
  return found;
}

std::vector<Rejection> allRejections(Session &session) {
  std::vector<Rejection> rejections;
  Reply reply = session.call(initCall("GetRejected"));
  if (const auto *rows = reply.get<std::vector<Strings>>())
    for (const Strings &row : *rows)
      if (row.size() == 2)
        rejections.push_back({row.front(), row.back(), false});
  return rejections;
}

} // namespace starton::initctl
