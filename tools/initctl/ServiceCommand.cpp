// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// service NAME ACTION (runtime §8.7): the job NAME where there is one, else the
// init script of that name.

#include "Commands.h"
#include "Details.h"
#include "starton/Runtime/Control/Upstart.h"
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <sys/stat.h>
#include <unistd.h>

using namespace starton::control;

namespace starton::initctl {

/// What an init script sees of the caller's environment: the same whoever
/// calls, so that a service does not depend on that.
static constexpr const char *PassedVariables[] = {"LANG",
                                                  "LANGUAGE",
                                                  "LC_ALL",
                                                  "LC_COLLATE",
                                                  "LC_CTYPE",
                                                  "LC_MESSAGES",
                                                  "LC_MONETARY",
                                                  "LC_NUMERIC",
                                                  "LC_TIME",
                                                  "LC_ADDRESS",
                                                  "LC_MEASUREMENT",
                                                  "LC_NAME",
                                                  "LC_PAPER",
                                                  "LC_TELEPHONE",
                                                  "LC_IDENTIFICATION",
                                                  "PATH",
                                                  "TERM"};

/// Empty when there is none.
static std::string findScript(const Session &session) {
  const std::string &name = session.words().front();
  if (name.empty() || name.find('/') != std::string::npos || name[0] == '.')
    return "";
  std::string path = session.options.scriptDirectory + "/" + name;
  struct stat status{};
  bool usable = stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
                access(path.c_str(), X_OK) == 0;
  return usable ? path : "";
}

static std::vector<char *> pointers(std::vector<std::string> &strings) {
  std::vector<char *> list;
  list.reserve(strings.size() + 1);
  for (std::string &text : strings)
    list.push_back(text.data());
  list.push_back(nullptr);
  return list;
}

/// Becomes the script; returns false, with an error printed, when it cannot.
static bool runScript(Session &session, const std::string &script) {
  std::vector<std::string> arguments = {script};
  arguments.insert(arguments.end(), session.words().begin() + 1,
                   session.words().end());
  std::vector<std::string> environment;
  for (const char *name : PassedVariables)
    if (const char *value = std::getenv(name))
      environment.push_back(std::string(name) + "=" + value);
  // A script below a relative directory is still to be found afterwards.
  char *absolute = realpath(script.c_str(), nullptr);
  if (absolute && session.flush() && chdir("/") == 0)
    execve(absolute, pointers(arguments).data(), pointers(environment).data());
  session.error(script + ": " + std::strerror(errno));
  std::free(absolute);
  return false;
}

using Run = bool (*)(Session &session);

/// stop, whatever comes of it, then start.
static bool stopAndStart(Session &session) {
  (void)stopJob(session);
  return startJob(session);
}

static Run jobAction(const std::string &action) {
  static constexpr struct {
    const char *name;
    Run run;
  } Actions[] = {{"start", startJob},         {"stop", stopJob},
                 {"restart", stopAndStart},   {"reload", reloadJob},
                 {"force-reload", reloadJob}, {"status", showStatus}};
  for (const auto &row : Actions)
    if (action == row.name)
      return row.run;
  return nullptr;
}

/// False when the daemon cannot be asked (\p problem says why) or knows no such
/// job (\p problem is empty).
static bool isJob(Session &session, const std::string &name,
                  std::string &problem) {
  if (!session.tryConnect(problem))
    return false;
  Reply reply = session.call(managerCall("GetJobByName", {printable(name)}));
  if (reply.error && !reply.error->is("UnknownJob"))
    problem = reply.error->message;
  return !reply.error;
}

bool runService(Session &session) {
  if (session.words().empty())
    return session.usageError("missing job name");
  if (session.words().size() == 1)
    return session.usageError("missing action");
  const std::string &name = session.words().front();
  std::string script = findScript(session);
  std::string problem;
  bool job = isJob(session, name, problem);
  if (Run run = jobAction(session.words()[1]); job && run) {
    Options options = session.options;
    options.words.erase(options.words.begin() + 1);
    Session inner(session.programName(), std::move(options));
    bool done = run(inner);
    return inner.flush() && done;
  }
  if (!script.empty())
    return runScript(session, script);
  if (job)
    return session.usageError("invalid action: " + session.words()[1]);
  session.error(problem.empty() ? "Unknown job: " + printable(name) : problem);
  if (problem.empty())
    explainUnknown(session, printable(name));
  return false;
}

} // namespace starton::initctl
