// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the D-Bus server sees of the event loop: entries named by descriptor,
// and one deadline.

#ifndef STARTON_RUNTIME_HOST_CONTROLLOOP_H
#define STARTON_RUNTIME_HOST_CONTROLLOOP_H

#include "starton/Runtime/Control/Server.h"
#include "starton/Runtime/Host/Loop.h"

namespace starton::host {

class ControlLoop {
public:
  ControlLoop(Loop &eventLoop, control::Server &controlServer);
  ~ControlLoop();
  ControlLoop(const ControlLoop &) = delete;
  ControlLoop &operator=(const ControlLoop &) = delete;

  control::LoopHooks hooks();

private:
  struct Entry {
    Watch watch;
    Entry *next = nullptr;
  };
  static constexpr unsigned Buckets = 32;

  bool watch(int descriptor, unsigned events);
  void unwatch(int descriptor);
  void wakeAt(uint64_t deadline);
  Entry **find(int descriptor);

  Loop &loop;
  control::Server &server;
  Timer timer;
  Entry *buckets[Buckets] = {};
};

} // namespace starton::host

#endif // STARTON_RUNTIME_HOST_CONTROLLOOP_H
