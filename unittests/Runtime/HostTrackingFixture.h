// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Jobs that are traced and watched: the test says what the kernel reports.

#ifndef STARTON_UNITTESTS_RUNTIME_HOSTTRACKINGFIXTURE_H
#define STARTON_UNITTESTS_RUNTIME_HOSTTRACKINGFIXTURE_H

#include "HostProcessesFixture.h"

namespace starton::host {

inline std::string traced(int request, pid_t pid) {
  return "ptrace " + std::to_string(request) + " " + std::to_string(pid);
}
constexpr int ForkTrap = SIGTRAP | PTRACE_EVENT_FORK << 8;
constexpr int ExecTrap = SIGTRAP | PTRACE_EVENT_EXEC << 8;

/// A job with a real engine behind it; the kernel is still the test's.
class HostTracking : public HostProcesses {
protected:
  static constexpr pid_t Helper = 300;
  static constexpr pid_t Real = 400;

  void start(table::Expect expect) {
    define(expect);
    sys.files["/proc/100/stat"] =
        "100 (sh) S 1 100 100 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 50 4096\n";
    runEngine();
    request(Kind::Start);
    closeChild();
    news(FirstPid, CLD_TRAPPED, SIGTRAP);
    ASSERT_EQ(status(), "start/spawned 100");
  }
  /// "300 (d) S ..." as /proc/PID/stat has it, without a place for arguments.
  static std::string facts(pid_t pid, char state, pid_t parent,
                           unsigned started) {
    return std::to_string(pid) + " (d) " + state + " " +
           std::to_string(parent) +
           " 100 100 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 " +
           std::to_string(started) + " 4096\n";
  }
  void news(pid_t pid, int code, int result) {
    sys.report(pid, code, result);
    processes.reap();
  }
  void fork(pid_t parent, pid_t child) {
    sys.eventMessage = static_cast<unsigned long>(child);
    news(parent, CLD_TRAPPED, ForkTrap);
  }
  /// Its parent has reaped it.
  void vanish(pid_t pid) {
    sys.end(pid);
    loop.runOnce(false);
  }
};

} // namespace starton::host

#endif // STARTON_UNITTESTS_RUNTIME_HOSTTRACKINGFIXTURE_H
