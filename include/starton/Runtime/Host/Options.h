// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The daemon's command line (spec/runtime §6.1), parsed by hand: unknown
// options and stray arguments come from the kernel's command line and are
// ignored, and nothing is allocated.

#ifndef STARTON_RUNTIME_HOST_OPTIONS_H
#define STARTON_RUNTIME_HOST_OPTIONS_H

#include "starton/Runtime/Engine/Engine.h"
#include "starton/Runtime/Host/Child.h"

namespace starton::host {

/// A repeatable option's values, in the order given.
struct PathList {
  static constexpr unsigned Capacity = 64;
  const char *paths[Capacity] = {};
  unsigned count = 0;
};

/// When a table is compared with the job files it was made of.
enum class CheckSources : uint8_t { Never, After, Before };

/// All strings belong to argv.
struct Options {
  bool user = false;
  bool help = false;
  bool version = false;
  bool noLog = false;
  bool noBus = false;
  bool inheritEnvironment = true;
  bool debug = false;
  bool restart = false;    ///< another image of ours has been here before
  bool checkState = false; ///< say whether the state can be read, and end
  int stateDescriptor = -1;
  engine::Priority priority = engine::Priority::Message;
  Console console = Console::Log;
  const char *startupEvent = "startup"; ///< null: none
  const char *logDirectory = nullptr;
  const char *table = nullptr;
  const char *compiler = nullptr;
  const char *dialect = nullptr;
  CheckSources checkSources = CheckSources::After;
  PathList prepended, directories, appended;
};

/// False: \p error (one line, without "init: ") says what is wrong.
[[nodiscard]] bool parseOptions(int argc, char *const *argv, Options &options,
                                char (&error)[160]);

extern const char HelpText[];
extern const char VersionText[];

} // namespace starton::host

#endif // STARTON_RUNTIME_HOST_OPTIONS_H
