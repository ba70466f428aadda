// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The model in YAML: read back by a YAML reader, whatever the values hold.

#include "starton/Sema/JobSet.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/YAMLParser.h"
#include "gtest/gtest.h"
#include <map>

using namespace starton;
using namespace starton::sema;

namespace {

/// A set of one job named "x" over one empty file "d/x.conf".
JobSet oneJob() {
  JobSet set;
  SourceFile &file = set.files.emplace_back();
  file.path = "d/x.conf";
  set.jobs.emplace_back().name = "x";
  return set;
}

std::string print(const JobSet &set) {
  std::string text;
  llvm::raw_string_ostream os(text);
  printModelJob(set, set.jobs.front(), os);
  return text;
}

/// The scalars of a document by their path: "env/0/value".
class YamlReader {
public:
  static std::map<std::string, std::string> read(llvm::StringRef text) {
    YamlReader reader;
    llvm::SourceMgr manager;
    llvm::yaml::Stream stream(text, manager);
    reader.visit(stream.begin()->getRoot(), "");
    EXPECT_FALSE(stream.failed()) << text.str();
    return std::move(reader.scalars);
  }

private:
  void visit(llvm::yaml::Node *node, const std::string &path) {
    llvm::SmallString<64> storage;
    if (auto *scalar = llvm::dyn_cast_or_null<llvm::yaml::ScalarNode>(node)) {
      scalars[path] = scalar->getValue(storage).str();
    } else if (auto *mapping =
                   llvm::dyn_cast_or_null<llvm::yaml::MappingNode>(node)) {
      for (llvm::yaml::KeyValueNode &pair : *mapping) {
        auto *key = llvm::cast<llvm::yaml::ScalarNode>(pair.getKey());
        std::string name = key->getValue(storage).str();
        if (!path.empty())
          name.insert(0, path + "/");
        visit(pair.getValue(), name);
      }
    } else if (auto *sequence =
                   llvm::dyn_cast_or_null<llvm::yaml::SequenceNode>(node)) {
      size_t index = 0;
      for (llvm::yaml::Node &element : *sequence)
        visit(&element, path + "/" + std::to_string(index++));
    }
  }

  std::map<std::string, std::string> scalars;
};

/// What printsEveryField finds in YAML, by path.
const std::pair<const char *, const char *> everyField[] = {
    {"override", "d/x.override"},
    {"description/value", "t"},
    {"author/value", "t"},
    {"version/value", "t"},
    {"usage/value", "t"},
    {"instance/value", "t"},
    {"chroot/value", "t"},
    {"chdir/value", "t"},
    {"setuid/value", "t"},
    {"setgid/value", "t"},
    {"apparmor-switch/value", "t"},
    {"emits/0/value", "l"},
    {"env/0/value", "l"},
    {"export/0/value", "l"},
    {"import/0/value", "l"},
    {"tmpfiles/0/value", "l"},
    {"manual/value", "true"},
    {"task/value", "true"},
    {"respawn/value", "true"},
    {"debug/value", "true"},
    {"respawn-limit/value", "-9"},
    {"respawn-interval/value", "-9"},
    {"kill-timeout/value", "-9"},
    {"kill-signal/value", "-9"},
    {"reload-signal/value", "-9"},
    {"umask/value", "027"},
    {"nice/value", "-9"},
    {"oom-score/value", "-9"},
    {"normal-exit/0/value", "256"},
    {"expect/value", "daemon"},
    {"console/value", "invalid"},
    {"limit/0/resource", "as"},
    {"limit/13/resource", "stack"},
    {"limit/13/soft", "13"},
    {"limit/13/hard", "unlimited"},
    {"main/kind", "command"},
    {"pre-start/kind", "broken"},
    {"security/text", "p"},
    {"cgroup/0/controller", "c"},
    {"cgroup/0/name", "n"},
    {"cgroup/0/key", "k"},
    {"cgroup/0/value", "v"},
    {"start-on/expression", "(e A=b C=d e and e A=b C=d e)"},
    {"start-on/nodes/0/event", "e"},
    {"start-on/nodes/0/operands/1", "C=d e"},
    {"start-on/nodes/2/operator", "and"},
    {"start-on/nodes/2/left", "0"},
    {"stop-on/nodes/1/event", "e"}};

} // namespace

TEST(Model, leavesOutWhatNobodyWrote) {
  EXPECT_EQ(print(oneJob()),
            "---\nname:            x\nconf:            'd/x.conf'\n...\n");
}

