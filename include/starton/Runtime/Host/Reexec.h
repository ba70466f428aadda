// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Replacing the running program by a new one without losing anything
// (docs/ARCHITECTURE.md, "Re-exec"; spec/runtime §6.7).
//
//   request() -> the new program is run as a child on a copy of the state, with
//   --check-state, while the loop goes on -> it can read it -> the state as it
//   is then, read back here, goes into a sealed file in memory -> exec
//
// Whatever fails on the way: it is logged, and the daemon goes on as before.

#ifndef STARTON_RUNTIME_HOST_REEXEC_H
#define STARTON_RUNTIME_HOST_REEXEC_H

#include "starton/Runtime/Host/Loop.h"
#include "starton/Runtime/Host/Messages.h"
#include "starton/Runtime/Support/StateStream.h"
#include <csignal>

namespace starton::host {

class Reexec {
public:
  /// A child that has not judged the state by then has failed.
  static constexpr uint64_t TimeLimit = 10'000'000'000; ///< nanoseconds

  struct Hooks {
    void *context = nullptr;
    /// Writes the whole state.
    void (*save)(void *context, StateWriter &out) = nullptr;
    /// Whether it can be read back; null, or why not.
    const char *(*verify)(void *context, Span<const uint8_t> state) = nullptr;
    /// The exec comes next.
    void (*leaving)(void *context) = nullptr;
    /// There will be none. \p why: one line.
    void (*refused)(void *context, const char *why) = nullptr;
  };

  Reexec(Sys &system, Loop &eventLoop, Messages &out, Hooks who);
  ~Reexec();
  Reexec(const Reexec &) = delete;
  Reexec &operator=(const Reexec &) = delete;

  /// \p argumentList and \p environmentList are the process's, NULL-terminated,
  /// \p mask the signal mask that children get.
  void setProgram(char *const *argumentList, char *const *environmentList,
                  const sigset_t &mask);
  bool hasProgram() const { return arguments && arguments[0]; }

  /// Asks for it; once more is the same request.
  void request() { wanted = true; }
  /// To be called between inputs to the engine. Does not return when it
  /// succeeds.
  void work();
  /// Whether work() has something to do at once.
  bool isDue() const { return (wanted && child == 0) || approved; }

private:
  static constexpr size_t MaxVerdict = 160;

  void check();
  void childMain(int state, int verdictPipe);
  void takeVerdict();
  void endCheck();
  void judge();
  void replace();
  /// The state in a sealed file; a negative errno.
  int write(const StateWriter &state);
  void allowInheritance(const StateWriter &state, bool on);
  bool buildArguments(int state, Vector<char *> &list);
  void fail(const char *what, int error);

  Sys &sys;
  Loop &loop;
  Messages &messages;
  Hooks hooks;
  char *const *arguments = nullptr;
  char *const *environment = nullptr;
  sigset_t originalMask{};
  Watch watch; ///< what the child says
  Timer limit;
  pid_t child = 0;
  bool wanted = false;
  bool approved = false; ///< the new program can read our state
  char verdict[MaxVerdict] = {};
  size_t verdictSize = 0;
  char number[16] = {}; ///< of the state, as an argument
};

/// Reads all of a state's file, which stays open. A negative errno, or 0.
int readState(Sys &sys, int descriptor, Vector<uint8_t> &bytes);

} // namespace starton::host

#endif // STARTON_RUNTIME_HOST_REEXEC_H
