// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The way from bytes to a table: is it one, of this version, whole; is its
// structure sound (FlatBuffers); is its meaning (TableChecker).

#include "Header.h"
#include "TableChecker.h"

namespace starton::table {
namespace {

using flatbuffers::Verifier;

/// The fields that must be readable before anything else may be judged.
bool checkFirstFields(const flatbuffers::Table &root, Verifier &verifier) {
  return root.VerifyField<uint16_t>(verifier, JobTable::VT_FORMAT_VERSION, 2) &&
         root.VerifyField<uint32_t>(verifier, JobTable::VT_TOTAL_SIZE, 4) &&
         root.VerifyField<uint32_t>(verifier, JobTable::VT_HOT_SIZE, 4);
}

/// \p verifier is of what is there of \p bytes.
bool checkVersion(Span<const uint8_t> bytes, Verifier &verifier,
                  LoadError &error) {
  if (bytes.size() < 8 || !JobTableBufferHasIdentifier(bytes.data()))
    return fail(error, LoadStatus::NotATable, 0, "not a job table");
  uint32_t offset = verifier.VerifyOffset(size_t(0));
  const auto *root =
      reinterpret_cast<const flatbuffers::Table *>(bytes.data() + offset);
  if (offset == 0 || !verifier.VerifyTableStart(bytes.data() + offset) ||
      !checkFirstFields(*root, verifier))
    return fail(error, LoadStatus::Truncated, 0,
                "truncated: %zu bytes end before the table begins",
                bytes.size());
  const auto *table = reinterpret_cast<const JobTable *>(root);
  if (table->format_version() != FormatVersion)
    return fail(error, LoadStatus::WrongVersion, 0,
                "format version %u, this program reads version %u",
                table->format_version(), FormatVersion);
  if (table->total_size() > bytes.size())
    return fail(error, LoadStatus::Truncated, 0, "truncated: %zu of %u bytes",
                bytes.size(), table->total_size());
  if (table->total_size() != bytes.size())
    return fail(error, LoadStatus::Corrupt, 0,
                "corrupt: %zu bytes where %u were written", bytes.size(),
                table->total_size());
  return true;
}

/// The root's part of what FlatBuffers' generated verifier would do; the
/// elements of its vectors follow elsewhere. A test counts the fields.
bool checkRoot(const JobTable &table, Verifier &verifier) {
  const auto &root = *reinterpret_cast<const flatbuffers::Table *>(&table);
  return root.VerifyTableStart(verifier) && checkFirstFields(root, verifier) &&
         root.VerifyField<uint8_t>(verifier, JobTable::VT_DIALECT, 1) &&
         root.VerifyOffsetRequired(verifier, JobTable::VT_JOBS) &&
         verifier.VerifyVector(table.jobs()) &&
         root.VerifyOffsetRequired(verifier, JobTable::VT_INDEX) &&
         verifier.VerifyVector(table.index()) &&
         root.VerifyOffsetRequired(verifier, JobTable::VT_FILES) &&
         verifier.VerifyVector(table.files()) &&
         root.VerifyOffsetRequired(verifier, JobTable::VT_REJECTED) &&
         verifier.VerifyVector(table.rejected()) &&
         root.VerifyOffset(verifier, JobTable::VT_DIRECTORIES) &&
         verifier.VerifyVector(table.directories()) &&
         verifier.VerifyVectorOfStrings(table.directories()) &&
         root.VerifyOffsetRequired(verifier, JobTable::VT_NAMES) &&
         verifier.VerifyVector(table.names()) &&
         root.VerifyOffsetRequired(verifier, JobTable::VT_HEADS) &&
         verifier.VerifyVector(table.heads()) &&
         root.VerifyOffsetRequired(verifier, JobTable::VT_PARTS) &&
         verifier.VerifyVector(table.parts());
}

} // namespace

const JobTable *checkHeader(Span<const uint8_t> bytes, size_t filled,
                            LoadError &error) {
  if (bytes.size() > MaxTableSize) {
    fail(error, LoadStatus::TooLarge, 0,
         "%zu bytes, more than the %zu that a table may have", bytes.size(),
         MaxTableSize);
    return nullptr;
  }
  Verifier version(bytes.data(), filled);
  if (!checkVersion(bytes, version, error))
    return nullptr;
  const JobTable *table = GetJobTable(bytes.data());
  Verifier verifier(bytes.data(), table->hot_size());
  // The root once more: it is to be before the parts like all that follows.
  if (table->hot_size() > filled || verifier.VerifyOffset(size_t(0)) == 0 ||
      !checkRoot(*table, verifier)) {
    fail(error, LoadStatus::Corrupt, 0, "corrupt: the table's root is damaged");
    return nullptr;
  }
  return table;
}

size_t hotSizeOf(Span<const uint8_t> bytes, size_t size) {
  LoadError ignored;
  Verifier verifier(bytes.data(), bytes.size());
  if (bytes.size() < 8 || size > MaxTableSize ||
      !checkVersion({bytes.data(), size}, verifier, ignored))
    return size;
  uint32_t hot = GetJobTable(bytes.data())->hot_size();
  return hot < size ? hot : size;
}

const JobTable *verify(Span<const uint8_t> bytes, LoadError &error) noexcept {
  const JobTable *table = checkHeader(bytes, bytes.size(), error);
  if (table == nullptr || !TableChecker(*table, bytes, error).check())
    return nullptr;
  error = LoadError();
  return table;
}

} // namespace starton::table
