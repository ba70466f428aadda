// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Having job files compiled: the compiler is a child that writes the table into
// a file in memory, while the loop goes on. The daemon itself reads no job
// file, and believes nothing of what the child writes.

#ifndef STARTON_RUNTIME_HOST_COMPILER_H
#define STARTON_RUNTIME_HOST_COMPILER_H

#include "starton/Runtime/Host/Loop.h"
#include "starton/Runtime/Host/Messages.h"
#include "starton/Runtime/Host/Options.h"
#include "starton/Runtime/Support/Vector.h"
#include "starton/Table/Reader.h"
#include <climits>
#include <csignal>

namespace starton::host {

/// What to compile.
struct Compilation {
  /// Configuration directories, highest priority first; none: those that the
  /// compiler thinks a user session has.
  Span<char *const> directories;
  /// The only jobs to look at, each NUL-terminated; none: all.
  Span<char *const> jobs;
  /// A table that need not be made again if it holds the same files, or null.
  const char *unlessCurrent = nullptr;
};

class Compiler {
public:
  /// After this a compiler is killed and the compilation has failed.
  static constexpr uint64_t TimeLimit = 60'000'000'000; ///< nanoseconds
  /// The same when only some jobs are compiled.
  static constexpr uint64_t ShortTimeLimit = 10'000'000'000;
  /// Bytes of what a compiler has to say that are looked at.
  static constexpr size_t MaxReport = 16384;

  enum class Result : uint8_t {
    Table,   ///< `table` is the new one
    Current, ///< unlessCurrent is as good
    Failed   ///< why() says why, which has been logged as an error
  };
  /// Called once for each start(), from ended(). \p table is the callee's to
  /// swap.
  struct Listener {
    void *context = nullptr;
    void (*done)(void *context, Result result,
                 table::LoadedTable &table) = nullptr;
  };

  Compiler(Sys &system, Loop &eventLoop, Messages &out,
           const Options &daemonOptions, Listener who);
  ~Compiler() { cancel(); }
  Compiler(const Compiler &) = delete;
  Compiler &operator=(const Compiler &) = delete;

  /// \p mask: the signal mask that the compiler gets.
  void setMask(const sigset_t &mask) { originalMask = mask; }

  /// Looks for a compiler: --compiler, or beside the running binary, or in
  /// libexec. 0, or an errno; path() is then where it should have been.
  int find();
  const char *path() const { return program; }

  /// Why the last compilation has failed, or could not be begun.
  const char *why() const { return failure; }

  /// Begins. False: why() says why, which has been logged as an error, and
  /// done() is not called. Not while one is running.
  [[nodiscard]] bool start(const Compilation &what);
  bool isRunning() const { return child > 0; }

  /// A child of the daemon has ended. False: it was none of ours.
  bool ended(const siginfo_t &end);

  /// Kills it; done() is not called.
  void cancel();

private:
  bool buildCommand(const Compilation &what);
  bool openFiles();
  void closeFiles();
  void childMain();
  void kill();
  Result judge(const siginfo_t &end, table::LoadedTable &table);
  void relay();
  void relayLine(engine::Text said);
  bool fail(const char *what, int error);

  Sys &sys;
  Loop &loop;
  Messages &messages;
  const Options &options;
  Listener listener;
  Timer limit;
  sigset_t originalMask{};
  Vector<const char *> words; ///< the command, null-terminated; of start()
  pid_t child = 0;
  int output = -1;
  int report = -1;
  bool late = false;       ///< killed for want of progress
  bool mayBeEmpty = false; ///< unlessCurrent
  char failure[256] = {};
  char program[PATH_MAX] = {};
};

} // namespace starton::host

#endif // STARTON_RUNTIME_HOST_COMPILER_H
