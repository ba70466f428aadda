// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A switch of tables as a plan: everything it needs is in it before anything
// is changed, so that it can be dropped without a trace and cannot fail later.

#ifndef STARTON_LIB_RUNTIME_ENGINE_SWITCH_H
#define STARTON_LIB_RUNTIME_ENGINE_SWITCH_H

#include "Impl.h"

namespace starton::engine {

/// What becomes of one name.
struct Change {
  enum class Kind : uint8_t {
    Same,    ///< the definition says the same
    Add,     ///< a name that was not there
    Replace, ///< now, or when the class becomes idle
    Remove   ///< likewise
  } kind;
  ClassIndex job;              ///< None: to be added
  const table::Job *next;      ///< null: Remove
  uint32_t *latches = nullptr; ///< of its start condition, if more are needed
  uint32_t leaves = None;      ///< of `next`, unless it is in the base
  uint32_t staying = None;   ///< of what is replaced later and leaves the base
  uint32_t successor = None; ///< if it has to wait for that
};

struct Plan {
  const table::JobTable *jobs = nullptr;
  uint32_t table = None;
  bool whole = false;
  Vector<Change> changes;
  Vector<ClassIndex> appended;  ///< room for those that get a new place
  Vector<uint32_t> registered;  ///< indices of the jobs, in that order
  Vector<ClassIndex> baseSlots; ///< Whole: by index of the job
  size_t added = 0;
  uint32_t touched = 0; ///< buckets that lose somebody, a bit each
};

} // namespace starton::engine

#endif // STARTON_LIB_RUNTIME_ENGINE_SWITCH_H
