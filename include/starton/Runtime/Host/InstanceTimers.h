// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The engine's timers: one per instance and its own. Arming one cannot fail:
// without memory for it an instance shares one timer with all others in that
// case, which is due when the last of them is - late, never early.

#ifndef STARTON_RUNTIME_HOST_INSTANCETIMERS_H
#define STARTON_RUNTIME_HOST_INSTANCETIMERS_H

#include "starton/Runtime/Engine/Engine.h"
#include "starton/Runtime/Host/Loop.h"

namespace starton {
class StateReader;
class StateWriter;
} // namespace starton

namespace starton::host {

class InstanceTimers {
public:
  /// Called when a timer is due. The engine ignores a timer that it did not
  /// arm.
  using Handler = void (*)(void *context, engine::InstanceId instance);

  InstanceTimers(Loop &eventLoop, engine::Engine &jobEngine, Handler due,
                 void *dueContext);
  ~InstanceTimers();
  InstanceTimers(const InstanceTimers &) = delete;
  InstanceTimers &operator=(const InstanceTimers &) = delete;

  /// Replaces an armed timer of the instance.
  void arm(engine::InstanceId instance, uint64_t deadline);
  void cancel(engine::InstanceId instance);

  // --- Over a re-exec: ReexecRecords.cpp.
  void save(StateWriter &out) const;
  void load(StateReader &in);

private:
  struct Entry {
    Timer timer;
    InstanceTimers *owner = nullptr;
    Entry *next = nullptr;
    engine::InstanceId instance;
  };
  static constexpr unsigned Buckets = 64;

  static void fire(Timer &timer);
  void fireShared();
  /// The pointer to the instance's entry; to null when it has none.
  Entry **find(engine::InstanceId instance);

  Loop &loop;
  engine::Engine &engine;
  Handler handler;
  void *context;
  Timer own;    ///< the engine's
  Timer shared; ///< of instances without an entry
  Entry *buckets[Buckets] = {};
};

} // namespace starton::host

#endif // STARTON_RUNTIME_HOST_INSTANCETIMERS_H
