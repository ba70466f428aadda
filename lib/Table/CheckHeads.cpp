// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What all else rests on: where the parts are, and the names and heads of the
// jobs. This is what a start waits for.

#include "PartChecker.h"
#include <cerrno>
#include <cstdlib>

namespace starton::table {

bool PartChecker::outOfMemory() {
  errno = ENOMEM;
  return failWithErrno(*error, LoadStatus::CannotRead, "cannot verify");
}

bool PartChecker::checkParts() {
  list = "parts";
  position = 0;
  const auto &parts = *table.parts();
  // FlatBuffers aligns a vector's length only, and these hold 64-bit numbers.
  if (parts.size() == 0 ||
      reinterpret_cast<uintptr_t>(parts.Data()) % alignof(Part) != 0)
    return fail(*error, LoadStatus::Corrupt, 0,
                "corrupt: the parts are none or misaligned");
  uint32_t begin = table.hot_size();
  uint32_t firstJob = 0;
  for (; position != parts.size(); ++position) {
    const Part &part = *parts.Get(position);
    // The first one says where those before it end; then they are in order.
    bool inPlace = position == 0
                       ? part.begin() == begin && part.first_job() == 0
                       : part.begin() >= begin && part.first_job() > firstJob;
    if (!inPlace || part.begin() % 8 != 0 || part.begin() > bytes.size())
      return bad("begin", "or first_job is out of order");
    begin = part.begin();
    firstJob = part.first_job();
  }
  uint32_t jobs = table.jobs()->size();
  if (firstJob != jobs)
    return fail(*error, LoadStatus::Corrupt, 0,
                "corrupt: the parts have %u of %u jobs", firstJob, jobs);
  if (table.names()->size() != jobs || table.heads()->size() != jobs)
    return fail(*error, LoadStatus::Corrupt, 0,
                "corrupt: %u names and %u heads of %u jobs",
                table.names()->size(), table.heads()->size(), jobs);
  return true;
}

uint32_t PartChecker::partOf(uint32_t job) const {
  uint32_t low = 0;
  uint32_t high = filesPart();
  while (high - low > 1) {
    uint32_t middle = low + (high - low) / 2;
    (table.parts()->Get(middle)->first_job() <= job ? low : high) = middle;
  }
  return low;
}

bool PartChecker::checkHeads() {
  list = "jobs";
  uint32_t count = table.jobs()->size();
  // One bit for each order of registration.
  auto *seen = static_cast<uint8_t *>(std::calloc(count / 8 + 1, 1));
  if (seen == nullptr)
    return outOfMemory();
  Verifier verifier = hotVerifier();
  bool good = true;
  for (position = 0; good && position != count; ++position)
    good = checkHead(position, verifier, seen);
  std::free(seen);
  return good && (nodes <= MaxNodes || overused());
}

bool PartChecker::checkHead(uint32_t index, Verifier &verifier, uint8_t *seen) {
  const flatbuffers::String *name = table.names()->Get(index);
  if (!verifier.VerifyString(name))
    return badElement();
  if (name->size() == 0)
    return bad("name", "is empty");
  const flatbuffers::String *previous =
      index == 0 ? nullptr : table.names()->Get(index - 1);
  if (!sortedAfter(previous, name, "name") || !text(name, "name", MaxName))
    return false;
  const Head &head = *table.heads()->Get(index);
  auto bit = static_cast<uint8_t>(1u << (head.order() % 8));
  if (head.order() >= table.jobs()->size() ||
      (seen[head.order() / 8] & bit) != 0)
    return bad("order", "is not unique");
  seen[head.order() / 8] |= bit;
  nodes += uint64_t(head.start_nodes()) + head.stop_nodes();
  return true;
}

} // namespace starton::table