TEST(Model, survivesAnyText) {
  const char *values[] = {"",
                          " ",
                          "plain",
                          " leading",
                          "trailing ",
                          "it's",
                          "\"quoted\"",
                          "a\nb\n",
                          "\ttab",
                          "yes",
                          "null",
                          "~",
                          "1.0",
                          "0x1",
                          "- x",
                          "a: b",
                          "#c",
                          "a #c",
                          "{",
                          "}",
                          "[",
                          "!x",
                          "&a",
                          "*a",
                          "|",
                          ">",
                          "%",
                          "@",
                          "`",
                          "\\",
                          "\\n",
                          "\x01",
                          "\x7f",
                          "\xc3\xa9",
                          "\xe2\x82\xac",
                          "\xc2\x85",
                          "\xe2\x80\xa8",
                          "a\r\nb",
                          "a, b",
                          ",",
                          "a]b",
                          "x}",
                          "a: ",
                          "?",
                          "? a",
                          "-",
                          "=",
                          "<<",
                          ".5",
                          "0o7",
                          "1_000",
                          "12:30",
                          "off",
                          "N",
                          "\"",
                          "'",
                          "---",
                          "..."};
  JobSet set = oneJob();
  Job &job = set.jobs.front();
  for (const char *value : values)
    job.env.push_back({value, {0, 1}});
  job.processes[0] = {ProcessKind::Script, "a\n\tb 'c' \"d\"\n", {}, {0, 7}};
  auto scalars = YamlReader::read(print(set));
  for (size_t i = 0; i != std::size(values); ++i)
    EXPECT_EQ(scalars["env/" + std::to_string(i) + "/value"], values[i]) << i;
  EXPECT_EQ(scalars["main/text"], "a\n\tb 'c' \"d\"\n");
  EXPECT_EQ(scalars["main/at"], "d/x.conf:7");
}

TEST(Model, saysWhichCommandsNeedAShell) {
  for (const char *plain :
       {"/bin/x", "a b\tc", "a%b", "a#b", "a-b+c,d:e@f/g.h"})
    EXPECT_FALSE(commandNeedsShell(plain)) << plain;
  for (char c : std::string("~`!$^&*()=|\\{}[];\"'<>?"))
    EXPECT_TRUE(commandNeedsShell(std::string("a") + c)) << c;
  EXPECT_EQ(splitCommand(" a \t b\r\nc "),
            (std::vector<llvm::StringRef>{"a", "b", "c"}));
  EXPECT_TRUE(splitCommand(" \t").empty());
}

TEST(Model, makesBytesPrintable) {
  JobSet set = oneJob();
  set.files[0].path = "d/\xff.conf";
  set.jobs[0].description = {"caf\xe9", {0, 2}};
  auto scalars = YamlReader::read(print(set));
  EXPECT_EQ(scalars["description/value"], "caf\\xE9");
  EXPECT_EQ(scalars["description/at"], "d/\\xFF.conf:2");
}

TEST(Model, printsEveryField) {
  JobSet set = oneJob();
  set.files.emplace_back().path = "d/x.override";
  Job &job = set.jobs.front();
  Origin at{1, 3};
  job.overrideFile = 1;
  for (Text *text :
       {&job.description, &job.author, &job.version, &job.usage, &job.instance,
        &job.chroot, &job.chdir, &job.setuid, &job.setgid, &job.apparmorSwitch})
    *text = {"t", at};
  for (auto *list :
       {&job.emits, &job.env, &job.exports, &job.imports, &job.tmpfiles})
    list->push_back({"l", at});
  job.hasImport = true;
  for (Located<bool> *flag : {&job.manual, &job.task, &job.respawn, &job.debug})
    *flag = {true, at};
  for (Number *number : {&job.respawnLimit, &job.respawnInterval,
                         &job.killTimeout, &job.killSignal, &job.reloadSignal,
                         &job.umask, &job.nice, &job.oomScore})
    *number = {-9, at};
  job.umask.value = 027;
  job.normalExit.push_back({256, at});
  job.expect = {Expect::Daemon, at};
  job.console = {Console::Invalid, at};
  for (unsigned i = 0; i != NumResources; ++i)
    job.limits[i] = {i, LimitInfinity, at};
  for (unsigned i = 0; i != NumProcessSlots; ++i)
    job.processes[i] = {
        i == 1 ? ProcessKind::Broken : ProcessKind::Command, "p", {}, at};
  job.cgroups.push_back({"c", {"n", at}, {"k", at}, {"v", at}, at});
  ConditionNode leaf;
  leaf.name = "e";
  leaf.operands = {"A=b", "C=d e"};
  leaf.origin = at;
  ConditionNode both;
  both.kind = ast::NodeKind::And;
  both.origin = at;
  job.startOn = job.stopOn = {{leaf, leaf, both}, at};

  std::string text = print(set);
  auto scalars = YamlReader::read(text);
  for (auto &[key, value] : everyField)
    EXPECT_EQ(scalars[key], value) << key << "\n" << text;
  // Each of them says where it is from.
  for (auto &[key, value] : scalars) {
    bool isPlace = llvm::StringRef(key).ends_with("/at");
    EXPECT_TRUE(!isPlace || value == "d/x.override:3") << key;
  }
  size_t places = llvm::count_if(scalars, [](const auto &scalar) {
    return llvm::StringRef(scalar.first).ends_with("/at");
  });
  EXPECT_EQ(places, 10U + 5 + 4 + 8 + 1 + 2 + NumResources + NumProcessSlots +
                        1 + 2 * 4);
}
