// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reading the verified table: strings as Text, and its event index.

#ifndef STARTON_LIB_RUNTIME_ENGINE_TABLE_H
#define STARTON_LIB_RUNTIME_ENGINE_TABLE_H

#include "starton/Runtime/Engine/Engine.h"
#include "starton/Runtime/Support/Vector.h"
#include "starton/Table/JobHead.h"
#include "starton/Table/JobTable_generated.h"

namespace starton::engine {

/// Empty for an absent string.
inline Text textOf(const flatbuffers::String *string) {
  return string ? Text{string->c_str(), string->size()} : Text{};
}
using starton::textOf;

/// 0 for an absent vector.
template <typename T> uint32_t countOf(const flatbuffers::Vector<T> *vector) {
  return vector ? vector->size() : 0;
}

inline uint32_t nodeCount(const table::Condition *condition) {
  return condition ? condition->nodes()->size() : 0;
}

using table::hashName;
constexpr uint32_t NumBuckets = 17;

/// -1, 0 or 1, by bytes.
int compare(Text a, Text b);

/// None when there is none of that name.
uint32_t findJob(const table::JobTable &jobs, Text name);
/// The index entry of (event, operand); \p operand null: the one without. With
/// \p rest, nobody has vouched for what its leaves name.
const table::IndexEntry *findIndexEntry(const table::JobTable &jobs,
                                        const table::Verification *rest,
                                        Text event, const Text *operand);
/// The indices of the jobs by their order of registration. False: no memory.
[[nodiscard]] bool sortByRegistration(const table::JobTable &jobs,
                                      Vector<uint32_t> &registered);
/// What the two are made of is the same, wherever it was written.
bool sameDefinition(const table::Job &a, const table::Job &b);
const table::Process *processOfSlot(const table::Job &job, Slot slot);

} // namespace starton::engine

#endif // STARTON_LIB_RUNTIME_ENGINE_TABLE_H
