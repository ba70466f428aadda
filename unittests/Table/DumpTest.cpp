// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The dump of a table says what the model says: every fact of every job, no
// more and no less. The expectation is made from the model here, without any
// code of the writer, and compared as flat lists of `path = value`.

#include "SharedData.h"
#include "TestTables.h"
#include "starton/Basic/Diagnostic.h"
#include "starton/Sema/JobSet.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/SHA256.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/YAMLParser.h"
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <map>

namespace starton::test {
namespace {

using Facts = std::map<std::string, std::string>;
namespace fs = std::filesystem;

void flatten(llvm::yaml::Node *node, const std::string &path, Facts &facts) {
  llvm::SmallString<64> storage;
  if (auto *scalar = llvm::dyn_cast<llvm::yaml::ScalarNode>(node)) {
    facts[path] = scalar->getValue(storage).str();
  } else if (auto *block = llvm::dyn_cast<llvm::yaml::BlockScalarNode>(node)) {
    facts[path] = block->getValue().str();
  } else if (auto *list = llvm::dyn_cast<llvm::yaml::SequenceNode>(node)) {
    unsigned index = 0;
    for (llvm::yaml::Node &element : *list)
      flatten(&element, path + "/" + std::to_string(index++), facts);
    facts[path + "/count"] = std::to_string(index);
  } else if (auto *map = llvm::dyn_cast<llvm::yaml::MappingNode>(node)) {
    for (llvm::yaml::KeyValueNode &entry : *map) {
      auto *key = llvm::cast<llvm::yaml::ScalarNode>(entry.getKey());
      std::string name = key->getValue(storage).str();
      if (!path.empty())
        name.insert(0, path + "/");
      flatten(entry.getValue(), name, facts);
    }
  }
}

Facts factsOfDump(const std::string &bytes) {
  std::string text, error;
  llvm::raw_string_ostream os(text);
  EXPECT_TRUE(table::dumpTable(bytes, os, error)) << error;
  llvm::SourceMgr sources;
  llvm::yaml::Stream stream(text, sources);
  Facts facts;
  flatten(stream.begin()->getRoot(), "", facts);
  EXPECT_FALSE(stream.failed()) << text;
  return facts;
}

/// The expectation, written down value by value.
class Expected {
public:
  explicit Expected(const sema::JobSet &set) : set(set) {}
  Facts make();

private:
  void put(const std::string &key, const std::string &value) {
    facts[prefix + key] = printable(value);
  }
  void number(const std::string &key, int64_t value, int64_t fallback = 0) {
    if (value != fallback)
      put(key, std::to_string(value));
  }
  void flag(const std::string &key, bool value) {
    if (value)
      put(key, "true");
  }
  void text(const std::string &key, const sema::Text &value) {
    if (value.isSet())
      put(key, value.value);
  }
  void count(const std::string &key, size_t count) {
    if (count != 0)
      put(key + "/count", std::to_string(count));
  }
  void texts(const std::string &key, const std::vector<sema::Text> &list) {
    for (size_t i = 0; i != list.size(); ++i)
      put(key + "/" + std::to_string(i), list[i].value);
    count(key, list.size());
  }
  void origin(unsigned stanza, unsigned part, const sema::Origin &origin) {
    origins.push_back({stanza, part, origin});
  }
  void maybeOrigin(unsigned stanza, unsigned part, const sema::Origin &where) {
    if (where.known())
      origin(stanza, part, where);
  }
  template <typename List> void listOrigins(unsigned stanza, const List &list) {
    for (const auto &entry : list)
      origin(stanza, 0, entry.origin);
  }

  void job(const sema::Job &job);
  void numbers(const sema::Job &job);
  void condition(const std::string &key, const sema::Condition &condition);
  void process(unsigned slot, const sema::Process &process, unsigned &index);
  void limits(const sema::Job &job);
  void cgroups(const sema::Job &job);
  void putOrigins(const sema::Job &job);
  void files();
  void directories();
  unsigned fileIndex(uint32_t file) const;

