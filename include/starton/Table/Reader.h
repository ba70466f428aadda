// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Loading a job table as hostile input (docs/table-format.md). Runtime side:
// no LLVM, no exceptions, no throwing allocation. The accessors of JobTable are
// generated: "starton/Table/JobTable_generated.h".

#ifndef STARTON_TABLE_READER_H
#define STARTON_TABLE_READER_H

#include "starton/Runtime/Support/Span.h"
#include <cstddef>
#include <cstdint>

namespace starton::table {

struct JobTable;
class Verification;

constexpr uint16_t FormatVersion = 2;
constexpr size_t MaxTableSize = size_t(64) << 20;

enum class LoadStatus : uint8_t {
  Ok,
  CannotOpen,
  NotRegular,
  BadOwner,
  BadMode,
  TooLarge,
  CannotRead,
  NotATable,
  WrongVersion,
  Truncated,
  Corrupt
};

/// Why a load failed, as one line without the path: "format version 2, this
/// program reads version 1". Always NUL-terminated.
struct LoadError {
  LoadStatus status = LoadStatus::Ok;
  int error = 0; ///< errno where a system call failed
  char message[160] = {};
};

/// Verifies bytes that nobody else can change: FlatBuffers verifier, then the
/// semantic pass (sorted unique names, enum ranges, expression arity, indices,
/// no NUL in strings, length caps; the list is in docs/table-format.md). What
/// it accepts can be walked through the generated accessors with no further
/// check. \p bytes must be aligned to 8. Null and \p error set when refused.
const JobTable *verify(Span<const uint8_t> bytes, LoadError &error) noexcept;

/// A verified table over a private copy of a file, in read-only memory that no
/// other process can reach.
class LoadedTable {
public:
  LoadedTable() = default;
  ~LoadedTable();
  LoadedTable(const LoadedTable &) = delete;
  LoadedTable &operator=(const LoadedTable &) = delete;

  /// open, check owner (root or \p uid), mode and size of the descriptor, copy
  /// into memory, close, verify the copy. On failure what was loaded before
  /// stays.
  [[nodiscard]] bool loadFile(const char *path, uint32_t uid,
                              LoadError &error) noexcept;
  /// The same with the effective user of this process.
  [[nodiscard]] bool loadFile(const char *path, LoadError &error) noexcept;
  /// The same, only begun to be read and to be verified: rest() says what may
  /// be used. The file stays open until all of it has been read.
  [[nodiscard]] bool beginFile(const char *path, LoadError &error) noexcept;
  /// loadFile() from a descriptor (a compiler's memfd), read from its
  /// start; it stays open, and owner and mode are not asked.
  [[nodiscard]] bool loadDescriptor(int source, LoadError &error) noexcept;
  /// The same from bytes, which are copied.
  [[nodiscard]] bool loadBytes(Span<const uint8_t> source,
                               LoadError &error) noexcept;

  const JobTable *get() const { return root; }
  /// What is left to be verified; null: nothing, all may be used.
  Verification *rest() const;
  /// Verifies a little more, a fraction of a millisecond's work. False: it was
  /// the last. \p defect tells what was found damaged, if anything.
  bool verifyMore(LoadError &defect) noexcept;
  /// Reads what has not been read yet. False: some of it is lost.
  bool readRest() noexcept;
  size_t size() const { return length; }
  /// The whole file, as verified; after beginFile() only what has been read.
  Span<const uint8_t> bytes() const { return {start, length}; }
  /// Exchanges what both hold; pointers into the tables stay valid.
  void swap(LoadedTable &other) noexcept;

private:
  struct Rest;

  bool reserve(size_t size, bool whole) noexcept;
  bool copyFrom(int source, size_t size, LoadError &error) noexcept;
  bool takeFilled(LoadedTable &fresh, LoadError &error) noexcept;
  bool begin(int source, size_t size, bool &kept, LoadError &error) noexcept;
  void settle() noexcept;

  const JobTable *root = nullptr;
  Rest *unverified = nullptr;
  void *mapping =
      nullptr;         ///< the copy is in it, on the boundary of a huge page
  size_t reserved = 0; ///< bytes of the mapping
  uint8_t *start = nullptr;
  size_t length = 0;
};

} // namespace starton::table

#endif // STARTON_TABLE_READER_H
