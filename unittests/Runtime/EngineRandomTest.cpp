// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Random inputs, the same ones in every run: whatever is fed, the contract is
// kept and everything can be ended.

#include "SimDriver.h"
#include "starton/Runtime/Support/Memory.h"
#include "gtest/gtest.h"
#include <random>

using namespace starton;
using namespace starton::test;

namespace {

constexpr unsigned Seeds = 150;
constexpr int Steps = 200;

TEST(EngineRandom, TheContractIsKept) {
  Compiled compiled(DriverJobs);
  for (unsigned seed = 1; seed <= Seeds; ++seed) {
    SimDriver driver(compiled, SimDriver::seeded(seed));
    for (int i = 0; i < Steps; ++i)
      driver.step();
    ASSERT_EQ(driver.host.broken(), "") << "seed " << seed;
    ASSERT_EQ(driver.end(), "") << "seed " << seed;
  }
}

std::mt19937 faultSource;
bool allowMost() { return faultSource() % 16 != 0; }

TEST(EngineRandom, AlsoWhenMemoryIsShort) {
  Compiled compiled(DriverJobs);
  unsigned refused = 0;
  for (unsigned seed = 1; seed <= Seeds; ++seed) {
    faultSource.seed(seed);
    setAllocationFilter(allowMost);
    SimDriver driver(compiled, SimDriver::seeded(seed));
    for (int i = 0; i < Steps && driver.host.ready(); ++i)
      driver.step();
    setAllocationFilter(nullptr);
    if (!driver.host.ready())
      continue;
    refused += driver.host.refusals();
    ASSERT_EQ(driver.host.broken(), "") << "seed " << seed;
    ASSERT_EQ(driver.end(), "") << "seed " << seed;
  }
  EXPECT_GT(refused, 100U);
}

} // namespace
