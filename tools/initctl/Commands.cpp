// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Commands.h"
#include "Options.h"

namespace starton::initctl {

// In the order of `initctl help`.
static constexpr Command Commands[] = {
    {"start", "JOB [KEY=VALUE]...", "Start a job.", WaitOptions, startJob},
    {"stop", "JOB [KEY=VALUE]...", "Stop a job.", WaitOptions, stopJob},
    {"restart", "JOB [KEY=VALUE]...", "Restart a job.", WaitOptions,
     restartJob},
    {"reload", "JOB [KEY=VALUE]...", "Send a job its reload signal.", 0,
     reloadJob},
    {"status", "JOB [KEY=VALUE]...", "Show the state of a job.", 0, showStatus},
    {"list", "", "Show the state of every job.", 0, listJobs},
    {"emit", "EVENT [KEY=VALUE]...", "Emit an event.", WaitOptions, emitEvent},
    {"reload-configuration", "", "Have the job files read again.", 0,
     reloadConfiguration},
    {"version", "", "Show the version of the daemon.", 0, showVersion},
    {"log-priority", "[PRIORITY]", "Show or change what the daemon logs.", 0,
     logPriority},
    {"show-config", "[JOB]", "Show what jobs emit, and start and stop on.",
     ShowOptions, showConfig},
    {"check-config", "[JOB]", "Look for conditions that cannot come true.",
     CheckOptions, checkConfig},
    {"usage", "JOB", "Show the usage text of a job.", 0, showUsage},
    {"get-env", "VARIABLE", "Show a variable of the job environment.",
     EnvironmentOptions, getEnvironment},
    {"set-env", "VARIABLE[=VALUE]...", "Set variables of the job environment.",
     EnvironmentOptions | RetainOptions, setEnvironment},
    {"unset-env", "VARIABLE...", "Remove variables from the job environment.",
     EnvironmentOptions, unsetEnvironment},
    {"list-env", "", "Show the job environment.", EnvironmentOptions,
     listEnvironment},
    {"reset-env", "", "Undo all changes of the job environment.",
     EnvironmentOptions, resetEnvironment},
    {"list-sessions", "", "Show the session daemons of this user.", 0,
     listSessions},
    {"notify-disk-writeable", "", "Have early job output written out.", 0,
     notifyDiskWriteable},
    {"notify-dbus-address", "ADDRESS", "Have the daemon join a D-Bus bus.", 0,
     notifyDBusAddress},
    {"notify-cgroup-manager-address", "ADDRESS",
     "Tell the daemon where the cgroup manager is.", 0,
     notifyCGroupManagerAddress},
    {"help", "", "Show this list.", 0, showHelp},
};

const Command *findCommand(const std::string &name) {
  for (const Command &command : Commands)
    if (name == command.name)
      return &command;
  return nullptr;
}

std::string commandList() {
  std::string text = "Commands:\n";
  for (const Command &command : Commands) {
    std::string line = std::string("  ") + command.name;
    line.append(line.size() < 32 ? 32 - line.size() : 1, ' ');
    text += line + command.summary + "\n";
  }
  return text;
}

bool showHelp(Session &session) {
  session.print(commandList());
  return true;
}

} // namespace starton::initctl
