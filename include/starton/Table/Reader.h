// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Loading a job table as hostile input (docs/ARCHITECTURE.md, "Job table").
// Runtime side: no LLVM, no exceptions, no throwing allocation.

#ifndef STARTON_TABLE_READER_H
#define STARTON_TABLE_READER_H

#include "starton/Runtime/Support/Span.h"
#include <cstddef>
#include <cstdint>

namespace starton::table {

struct JobTable;

constexpr uint16_t FormatVersion = 1;
constexpr size_t MaxTableSize = size_t(64) << 20;

enum class LoadStatus : uint8_t {
  Ok, CannotOpen, NotRegular, BadOwner, BadMode, TooLarge, CannotRead, CannotSeal,
  NotATable, WrongVersion, Truncated, Corrupt
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
/// no NUL in strings, length caps). Null and *error set when refused.
const JobTable *verify(Span<const uint8_t> bytes, LoadError &error);

/// A verified table over a private sealed copy of a file.
class LoadedTable {
public:
  LoadedTable() = default;
  ~LoadedTable();
  LoadedTable(const LoadedTable &) = delete;
  LoadedTable &operator=(const LoadedTable &) = delete;

  /// open, check owner (root or \p uid), mode and size of the descriptor, copy
  /// into a sealed memfd, close, verify and map the copy.
  [[nodiscard]] bool loadFile(const char *path, LoadError &error);
  /// The same from a descriptor (a compiler's memfd), which stays open; owner
  /// and mode are not asked.
  [[nodiscard]] bool loadDescriptor(int descriptor, LoadError &error);

  const JobTable *get() const { return root; }
  /// The sealed memfd (for re-exec), -1 when nothing is loaded.
  int descriptor() const { return memfd; }
  size_t size() const { return length; }

private:
  const JobTable *root = nullptr;
  void *mapping = nullptr;
  size_t length = 0;
  int memfd = -1;
};

} // namespace starton::table

#endif // STARTON_TABLE_READER_H
