// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The engine on a table that has only begun to be verified and turns out to be
// damaged: such a job cannot be started, the others do what they always did,
// and an index that says anything at all does no harm.

#include "SimDriver.h"
#include "starton/Table/JobTable_generated.h"
#include "starton/Table/Verification.h"
#include "gtest/gtest.h"
#include <cstring>
#include <memory>
#include <random>

using namespace starton;
using namespace starton::test;

namespace {

template <typename T> T *writable(const T *place) {
  return const_cast<T *>(place);
}

/// A table of its own that begins to be verified after the damage was done.
class BegunTable {
public:
  explicit BegunTable(const Compiled &compiled) : bytes(compiled.content()) {}

  const table::JobTable &table() const {
    return *table::GetJobTable(bytes.data());
  }
  bool begin() {
    table::LoadError error;
    Span<const uint8_t> span{reinterpret_cast<const uint8_t *>(bytes.data()),
                             bytes.size()};
    return rest.begin(span, error) != nullptr;
  }
  SimHost::Settings settings() {
    SimHost::Settings settings;
    settings.verification = &rest;
    return settings;
  }
  const table::Job &job(const char *name) const {
    return *table().jobs()->LookupByKey(name);
  }
  void spoil(const table::Job &job) {
    auto *entry = writable(job.env()->Get(0)->c_str());
    entry[0] = '\0'; // a NUL in a word
  }

  std::string bytes;
  table::Verification rest;
};

const Files Jobs = {
    {"bad", "start on go or started good\nenv BAD=1\nexec run\n"},
    {"good", "start on go\nstop on halt\nenv A=1\nexec run\n"},
    {"late", "start on stopped good\nenv LATE=1\ntask\nexec exit 0\n"}};

/// A table of Jobs, one of which is damaged, and a host on it.
struct SpoiltJob {
  explicit SpoiltJob(const char *name) {
    begun.spoil(begun.job(name));
    EXPECT_TRUE(begun.begin());
    host = std::make_unique<SimHost>(begun.table(), begun.settings());
    EXPECT_TRUE(host->ready());
  }

  BegunTable begun{Compiled(Jobs)};
  std::unique_ptr<SimHost> host;
};

TEST(EngineDamage, ADamagedJobCannotBeStarted) {
  SpoiltJob spoilt("bad");
  SimHost &host = *spoilt.host;
  uint64_t go = host.emit("go");
  EXPECT_EQ(host.answer(go), "ok");
  EXPECT_EQ(host.status("good"), "start/running");
  EXPECT_EQ(host.status("bad"), "stop/waiting");
  // It is still there, under its name, and says that it does not work.
  engine::ClassIndex bad = host.engine.findClass(textOf("bad"));
  ASSERT_NE(bad, engine::NoClass);
  const table::Job &inert = host.engine.classJob(bad);
  EXPECT_STREQ(inert.name()->c_str(), "bad");
  EXPECT_EQ(inert.start_on(), nullptr);
  EXPECT_EQ(inert.env(), nullptr);
  uint64_t start = host.start("bad");
  EXPECT_NE(host.answer(start), "ok");
  EXPECT_NE(host.answer(start), "");
  EXPECT_EQ(host.status("bad"), "stop/waiting");
  uint64_t halt = host.emit("halt");
  EXPECT_EQ(host.answer(halt), "ok");
  EXPECT_EQ(host.status("good"), "stop/waiting");
  EXPECT_EQ(host.broken(), "");
  EXPECT_EQ(host.leftOver(), "");
}

TEST(EngineDamage, WhatTakesItsPlaceIsATable) {
  SpoiltJob spoilt("late");
  SimHost &host = *spoilt.host;
  const table::Job &inert =
      host.engine.classJob(host.engine.findClass(textOf("late")));
  ASSERT_EQ(inert.processes()->size(), 1U);
  EXPECT_EQ(inert.processes()->Get(0)->slot(), table::Slot::Main);
  EXPECT_EQ(inert.processes()->Get(0)->kind(), table::ProcessKind::Broken);
  EXPECT_EQ(inert.processes()->Get(0)->text(), nullptr);
  EXPECT_EQ(inert.console(), table::Console::Unset);
  EXPECT_EQ(inert.respawn_limit(), 10);
}

/// Calls \p change for every leaf of the index.
void forLeaves(BegunTable &begun,
               const std::function<void(table::Leaf &)> &change) {
  for (const table::IndexEntry *entry : *begun.table().index())
    for (uint32_t i = 0; i < entry->leaves()->size(); ++i)
      change(*writable(entry->leaves()->Get(i)));
}

TEST(EngineDamage, AHostileIndexDoesNoHarm) {
  Compiled compiled({{"a", "start on go\nstop on halt\nexec run\n"},
                     {"b", "exec run\n"},
                     {"c", "start on session-end\ntask\nexec exit 0\n"}});
  const table::Leaf hostile[] = {
      {0xffffffff, table::Tree::Start, 0}, {3, table::Tree::Stop, 0},
      {1, table::Tree::Start, 0},          {1, table::Tree::Stop, 7},
      {2, table::Tree::Start, 0xffffffff}, {0, table::Tree(77), 1}};
  for (const table::Leaf &leaf : hostile)
    for (const char *why : {"shutdown", "logout"}) {
      BegunTable begun(compiled);
      forLeaves(begun, [&](table::Leaf &other) { other = leaf; });
      ASSERT_TRUE(begun.begin());
      SimHost host(begun.table(), begun.settings());
      ASSERT_TRUE(host.ready());
      EXPECT_EQ(host.answer(host.start("b")), "ok");
      EXPECT_EQ(host.answer(host.emit("go")), "ok");
      EXPECT_EQ(host.answer(host.emit("halt")), "ok");
      host.shutdown(why);
      for (int i = 0; i < 20 && !host.exited(); ++i)
        host.pass(1);
      EXPECT_EQ(host.broken(), "");
    }
}

void damage(std::string &bytes, std::mt19937 &random) {
  for (unsigned i = 0, count = 1 + random() % 4; i != count; ++i) {
    size_t at = random() % (bytes.size() / 4) * 4;
    uint32_t word;
    std::memcpy(&word, bytes.data() + at, 4);
    uint32_t kind = random() % 3;
    word = uint32_t(kind == 0   ? random()
                    : kind == 1 ? random() % 64
                                : word + random() % 129 - 64);
    std::memcpy(bytes.data() + at, &word, 4);
  }
}

/// What the sanitizers watch in the preset asan.
TEST(EngineDamage, AnyDamageIsSurvived) {
  Compiled compiled(DriverJobs);
  unsigned driven = 0;
  for (unsigned seed = 1; seed <= 3000; ++seed) {
    std::mt19937 random(seed);
    BegunTable begun(compiled);
    damage(begun.bytes, random);
    if (!begun.begin())
      continue;
    ++driven;
    SimDriver driver(
        begun.table(),
        [&](unsigned below) { return unsigned(random() % below); },
        begun.settings());
    ASSERT_TRUE(driver.host.ready());
    for (int i = 0; i < 40; ++i)
      driver.step();
    EXPECT_EQ(driver.host.broken(), "") << "seed " << seed;
  }
  EXPECT_GT(driven, 1000U);
}

} // namespace
