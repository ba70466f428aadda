// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// initctl's command line: one table of options, one of commands (Commands.h).

#ifndef STARTON_TOOLS_INITCTL_OPTIONS_H
#define STARTON_TOOLS_INITCTL_OPTIONS_H

#include <string>
#include <vector>

namespace starton::initctl {

struct Command;

struct Options {
  bool user = false;
  bool session = false;
  bool system = false;
  bool quiet = false;
  bool verbose = false;
  bool help = false;
  bool version = false;
  bool noWait = false;
  bool enumerate = false;
  bool global = false;
  bool retain = false;
  bool warn = false;
  bool json = false;
  std::string destination;
  std::string ignoredEvents;
  std::string scriptDirectory = "/etc/init.d";

  const Command *command = nullptr;
  std::string suggestion; ///< for a misspelt command, when parsing failed
  std::vector<std::string> words; ///< behind the command
};

/// Which commands take an option: bits of Command::options.
enum OptionGroup : unsigned {
  Everywhere = 1,
  WaitOptions = 2,
  ShowOptions = 4,
  EnvironmentOptions = 8,
  RetainOptions = 16,
  CheckOptions = 32,
  JsonOptions = 64,
  /// Also: what follows the first word are words, options or not.
  ServiceOptions = 128
};

/// Reads the arguments behind the program's name. \p options.command is set
/// when the program was called by a command's name. False: \p error is a usage
/// error. Stops reading at --help and --version.
bool parseOptions(const std::vector<std::string> &arguments, Options &options,
                  std::string &error);

/// The options of \p groups, one line each, for --help.
std::string describeOptions(unsigned groups);

} // namespace starton::initctl

#endif // STARTON_TOOLS_INITCTL_OPTIONS_H
