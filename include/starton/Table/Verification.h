// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Verifying a table part by part, so that a start does not wait for what it
// does not use (docs/table-format.md, "Verifying while running").

#ifndef STARTON_TABLE_VERIFICATION_H
#define STARTON_TABLE_VERIFICATION_H

#include "starton/Table/Reader.h"

namespace starton::table {

struct IndexEntry;

/// Where the bytes of a part come from that were not there at the beginning.
struct PartSource {
  void *context = nullptr;
  /// Puts bytes [begin, end) of the table to their place. 0 or an errno; what
  /// the file does not have any more may be left out.
  int (*read)(void *context, uint32_t begin, uint32_t end) noexcept = nullptr;
};

class Verification {
public:
  Verification() = default;
  ~Verification();
  Verification(const Verification &) = delete;
  Verification &operator=(const Verification &) = delete;

  /// Looks at what everything else rests on. Afterwards may be used, of the
  /// table: its vectors; `names` and `heads`; `rejected`, and the files that it
  /// names. Null and \p error set when refused: as by verify(), and for want of
  /// memory. The bytes must outlive this object and stay as they are.
  const JobTable *begin(Span<const uint8_t> bytes, LoadError &error) noexcept;
  /// The same of a table of which only the first \p filled bytes are there; the
  /// others come from \p source part by part when they are needed, and a part
  /// that is not what its hash says is damaged.
  const JobTable *begin(Span<const uint8_t> bytes, size_t filled,
                        const PartSource &source, LoadError &error) noexcept;

  /// Whether all of jobs[index] may be used through its accessors. It is looked
  /// at when first asked for; needs no memory of ours.
  bool job(uint32_t index) noexcept;
  /// index[index], null when it is damaged. Its texts may be used; its leaves
  /// may name anything, and entries may be missing or out of order, unless
  /// advance() has come to its end without a defect.
  const IndexEntry *entry(uint32_t index) const noexcept;

  /// Looks at a little more, a fraction of a millisecond's work. False: all has
  /// been looked at. \p defect tells what was found damaged, if anything; a job
  /// is told here even if job() found it first.
  bool advance(LoadError &defect) noexcept;
  /// Whether every part is there. Asks for those that are not.
  bool fetchAll() noexcept;

private:
  void clear();

  class Impl;
  Impl *impl = nullptr;
};

} // namespace starton::table

#endif // STARTON_TABLE_VERIFICATION_H
