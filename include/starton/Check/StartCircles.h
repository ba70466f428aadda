// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Why jobs can never start: somewhere behind each of them jobs wait for each
// other in a circle. The circles are the causes; all else follows from them.

#ifndef STARTON_CHECK_STARTCIRCLES_H
#define STARTON_CHECK_STARTCIRCLES_H

#include "starton/Check/Reachability.h"

namespace starton::check {

struct StartCircle {
  /// Indices into graph().leaves(): each is in `start on` of the job that the
  /// one before waits for, and the last waits for the job of the first. The
  /// first is of the job that most others wait for.
  std::vector<uint32_t> leaves;
  /// The other jobs that can never start because of it, in the order of the
  /// system. A job behind several circles counts for one of them.
  std::vector<uint32_t> dependents;
};

/// One circle of each knot of jobs that wait for nothing outside of it.
std::vector<StartCircle> findStartCircles(const System &system);

} // namespace starton::check

#endif // STARTON_CHECK_STARTCIRCLES_H
