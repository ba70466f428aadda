// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Saving and reading back the engine's state: another engine goes on exactly
// where the first one stood, and bytes that are not a state make none.

#include "AllocationFaults.h"
#include "EngineInvariants.h"
#include "SimDriver.h"
#include "starton/Runtime/Support/StateStream.h"
#include "gtest/gtest.h"

using namespace starton;
using namespace starton::test;

namespace {

constexpr unsigned Seeds = 40;
constexpr int Steps = 150;

Strings actionsOf(const Compiled &compiled, unsigned seed, unsigned every) {
  SimHost::Settings settings;
  settings.debug = settings.record = true;
  settings.reincarnateEvery = every;
  SimDriver driver(compiled, SimDriver::seeded(seed), settings);
  for (int i = 0; i < Steps; ++i)
    driver.step();
  std::string left = driver.end();
  Strings actions = driver.host.actions();
  actions.push_back(left);
  EXPECT_EQ(driver.host.broken(), "") << "seed " << seed << ", every " << every;
  return actions;
}

TEST(EngineState, ARestoredEngineDoesTheSame) {
  Compiled compiled(DriverJobs);
  size_t compared = 0;
  for (unsigned seed = 1; seed <= Seeds && !HasFailure(); ++seed) {
    Strings undisturbed = actionsOf(compiled, seed, 0);
    for (unsigned every : {1U, 2U, 7U, 31U}) {
      Strings restored = actionsOf(compiled, seed, every);
      size_t same = 0;
      while (same < restored.size() && same < undisturbed.size() &&
             restored[same] == undisturbed[same])
        ++same;
      ASSERT_EQ(restored.size(), undisturbed.size());
      ASSERT_EQ(same, restored.size()) << "seed " << seed << ", every " << every
                                       << ": " << restored[same] << "\n"
                                       << undisturbed[same];
      compared += same;
    }
  }
  EXPECT_GT(compared, 100'000U);
}

/// Jobs that start each other for ever: the engine never rests.
const Files Cycle = {
    {"a", "start on go or stopped b\nstop on started b\nexport N\n"},
    {"b", "start on started a\nstop on started b\n"},
    {"c", "start on started b\nstop on stopped b\n"
          "instance $JOB\n"},
    {"d", "stop on started b\n"}};

Strings cycleOf(const Compiled &compiled, bool restored) {
  SimHost::Settings settings;
  settings.debug = settings.record = true;
  SimHost host(compiled, settings);
  engine::Input input;
  input.kind = engine::Input::Kind::EmitEvent;
  input.name = textOf("go");
  EXPECT_EQ(host.feed(input), engine::FeedResult::Taken);
  for (unsigned i = 0; i < 2000; ++i) {
    host.drainOne();
    if (host.rests() && restored)
      host.reincarnate();
  }
  EXPECT_EQ(host.broken(), "");
  return host.actions();
}

TEST(EngineState, AlsoInTheMiddleOfWhatNeverEnds) {
  Compiled compiled(Cycle);
  Strings undisturbed = cycleOf(compiled, false);
  Strings restored = cycleOf(compiled, true);
  EXPECT_GT(undisturbed.size(), 1000U);
  EXPECT_EQ(undisturbed, restored);
}

/// A state with something of everything.
void play(SimDriver &driver) {
  for (int i = 0; i < 60; ++i)
    driver.step();
}

std::string stateOf(SimHost &host) {
  StateWriter writer;
  host.engine.snapshot(writer);
  writer.finish();
  EXPECT_TRUE(writer.good());
  auto bytes = writer.bytes();
  return {reinterpret_cast<const char *>(bytes.data()), bytes.size()};
}

Span<const uint8_t> bytesOf(const std::string &state) {
  return {reinterpret_cast<const uint8_t *>(state.data()), state.size()};
}

/// Whatever it says: it is read or refused, and what is read can go on.
bool readBack(const std::string &state, const SimHost &host) {
  StateReader reader(bytesOf(state));
  engine::Engine engine;
  auto tables = host.savedTables();
  if (!engine.restore(reader, {tables.data(), tables.size()})) {
    EXPECT_STRNE(reader.why(), "");
    return false;
  }
  EXPECT_EQ(brokenInvariant(engine, false), "");
  engine::Input input;
  int32_t pid = 1'000'000;
  for (auto [kind, name] : {std::pair(engine::Input::Kind::EmitEvent, "go"),
                            std::pair(engine::Input::Kind::Shutdown, "end")}) {
    input.kind = kind;
    input.name = textOf(name);
    (void)engine.feed(input);
    engine::Action action;
    for (unsigned i = 0; i < 500 && engine.next(action); ++i)
      engine.complete(action.token, {++pid, 0});
  }
  EXPECT_EQ(brokenInvariant(engine, false), "");
  return true;
}

/// A server numbers its requests anew: an abandoned one must not be taken for
/// a new one of the same number.
TEST(EngineState, WhoAskedBeforeAReexecIsNotAnsweredAfterIt) {
  Compiled compiled({{"slow", "pre-start exec /bin/slow\nexec /bin/job\n"},
                     {"held", "start on go\ntask\nexec /bin/task\n"},
                     {"other", "pre-start exec /bin/slow\nexec /bin/job\n"}});
  SimHost host(compiled);
  uint64_t before = host.start("slow");
  uint64_t emitted = host.emit("go");
  ASSERT_EQ(host.answer(before) + host.answer(emitted), "");

  host.reexec();
  uint64_t after = host.start("other");
  ASSERT_EQ(after, before) << "the case is about equal numbers";
  host.exit(host.pid("slow", engine::Slot::PreStart), 0);
  host.exit(host.pid("held"), 0);
  EXPECT_EQ(host.status("slow"), "start/running");
  EXPECT_EQ(host.answer(after), "") << "of somebody else's request";

  host.reincarnate(); // no number is there twice
  host.exit(host.pid("other", engine::Slot::PreStart), 0);
  EXPECT_EQ(host.answer(after), "ok");
  EXPECT_EQ(host.broken(), "");
}

TEST(EngineState, CutAtEveryByteItIsRefused) {
  Compiled compiled(DriverJobs);
  SimDriver driver(compiled, SimDriver::seeded(5));
  play(driver);
  std::string state = stateOf(driver.host);
  ASSERT_GT(state.size(), 1000U);
  ASSERT_TRUE(readBack(state, driver.host));
  for (size_t size = 0; size < state.size(); ++size) {
    std::string cut = state.substr(0, size);
    ASSERT_FALSE(readBack(cut, driver.host)) << size;
    repairStateChecksum({reinterpret_cast<uint8_t *>(cut.data()), size});
    ASSERT_FALSE(readBack(cut, driver.host)) << size;
  }
}

/// How many are refused, and how many taken, of \p host's states with one byte
/// changed.
std::pair<unsigned, unsigned> changeBytes(SimHost &host) {
  std::string state = stateOf(host);
  std::pair<unsigned, unsigned> counts;
  for (size_t at = 0; at < state.size(); ++at)
    for (unsigned flip : {0x01U, 0x80U, 0xffU}) {
      std::string changed = state;
      changed[at] = char(changed[at] ^ flip);
      EXPECT_FALSE(readBack(changed, host)) << at;
      repairStateChecksum(
          {reinterpret_cast<uint8_t *>(changed.data()), changed.size()});
      ++(readBack(changed, host) ? counts.second : counts.first);
    }
  return counts;
}

TEST(EngineState, WithAnyByteChangedItIsRefusedOrHarmless) {
  Compiled compiled(DriverJobs);
  SimDriver driver(compiled, SimDriver::seeded(9));
  play(driver);
  auto [refused, taken] = changeBytes(driver.host);
  std::printf("%u refused, %u taken\n", refused, taken);
  EXPECT_GT(refused, 1000U);
  EXPECT_GT(taken, 100U);
}

/// A process that is there must not be started again: it would be forgotten.
TEST(EngineState, WithAnyByteChangedNoProcessIsForgotten) {
  Compiled compiled(
      Files{{"web", "start on go\nexec run\npost-start exec slow\n"}});
  SimHost host(compiled.table(), {});
  ASSERT_TRUE(host.ready());
  host.emit("go");
  ASSERT_EQ(host.status("web"), "start/post-start");
  EXPECT_GT(changeBytes(host).first, 100U);
}

TEST(EngineState, WithoutMemoryNothingIsSavedOrRead) {
  Compiled compiled(DriverJobs);
  SimDriver driver(compiled, SimDriver::seeded(9));
  play(driver);
  std::string state = stateOf(driver.host);
  unsigned failures = untilMemorySuffices([&] {
    StateWriter writer;
    driver.host.engine.snapshot(writer);
    writer.finish();
    return writer.good();
  });
  failures += untilMemorySuffices([&] {
    StateReader reader(bytesOf(state));
    engine::Engine engine;
    auto tables = driver.host.savedTables();
    bool good = engine.restore(reader, {tables.data(), tables.size()});
    EXPECT_STREQ(reader.why(), good ? "" : "no memory");
    return good;
  });
  std::printf("%u allocations failed\n", failures);
  EXPECT_GT(failures, 50U);
  // The engine that could not be saved is as it was.
  EXPECT_EQ(driver.end(), "");
}

uint64_t asked = 0;
bool countAsked() {
  ++asked;
  return true;
}

TEST(EngineState, WithABadHeaderNothingIsAllocated) {
  Compiled compiled(DriverJobs);
  SimDriver driver(compiled, SimDriver::seeded(9));
  std::string state = stateOf(driver.host);
  state[0] = 'X';
  auto tables = driver.host.savedTables();
  asked = 0;
  setAllocationFilter(countAsked);
  StateReader reader(bytesOf(state));
  engine::Engine engine;
  bool good = engine.restore(reader, {tables.data(), tables.size()});
  setAllocationFilter(nullptr);
  EXPECT_FALSE(good);
  EXPECT_STREQ(reader.why(), "not a state");
  EXPECT_EQ(asked, 0U); // and so nothing is left behind
}

TEST(EngineState, OfAnotherVersionItIsRefused) {
  Compiled compiled(DriverJobs);
  SimDriver driver(compiled, SimDriver::seeded(9));
  std::string state = stateOf(driver.host);
  state[4] = char(StateVersion + 1);
  StateReader reader(bytesOf(state));
  EXPECT_STREQ(reader.why(), "a state of another version");
}

} // namespace
