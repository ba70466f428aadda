// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Table.h"
#include "starton/Runtime/Support/Pool.h"
#include "starton/Table/Verification.h"

namespace starton::engine {

int compare(Text a, Text b) {
  size_t common = a.size() < b.size() ? a.size() : b.size();
  int order = common ? std::memcmp(a.data(), b.data(), common) : 0;
  if (order)
    return order < 0 ? -1 : 1;
  return a.size() < b.size() ? -1 : a.size() > b.size();
}

uint32_t findJob(const table::JobTable &jobs, Text name) {
  const auto &all = *jobs.names();
  uint32_t low = 0;
  uint32_t high = all.size();
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    int order = compare(textOf(all.Get(middle)), name);
    if (!order)
      return middle;
    if (order < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return None;
}

/// Absent operands come before present ones.
static int compareEntry(const table::IndexEntry &entry, Text event,
                        const Text *operand) {
  if (int order = compare(textOf(entry.event()), event))
    return order;
  if (!entry.operand() || !operand)
    return (entry.operand() != nullptr) - (operand != nullptr);
  return compare(textOf(entry.operand()), *operand);
}

const table::IndexEntry *findIndexEntry(const table::JobTable &jobs,
                                        const table::Verification *rest,
                                        Text event, const Text *operand) {
  const auto &index = *jobs.index();
  uint32_t low = 0;
  uint32_t high = index.size();
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    const table::IndexEntry *entry =
        rest ? rest->entry(middle) : index.Get(middle);
    if (!entry)
      return nullptr;
    int order = compareEntry(*entry, event, operand);
    if (!order)
      return entry;
    if (order < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return nullptr;
}

bool sortByRegistration(const table::JobTable &jobs,
                        Vector<uint32_t> &registered) {
  const auto &all = *jobs.heads();
  if (!registered.resize(all.size()))
    return false;
  // Their numbers are the indices in another order.
  for (uint32_t i = 0; i < all.size(); ++i)
    if (uint32_t order = all.Get(i)->order(); order < all.size())
      registered[order] = i;
  return true;
}

const table::Process *processOfSlot(const table::Job &job, Slot slot) {
  for (uint32_t i = 0; i < countOf(job.processes()); ++i) {
    const table::Process *process = job.processes()->Get(i);
    if (unsigned(process->slot()) == unsigned(slot))
      return process;
  }
  return nullptr;
}

} // namespace starton::engine
