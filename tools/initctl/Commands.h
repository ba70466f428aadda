// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// initctl's commands: one row each in Commands.cpp, one function each in the
// file of its kind.

#ifndef STARTON_TOOLS_INITCTL_COMMANDS_H
#define STARTON_TOOLS_INITCTL_COMMANDS_H

#include "Session.h"
#include <string>

namespace starton::initctl {

struct Command {
  const char *name;
  const char *arguments; ///< for the usage line
  const char *summary;
  unsigned options; ///< OptionGroup bits besides Everywhere
  bool (*run)(Session &session);
};

/// Null when there is no such command.
const Command *findCommand(const std::string &name);

/// The command most like \p name, null when none is alike.
const Command *similarCommand(const std::string &name);

/// The text of --help and of `initctl help`.
std::string commandList();

/// The text of `COMMAND --help`, which is called as \p usage.
std::string commandHelp(const std::string &usage, const Command &command);

// Each prints its errors and returns false when it failed.
bool startJob(Session &session);
bool stopJob(Session &session);
bool restartJob(Session &session);
bool reloadJob(Session &session);
bool showStatus(Session &session);
bool listJobs(Session &session);
bool showBlocked(Session &session);
bool showUsage(Session &session);
bool runService(Session &session);

bool emitEvent(Session &session);
bool reloadConfiguration(Session &session);
bool showVersion(Session &session);
bool logPriority(Session &session);
bool notifyDiskWriteable(Session &session);
bool notifyDBusAddress(Session &session);
bool notifyCGroupManagerAddress(Session &session);
bool listSessions(Session &session);
bool showHelp(Session &session);

bool getEnvironment(Session &session);
bool setEnvironment(Session &session);
bool unsetEnvironment(Session &session);
bool listEnvironment(Session &session);
bool resetEnvironment(Session &session);

bool showConfig(Session &session);
bool checkConfig(Session &session);

} // namespace starton::initctl

#endif // STARTON_TOOLS_INITCTL_COMMANDS_H