  const sema::JobSet &set;
  std::vector<uint32_t> fileOrder;
  struct Where {
    unsigned stanza, part;
    sema::Origin origin;
  };
  std::vector<Where> origins;
  std::string prefix;
  Facts facts;
};

const char *const StanzaNames[] = {
    "None",     "Description", "Author",   "Version",   "Usage",   "Emits",
    "Env",      "Export",      "Instance", "Start",     "Stop",    "Manual",
    "Exec",     "Script",      "PreStart", "PostStart", "PreStop", "PostStop",
    "AppArmor", "Task",        "Respawn",  "Normal",    "Expect",  "Kill",
    "Reload",   "Debug",       "Console",  "Umask",     "Nice",    "Oom",
    "Limit",    "Chroot",      "Chdir",    "Setuid",    "Setgid",  "Cgroup",
    "Import",   "Tmpfiles"};

unsigned Expected::fileIndex(uint32_t file) const {
  return static_cast<unsigned>(
      std::find(fileOrder.begin(), fileOrder.end(), file) - fileOrder.begin());
}

void Expected::condition(const std::string &key,
                         const sema::Condition &condition) {
  size_t words = 0;
  for (size_t i = 0; i != condition.nodes.size(); ++i) {
    const sema::ConditionNode &node = condition.nodes[i];
    std::string at = key + "/nodes/" + std::to_string(i) + "/";
    bool match = node.kind == ast::NodeKind::Match;
    put(at + "kind", match                             ? "Match"
                     : node.kind == ast::NodeKind::And ? "And"
                                                       : "Or");
    put(at + "left", std::to_string(match ? 0 : node.left));
    put(at + "first", std::to_string(match ? words : 0));
    put(at + "count", std::to_string(match ? node.operands.size() + 1 : 0));
    put(at + "line", std::to_string(node.origin.line));
    if (!match)
      continue;
    put(key + "/words/" + std::to_string(words++), node.name);
    for (const std::string &operand : node.operands)
      put(key + "/words/" + std::to_string(words++), operand);
  }
  count(key + "/nodes", condition.nodes.size());
  count(key + "/words", words);
}

void Expected::process(unsigned slot, const sema::Process &process,
                       unsigned &index) {
  constexpr const char *Slots[] = {"Main",    "PreStart", "PostStart",
                                   "PreStop", "PostStop", "Security"};
  constexpr unsigned Stanzas[] = {12, 14, 15, 16, 17, 18};
  if (process.kind == sema::ProcessKind::None)
    return;
  maybeOrigin(slot == 0 && process.kind == sema::ProcessKind::Script
                  ? 13
                  : Stanzas[slot],
              0, process.origin);
  std::string at = "processes/" + std::to_string(index++) + "/";
  if (slot != 0)
    put(at + "slot", Slots[slot]);
  if (process.kind == sema::ProcessKind::Broken)
    return put(at + "kind", "Broken");
  bool script = process.kind == sema::ProcessKind::Script;
  if (script || process.text.find_first_of("~`!$^&*()=|\\{}[];\"'<>?") !=
                    std::string::npos) {
    put(at + "kind", script ? "Script" : "Shell");
    return put(at + "text", script ? process.text : "exec " + process.text);
  }
  put(at + "kind", "Argv");
  std::string word;
  size_t words = 0;
  for (char c : process.text + " ") {
    if (c != ' ' && c != '\t' && c != '\r' && c != '\n') {
      word += c;
    } else if (!word.empty()) {
      put(at + "argv/" + std::to_string(words++), word);
      word.clear();
    }
  }
  count(at + "argv", words);
}

void Expected::limits(const sema::Job &job) {
  constexpr const char *Names[] = {
      "As",   "Core",   "Cpu",   "Data", "Fsize",  "Memlock",    "Msgqueue",
      "Nice", "Nofile", "Nproc", "Rss",  "Rtprio", "Sigpending", "Stack"};
  unsigned index = 0;
  for (unsigned i = 0; i != sema::NumResources; ++i) {
    const sema::Limit &limit = job.limits[i];
    if (!limit.origin.known())
      continue;
    origin(30, i, limit.origin);
    std::string at = "limits/" + std::to_string(index++) + "/";
    put(at + "resource", Names[i]);
    put(at + "soft", std::to_string(limit.soft));
    put(at + "hard", std::to_string(limit.hard));
  }
  count("limits", index);
}

void Expected::cgroups(const sema::Job &job) {
  for (size_t i = 0; i != job.cgroups.size(); ++i) {
    std::string at = "cgroups/" + std::to_string(i) + "/";
    put(at + "controller", job.cgroups[i].controller);
    text(at + "name", job.cgroups[i].name);
    text(at + "key", job.cgroups[i].key);
    text(at + "value", job.cgroups[i].value);
  }
  count("cgroups", job.cgroups.size());
}

/// Numbers that only a failing override leaves behind are brought into range
/// (docs/table-format.md).
void Expected::numbers(const sema::Job &job) {
  auto within = [](int64_t value, int64_t low, int64_t high) {
    return std::clamp(value, low, high);
  };
  number("respawn_limit",
         job.respawnLimit.value < 0 ? 1 : job.respawnLimit.value, 10);
  number("respawn_interval", within(job.respawnInterval.value, 0, INT32_MAX),
         5);
  number("kill_timeout", within(job.killTimeout.value, 0, INT32_MAX), 5);
  number("kill_signal", within(job.killSignal.value, 0, INT32_MAX), 15);
  number("reload_signal", within(job.reloadSignal.value, 0, INT32_MAX), 1);
  number("umask", job.umask.value & 0777, 022);
  flag("has_umask", job.umask.isSet());
  number("nice", within(job.nice.value, -20, 19));
  flag("has_nice", job.nice.isSet());
  number("oom_score", job.oomScore.value);
  for (size_t i = 0; i != job.normalExit.size(); ++i)
    put("normal_exit/" + std::to_string(i),
        std::to_string(job.normalExit[i].value));
  count("normal_exit", job.normalExit.size());
  maybeOrigin(20, 1, job.respawnLimit.origin);
  maybeOrigin(20, 2, job.respawnInterval.origin);
  maybeOrigin(23, 0, job.killTimeout.origin);
  maybeOrigin(23, 1, job.killSignal.origin);
  maybeOrigin(24, 0, job.reloadSignal.origin);
  maybeOrigin(27, 0, job.umask.origin);
  maybeOrigin(28, 0, job.nice.origin);
  maybeOrigin(29, 0, job.oomScore.origin);
  listOrigins(21, job.normalExit);
}

void Expected::putOrigins(const sema::Job &job) {
  std::stable_sort(
      origins.begin(), origins.end(), [](const Where &a, const Where &b) {
        return std::pair(a.stanza, a.part) < std::pair(b.stanza, b.part);
      });
  for (size_t i = 0; i != origins.size(); ++i) {
    std::string at = "origins/" + std::to_string(i) + "/";
    put(at + "stanza", StanzaNames[origins[i].stanza]);
    put(at + "part", std::to_string(origins[i].part));
    bool fromOverride =
        job.overrideFile >= 0 && origins[i].origin.file == job.overrideFile;
    EXPECT_TRUE(fromOverride || origins[i].origin.file == job.confFile)
        << job.name;
    put(at + "from_override", fromOverride ? "true" : "false");
    put(at + "line", std::to_string(origins[i].origin.line));
  }
  put("origins/count",
      std::to_string(origins.size())); // an empty list is there, too
  origins.clear();
}

void Expected::job(const sema::Job &job) {
  constexpr const char *Consoles[] = {"None", "Output", "Owner", "Log"};
  constexpr const char *Expects[] = {"None", "Stop", "Daemon", "Fork"};
  put("name", job.name);
  number("order", &job - set.jobs.data());
  number("conf_file", fileIndex(job.confFile));
  if (job.overrideFile >= 0)
    put("override_file",
        std::to_string(fileIndex(static_cast<uint32_t>(job.overrideFile))));
  const std::tuple<const char *, const sema::Text &, unsigned, unsigned>
      single[] = {{"description", job.description, 1, 0},
                  {"author", job.author, 2, 0},
                  {"version", job.version, 3, 0},
                  {"usage", job.usage, 4, 0},
                  {"instance", job.instance, 8, 0},
                  {"chroot", job.chroot, 31, 0},
                  {"chdir", job.chdir, 32, 0},
                  {"setuid", job.setuid, 33, 0},
                  {"setgid", job.setgid, 34, 0},
                  {"apparmor_switch", job.apparmorSwitch, 18, 1}};
  for (const auto &[key, value, stanza, part] : single) {
    text(key, value);
    maybeOrigin(stanza, part, value.origin);
  }
  const std::tuple<const char *, const std::vector<sema::Text> &, unsigned>
      lists[] = {{"emits", job.emits, 5},
                 {"env", job.env, 6},
                 {"exports", job.exports, 7},
                 {"imports", job.imports, 36},
                 {"tmpfiles", job.tmpfiles, 37}};
  for (const auto &[key, list, stanza] : lists) {
    texts(key, list);
    listOrigins(stanza, list);
  }
  const std::tuple<const char *, const sema::Located<bool> &, unsigned>
      flags[] = {{"task", job.task, 19},
                 {"respawn", job.respawn, 20},
                 {"debug", job.debug, 25},
                 {"manual", job.manual, 11}};
  for (const auto &[key, value, stanza] : flags) {
    flag(key, value.value);
    maybeOrigin(stanza, 0, value.origin);
  }
  flag("has_import", job.hasImport);
  condition("start_on", job.startOn);
  condition("stop_on", job.stopOn);
  maybeOrigin(9, 0, job.startOn.origin);
  maybeOrigin(10, 0, job.stopOn.origin);
  unsigned processes = 0;
  for (unsigned slot = 0; slot != sema::NumProcessSlots; ++slot)
    process(slot, job.processes[slot], processes);
  count("processes", processes);
  numbers(job);
  if (job.expect.value != sema::Expect::None)
    put("expect", Expects[static_cast<unsigned>(job.expect.value)]);
  maybeOrigin(22, 0, job.expect.origin);
  if (job.console.value == sema::Console::Invalid)
    put("console", "Invalid");
  else if (job.console.value != sema::Console::Unset)
    put("console", Consoles[static_cast<unsigned>(job.console.value)]);
  maybeOrigin(26, 0, job.console.origin);
  limits(job);
  cgroups(job);
  listOrigins(35, job.cgroups);
  putOrigins(job);
}

void Expected::files() {
  for (size_t i = 0; i != fileOrder.size(); ++i) {
    const sema::SourceFile &file = set.files[fileOrder[i]];
    prefix = "files/" + std::to_string(i) + "/";
    put("path", file.relative);
    if (!file.source)
      put("unreadable", "true");
    std::string content = file.source ? file.source->text().str() : "";
    number("size", static_cast<int64_t>(content.size()));
    auto digest = llvm::SHA256::hash(llvm::ArrayRef(
        reinterpret_cast<const uint8_t *>(content.data()), content.size()));
    put("sha256", llvm::toHex(digest, true));
  }
}

void Expected::directories() {
  prefix.clear();
  if (!llvm::all_of(set.directories, [](llvm::StringRef directory) {
        return directory.starts_with("/");
      }))
    return;
  for (size_t i = 0; i != set.directories.size(); ++i)
    put("directories/" + std::to_string(i), set.directories[i]);
  count("directories", set.directories.size());
}

Facts Expected::make() {
  for (uint32_t i = 0; i != set.files.size(); ++i)
    fileOrder.push_back(i);
  std::stable_sort(fileOrder.begin(), fileOrder.end(),
                   [&](uint32_t a, uint32_t b) {
                     return set.files[a].relative < set.files[b].relative;
                   });
  std::map<std::string, const sema::Job *> jobs;
  for (const sema::Job &entry : set.jobs)
    jobs[entry.name] = &entry;
  size_t index = 0;
  for (const auto &[name, entry] : jobs) {
    std::string number = std::to_string(index++);
    prefix = "jobs/" + number + "/";
    job(*entry);
    prefix.clear();
    put("names/" + number, name);
    prefix = "heads/" + number + "/";
    put("order", std::to_string(entry - set.jobs.data()));
    put("start_nodes", std::to_string(entry->startOn.nodes.size()));
    put("stop_nodes", std::to_string(entry->stopOn.nodes.size()));
  }
  files();
  directories();
  prefix.clear();
  for (const char *list : {"jobs/count", "names/count", "heads/count"})
    put(list, std::to_string(jobs.size()));
  put("files/count", std::to_string(fileOrder.size()));
  put("format_version", "2");
  constexpr const char *Dialects[] = {"", "Upstart112", "Upstart065",
                                      "ChromeOS"};
  if (set.dialect != Dialect::Upstart113)
    put("dialect", Dialects[static_cast<unsigned>(set.dialect)]);
  return std::move(facts);
}

/// The index and the rejections have tests of their own (WriterTest); sizes and
/// places are what they are.
void expectSameFacts(const sema::JobSet &set) {
  std::string bytes = tableOf(set);
  Facts dumped = factsOfDump(bytes);
  EXPECT_EQ(dumped["total_size"], std::to_string(bytes.size()));
  EXPECT_EQ(dumped["hot_size"], dumped["parts/0/begin"]);
  std::erase_if(dumped, [](const auto &fact) {
    return fact.first == "total_size" || fact.first == "hot_size" ||
           fact.first.starts_with("index/") ||
           fact.first.starts_with("parts/") ||
           fact.first.starts_with("rejected/");
  });
  Facts expected = Expected(set).make();
  for (const auto &[path, value] : expected)
    if (!dumped.contains(path) || dumped[path] != value) {
      ADD_FAILURE() << path << ": expected '" << value << "', dumped '"
                    << (dumped.contains(path) ? dumped[path] : "(absent)")
                    << "'";
      return;
    }
  for (const auto &[path, value] : dumped)
    if (!expected.contains(path)) {
      ADD_FAILURE() << path << ": dumped '" << value << "', not in the model";
      return;
    }
}

TEST(Dump, SaysWhatTheModelSays) {
  expectSameFacts(sampleSet());
  expectSameFacts(largeSet(20));
  expectSameFacts(sema::JobSet());
}

/// Texts that are awkward in YAML come back byte by byte.
TEST(Dump, AwkwardTexts) {
  const char *texts[] = {"",
                         " ",
                         "\n",
                         "a\n",
                         "a\nb\n",
                         "a\n\n\nb\n\n",
                         " a\nb\n",
                         "\ta\nb\n",
                         "a\n b\n",
                         "a\n\tb\n",
                         "a\nb",
                         "a: b\n- c\n",
                         "---\nb\n",
                         "...\nb\n",
                         "# a\n# b\n",
                         "a # b",
                         "\"q\" 'r'",
                         "\\x41 \\n",
                         "\x01\x7f",
                         "a\rb\r\n",
                         "%YAML\n%\n",
                         "~",
                         "true",
                         "012",
                         "caf\xc3\xa9",
                         "caf\xe9",
                         "a\x85\nb\n",
                         "\xc2\x85\nb\n",
                         "{a: b}\n[c]\n",
                         "|\n>\n",
                         "a \nb \n",
                         "a\n  \nb\n",
                         "!tag\n&x\n*x\n",
                         "? a\n: b\n",
                         "a\n   "};
  sema::JobSet set;
  unsigned number = 0;
  for (const char *value : texts) {
    sema::Job &job = addJob(set, "job" + std::to_string(number++));
    job.description = text(value, 1, job.confFile);
    job.env = {text(value, 2, job.confFile), text(value, 3, job.confFile)};
    job.processes[1] = {
        sema::ProcessKind::Script, value, {}, {job.confFile, 4}};
  }
  expectSameFacts(set);
}

TEST(Dump, MarksWhatIsNotUtf8) {
  std::string dump, error;
  llvm::raw_string_ostream os(dump);
  ASSERT_TRUE(table::dumpTable(tableOf(sampleSet()), os, error));
  EXPECT_NE(dump.find("description: \"does everything, caf\\\\xE9 included\" # "
                      "not UTF-8\n"),
            std::string::npos)
      << dump;
}

std::vector<std::string> filesBelow(const std::string &directory) {
  std::vector<std::string> files;
  std::error_code error;
  for (const auto &entry : fs::recursive_directory_iterator(directory, error))
    if (entry.is_regular_file() && (entry.path().extension() == ".conf" ||
                                    entry.path().extension() == ".override"))
      files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

std::string contentsOf(const std::string &path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

void compareFilesBelow(const std::string &directory, size_t atLeast) {
  size_t accepted = 0;
  for (const std::string &path : filesBelow(directory)) {
    SCOPED_TRACE(path);
    sema::JobSet set =
        sema::loadFile(std::make_unique<SourceBuffer>(path, contentsOf(path)),
                       starton::Dialect::Upstart113);
    accepted += set.jobs.size();
    expectSameFacts(set);
    if (testing::Test::HasFailure())
      return;
  }
  EXPECT_GE(accepted, atLeast);
}

TEST(Dump, EqualsTheModelOnOwnFiles) {
  compareFilesBelow(std::string(STARTON_SOURCE_DIR) + "/demo", 5);
  compareFilesBelow(std::string(STARTON_SOURCE_DIR) + "/test", 1);
}

TEST(Dump, EqualsTheModelOnSharedData) {
  std::string shared = test::sharedData();
  if (shared.empty())
    GTEST_SKIP() << "no shared data";
  compareFilesBelow(shared + "/cases", 140);
  compareFilesBelow(shared + "/corpus", 1897);
  for (const auto &system : fs::directory_iterator(shared + "/systems")) {
    SCOPED_TRACE(system.path().string());
    sema::SystemOptions options;
    options.directories = {system.path().string() + "/etc/init"};
    options.root = system.path().string();
    options.dialect = starton::Dialect::ChromeOS;
    sema::JobSet set = sema::loadSystem(options);
    EXPECT_GT(set.jobs.size(), 10u);
    expectSameFacts(set);
  }
}

} // namespace
} // namespace starton::test
