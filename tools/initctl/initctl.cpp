// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// initctl, and start, stop, restart, reload, status and any other command when
// called by its name (runtime §8).

#include "Commands.h"
#include "Options.h"
#include "Session.h"
#include "starton/Runtime/Control/Names.h"

using namespace starton::initctl;

static std::string baseName(const std::string &path) {
  return path.substr(path.rfind('/') + 1);
}

// Programs read the version out of "initctl (upstart N)".
static constexpr char VersionText[] =
    " (upstart 1.13.2)\nStarton's control tool, compatible with that version "
    "of Upstart.\n";

static std::string helpText(const std::string &program, const Command *named,
                            const Command *command) {
  std::string usage = "Usage: " + program;
  if (!command)
    return usage + " [OPTION]... COMMAND [OPTION]... [ARG]...\n\nOptions:\n" +
           describeOptions(Everywhere) + "\n" + commandList();
  if (!named)
    usage.append(" ").append(command->name);
  usage += " [OPTION]...";
  if (*command->arguments)
    usage.append(" ").append(command->arguments);
  return usage + "\n" + command->summary + "\n\nOptions:\n" +
         describeOptions(Everywhere | command->options);
}

int main(int argc, char **argv) {
  std::string program = baseName(argc > 0 ? argv[0] : "initctl");
  Options options;
  const Command *named = findCommand(program);
  options.command = named;
  std::string problem;
  bool parsed =
      parseOptions({argv + (argc > 0), argv + argc}, options, problem);
  const Command *command = options.command;

  bool wantsHelp = options.help;
  bool wantsVersion = options.version;
  Session session(program, std::move(options));
  bool done = false;
  if (!parsed)
    session.usageError(problem);
  else if (wantsHelp || wantsVersion)
    done = session.show(wantsHelp ? helpText(program, named, command)
                                  : program + VersionText);
  else if (!command)
    session.usageError("missing command");
  else
    done = command->run(session);
  return session.flush() && done ? 0 : 1;
}
