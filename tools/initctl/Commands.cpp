// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Commands.h"
#include "Options.h"
#include <algorithm>

namespace starton::initctl {

// In the order of `initctl help`.
static constexpr Command Commands[] = {
    {"start", "JOB [KEY=VALUE]...", "Start a job.", WaitOptions, startJob},
    {"stop", "JOB [KEY=VALUE]...", "Stop a job.", WaitOptions, stopJob},
    {"restart", "JOB [KEY=VALUE]...", "Restart a job.", WaitOptions,
     restartJob},
    {"reload", "JOB [KEY=VALUE]...", "Send a job its reload signal.", 0,
     reloadJob},
    {"status", "JOB [KEY=VALUE]...", "Show the state of a job.", JsonOptions,
     showStatus},
    {"list", "", "Show the state of every job.", JsonOptions, listJobs},
    {"blocked", "", "Show which events are held, and by whom.", JsonOptions,
     showBlocked},
    {"emit", "EVENT [KEY=VALUE]...", "Emit an event.", WaitOptions, emitEvent},
    {"reload-configuration", "", "Have the job files read again.", 0,
     reloadConfiguration},
    {"version", "", "Show the version of the daemon.", 0, showVersion},
    {"log-priority", "[PRIORITY]", "Show or change what the daemon logs.", 0,
     logPriority},
    {"show-config", "[JOB]", "Show what jobs emit, and start and stop on.",
     ShowOptions | JsonOptions, showConfig},
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
    {"service", "JOB start|stop|restart|reload|force-reload|status [ARG]...",
     "Act on a job or, where there is none, its init script.", ServiceOptions,
     runService},
    {"help", "[COMMAND]", "Show this list, or the help of a command.", 0,
     showHelp},
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

std::string commandHelp(const std::string &usage, const Command &command) {
  std::string text = "Usage: " + usage + " [OPTION]...";
  if (*command.arguments)
    text.append(" ").append(command.arguments);
  return text + "\n" + command.summary + "\n\nOptions:\n" +
         describeOptions(Everywhere | command.options);
}

bool showHelp(Session &session) {
  if (session.words().empty())
    return session.show(commandList());
  const std::string &name = session.words().front();
  const Command *command = findCommand(name);
  if (!command)
    return session.usageError("invalid command: " + name);
  return session.show(commandHelp("initctl " + name, *command));
}

// --- Did you mean.

/// Insertions, deletions, replacements and swaps of neighbours between them.
static size_t editDistance(const std::string &a, const std::string &b) {
  std::vector<std::vector<size_t>> cost(a.size() + 1,
                                        std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) {
    for (size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        cost[i][j] = i + j;
        continue;
      }
      size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1,
                             cost[i - 1][j - 1] + change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
    }
  }
  return cost[a.size()][b.size()];
}

const Command *similarCommand(const std::string &name) {
  static constexpr size_t LongestName = 40;
  const Command *best = nullptr;
  size_t limit = std::min<size_t>(3, 1 + name.size() / 4);
  for (const Command &command : Commands) {
    if (name.size() > LongestName)
      break;
    size_t distance = editDistance(name, command.name);
    if (distance > limit || (best && distance == limit))
      continue;
    best = &command;
    limit = distance;
  }
  return best;
}

} // namespace starton::initctl
