// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "WorkEstimate.h"
#include "starton/Table/JobTable_generated.h"

namespace starton::table {

// What lies outside reads as 0: only the amount of work is judged here.
uint32_t WorkEstimate::u32(uint64_t at) const {
  return at + 4 <= bytes.size()
             ? flatbuffers::ReadScalar<uint32_t>(bytes.data() + at)
             : 0;
}

uint16_t WorkEstimate::u16(uint64_t at) const {
  return at + 2 <= bytes.size()
             ? flatbuffers::ReadScalar<uint16_t>(bytes.data() + at)
             : 0;
}

/// What \p field of the table at \p table points to, 0 when it is absent.
uint64_t WorkEstimate::target(uint64_t table, uint16_t field) const {
  auto back = static_cast<int32_t>(u32(table));
  uint64_t vtable = table - static_cast<uint64_t>(static_cast<int64_t>(back));
  if (vtable >= bytes.size() || field + 2u > u16(vtable))
    return 0;
  uint16_t offset = u16(vtable + field);
  return offset == 0 ? 0 : table + offset + u32(table + offset);
}

void WorkEstimate::addVector(uint64_t table, uint16_t field) {
  if (uint64_t vector = target(table, field); vector != 0)
    total += u32(vector);
}

bool WorkEstimate::addJob(const Job &job) {
  auto at = static_cast<uint64_t>(reinterpret_cast<const uint8_t *>(&job) -
                                  bytes.data());
  if (at >= bytes.size())
    return true; // refused by FlatBuffers at once
  for (uint16_t field : {Job::VT_EMITS, Job::VT_ENV, Job::VT_EXPORTS,
                         Job::VT_IMPORTS, Job::VT_TMPFILES})
    addVector(at, field);
  for (uint16_t field : {Job::VT_START_ON, Job::VT_STOP_ON})
    if (uint64_t condition = target(at, field); condition != 0)
      addVector(condition, Condition::VT_WORDS);
  uint64_t processes = target(at, Job::VT_PROCESSES);
  uint32_t count = processes == 0 ? 0 : u32(processes);
  for (uint64_t i = 0; i != count && add(1); ++i) {
    uint64_t element = processes + 4 + i * 4;
    addVector(element + u32(element), Process::VT_ARGV);
  }
  return add(1);
}

} // namespace starton::table
