// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "TestTables.h"
#include "starton/Basic/Stanzas.h"
#include "starton/Sema/JobSet.h"
#include "starton/Table/EventKey.h"
#include "llvm/Support/FormatVariadic.h"
#include <algorithm>
#include <filesystem>
#include <fnmatch.h>
#include <fstream>
#include <gtest/gtest.h>
#include <optional>
#include <random>

namespace starton::test {
namespace {

using namespace table;
using Strings = std::vector<std::string>;

std::optional<std::string> keyOf(const Strings &operands) {
  Span<const char> key;
  auto at = [&](size_t i) {
    return Span<const char>(operands[i].data(), operands[i].size());
  };
  if (!eventKey(operands.size(), at, key))
    return std::nullopt;
  return std::string(key.data(), key.size());
}

TEST(EventKey, Rules) {
  EXPECT_EQ(keyOf({}), std::nullopt);
  EXPECT_EQ(keyOf({"db"}), "db");
  EXPECT_EQ(keyOf({"JOB=db"}), "db");
  EXPECT_EQ(keyOf({"JOB="}), "");
  EXPECT_EQ(keyOf({"JOB=a=b"}), "a=b");
  EXPECT_EQ(keyOf({"db", "ok"}), "db");
  EXPECT_EQ(keyOf({"RESULT=ok", "JOB=db"}), "db");
  EXPECT_EQ(keyOf({"d*", "JOB=db"}), "db");
  EXPECT_EQ(keyOf({"d*", "db"}), std::nullopt); // db is the second variable's
  for (const char *open :
       {"JOB!=db", "JOB=d*", "JOB=d?", "JOB=[d]b", "JOB=d\\b", "JOB=$X",
        "JOB=a!=b", "IFACE=lo", "job=db", "=db", "d*", "${X-db}", "a!=b"})
    EXPECT_EQ(keyOf({open}), std::nullopt) << open;
}

/// The definition of language §4.5, as plainly as possible.
bool matches(const Strings &operands, const Strings &variables) {
  size_t cursor = 0;
  for (const std::string &operand : operands) {
    size_t at = operand.find("!=");
    bool negate = at != std::string::npos;
    if (!negate)
      at = operand.find('=');
    std::string pattern = operand;
    if (at != std::string::npos) {
      std::string key = operand.substr(0, at) + "=";
      pattern = operand.substr(at + (negate ? 2 : 1));
      for (cursor = 0;
           cursor != variables.size() && !variables[cursor].starts_with(key);)
        ++cursor;
    }
    if (cursor >= variables.size() || pattern.find('$') != std::string::npos)
      return false;
    std::string value =
        variables[cursor].substr(variables[cursor].find('=') + 1);
    if ((fnmatch(pattern.c_str(), value.c_str(), 0) == 0) == negate)
      return false;
    ++cursor;
  }
  return true;
}

/// The three look-ups of the format's contract never miss a leaf that matches.
TEST(EventKey, NeverMissesAMatch) {
  std::mt19937 random(7);
  const char *values[] = {"a", "b", "", "ab", "a*"};
  const char *keys[] = {"JOB", "RESULT", "X"};
  const char *patterns[] = {"a", "b", "", "ab", "a*", "?", "[ab]", "\\a", "*"};
  auto pick = [&](const auto &list) {
    return std::string(list[random() % std::size(list)]);
  };
  size_t matched = 0;
  for (int round = 0; round != 200000; ++round) {
    Strings operands;
    for (unsigned i = 0, count = random() % 4, named = 0; i != count; ++i) {
      named |= random() % 2;
      operands.push_back(named ? pick(keys) + (random() % 4 == 0 ? "!=" : "=") +
                                     pick(patterns)
                               : pick(patterns));
    }
    Strings variables;
    for (unsigned i = 0, count = random() % 4; i != count; ++i)
      variables.push_back(pick(keys) + "=" + pick(values));
    if (!matches(operands, variables))
      continue;
    ++matched;
    std::optional<std::string> key = keyOf(operands);
    bool found =
        !key || variables[0].substr(variables[0].find('=') + 1) == *key;
    for (const std::string &variable : variables)
      if (!found && variable.starts_with("JOB=")) {
        found = variable.substr(4) == *key;
        break; // only the first variable of this name counts
      }
    EXPECT_TRUE(found);
  }
  EXPECT_GT(matched, 5000u);
}

/// The numbers of the format are its own; the writer casts to them.
TEST(Writer, EnumsAreThoseOfTheModel) {
  const char *const kinds[] = {
#define STANZA(Kind, ...) #Kind,
#include "starton/Basic/Stanzas.def"
  };
  for (size_t i = 0; i != std::size(kinds); ++i)
    EXPECT_STREQ(EnumNameStanza(static_cast<table::Stanza>(
                     stanzaInfo(static_cast<StanzaKind>(i)).wireId)),
                 kinds[i]);
  EXPECT_EQ(std::size(kinds), static_cast<size_t>(table::Stanza::MAX));

  EXPECT_EQ(static_cast<unsigned>(table::Slot::MAX) + 1, sema::NumProcessSlots);
  for (unsigned i = 0; i != sema::NumProcessSlots; ++i) {
    std::string name =
        sema::processSlotName(static_cast<sema::ProcessSlot>(i)); // pre-start
    std::string own = EnumNameSlot(static_cast<table::Slot>(i));  // PreStart
    std::erase(name, '-');
    EXPECT_TRUE(llvm::StringRef(name).equals_insensitive(own)) << name;
  }
  EXPECT_EQ(static_cast<unsigned>(table::Resource::MAX) + 1,
            sema::NumResources);
  EXPECT_EQ(static_cast<unsigned>(table::Resource::Nofile),
            static_cast<unsigned>(sema::Resource::Nofile));
  EXPECT_EQ(static_cast<unsigned>(table::Resource::Rss),
            static_cast<unsigned>(sema::Resource::Rss));
  EXPECT_EQ(static_cast<unsigned>(table::Expect::Stop),
            static_cast<unsigned>(sema::Expect::Stop));
  EXPECT_EQ(static_cast<unsigned>(table::Expect::Daemon),
            static_cast<unsigned>(sema::Expect::Daemon));
  EXPECT_EQ(static_cast<unsigned>(table::Expect::Fork),
            static_cast<unsigned>(sema::Expect::Fork));
  EXPECT_EQ(static_cast<unsigned>(table::Console::Owner),
            static_cast<unsigned>(sema::Console::Owner));
  EXPECT_EQ(static_cast<unsigned>(table::Console::Log),
            static_cast<unsigned>(sema::Console::Log));
  EXPECT_EQ(static_cast<unsigned>(table::Console::Unset),
            static_cast<unsigned>(sema::Console::Unset));
  EXPECT_EQ(static_cast<unsigned>(table::Console::Invalid),
            static_cast<unsigned>(sema::Console::Invalid));
  for (unsigned i = 0; i <= static_cast<unsigned>(table::Dialect::MAX); ++i) {
    std::string name =
        dialectName(static_cast<starton::Dialect>(i)); // upstart-1.13
    std::erase_if(name, [](char c) { return c == '-' || c == '.'; });
    EXPECT_TRUE(llvm::StringRef(name).equals_insensitive(
        EnumNameDialect(static_cast<table::Dialect>(i))))
        << name;
  }
}

TEST(Writer, Index) {
  std::string bytes = tableOf(sampleSet());
  const JobTable *table = GetJobTable(bytes.data());
  Strings entries;
  for (const IndexEntry *entry : *table->index()) {
    std::string line = entry->event()->str();
    line += entry->operand() ? " '" : " -";
    if (entry->operand()) {
      line += entry->operand()->str();
      line += '\'';
    }
    line += ':';
    for (const Leaf *leaf : *entry->leaves())
      line += llvm::formatv(" {0}/{1}/{2}",
                            table->jobs()->Get(leaf->job())->name()->c_str(),
                            leaf->tree() == Tree::Start ? "start" : "stop",
                            leaf->node())
                  .str();
    entries.push_back(line);
  }
  EXPECT_EQ(entries,
            (Strings{"runlevel -: net/everything/start/3 net/everything/stop/0",
                     "session-end -: web/stop/1", "started 'db': web/start/0",
                     "starting 'db': net/everything/start/0",
                     "stopped 'web': net/everything/start/1",
                     "stopping 'db': web/stop/0"}));
}

/// What a failing override leaves behind (language §6.5) is written so that the
/// daemon behaves as Upstart did.
TEST(Writer, NumbersOfFailingOverrides) {
  sema::JobSet set;
  sema::Job &job = addJob(set, "odd");
  sema::Origin here{0, 1};
  job.nice = {50, here};
  job.umask = {07777, here};
  job.killTimeout = {-4, here};
  job.oomScore = {6600, here};
  job.respawnLimit = {-3, here};
  job.respawnInterval = {-1, here};
  job.killSignal = job.reloadSignal = {-1, here};
  job.console = {sema::Console::Invalid, here};
  std::string bytes = tableOf(set);
  const Job *odd = GetJobTable(bytes.data())->jobs()->Get(0);
  EXPECT_EQ(odd->nice(), 19);
  EXPECT_EQ(odd->umask(), 0777u);
  EXPECT_EQ(odd->kill_timeout(), 0);
  EXPECT_EQ(odd->oom_score(), 6600);
  EXPECT_EQ(odd->respawn_limit(), 1);
  EXPECT_EQ(odd->respawn_interval(), 0);
  EXPECT_EQ(odd->kill_signal(), 0);
  EXPECT_EQ(odd->reload_signal(), 0);
  EXPECT_EQ(odd->console(), table::Console::Invalid);
  job.killTimeout = {INT64_MAX, here};
  bytes = tableOf(set);
  EXPECT_EQ(GetJobTable(bytes.data())->jobs()->Get(0)->kill_timeout(),
            INT32_MAX);
}

TEST(Writer, RefusesWhatNoDaemonWouldLoad) {
  std::string error;
  sema::JobSet twice;
  addJob(twice, "same");
  addJob(twice, "same");
  EXPECT_EQ(writeTable(twice, error), "");
  EXPECT_EQ(
      error,
      "the daemon would refuse it: corrupt: jobs[1].name is out of order");
}

TEST(Writer, LeavesOutWhatNoTableHolds) {
  sema::JobSet set;
  auto script = [](size_t megabytes, char byte, uint32_t file) {
    return sema::Process{sema::ProcessKind::Script,
                         std::string(megabytes << 20, byte),
                         {},
                         {file, 1}};
  };
  addJob(set, "good");
  addJob(set, "long").processes[0] = script(17, 'x', 1);
  // Five of them are too much together.
  for (uint32_t i = 0; i != 5; ++i)
    addJob(set, "part" + std::to_string(i)).processes[0] =
        script(i == 3 ? 15 : 14, static_cast<char>('a' + i), i + 2);
  addJob(set, "last");
  std::string error;
  std::vector<UnfitJob> unfit;
  std::string bytes = writeTable(set, error, &unfit);
  ASSERT_EQ(error, "");
  ASSERT_EQ(unfit.size(), 2U);
  EXPECT_EQ(unfit[0].job, 1U);
  EXPECT_EQ(unfit[0].message,
            "'script' is longer than the 16 MiB that a job table holds");
  EXPECT_EQ(unfit[1].job, 5U);
  EXPECT_EQ(unfit[1].message,
            "the job is left out: it takes most of a table that would be "
            "larger than the 64 MiB that a daemon loads");
  const JobTable &table = *GetJobTable(bytes.data());
  ASSERT_EQ(table.jobs()->size(), 6U);
  ASSERT_EQ(table.rejected()->size(), 2U);
  EXPECT_EQ(table.rejected()->Get(0)->name()->str(), "long");
  EXPECT_EQ(table.rejected()->Get(0)->message()->str(), unfit[0].message);
  EXPECT_EQ(table.rejected()->Get(0)->line(), 1U);
  EXPECT_EQ(table.rejected()->Get(1)->name()->str(), "part3");
  // The order of registration has no gaps.
  for (uint32_t i = 0; i != 6; ++i) {
    std::string name = table.names()->Get(i)->str();
    uint32_t order = name == "good" ? 0 : name == "last" ? 5 : i - 1;
    EXPECT_EQ(table.heads()->Get(i)->order(), order) << name;
  }
}

TEST(Writer, DependsOnTheSetAlone) {
  std::string bytes = tableOf(sampleSet());
  EXPECT_EQ(tableOf(sampleSet()), bytes);
  // The same files, visited in another order.
  sema::JobSet other = sampleSet();
  uint32_t last = static_cast<uint32_t>(other.files.size() - 1);
  std::reverse(other.files.begin(), other.files.end());
  auto moved = [&](sema::Origin &origin) { origin.file = last - origin.file; };
  for (sema::Job &job : other.jobs) {
    job.confFile = last - job.confFile;
    if (job.overrideFile >= 0)
      job.overrideFile = last - job.overrideFile;
    moved(job.nice.origin);
  }
  other.rejected[0].file = last - other.rejected[0].file;
  other.rejectedInPart[0].file = last - other.rejectedInPart[0].file;
  EXPECT_EQ(tableOf(other), bytes);
}

class TreeTest : public testing::Test {
protected:
  void SetUp() override {
    char name[] = "/tmp/starton-writer-XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    directory = name;
  }
  void TearDown() override { std::filesystem::remove_all(directory); }

