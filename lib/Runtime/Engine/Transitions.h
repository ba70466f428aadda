// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The machine of goals and states as data (runtime §2.1, §2.2, §2.6).

#ifndef STARTON_LIB_RUNTIME_ENGINE_TRANSITIONS_H
#define STARTON_LIB_RUNTIME_ENGINE_TRANSITIONS_H

#include "starton/Runtime/Engine/Engine.h"

namespace starton::engine {

constexpr unsigned NumStates = unsigned(State::PostStop) + 1;

/// Which column says what follows: the goal, and whether main lives.
enum class Way : uint8_t {
  Stop,
  StopWithoutMain,
  Start,
  StartMainLost, ///< the job has a main process, but none is there
  Respawn
};
constexpr unsigned NumWays = 5;

/// What an instance waits for where it rests.
enum class Rest : uint8_t {
  Passes,  ///< nothing: it goes on at once
  Event,   ///< the one it has emitted
  Process, ///< the end of `process`, if there is one
  Goal     ///< a request, an event, or the end of main
};

/// What it means that main ends there.
enum class MainEnd : uint8_t {
  Decides, ///< its status decides, and the instance moves on
  Waits,   ///< its status decides; another process is waited for
  Ignored, ///< nothing
  Expected ///< the instance moves on
};

struct StateRow {
  State next[NumWays];
  Rest rest;
  bool spawns;  ///< `process`, when it is entered
  Slot process; ///< with Rest::Process or spawns
  MainEnd mainEnd;
};

// clang-format off
constexpr StateRow Transitions[NumStates] = {
/*                     stop                 without main         start                    main lost                respawn                  */
/* waiting */          {{State::Starting,    State::Starting,    State::Starting,         State::Starting,         State::Starting},
                        Rest::Passes,  false, Slot::Main,      MainEnd::Waits},
/* starting */         {{State::Stopping,    State::Stopping,    State::SecuritySpawning, State::SecuritySpawning, State::SecuritySpawning},
                        Rest::Event,   false, Slot::Main,      MainEnd::Waits},
/* security-spawning */{{State::Stopping,    State::Stopping,    State::Security,         State::Security,         State::Security},
                        Rest::Passes,  true,  Slot::Security,  MainEnd::Waits},
/* security */         {{State::Stopping,    State::Stopping,    State::PreStarting,      State::PreStarting,      State::PreStarting},
                        Rest::Process, false, Slot::Security,  MainEnd::Waits},
/* pre-starting */     {{State::Stopping,    State::Stopping,    State::PreStart,         State::PreStart,         State::PreStart},
                        Rest::Passes,  true,  Slot::PreStart,  MainEnd::Waits},
/* pre-start */        {{State::Stopping,    State::Stopping,    State::Spawning,         State::Spawning,         State::Spawning},
                        Rest::Process, false, Slot::PreStart,  MainEnd::Waits},
/* spawning */         {{State::Stopping,    State::Stopping,    State::Spawned,          State::Spawned,          State::Spawned},
                        Rest::Passes,  true,  Slot::Main,      MainEnd::Waits},
/* spawned */          {{State::Stopping,    State::Stopping,    State::PostStarting,     State::Stopping,         State::Stopping},
                        Rest::Process, false, Slot::Main,      MainEnd::Decides},
/* post-starting */    {{State::Stopping,    State::Stopping,    State::PostStart,        State::Stopping,         State::Stopping},
                        Rest::Passes,  true,  Slot::PostStart, MainEnd::Waits},
/* post-start */       {{State::Stopping,    State::Stopping,    State::Running,          State::Stopping,         State::Stopping},
                        Rest::Process, false, Slot::PostStart, MainEnd::Waits},
/* running */          {{State::PreStopping, State::Stopping,    State::Stopping,         State::Stopping,         State::Stopping},
                        Rest::Goal,    false, Slot::Main,      MainEnd::Decides},
/* pre-stopping */     {{State::PreStop,     State::PreStop,     State::PreStop,          State::PreStop,          State::Stopping},
                        Rest::Passes,  true,  Slot::PreStop,   MainEnd::Waits},
/* pre-stop */         {{State::Stopping,    State::Stopping,    State::Running,          State::Stopping,         State::Stopping},
                        Rest::Process, false, Slot::PreStop,   MainEnd::Waits},
/* stopping */         {{State::Killed,      State::Killed,      State::Killed,           State::Killed,           State::Killed},
                        Rest::Event,   false, Slot::Main,      MainEnd::Ignored},
/* killed */           {{State::PostStopping,State::PostStopping,State::PostStopping,     State::PostStopping,     State::PostStopping},
                        Rest::Process, false, Slot::Main,      MainEnd::Expected},
/* post-stopping */    {{State::PostStop,    State::PostStop,    State::PostStop,         State::PostStop,         State::PostStop},
                        Rest::Passes,  true,  Slot::PostStop,  MainEnd::Waits},
/* post-stop */        {{State::Waiting,     State::Waiting,     State::Starting,         State::Starting,         State::Starting},
                        Rest::Process, false, Slot::PostStop,  MainEnd::Waits},
};
// clang-format on

constexpr const StateRow &rowOf(State state) {
  return Transitions[unsigned(state)];
}

/// Whether an instance enters \p next with an event of its job.
constexpr bool beginsWithEvent(State state, State next) {
  return next == State::Starting || next == State::Stopping ||
         next == State::Waiting ||
         (next == State::Running && state == State::PostStart);
}

} // namespace starton::engine

#endif // STARTON_LIB_RUNTIME_ENGINE_TRANSITIONS_H
