// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What an engine needs of every job before it uses one of them. A verification
// collects it on its way, since going back to each job costs more than all else
// that the engine does at its start.

#ifndef STARTON_TABLE_JOBHEAD_H
#define STARTON_TABLE_JOBHEAD_H

#include "starton/Runtime/Support/Span.h"
#include "starton/Table/JobTable_generated.h"

namespace starton::table {

/// FNV-1, 32 bits (runtime §1.4).
inline uint32_t hashName(Span<const char> name) {
  uint32_t hash = 2166136261U;
  for (char c : name)
    hash = (hash * 16777619U) ^ uint32_t(static_cast<unsigned char>(c));
  return hash;
}

struct JobHead {
  uint32_t order;
  uint32_t nameHash;
  uint32_t nameLength;
  uint32_t startNodes, stopNodes; ///< of the conditions, 0: none
};

/// \p job has been verified, or a Verification of it has begun.
inline JobHead headOf(const Job &job) {
  auto count = [](const Condition *condition) {
    return condition ? condition->nodes()->size() : 0;
  };
  Span<const char> name{job.name()->c_str(), job.name()->size()};
  return {job.order(), hashName(name), job.name()->size(),
          count(job.start_on()), count(job.stop_on())};
}

} // namespace starton::table

#endif // STARTON_TABLE_JOBHEAD_H
