// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Starts the children that carry plans out (Child.h).
//
// A copy of the daemon's page tables, and of every page that either of the two
// writes to meanwhile, is most of what a start with fork costs. So a child runs
// in the daemon's memory where that is safe, beside the daemon: on a stack of
// its own, with its plan behind it, through system calls that leave errno
// alone. It cannot be waited for, since it may hang, in an open or on a dead
// file server; hence the contract:
//
//   The daemon does not touch a child's stack and plan from the start until the
//   kernel itself says that the child has left the memory, by its exec or its
//   end however that came (SharingChild::running), not even when the daemon
//   has given the job up or ends.
//
// Everything else has memory of its own (fork): what needsOwnMemory(), what
// comes when too many are on their way, and all on machines, kernels and builds
// without Sys::sharesMemory().

#ifndef STARTON_RUNTIME_HOST_LAUNCHER_H
#define STARTON_RUNTIME_HOST_LAUNCHER_H

#include "starton/Runtime/Host/Child.h"

namespace starton::host {

class Launcher {
public:
  /// Children in the daemon's memory at one time.
  static constexpr unsigned MaxSharing = 64;

  explicit Launcher(Sys &system) : sys(system) {}
  ~Launcher() { giveBack(); }
  Launcher(const Launcher &) = delete;
  Launcher &operator=(const Launcher &) = delete;

  /// Nothing is shared before this.
  void initialize() { shares = sys.sharesMemory(); }

  /// The pid of a child that carries the request out, or a negative errno. The
  /// request is not needed any more then.
  pid_t start(const ChildRequest &request);

  /// Gives the memory of children that have left it back to the system.
  void giveBack();

  /// Children that are in our memory now.
  unsigned sharing() const;

private:
  struct Room {
    char *base = nullptr; ///< null: not mapped
    size_t size = 0;
  };

  pid_t startSharing(const ChildRequest &request);
  pid_t startFork(const ChildRequest &request);
  bool prepareRoom(Room &room, size_t planSize);
  bool isFree(unsigned index) const;

  Sys &sys;
  bool shares = false;
  unsigned used = 0; ///< rooms from this one on have never been mapped
  Room rooms[MaxSharing];
  /// Written by the kernel: SharingChild::running.
  pid_t running[MaxSharing] = {};
};

} // namespace starton::host

#endif // STARTON_RUNTIME_HOST_LAUNCHER_H
