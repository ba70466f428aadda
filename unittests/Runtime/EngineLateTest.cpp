// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The engine on a table of which only the front has been read: of the rest it
// asks for what it uses, and for nothing else.

#include "SimHost.h"
#include "starton/Table/Verification.h"
#include "gtest/gtest.h"
#include <cerrno>
#include <cstring>
#include <set>

using namespace starton;
using namespace starton::test;

namespace {

constexpr unsigned Jobs = 400;

std::string nameOf(unsigned number) {
  return "job" + std::to_string(1000 + number);
}

/// Every job waits for an event of its own; they are many parts' worth.
Files manyJobs() {
  Files files;
  for (unsigned i = 0; i < Jobs; ++i)
    files[nameOf(i)] = "start on go" + std::to_string(i) + "\nstop on halt" +
                       std::to_string(i) + "\ndescription \"" + nameOf(i) +
                       std::string(800, 'd') + "\"\nexec run\n";
  return files;
}

/// A table whose parts come when they are asked for.
class LateTable {
public:
  explicit LateTable(const Compiled &compiled)
      : written(compiled.content()), bytes(written.size(), '\0') {
    size_t front = compiled.table().hot_size();
    std::memcpy(bytes.data(), written.data(), front);
    table::PartSource source;
    source.context = this;
    source.read = [](void *context, uint32_t begin, uint32_t end) noexcept {
      auto &self = *static_cast<LateTable *>(context);
      self.parts.insert(begin);
      if (self.error)
        return self.error;
      std::memcpy(&self.bytes[begin], &self.written[begin], end - begin);
      return 0;
    };
    table::LoadError error;
    Span<const uint8_t> span{reinterpret_cast<const uint8_t *>(bytes.data()),
                             bytes.size()};
    table = rest.begin(span, front, source, error);
  }
  SimHost::Settings settings() {
    SimHost::Settings settings;
    settings.verification = &rest;
    return settings;
  }

  std::string written, bytes;
  std::set<uint32_t> parts; ///< that were read, by where they begin
  int error = 0;            ///< of every read from now on
  table::Verification rest;
  const table::JobTable *table = nullptr;
};

class EngineLate : public testing::Test {
protected:
  void SetUp() override {
    ASSERT_NE(late.table, nullptr);
    ASSERT_GT(late.table->parts()->size(), 8u);
    host = std::make_unique<SimHost>(*late.table, late.settings());
    ASSERT_TRUE(host->ready());
  }
  void TearDown() override {
    if (host) {
      EXPECT_EQ(host->broken(), "");
    }
  }

  LateTable late{Compiled(manyJobs())};
  std::unique_ptr<SimHost> host;
};

TEST_F(EngineLate, AJobIsReadWhenItIsNeeded) {
  EXPECT_EQ(late.parts.size(), 0u) << "by the engine's beginning";
  EXPECT_EQ(host->answer(host->emit("startup")), "ok");
  EXPECT_EQ(host->classes().size(), Jobs);
  EXPECT_EQ(host->status(nameOf(Jobs - 1)), "stop/waiting");
  EXPECT_EQ(late.parts.size(), 0u) << "by what is of no job";

  EXPECT_EQ(host->answer(host->emit("go7")), "ok");
  EXPECT_EQ(host->status(nameOf(7)), "start/running");
  EXPECT_EQ(late.parts.size(), 1u) << "by its start";
  EXPECT_EQ(host->answer(host->emit("halt7", {}, false)), "ok");
  EXPECT_EQ(late.parts.size(), 1u) << "by its stop";

  EXPECT_EQ(host->answer(host->start(nameOf(Jobs - 1))), "ok");
  EXPECT_EQ(late.parts.size(), 2u) << "by a request";
  EXPECT_NE(host->answer(host->start("nosuch")), "ok");
  EXPECT_EQ(late.parts.size(), 2u);
}

TEST_F(EngineLate, WhatIsNotNeededIsReadInTheEnd) {
  EXPECT_EQ(host->answer(host->emit("go7")), "ok");
  table::LoadError defect;
  while (late.rest.advance(defect))
    EXPECT_EQ(defect.status, table::LoadStatus::Ok) << defect.message;
  EXPECT_EQ(late.parts.size(), late.table->parts()->size());
  EXPECT_EQ(late.bytes, late.written);
  EXPECT_EQ(host->answer(host->emit("go8")), "ok");
  EXPECT_EQ(host->status(nameOf(8)), "start/running");
}

TEST_F(EngineLate, AWholeTableRemovesWhatNobodyHasUsed) {
  Files files = manyJobs();
  for (unsigned i : {0U, 7U, Jobs - 1})
    files.erase(nameOf(i));
  Compiled next(files);
  host->forget();
  ASSERT_TRUE(host->switchTo(next, engine::SwitchKind::Whole));
  for (unsigned i : {0U, 7U, Jobs - 1})
    EXPECT_EQ(countOf(host->all(), "job removed " + nameOf(i)), 1U);
  EXPECT_EQ(host->classes().size(), Jobs - 3);
  EXPECT_EQ(host->answer(host->emit("go8")), "ok");
  EXPECT_EQ(host->status(nameOf(8)), "start/running");
}

TEST_F(EngineLate, AWholeTableRemovesWhatCannotBeRead) {
  late.error = EIO;
  Files files = {{nameOf(8), manyJobs()[nameOf(8)]}};
  host->forget();
  ASSERT_TRUE(host->switchTo(Compiled(files), engine::SwitchKind::Whole));
  // It is known by the name that the old table has for it.
  for (unsigned i : {0U, 7U, Jobs - 1})
    EXPECT_EQ(countOf(host->all(), "job removed " + nameOf(i)), 1U);
  EXPECT_EQ(host->classes(), Strings{nameOf(8)});
  EXPECT_EQ(host->answer(host->emit("go8")), "ok");
  EXPECT_EQ(host->status(nameOf(8)), "start/running");
}

} // namespace
