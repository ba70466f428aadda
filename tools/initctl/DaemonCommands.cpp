// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Events and the daemon itself (runtime §8.3).

#include "Commands.h"
#include "LogTail.h"
#include "starton/Runtime/Control/Upstart.h"
#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <dirent.h>
#include <string_view>

using namespace starton::control;

namespace starton::initctl {

bool emitEvent(Session &session) {
  if (session.words().empty())
    return session.usageError("missing event name");
  Call call = managerCall("EmitEvent",
                          {session.words().front(), session.environmentWords(),
                           !session.options.noWait});
  call.patient = true;
  Reply reply;
  return session.request(call, reply);
}

static bool request(Session &session, const Call &call) {
  Reply reply;
  return session.request(call, reply);
}

bool reloadConfiguration(Session &session) {
  return request(session, managerCall("ReloadConfiguration"));
}

bool notifyDiskWriteable(Session &session) {
  return request(session, managerCall("NotifyDiskWriteable"));
}

bool notifyDBusAddress(Session &session) {
  if (session.words().empty())
    return session.usageError("missing D-Bus address");
  return request(session,
                 managerCall("NotifyDBusAddress", {session.words().front()}));
}

bool notifyCGroupManagerAddress(Session &session) {
  if (session.words().empty())
    return session.usageError("missing address");
  return request(session, managerCall("NotifyCGroupManagerAddress",
                                      {session.words().front()}));
}

static bool printProperty(Session &session, const char *name) {
  std::string value;
  if (!session.request({ManagerPath,
                        PropertiesInterface,
                        "Get",
                        {std::string(ManagerInterface), std::string(name)}},
                       value))
    return false;
  session.print(value + "\n");
  return true;
}

bool showVersion(Session &session) { return printProperty(session, "version"); }

bool logPriority(Session &session) {
  if (session.words().empty())
    return printProperty(session, "log_priority");
  return request(session,
                 {ManagerPath,
                  PropertiesInterface,
                  "Set",
                  {std::string(ManagerInterface), std::string("log_priority"),
                   VariantString{session.words().front()}}});
}

// --- list-sessions.

/// The pid in "PID.session", 0 for any other name.
static int sessionPid(const std::string &name) {
  static constexpr char Suffix[] = ".session";
  size_t length = name.size() - std::min(name.size(), sizeof(Suffix) - 1);
  if (name.substr(length) != Suffix)
    return 0;
  int pid = 0;
  auto [end, failure] = std::from_chars(name.data(), name.data() + length, pid);
  bool whole = failure == std::errc() && end == name.data() + length;
  return whole && pid > 0 ? pid : 0;
}

/// The address in a session file, empty when there is none.
static std::string sessionAddress(const std::string &path) {
  static constexpr std::string_view Key = "UPSTART_SESSION=";
  std::string text;
  std::string problem;
  bool whole = true;
  if (!readFileEnd(path, text, whole, problem))
    return "";
  for (size_t at = 0; at < text.size();) {
    size_t end = std::min(text.find('\n', at), text.size());
    if (text.compare(at, Key.size(), Key) == 0)
      return text.substr(at + Key.size(), end - at - Key.size());
    at = end + 1;
  }
  return "";
}

bool listSessions(Session &session) {
  const char *runtime = std::getenv("XDG_RUNTIME_DIR");
  if (!runtime || runtime[0] != '/') {
    session.error("unable to determine sessions");
    return false;
  }
  std::string directory = std::string(runtime) + "/upstart/sessions";
  DIR *stream = opendir(directory.c_str());
  if (!stream) {
    session.error("Unable to query session directory");
    return false;
  }
  std::vector<int> pids;
  while (const dirent *entry = readdir(stream))
    if (int pid = sessionPid(entry->d_name))
      pids.push_back(pid);
  closedir(stream);
  std::sort(pids.begin(), pids.end());

  for (int pid : pids) {
    std::string path = directory + "/" + std::to_string(pid) + ".session";
    if (kill(pid, 0) != 0 && errno == ESRCH) {
      session.inform("Ignoring stale session file: " + path + "\n");
      continue;
    }
    std::string address = sessionAddress(path);
    if (!address.empty())
      session.print(std::to_string(pid) + " " + address + "\n");
  }
  return true;
}

} // namespace starton::initctl
