// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The values Upstart was seen to store for each conformance case: the result
// column of the specification's table, where that is at hand.

#include "SharedData.h"
#include "starton/Sema/JobSet.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "gtest/gtest.h"
#include <map>

using namespace starton;
using namespace starton::sema;

namespace {

/// Builds "description: 'x'; env: 'A=b'; task" and so on.
class ResultText {
public:
  static std::string of(const Job &job) {
    ResultText result;
    result.texts(job);
    result.conditions(job);
    result.processes(job);
    result.numbers(job);
    return result.text.empty() ? "defaults only" : result.text;
  }

private:
  void add(const std::string &part) {
    text += (text.empty() ? "" : "; ") + part;
  }
  static std::string quoted(const std::string &value) {
    return std::string("'") + value + "'";
  }

  void one(const char *name, const Text &value) {
    if (value.isSet())
      add(std::string(name) + ": " + quoted(value.value));
  }
  void many(const char *name, const std::vector<Text> &values) {
    std::string list;
    for (const Text &value : values)
      list.append(" ").append(quoted(value.value));
    if (!list.empty())
      add(name + (":" + list));
  }
  void number(const char *name, const Number &value, int64_t normal) {
    if (value.value != normal)
      add(std::string(name) + "=" + std::to_string(value.value));
  }

  void texts(const Job &job) {
    one("description", job.description);
    one("author", job.author);
    one("version", job.version);
    one("usage", job.usage);
    many("env", job.env);
    many("export", job.exports);
    many("emits", job.emits);
    one("instance", job.instance);
    one("chroot", job.chroot);
    one("chdir", job.chdir);
    one("apparmor_switch", job.apparmorSwitch);
  }

  static std::string tree(const Condition &condition, size_t index) {
    const ConditionNode &node = condition.nodes[index];
    if (node.kind != ast::NodeKind::Match)
      return std::string("(") + tree(condition, node.left) +
             (node.kind == ast::NodeKind::And ? " AND " : " OR ") +
             tree(condition, index - 1) + ")";
    std::string result = quoted(node.name);
    for (size_t i = 0; i != node.operands.size(); ++i)
      result += (i == 0 ? "[" : ", ") + quoted(node.operands[i]);
    return result + (node.operands.empty() ? "" : "]");
  }
  void conditions(const Job &job) {
    if (!job.startOn.empty())
      add("start_on: " + tree(job.startOn, job.startOn.nodes.size() - 1));
    if (!job.stopOn.empty())
      add("stop_on: " + tree(job.stopOn, job.stopOn.nodes.size() - 1));
  }

  void processes(const Job &job) {
    for (unsigned i = 0; i != NumProcessSlots; ++i)
      if (const Process &process = job.processes[i];
          process.kind != ProcessKind::None)
        add(std::string(processSlotName(static_cast<ProcessSlot>(i))) +
            (process.kind == ProcessKind::Script ? " script " : " command ") +
            quoted(process.text));
  }

  void numbers(const Job &job) {
    if (job.task.value)
      add("task");
    if (job.respawn.value)
      add("respawn");
    if (job.respawnLimit.value != 10 || job.respawnInterval.value != 5)
      add("respawn_limit=" + std::to_string(job.respawnLimit.value) +
          " interval=" + std::to_string(job.respawnInterval.value));
    std::string statuses;
    for (const Number &status : job.normalExit)
      statuses.append(" ").append(std::to_string(status.value));
    if (!statuses.empty())
      add("normalexit:" + statuses);
    if (job.expect.value != Expect::None)
      add(std::string("expect=") + expectName(job.expect.value));
    number("kill_timeout", job.killTimeout, 5);
    number("kill_signal", job.killSignal, 15);
    number("reload_signal", job.reloadSignal, 1);
    if (job.umask.value != 022)
      add("umask=" + octal(job.umask.value));
    number("nice", job.nice, 0);
    number("oom_score_adj", job.oomScore, 0);
    for (unsigned i = 0; i != NumResources; ++i)
      if (const Limit &limit = job.limits[i]; limit.origin.known())
        add(std::string("limit ") + resourceName(static_cast<Resource>(i)) +
            "=" + amount(limit.soft) + " " + amount(limit.hard));
  }
  static std::string amount(uint64_t value) {
    return value == LimitInfinity ? "inf" : std::to_string(value);
  }
  static std::string octal(int64_t value) {
    std::string digits;
    for (; value != 0; value /= 8)
      digits.insert(digits.begin(), static_cast<char>('0' + value % 8));
    return digits;
  }

  std::string text;
};

/// As the table writes bytes: C escapes, and `\|` for the column separator.
std::string escaped(llvm::StringRef text) {
  std::string result;
  for (char c : text) {
    static const std::map<char, const char *> escapes = {{'\n', "\\n"},
                                                         {'\t', "\\t"},
                                                         {'\r', "\\r"},
                                                         {'\\', "\\\\"},
                                                         {'|', "\\|"}};
    auto found = escapes.find(c);
    if (found != escapes.end()) {
      result += found->second;
    } else if (static_cast<unsigned char>(c) >= 0x80 || c < ' ') {
      char hex[8];
      std::snprintf(hex, sizeof hex, "\\x%02x", static_cast<unsigned char>(c));
      result += hex;
    } else {
      result += c;
    }
  }
  return result;
}

/// Case number to expected result, accepted cases only.
std::map<std::string, std::string>
expectedResults(llvm::StringRef specification) {
  std::map<std::string, std::string> results;
  specification = specification.drop_front(specification.find("\n## 9."));
  specification = specification.take_front(specification.find("\n## 10."));
  while (!specification.empty()) {
    auto [line, rest] = specification.split('\n');
    specification = rest;
    auto [before, after] = line.split(" | ok | | ");
    if (!line.starts_with("| ") || after.empty())
      continue;
    llvm::StringRef result = after.drop_back(2).trim(' ');
    result.consume_front("`");
    result.consume_back("`");
    results[before.substr(2, 3).str()] = result.str();
  }
  return results;
}

} // namespace

TEST(Cases, storeWhatUpstartStores) {
  std::string data = test::sharedData();
  auto specification = llvm::MemoryBuffer::getFile(data + "/spec/language.md");
  if (data.empty() || !specification)
    GTEST_SKIP() << "no specification at hand";
  std::map<std::string, std::string> expected =
      expectedResults((*specification)->getBuffer());
  ASSERT_GT(expected.size(), 100U);

  unsigned compared = 0;
  std::error_code error;
  for (llvm::sys::fs::directory_iterator i(data + "/cases", error), end;
       i != end && !error; i.increment(error)) {
    auto found =
        expected.find(llvm::sys::path::filename(i->path()).take_front(3).str());
    if (found == expected.end())
      continue;
    std::string why;
    auto source = readSource(i->path(), why);
    ASSERT_TRUE(source) << i->path() << ": " << why;
    JobSet set = loadFile(std::move(source), Dialect::Upstart113);
    ASSERT_EQ(set.jobs.size(), 1U) << i->path();
    // The reference had no cgroup support.
    set.jobs.front().cgroups.clear();
    EXPECT_EQ(escaped(ResultText::of(set.jobs.front())), found->second)
        << i->path();
    ++compared;
  }
  EXPECT_EQ(compared, expected.size());
}
