// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// initctl, and start, stop, restart, reload, status and any other command when
// called by its name (runtime §8).

#include "Commands.h"
#include "Options.h"
#include "Session.h"
#include <cstdio>
#include <fcntl.h>
#include <new>
#include <unistd.h>

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
  if (command)
    return commandHelp(named ? program : program + " " + command->name,
                       *command);
  return "Usage: " + program +
         " [OPTION]... COMMAND [OPTION]... [ARG]...\n\nOptions:\n" +
         describeOptions(Everywhere) + "\n" + commandList();
}

/// A descriptor below 3 that the caller closed would become the connection, and
/// what is printed would go to the daemon. Writing to this stand-in fails.
static void fillStandardDescriptors() {
  int descriptor = 0;
  do
    descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC);
  while (descriptor >= 0 && descriptor <= STDERR_FILENO);
  if (descriptor >= 0)
    close(descriptor);
}

static int run(const std::vector<std::string> &arguments,
               const std::string &program) {
  Options options;
  const Command *named = findCommand(program);
  options.command = named;
  std::string problem;
  bool parsed = parseOptions(arguments, options, problem);
  const Command *command = options.command;

  bool wantsHelp = options.help;
  bool wantsVersion = options.version;
  std::string suggestion = options.suggestion;
  Session session(program, std::move(options));
  bool done = false;
  if (!parsed) {
    session.usageError(problem);
    if (!suggestion.empty())
      session.remark("did you mean '" + suggestion + "'?");
  } else if (wantsHelp || wantsVersion) {
    done = session.show(wantsHelp ? helpText(program, named, command)
                                  : program + VersionText);
  } else if (!command) {
    session.usageError("missing command");
  } else {
    done = command->run(session);
  }
  return session.flush() && done ? 0 : 1;
}

int main(int argc, char **argv) {
  fillStandardDescriptors();
  std::string program = baseName(argc > 0 ? argv[0] : "initctl");
  try {
    return run({argv + (argc > 0), argv + argc}, program);
  } catch (const std::bad_alloc &) {
    std::fprintf(stderr, "%s: Cannot allocate memory\n", program.c_str());
    return 1;
  }
}