  void file(const std::string &path, const std::string &content) const {
    std::filesystem::create_directories(
        std::filesystem::path(directory + path).parent_path());
    std::ofstream(directory + path, std::ios::binary) << content;
  }
  std::string compile(const std::string &root) const {
    sema::SystemOptions options;
    options.root = directory + root;
    options.directories = {options.root + "/etc/init"};
    return tableOf(sema::loadSystem(options));
  }

  std::string directory;
};

/// Where a root lies, and in which order its files were made, leaves no trace.
TEST_F(TreeTest, DependsOnNoPrefix) {
  const std::pair<const char *, const char *> files[] = {
      {"b.conf", "start on started a\nexec /bin/b\n"},
      {"a.conf", "task\nscript\n\ttrue\nend script\n"},
      {"a.override", "nice 3\n"},
      {"net/c.conf", "stop on stopping JOB=b\n"},
      {"bad.conf", "respawn\nevn A=1\n"}};
  for (const auto &[name, content] : files)
    file(std::string("/one/etc/init/") + name, content);
  for (size_t i = std::size(files); i-- != 0;)
    file(std::string("/elsewhere/two/etc/init/") + files[i].first,
         files[i].second);
  std::string bytes = compile("/one");
  EXPECT_EQ(compile("/elsewhere/two"), bytes);
  EXPECT_EQ(bytes.find(directory), std::string::npos);
  const JobTable *table = GetJobTable(bytes.data());
  EXPECT_EQ(table->jobs()->size(), 3u);
  EXPECT_EQ(table->files()->Get(0)->path()->str(), "/etc/init/a.conf");
}

TEST_F(TreeTest, RemembersWhatIsRejectedInPart) {
  file("/etc/init/alone.conf", "bogus\n");
  file("/etc/init/alone.override", "env A=1\n");
  file("/etc/init/late.conf", "env A=1\n");
  file("/etc/init/late.override", "env B=1\n  bogus\n");
  file("/etc/init/nothing.conf", "bogus\n");
  std::string bytes = compile("");
  const JobTable &table = *GetJobTable(bytes.data());
  ASSERT_EQ(table.jobs()->size(), 2u);
  ASSERT_EQ(table.rejected()->size(), 3u);
  const std::tuple<const char *, const char *, unsigned, bool> expected[] = {
      {"alone", "alone.conf", 1, true},
      {"late", "late.override", 2, true},
      {"nothing", "nothing.conf", 1, false}};
  for (uint32_t i = 0; i != 3; ++i) {
    const Rejected &entry = *table.rejected()->Get(i);
    const auto &[name, path, line, inPart] = expected[i];
    EXPECT_EQ(entry.name()->str(), name);
    EXPECT_TRUE(
        table.files()->Get(entry.file())->path()->str().ends_with(path));
    EXPECT_EQ(entry.line(), line) << name;
    EXPECT_EQ(entry.in_part(), inPart) << name;
  }
}

TEST_F(TreeTest, RemembersTheRejected) {
  file("/etc/init/bad.conf", "respawn\n  evn A=1\n");
  file("/etc/init/quote.conf", "author \"x\n\n\n");
  file("/etc/init/signal.conf", "kill signal SIGFOO\n");
  std::string bytes = compile("");
  const auto &rejected = *GetJobTable(bytes.data())->rejected();
  ASSERT_EQ(rejected.size(), 3u);
  const std::tuple<const char *, unsigned, unsigned, unsigned, const char *>
      expected[] = {
          {"bad", 2, 3, 2, "Unknown stanza"},
          {"quote", 1, 8, 4, "Unterminated quoted string"},
          {"signal", 1, 13, 0, "Illegal signal status, expected integer"}};
  for (uint32_t i = 0; i != 3; ++i) {
    const Rejected &entry = *rejected.Get(i);
    const auto &[name, line, column, upstartLine, message] = expected[i];
    EXPECT_EQ(entry.name()->str(), name);
    EXPECT_EQ(entry.line(), line) << name;
    EXPECT_EQ(entry.column(), column) << name;
    EXPECT_EQ(entry.upstart_line(), upstartLine) << name;
    EXPECT_EQ(entry.message()->str(), message);
    ASSERT_NE(entry.detail(), nullptr);
    EXPECT_GT(entry.detail()->size(), 0u);
  }
}

} // namespace
} // namespace starton::test
