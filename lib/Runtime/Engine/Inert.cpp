// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A FlatBuffers table written by hand: the library's builder throws.

#include "Inert.h"
#include "starton/Runtime/Support/Memory.h"
#include "starton/Table/JobTable_generated.h"
#include <cstddef>
#include <new>

namespace starton::engine {

namespace {

constexpr size_t NameRoom = 8; ///< of the one that is not allocated

/// In memory as in a file: offsets are counted from their own place.
struct InertJob {
  static constexpr size_t Fields = table::Job::VT_PROCESSES / 2 + 1;

  // Sizes of the vtable and of the table, then where each field is in it.
  uint16_t jobFields[Fields] = {};
  int32_t job = 0; ///< the table begins: distance of its vtable
  uint32_t name = 0;
  uint32_t processes = 0;
  uint32_t processCount = 1;
  uint32_t firstProcess = 0;
  uint16_t processFields[4] = {};
  int32_t process = 0; ///< likewise
  table::ProcessKind kind = table::ProcessKind::Broken;
  uint32_t nameLength = 0;
  char text[NameRoom] = {};

  constexpr InertJob();
};

constexpr uint32_t between(size_t from, size_t to) {
  return static_cast<uint32_t>(to - from);
}

constexpr InertJob::InertJob() {
  jobFields[0] = sizeof jobFields;
  jobFields[1] =
      between(offsetof(InertJob, job), offsetof(InertJob, processCount));
  jobFields[table::Job::VT_NAME / 2] =
      between(offsetof(InertJob, job), offsetof(InertJob, name));
  jobFields[table::Job::VT_PROCESSES / 2] =
      between(offsetof(InertJob, job), offsetof(InertJob, processes));
  job = offsetof(InertJob, job) - offsetof(InertJob, jobFields);
  name = between(offsetof(InertJob, name), offsetof(InertJob, nameLength));
  processes =
      between(offsetof(InertJob, processes), offsetof(InertJob, processCount));
  firstProcess =
      between(offsetof(InertJob, firstProcess), offsetof(InertJob, process));
  processFields[0] = sizeof processFields;
  processFields[1] =
      between(offsetof(InertJob, process), offsetof(InertJob, nameLength));
  processFields[table::Process::VT_KIND / 2] =
      between(offsetof(InertJob, process), offsetof(InertJob, kind));
  process = offsetof(InertJob, process) - offsetof(InertJob, processFields);
}

const table::Job *jobIn(const InertJob &inert) {
  return reinterpret_cast<const table::Job *>(&inert.job);
}

constexpr InertJob makeNameless() {
  InertJob inert;
  for (char c : {'d', 'a', 'm', 'a', 'g', 'e', 'd'})
    inert.text[inert.nameLength++] = c;
  return inert;
}

constexpr InertJob Nameless = makeNameless();

} // namespace

const table::Job *makeInert(Text name) {
  void *memory = allocate(sizeof(InertJob) + name.size() + 1);
  if (!memory)
    return jobIn(Nameless);
  auto *inert = new (memory) InertJob;
  inert->nameLength = static_cast<uint32_t>(name.size());
  char *text = static_cast<char *>(memory) + offsetof(InertJob, text);
  std::memcpy(text, name.data(), name.size());
  text[name.size()] = '\0';
  return jobIn(*inert);
}

void releaseInert(const table::Job *job) {
  if (job == jobIn(Nameless))
    return;
  auto at = reinterpret_cast<uintptr_t>(job) - offsetof(InertJob, job);
  release(reinterpret_cast<void *>(at));
}

} // namespace starton::engine
