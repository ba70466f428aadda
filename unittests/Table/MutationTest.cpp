// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Damaged tables of every kind. What the verifier accepts is then used to the
// last field, and what it begins to accept as far as it may be; the sanitizers
// watch (preset asan).

#include "TestTables.h"
#include "llvm/Support/raw_ostream.h"
#include <gtest/gtest.h>
#include <random>

namespace starton::test {
namespace {

using namespace table;

/// A block of exactly the table's size, so that a sanitizer sees every byte
/// read beyond it.
bool acceptedAndWalked(const char *data, size_t size) {
  auto *block = static_cast<char *>(std::malloc(size == 0 ? 1 : size));
  std::memcpy(block, data, size);
  LoadError error;
  const JobTable *table =
      verify({reinterpret_cast<const uint8_t *>(block), size}, error);
  EXPECT_EQ(table == nullptr, error.status != LoadStatus::Ok);
  EXPECT_EQ(table == nullptr, error.message[0] != 0);
  // In pieces it finds the same, and so it does when they come late.
  Span<const uint8_t> span{reinterpret_cast<const uint8_t *>(block), size};
  std::string defects = verifiedInPieces(span);
  EXPECT_EQ(table != nullptr, defects.empty()) << error.message;
  EXPECT_TRUE(lateAgrees(span));
  if (table != nullptr) {
    EXPECT_NE(walkTable(*table), 0u);
    std::string problem;
    EXPECT_TRUE(dumpTable(llvm::StringRef(block, size), llvm::nulls(), problem))
        << problem;
  }
  std::free(block);
  return table != nullptr;
}

TEST(Mutation, CutAtEveryByte) {
  std::string bytes = tableOf(sampleSet());
  for (size_t size = 0; size != bytes.size(); ++size)
    EXPECT_FALSE(acceptedAndWalked(bytes.data(), size)) << size;
  EXPECT_TRUE(acceptedAndWalked(bytes.data(), bytes.size()));
}

TEST(Mutation, EveryByteFlipped) {
  std::string bytes = tableOf(sampleSet());
  size_t accepted = 0;
  for (char &byte : bytes)
    for (unsigned mask : {0x01u, 0x80u, 0xffu}) {
      char whole = byte;
      byte = static_cast<char>(static_cast<unsigned char>(byte) ^ mask);
      accepted += acceptedAndWalked(bytes.data(), bytes.size());
      byte = whole;
    }
  // Letters of texts may change; structure may not.
  EXPECT_GT(accepted, 0u);
  EXPECT_LT(accepted, 3 * bytes.size() * 3 / 4);
}

void mutate(std::string &bytes, std::mt19937_64 &random) {
  auto at = [&](size_t range) { return static_cast<size_t>(random() % range); };
  switch (random() % 5) { // NOLINT(bugprone-switch-missing-default-case)
  case 0:                 // one bit
    bytes[at(bytes.size())] ^= static_cast<char>(1u << (random() % 8));
    break;
  case 1: // one aligned word: any value, a small one, or one near its old value
    if (bytes.size() >= 4) {
      size_t place = at(bytes.size() / 4) * 4;
      uint32_t word;
      std::memcpy(&word, bytes.data() + place, 4);
      uint64_t kind = random() % 3;
      word = static_cast<uint32_t>(kind == 0   ? random()
                                   : kind == 1 ? random() % 64
                                               : word + random() % 129 - 64);
      std::memcpy(bytes.data() + place, &word, 4);
    }
    break;
  case 2: // one word copied to another place
    if (bytes.size() >= 4)
      std::memcpy(bytes.data() + at(bytes.size() / 4) * 4,
                  std::string(bytes, at(bytes.size() / 4) * 4, 4).data(), 4);
    break;
  case 3: // a range of zeros
    for (size_t place = at(bytes.size()),
                end = std::min(bytes.size(), place + random() % 16);
         place != end; ++place)
      bytes[place] = 0;
    break;
  case 4: // a cut, rarely
    if (random() % 8 == 0)
      bytes.resize(std::max<size_t>(1, at(bytes.size())));
    break;
  }
}

/// Sixty thousand in twenty tests: one of all would take longer than a test
/// may, with sanitizers on a busy machine.
class RandomMutations : public testing::TestWithParam<unsigned> {};

INSTANTIATE_TEST_SUITE_P(Seeds, RandomMutations, testing::Range(0u, 20u));

TEST_P(RandomMutations, AreRefusedOrCanBeUsed) {
  const std::string bytes = tableOf(largeSet(300));
  std::mt19937_64 random(20260101 + GetParam());
  size_t accepted = 0;
  constexpr int Rounds = 3000;
  for (int round = 0; round != Rounds; ++round) {
    std::string damaged = bytes;
    for (uint64_t i = 0, count = 1 + random() % 4; i != count; ++i)
      mutate(damaged, random);
    LoadError error;
    const JobTable *table = verified(damaged, error);
    Span<const uint8_t> span{reinterpret_cast<const uint8_t *>(damaged.data()),
                             damaged.size()};
    std::string defects = verifiedInPieces(span);
    EXPECT_EQ(table != nullptr, defects.empty()) << error.message;
    if (round % 8 == 0) { // it takes its time
      EXPECT_TRUE(lateAgrees(span));
    }
    if (table != nullptr) {
      EXPECT_NE(walkTable(*table), 0u);
      ++accepted;
    }
  }
  RecordProperty("accepted", static_cast<int>(accepted));
  EXPECT_GT(accepted, 0u);
  EXPECT_LT(accepted, static_cast<size_t>(Rounds));
}

} // namespace
} // namespace starton::test
