// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The job environment (runtime §8.4): the instance's own inside a job, the
// global one elsewhere or with --global.

#include "Commands.h"
#include <algorithm>
#include <clocale>
#include <cstdlib>
#include <cstring>

using namespace starton::control;

namespace starton::initctl {

/// The first argument of each method: [] or [job, instance].
static Strings scope(const Session &session) {
  const char *job = std::getenv("UPSTART_JOB");
  if (session.options.global || !job)
    return {};
  const char *instance = std::getenv("UPSTART_INSTANCE");
  return {printable(job), printable(instance ? instance : "")};
}

bool getEnvironment(Session &session) {
  if (session.words().empty())
    return session.usageError("missing variable name");
  std::string value;
  if (!session.request(
          managerCall("GetEnv", {scope(session), session.words().front()}),
          value))
    return false;
  session.print(value + "\n");
  return true;
}

bool setEnvironment(Session &session) {
  if (session.words().empty())
    return session.usageError("missing variable value");
  for (const std::string &word : session.words()) {
    std::string variable =
        word.find('=') == std::string::npos ? word + "=" : word;
    Reply reply;
    if (!session.request(managerCall("SetEnv", {scope(session), variable,
                                                !session.options.retain}),
                         reply))
      return false;
  }
  return true;
}

bool unsetEnvironment(Session &session) {
  if (session.words().empty())
    return session.usageError("missing variable name");
  for (const std::string &name : session.words()) {
    Reply reply;
    if (!session.request(managerCall("UnsetEnv", {scope(session), name}),
                         reply))
      return false;
  }
  return true;
}

bool listEnvironment(Session &session) {
  Strings variables;
  if (!session.request(managerCall("ListEnv", {scope(session)}), variables))
    return false;
  std::setlocale(LC_COLLATE, "");
  std::sort(variables.begin(), variables.end(),
            [](const std::string &a, const std::string &b) {
              return std::strcoll(a.c_str(), b.c_str()) < 0;
            });
  for (const std::string &variable : variables)
    session.print(variable + "\n");
  return true;
}

bool resetEnvironment(Session &session) {
  Reply reply;
  return session.request(managerCall("ResetEnv", {scope(session)}), reply);
}

} // namespace starton::initctl
