// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What /proc tells of processes that we did not start ourselves: who is a child
// of ours now, since when it runs, and which job's environment it was given.
//
// The environment is a process's own memory and says what it likes. Whoever
// claims to be another job's gains that it is shown as what is left of that job
// and gets the signals meant for it, no more.

#ifndef STARTON_RUNTIME_HOST_ORPHANS_H
#define STARTON_RUNTIME_HOST_ORPHANS_H

#include "starton/Runtime/Host/Sys.h"
#include "starton/Runtime/Support/Span.h"

namespace starton::host {

/// Of /proc/PID/stat.
struct ProcessFacts {
  char state = 0;
  pid_t parent = 0;
  pid_t session = 0;
  uint64_t started = 0; ///< ticks since the boot
  /// It has an environment, with nothing in it. False too in the middle of an
  /// exec, and of a process whose memory is not for us to read.
  bool hasEmptyEnvironment = false;
};

/// 0, or an errno: ENOENT or ESRCH without such a process.
[[nodiscard]] int readFacts(Sys &sys, pid_t pid, ProcessFacts &facts);

/// Whether something could not be read for a reason that passes, and that says
/// nothing about the process.
[[nodiscard]] bool isShortage(int error);

/// Unknown: there is no environment for now, because of an exec or an end that
/// is under way, or it could not be read.
enum class Claim : uint8_t { No, Yes, Unknown };

/// Whether the environment that \p pid was given has UPSTART_JOB and
/// UPSTART_INSTANCE with these values. Looks at its first MiB.
[[nodiscard]] Claim startedBy(Sys &sys, pid_t pid, Span<const char> job,
                              Span<const char> instance);

/// Our own children and the orphans that have become ours, oldest first.
class ChildWalk {
public:
  explicit ChildWalk(Sys &system);
  ~ChildWalk();
  ChildWalk(const ChildWalk &) = delete;
  ChildWalk &operator=(const ChildWalk &) = delete;

  bool next(pid_t &pid);
  /// False: the list could not be read to its end.
  bool whole() const { return !broken; }

private:
  bool nextByte(char &byte);

  Sys &sys;
  int file;
  bool broken;
  size_t at = 0;
  size_t filled = 0;
  char buffer[1024];
};

} // namespace starton::host

#endif // STARTON_RUNTIME_HOST_ORPHANS_H
