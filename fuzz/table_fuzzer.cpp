// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Any bytes as a job table: refused, or used to the last field without harm;
// verified in one walk and in pieces, also such as come late, with the same
// result.
// A table carries its own size, which nearly every mutation would spoil; it is
// set right again so that the fuzzer gets past the first check. Without a
// corpus it starts from a table that uses every field.

#include "../unittests/Table/TestTables.h"
#include "llvm/Support/raw_ostream.h"
#include <cstdlib>
#include <cstring>

using namespace starton;

// NOLINTBEGIN(readability-identifier-naming): the names are libFuzzer's.
extern "C" size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t maxSize);

namespace {

/// Writes \p size into the table's total_size, where there is one.
void setTotalSize(uint8_t *data, size_t size) {
  flatbuffers::Verifier verifier(data, size);
  uint32_t offset = size < 8 ? 0 : verifier.VerifyOffset(size_t(0));
  if (offset == 0 || !verifier.VerifyTableStart(data + offset))
    return;
  auto *root = reinterpret_cast<flatbuffers::Table *>(data + offset);
  if (root->VerifyField<uint32_t>(verifier, table::JobTable::VT_TOTAL_SIZE, 4))
    root->SetField<uint32_t>(table::JobTable::VT_TOTAL_SIZE,
                             static_cast<uint32_t>(size), 0);
}

const std::string &seed() {
  static const std::string bytes = [] {
    std::string error;
    return table::writeTable(test::sampleSet(), error);
  }();
  return bytes;
}

} // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size,
                                          size_t maxSize, unsigned) {
  if (size < 64 && seed().size() <= maxSize) {
    size = seed().size();
    std::memcpy(data, seed().data(), size);
  }
  return LLVMFuzzerMutate(data, size, maxSize);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  // A block of its own: aligned, and its end is where the bytes end.
  auto *block = static_cast<uint8_t *>(std::malloc(size == 0 ? 1 : size));
  if (size != 0) // No bytes may be no pointer either.
    std::memcpy(block, data, size);
  setTotalSize(block, size);
  table::LoadError error;
  std::string defects = test::verifiedInPieces({block, size});
  if (defects.empty() != (table::verify({block, size}, error) != nullptr) ||
      !test::lateAgrees({block, size}))
    std::abort();
  if (const table::JobTable *accepted = table::verify({block, size}, error)) {
    volatile uint64_t sum = test::walkTable(*accepted);
    (void)sum;
    std::string problem;
    if (!table::dumpTable(
            llvm::StringRef(reinterpret_cast<char *>(block), size),
            llvm::nulls(), problem))
      std::abort();
  }
  std::free(block);
  return 0;
}
// NOLINTEND(readability-identifier-naming)
