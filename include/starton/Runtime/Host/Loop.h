// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The daemon's one event loop: an epoll set, a timerfd and intrusive nodes.
//
// Nodes (Watch, Timer) belong to their users and are only linked here, so that
// arming a timer never allocates and cannot fail. A node must stay where it is
// while it is linked, and must be unlinked before it dies. A handler may
// unlink any node, its own included, and may free it: the rest of the batch
// never touches an unlinked node again.
//
// Handlers must not block and should do a bounded amount of work; descriptors
// are level-triggered, so what is left is reported again.

#ifndef STARTON_RUNTIME_HOST_LOOP_H
#define STARTON_RUNTIME_HOST_LOOP_H

#include "starton/Runtime/Support/Span.h"
#include <cstddef>
#include <cstdint>
#include <sys/epoll.h>

namespace starton::host {

class Sys;

/// Interest in one descriptor. One descriptor has at most one Watch: whoever
/// has several interests in one (libdbus) merges them into one event mask.
struct Watch {
  /// \p events: EPOLLIN | EPOLLOUT | EPOLLERR | EPOLLHUP as reported.
  using Handler = void (*)(Watch &watch, uint32_t events);

  Handler handler = nullptr;
  void *context = nullptr; ///< the user's
  int descriptor = -1;
  uint32_t events = 0; ///< what is asked for; 0 keeps errors and hang-ups only
  bool linked = false; ///< the loop's
};

/// A one-shot timer.
struct Timer {
  using Handler = void (*)(Timer &timer);

  Handler handler = nullptr;
  void *context = nullptr; ///< the user's
  uint64_t deadline = 0;   ///< CLOCK_MONOTONIC, nanoseconds
  bool armed = false;      ///< the loop's, as all that follows
  Timer *child = nullptr;
  Timer *sibling = nullptr;
  Timer *previous = nullptr; ///< left sibling, or parent of a first child
};

class Loop {
public:
  explicit Loop(Sys &system) : sys(system) {}
  ~Loop();
  Loop(const Loop &) = delete;
  Loop &operator=(const Loop &) = delete;

  /// Creates the epoll set and the timer descriptor. False: errno in \p error.
  [[nodiscard]] bool open(int &error);

  /// Starts watching watch.descriptor for watch.events. Returns 0 or an errno
  /// (ENOMEM, ENOSPC, EPERM for plain files).
  [[nodiscard]] int add(Watch &watch);
  /// Changes the mask of a linked watch. Returns 0 or an errno.
  int modify(Watch &watch, uint32_t events);
  /// Unlinks; call before the descriptor is closed. Harmless when not linked.
  void remove(Watch &watch);

  /// Arms, or moves an armed timer. A deadline of the past fires in the next
  /// round; timers fire in order of deadline, never early.
  void arm(Timer &timer, uint64_t deadline);
  void armAfter(Timer &timer, uint64_t nanoseconds) {
    arm(timer, now() + nanoseconds);
  }
  /// Harmless when not armed.
  void cancel(Timer &timer);

  /// CLOCK_MONOTONIC in nanoseconds, read now.
  uint64_t now() const;

  /// Waits for descriptors and timers and calls their handlers once.
  /// \p wait false: only looks, because there is other work to do.
  void runOnce(bool wait);

private:
  static constexpr int BatchSize = 64;

  void fireTimers();
  void setTimerDescriptor();
  Timer *merge(Timer *a, Timer *b);
  Timer *mergePairs(Timer *first);
  void unlinkTimer(Timer &timer);

  Sys &sys;
  int epoll = -1;
  int timerDescriptor = -1;
  Timer *root = nullptr;        ///< pairing heap by deadline
  uint64_t programmed = 0;      ///< what the timerfd is set to; 0: disarmed
  uint64_t notBefore = 0;       ///< while timers fire: arm() goes beyond it
  epoll_event batch[BatchSize]; ///< the events being delivered
  int batchCount = 0;
  int batchNext = 0;
};

} // namespace starton::host

#endif // STARTON_RUNTIME_HOST_LOOP_H
