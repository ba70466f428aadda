// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reads what StateSave.cpp writes, as hostile input: whatever the bytes say,
// the engine they make keeps its invariants, or there is none.

#ifndef STARTON_LIB_RUNTIME_ENGINE_STATELOADER_H
#define STARTON_LIB_RUNTIME_ENGINE_STATELOADER_H

#include "Impl.h"
#include "starton/Runtime/Support/StateStream.h"

namespace starton::engine {

/// Strings that are kept. False: the reader says why.
bool loadBlob(StateReader &in, Blob &blob);

/// Fills an engine without anything; an error leaves it unusable.
class StateLoader {
public:
  StateLoader(Engine::Impl &to, StateReader &from,
              Span<const TableOfState> tables)
      : engine(to), in(from), given(tables) {}
  bool run();

private:
  enum Awaited : uint8_t { IsFree, ToCome, Loaded };

  // --- StateLoad.cpp
  void loadGlobals();
  void loadEvents();
  void loadEvent();
  /// The index of a saved event, or None.
  uint32_t reference();
  void loadRequest(RequestToken &request);
  void loadProgress();
  void loadWalk(Walk &walk);
  uint32_t loadLive();

  // --- StateLoadClasses.cpp
  void loadTables();
  /// Tables of which nothing is used go back to the host.
  void giveTables();
  uint32_t loadSlots();
  ClassIndex loadSlot();
  void loadClass();
  ClassIndex loadDefinitions();
  const table::Job *loadDefinition(uint32_t &table);
  bool makeLatches(const table::Job &job, uint32_t *&latches);
  void loadSuccessor(ClassIndex job);
  void loadRuns(JobClass &jobClass);

  // --- StateLoadInstances.cpp
  void loadPool();
  void loadInstance(ClassIndex job);
  bool fillInstance(uint32_t index);
  void loadFlags(Instance &instance);
  void loadPids(uint32_t index);
  bool setSpares(Instance &instance, uint8_t wanted);
  /// What a condition has seen.
  void loadTree(const Tree &tree);
  void loadWaiters(uint32_t index);

  // --- StateCheck.cpp: does it belong together?
  void checkOwners();
  void checkPids(const Instance &instance);
  void checkRetries(const Instance &instance);
  void checkRequests();
  void checkPoll();
  void fillAgenda();

  Engine::Impl &engine;
  StateReader &in;
  Span<const TableOfState> given;
  Vector<uint32_t> tables;       ///< of each saved table the place in `given`
  Vector<uint32_t> events;       ///< index of each saved event
  Vector<RequestToken> requests; ///< that wait for something
  Vector<Awaited> awaited;       ///< of each instance
  uint32_t lastBucket = 0;
};

} // namespace starton::engine

#endif // STARTON_LIB_RUNTIME_ENGINE_STATELOADER_H
