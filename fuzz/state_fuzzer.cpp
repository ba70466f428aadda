// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Bytes as a saved state of the engine, their checksum made right so that what
// is behind it is reached. What is accepted goes on: every action is taken,
// every process ends, and it can be saved again. Begins with states that the
// driver of the engine's tests comes to: give it -max_len=32768 and no corpus.

#include "EngineInvariants.h"
#include "Samples.h"
#include "SimDriver.h"
#include "SimHost.h"
#include "starton/Runtime/Support/StateStream.h"
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>

using namespace starton;

namespace {

/// By id: what the driver begins with, and each of its switches.
const std::vector<test::Compiled> &tables() {
  static const std::vector<test::Compiled> all = [] {
    std::vector<test::Compiled> made;
    made.emplace_back(test::DriverJobs);
    for (const test::Files &files : test::DriverSwitches)
      made.emplace_back(files);
    return made;
  }();
  return all;
}

std::string sampleState(unsigned seed) {
  constexpr unsigned Steps = 30;
  std::minstd_rand random(seed);
  // The driver's own switches would give the tables other ids.
  test::SimDriver driver(tables()[0], [&](unsigned below) {
    return unsigned(random() / 7) % (below == 16 ? 14 : below);
  });
  for (size_t id = 1; id < tables().size(); ++id) {
    for (unsigned steps = random() % Steps; steps--;)
      driver.step();
    (void)driver.host.switchTo(tables()[id], random() % 16
                                                 ? engine::SwitchKind::Overlay
                                                 : engine::SwitchKind::Whole);
    if (random() % 4 == 0)
      break;
  }
  for (unsigned steps = random() % Steps; steps--;)
    driver.step();
  StateWriter writer;
  driver.host.engine.snapshot(writer);
  writer.finish();
  auto bytes = writer.bytes();
  return {reinterpret_cast<const char *>(bytes.data()), bytes.size()};
}

void checkInvariants(const engine::Engine &engine, bool resting) {
  std::string broken = test::brokenInvariant(engine, resting);
  if (broken.empty())
    return;
  std::fprintf(stderr, "%s\n", broken.c_str());
  std::abort();
}

bool restore(engine::Engine &engine, Span<const uint8_t> state,
             const std::vector<engine::TableOfState> &given) {
  StateReader reader(state);
  if (engine.restore(reader, {given.data(), given.size()}))
    return true;
  if (!*reader.why())
    std::abort();
  return false;
}

/// What the state needs, as an engine that has to give some back cannot be
/// saved yet; none: it is refused.
std::vector<engine::TableOfState> usedTables(Span<const uint8_t> state) {
  std::vector<engine::TableOfState> given;
  for (const test::Compiled &compiled : tables())
    given.push_back({uint32_t(given.size()), &compiled.table()});
  engine::Engine engine;
  if (!restore(engine, state, given))
    return {};
  // They are given back before anything else happens.
  for (engine::Action action;
       engine.next(action) && action.kind == engine::Action::Kind::TableUnused;)
    given.erase(std::find_if(given.begin(), given.end(), [&](const auto &each) {
      return each.id == uint32_t(action.status);
    }));
  return given;
}

/// Carries out what there is to do, for a while.
void drain(engine::Engine &engine, int32_t &pid) {
  engine::Action action;
  for (unsigned i = 0; i < 2000 && engine.next(action); ++i)
    engine.complete(action.token, {++pid, 0});
}

void goOn(engine::Engine &engine) {
  int32_t pid = 1'000'000;
  drain(engine, pid);
  engine::Input input;
  input.kind = engine::Input::Kind::Shutdown;
  input.name = textOf("shutdown");
  (void)engine.feed(input);
  drain(engine, pid);
  for (int32_t end = 1'000'000; end < pid; ++end) {
    engine::Input ended;
    ended.kind = engine::Input::Kind::ChildKilled;
    ended.pid = end;
    ended.status = 9;
    (void)engine.feed(ended);
    drain(engine, pid);
    if (pid > 1'002'000)
      break;
  }
}

} // namespace

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size,
                                          size_t maxSize, unsigned seed) {
  return mutateOrSample(data, size, maxSize, seed, 256, sampleState);
}

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  std::string state(reinterpret_cast<const char *>(data), size);
  Span<uint8_t> bytes{reinterpret_cast<uint8_t *>(state.data()), state.size()};
  repairStateChecksum(bytes);
  std::vector<engine::TableOfState> given = usedTables(bytes);
  if (given.empty())
    return 0;
  engine::Engine engine;
  if (!restore(engine, bytes, given))
    std::abort();
  checkInvariants(engine, false);
  StateWriter writer;
  engine.snapshot(writer);
  writer.finish();
  engine::Engine copy;
  if (!writer.good() || !restore(copy, writer.bytes(), given))
    std::abort();
  goOn(engine);
  checkInvariants(engine, false);
  return 0;
}
