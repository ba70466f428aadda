// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A bound on the work that a hostile table can cause. FlatBuffers counts tables
// but not the strings of a vector, so a million tables that share one vector of
// a million strings would keep its verifier busy for days.

#ifndef STARTON_LIB_TABLE_WORKESTIMATE_H
#define STARTON_LIB_TABLE_WORKESTIMATE_H

#include "starton/Runtime/Support/Span.h"
#include <cstdint>

namespace starton::table {

struct Job;

class WorkEstimate {
public:
  explicit WorkEstimate(Span<const uint8_t> bytes) : bytes(bytes) {}

  /// False once all work together is more than any real table asks for.
  bool add(uint64_t work) {
    total += work;
    return total <= Maximum;
  }
  /// Adds what FlatBuffers will look at in \p job, of which nothing has been
  /// verified yet.
  bool addJob(const Job &job);

private:
  static constexpr uint64_t Maximum = uint64_t(1) << 28;

  uint32_t u32(uint64_t at) const;
  uint16_t u16(uint64_t at) const;
  uint64_t target(uint64_t table, uint16_t field) const;
  void addVector(uint64_t table, uint16_t field);

  Span<const uint8_t> bytes;
  uint64_t total = 0;
};

} // namespace starton::table

#endif // STARTON_LIB_TABLE_WORKESTIMATE_H
