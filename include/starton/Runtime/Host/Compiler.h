// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Having job files compiled at run time: the compiler is a child that writes
// the table into a file in memory. The daemon itself reads no job file.

#ifndef STARTON_RUNTIME_HOST_COMPILER_H
#define STARTON_RUNTIME_HOST_COMPILER_H

#include "starton/Runtime/Host/Messages.h"
#include "starton/Runtime/Host/Options.h"
#include "starton/Table/Reader.h"
#include <climits>

namespace starton::host {

class Compiler {
public:
  /// After this a compiler is killed and the compilation has failed.
  static constexpr int TimeLimitMilliseconds = 60'000;

  /// \p originalMask: the signal mask the compiler gets.
  Compiler(Sys &system, Messages &out, const Options &daemonOptions,
           const sigset_t &originalMask)
      : sys(system), messages(out), options(daemonOptions), mask(originalMask) {
  }

  /// Compiles the options' directories, or those of a user session when there
  /// are none, and waits for it: only for the start, when there is nothing
  /// else to do yet. Rejected job files are told as warnings. False: why has
  /// been logged as an error.
  [[nodiscard]] bool compile(table::LoadedTable &table);

private:
  /// The longest command line: three lists and the fixed words.
  static constexpr unsigned MaxWords = 3 * 2 * PathList::Capacity + 16;

  bool findCompiler(char (&path)[PATH_MAX]);
  void buildArguments(const char *path);
  void addDirectories(const char *option, const PathList &list);
  void childMain(int output, int diagnostics);
  bool await(pid_t pid, siginfo_t &end);
  bool run(int output, int diagnostics);
  void relay(int diagnostics);
  bool fail(const char *what, int error);

  Sys &sys;
  Messages &messages;
  const Options &options;
  const sigset_t &mask;
  const char *words[MaxWords + 1] = {};
  unsigned wordCount = 0;
};

/// Logs every rejected job of a table as Upstart does: "PATH:LINE: MESSAGE".
void logRejected(const table::JobTable &table, Messages &messages);

} // namespace starton::host

#endif // STARTON_RUNTIME_HOST_COMPILER_H
