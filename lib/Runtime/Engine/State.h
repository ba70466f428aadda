// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The engine's state: plain data that refers to itself by index.
//
// Who holds an event: an instance that waits for it (Instance::blocker) is not
// counted; every true leaf of a condition and every waiter is one of its
// blockers. It is finished when it has been handled and has none.

#ifndef STARTON_LIB_RUNTIME_ENGINE_STATE_H
#define STARTON_LIB_RUNTIME_ENGINE_STATE_H

#include "starton/Runtime/Engine/Engine.h"
#include "starton/Runtime/Support/Pool.h"

namespace starton::engine {

/// Owned KEY=VALUE strings, each followed by a NUL.
struct Blob {
  char *data;
  uint32_t length;
  uint32_t count;
};

enum class Progress : uint8_t { Free, Spare, Pending, Handling, Finishing };

/// One event, in the queue or spare.
struct Event {
  uint32_t link;
  char *data; ///< the name, room for "/failed", NUL; then the variables
  uint32_t capacity;
  uint32_t nameLength;
  uint32_t variables; ///< offset of the first
  uint32_t length;    ///< end of the last
  uint32_t count;
  uint32_t blockers;
  /// The instance whose spare this is: finished, it goes back to it.
  uint32_t owner;
  uint32_t ownerGeneration;
  uint32_t pass; ///< key in the agenda, before sequence
  uint64_t sequence;
  uint32_t child, sibling; ///< the agenda's
  RequestToken request;    ///< who is answered, 0: nobody
  int32_t descriptor;      ///< -1: none
  uint32_t stamp;          ///< of the last walk that met it
  Progress progress;
  bool failed;
};

/// How a run ended, of the instance whose name has that hash and length.
struct RunRecord {
  uint32_t link; ///< next older one of the class
  uint32_t nameHash;
  uint32_t nameLength;
  LastRun run;
};

/// Why somebody waits for an instance.
enum class WaitKind : uint8_t { Event, Start, Stop, Restart };

struct Waiter {
  uint32_t link;
  uint32_t event; ///< WaitKind::Event: one blocker of it is ours
  RequestToken request;
  uint32_t instance; ///< after release: whose name the reply carries
  WaitKind kind;
  bool failed; ///< set at the release
};

struct Instance {
  uint32_t link;
  uint32_t generation;
  ClassIndex job;
  uint32_t next, previous; ///< in the class's list
  uint32_t hashNext;
  uint32_t nameHash;
  uint32_t nameLength;
  char *block;      ///< stop latches, one a node; then the name and a NUL
  uint32_t latches; ///< number of them
  uint32_t spare;   ///< events kept for this instance's own use
  uint32_t blocker; ///< the event it waits for
  uint32_t waiters, lastWaiter;
  int32_t pids[NumSlots];
  int32_t failedStatus; ///< as exitStatus(), -1: could not be spawned
  uint32_t respawns;
  uint64_t respawnStart; ///< seconds
  uint64_t started;      ///< `starting` was entered; nanoseconds
  Blob env;              ///< beyond the shared environment and the class's
  Blob nextEnv;          ///< taken into use in `starting`
  Blob stopEnv;
  Goal goal;
  State state;
  Slot failedSlot;
  uint8_t spares;
  uint8_t forks; ///< seen of an `expect fork` or `expect daemon`
  bool live : 1;
  bool failed : 1;
  bool failedRespawn : 1; ///< the failed process is "respawn"
  bool hasNextEnv : 1;
  bool timer : 1;      ///< armed
  bool killed : 1;     ///< main was sent a signal to end it
  bool retrySpawn : 1; ///< a spawn waits for the timer
  bool retryMove : 1;  ///< a transition waits for memory and the timer
  bool retryStop : 1;  ///< a true stop condition waits for memory
  bool ending : 1;     ///< in `waiting` for good
  bool delayed : 1;    ///< that a spawn has to wait was said
  bool retracked : 1;  ///< main took the place of a tracked process
  bool reloaded : 1;   ///< main was sent its reload signal
};

/// A table of which definitions are in use.
struct TableUse {
  uint32_t link; ///< in the list of those to be given back
  uint32_t id;   ///< the host's
  uint32_t uses; ///< by classes and successors, and one for being the base
};

/// What a class becomes when its last instance has ended.
struct Successor {
  uint32_t link;
  uint32_t table;
  const table::Job *job; ///< null: it goes
  uint32_t *latches;     ///< null: the class has enough
  uint32_t leaves;       ///< chain in the LeafIndex, not yet found there
};

/// A slot. Free without a definition; `gone` until its end was announced.
struct JobClass {
  uint32_t link;         ///< in the list of free slots or of news
  uint32_t table;        ///< index into Impl::tables
  const table::Job *job; ///< the definition in use; see Impl::jobOf()
  uint32_t nameHash, hashNext;
  uint32_t position;    ///< in the order of runtime §1.4
  uint32_t first, last; ///< instances
  uint32_t latchRoom;   ///< nodes that `latches` has room for
  uint32_t *latches;    ///< of the start condition: one a node
  uint32_t *tails;      ///< last instance a bucket, once there are two
  uint32_t leaves;      ///< chain in the LeafIndex; None: the base has them
  uint32_t successor;
  uint32_t runs;       ///< latest RunRecord
  uint32_t generation; ///< how often `job` was replaced by a new definition
  uint16_t busyRound;  ///< round of which `starts` counts
  uint16_t starts;
  bool ownsLatches : 1; ///< else they are part of Impl::latches
  bool retryStart : 1;  ///< a true start condition waits for memory
  bool startMarked : 1; ///< the event may match a leaf of this tree
  bool stopMarked : 1;
  bool sound : 1; ///< `job` may be used; else see Impl::takeIntoUse()
  bool inert : 1; ///< `job` is of makeInert()
  bool gone : 1;
  bool news : 1;      ///< in the list of those to be announced
  bool announced : 1; ///< clients know it
  bool renewed : 1;   ///< announced as removed and added
  bool displaced : 1; ///< its place in the order is given up
  bool planned : 1;   ///< has its place in the plan of a switch
};

/// Everything the engine says, as data; text is made when it is taken.
enum class Note : uint8_t {
  None,
  PendingEvent,
  HandlingEvent,
  FinishedEvent,
  GoalChanged,
  StateChanged,
  NewInstance,
  Destroyed,
  ProcessStarted,
  ExitedNormally,
  ExitedStatus,
  KilledBySignal,
  StoppedBySignal,
  ContinuedBySignal,
  Vanished,
  Replaced,
  BecameProcess,
  Executed,
  Sending,
  SignalFailed,
  SpawnDelayed,
  SpawnFailed,
  Respawning,
  TooFast,
  BadInstance,
  NoMemory,
  Cycle,
  Quiescing,
  QuiesceTook,
  FailedToStop,
};

/// Texts of error replies.
enum class Problem : uint8_t {
  Prepared, ///< in Impl::prepared
  AlreadyRunning,
  AlreadyStopped,
  NotRunning,
  FailedToStart,
  FailedToStop,
  FailedToRestart,
  EventFailed,
};

/// An action not yet taken. Its instance or event lives at least until then.
struct Record {
  Action::Kind kind;
  Action::Announcement announcement;
  Note note;
  Problem problem;
  ErrorName error;
  Priority priority;
  uint8_t from, to; ///< goals or states
  Slot slot;
  bool group;
  uint32_t instance;
  uint32_t event;
  ClassIndex job;
  int32_t pid;
  int32_t value; ///< signal, status, descriptor or errno
  RequestToken request;
  uint64_t deadline;
};

} // namespace starton::engine

#endif // STARTON_LIB_RUNTIME_ENGINE_STATE_H
