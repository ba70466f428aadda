// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What an engine needs of every job before it uses one of them. It lies apart
// from the jobs, which need not even have been read then.

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

/// Of jobs[index]. \p table has been verified, or a Verification of it has
/// begun.
inline JobHead headOf(const JobTable &table, uint32_t index) {
  const flatbuffers::String &text = *table.names()->Get(index);
  const Head &head = *table.heads()->Get(index);
  Span<const char> name{text.c_str(), text.size()};
  return {head.order(), hashName(name), text.size(), head.start_nodes(),
          head.stop_nodes()};
}

} // namespace starton::table

#endif // STARTON_TABLE_JOBHEAD_H
