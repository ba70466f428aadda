// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Feeds the engine whatever a source of numbers says: for tests with a seed and
// for the fuzzer.

#ifndef STARTON_UNITTESTS_RUNTIME_SIMDRIVER_H
#define STARTON_UNITTESTS_RUNTIME_SIMDRIVER_H

#include "SimHost.h"
#include <functional>

namespace starton::test {

/// The jobs it plays with.
extern const Files DriverJobs;
/// What some of them may become.
extern const Files DriverSwitches[5];

class SimDriver {
public:
  /// \p pick(n) is a number below n.
  using Source = std::function<unsigned(unsigned)>;
  /// The same numbers for the same seed.
  static Source seeded(unsigned seed);

  SimDriver(const Compiled &compiled, Source source)
      : SimDriver(compiled, std::move(source), {}) {}
  SimDriver(const Compiled &compiled, Source source, SimHost::Settings settings)
      : host(compiled, std::move(settings)), pick(std::move(source)) {}
  SimDriver(const table::JobTable &table, Source source,
            SimHost::Settings settings)
      : host(table, std::move(settings)), pick(std::move(source)) {}

  /// One input.
  void step();
  /// Ends everything and says what is left, "" when all is well. Allocations
  /// must not fail any more.
  std::string end();

  SimHost host;

private:
  std::string job();
  Strings variables();
  void event();
  void switchTable();
  void environment();
  int32_t pid();
  bool tracked(const SimProcess *process) const;
  bool follows(const SimProcess *process) const;
  void process();
  void stopAll();
  void endAll();

  Source pick;
  std::vector<int32_t> lost;
};

} // namespace starton::test

#endif // STARTON_UNITTESTS_RUNTIME_SIMDRIVER_H
