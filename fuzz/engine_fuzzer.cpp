// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Bytes as a stream of inputs to the engine on a simulated host that checks the
// contract, with allocations failing, or another engine made of the saved state
// taking over, where the bytes say so.

#include "SimDriver.h"
#include "starton/Runtime/Support/Memory.h"
#include <cstdio>
#include <cstdlib>

using namespace starton;

namespace {

/// Hands out the bytes of one run.
struct Bytes {
  const uint8_t *at = nullptr;
  const uint8_t *end = nullptr;

  bool more() const { return at < end; }
  unsigned pick(unsigned below) {
    if (!more() || below < 2)
      return 0;
    unsigned value = *at++;
    if (below > 256 && more())
      value = value * 256 + *at++;
    return value % below;
  }
};

/// One allocation in `failEvery` fails; 0: none.
unsigned failEvery = 0;
unsigned allocations = 0;

bool allowMost() { return !failEvery || ++allocations % failEvery; }

} // namespace

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const test::Compiled compiled(test::DriverJobs);
  Bytes bytes{data, data + size};
  failEvery = bytes.pick(64);
  allocations = 0;
  test::SimHost::Settings settings;
  settings.reincarnateEvery = failEvery ? 0 : bytes.pick(8);
  setAllocationFilter(allowMost);
  test::SimDriver driver(
      compiled, [&](unsigned below) { return bytes.pick(below); }, settings);
  if (driver.host.ready())
    while (bytes.more())
      driver.step();
  setAllocationFilter(nullptr);
  std::string left = driver.host.ready() ? driver.end() : "";
  if (!left.empty()) {
    std::fprintf(stderr, "%s\n", left.c_str());
    std::abort();
  }
  return 0;
}
