// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Memory that is not there, in tests of the runtime's libraries.

#ifndef STARTON_UNITTESTS_RUNTIME_ALLOCATIONFAULTS_H
#define STARTON_UNITTESTS_RUNTIME_ALLOCATIONFAULTS_H

#include "starton/Runtime/Support/Memory.h"
#include <cstdint>

namespace starton::test {

/// Allocations that fail by their number; one such plan at a time.
class AllocationFaults {
public:
  /// \p count allocations fail, after \p from that do not.
  static void arm(uint64_t from, uint64_t count = UINT64_MAX) {
    made = failed = 0;
    first = from;
    number = count;
    setAllocationFilter(allow);
  }
  static void disarm() { setAllocationFilter(nullptr); }
  /// How many have failed since arm().
  static uint64_t injected() { return failed; }

private:
  static bool allow() {
    ++made;
    if (made <= first || made - first > number)
      return true;
    ++failed;
    return false;
  }

  static inline uint64_t made = 0, failed = 0, first = 0, number = 0;
};

/// Calls \p attempt with no memory, with memory for one allocation, for two,
/// and so on, until it says that it has succeeded, and \p afterFailure, with
/// all memory there is, after each time it has not. Returns how many those
/// were.
template <typename Attempt, typename Check>
unsigned untilMemorySuffices(Attempt attempt, Check afterFailure) {
  for (unsigned failures = 0;; ++failures) {
    AllocationFaults::arm(failures);
    bool good = attempt();
    AllocationFaults::disarm();
    if (good)
      return failures;
    afterFailure();
  }
}
template <typename Attempt> unsigned untilMemorySuffices(Attempt attempt) {
  return untilMemorySuffices(attempt, [] {});
}

} // namespace starton::test

#endif // STARTON_UNITTESTS_RUNTIME_ALLOCATIONFAULTS_H
