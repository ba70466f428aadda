// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A conf and its override, good and bad: every effect that language §6.5 lists.

#include "TemporaryDirectory.h"
#include "starton/Sema/JobSet.h"

using namespace starton;
using namespace starton::sema;

namespace {

/// The set of one directory with x.conf and x.override.
JobSet load(const TemporaryDirectory &dir, llvm::StringRef conf,
            llvm::StringRef overrideText) {
  dir.file("x.conf", conf);
  dir.file("x.override", overrideText);
  SystemOptions options;
  options.directories = {dir.root()};
  return loadSystem(options);
}

Job merge(llvm::StringRef conf, llvm::StringRef overrideText) {
  TemporaryDirectory dir;
  JobSet set = load(dir, conf, overrideText);
  EXPECT_EQ(set.jobs.size(), 1U);
  return set.jobs.empty() ? Job() : std::move(set.jobs.front());
}

std::string joined(const std::vector<Text> &values) {
  std::string result;
  for (const Text &value : values)
    result += (result.empty() ? "" : " ") + value.value;
  return result;
}

bool reports(const JobSet &set, DiagId id) {
  return llvm::any_of(set.diagnostics,
                      [&](const Diagnostic &diag) { return diag.id == id; });
}

const Limit &coreOf(const Job &job) {
  return job.limits[static_cast<unsigned>(Resource::Core)];
}

/// One of each kind, and of some kinds two that differ.
const char *const statements[] = {"description a\n",
                                  "author b\n",
                                  "version 1\n",
                                  "usage u\n",
                                  "emits x y\n",
                                  "env A=1\n",
                                  "env B\n",
                                  "export A\n",
                                  "instance $A\n",
                                  "start on a\n",
                                  "start on (b or c)\n",
                                  "stop on c\n",
                                  "stop on d and e X=1\n",
                                  "manual\n",
                                  "exec a b\n",
                                  "script\n x\nend script\n",
                                  "pre-start exec p\n",
                                  "post-stop script\n y\nend script\n",
                                  "apparmor load /a\n",
                                  "apparmor switch s\n",
                                  "task\n",
                                  "respawn\n",
                                  "respawn limit 1 2\n",
                                  "respawn limit unlimited\n",
                                  "normal exit 1 2\n",
                                  "normal exit TERM\n",
                                  "expect fork\n",
                                  "expect none\n",
                                  "kill timeout 9\n",
                                  "kill signal INT\n",
                                  "reload signal USR1\n",
                                  "debug\n",
                                  "console owner\n",
                                  "console none\n",
                                  "umask 077\n",
                                  "nice 5\n",
                                  "oom 3\n",
                                  "oom never\n",
                                  "oom score 7\n",
                                  "limit core 1 2\n",
                                  "limit core 3 4\n",
                                  "limit cpu unlimited 5\n",
                                  "chroot /r\n",
                                  "chdir /d\n",
                                  "setuid u\n",
                                  "setgid g\n",
                                  "cgroup cpu\n",
                                  "cgroup cpu n\n",
                                  "cgroup cpu k 1\n",
                                  "cgroup cpu k 2\n"};

} // namespace

TEST(Override, isParsedIntoTheSameJob) {
  Job job = merge(
      "description conf\nauthor conf\nenv A=conf\nemits a\nexport A\nnormal "
      "exit 1\n"
      "exec conf\nstart on a\nstop on b\nexpect fork\ntask\n",
      "description new\nenv A=new\nemits b\nexport B\nnormal exit 2\n"
      "script\nnew\nend script\nmanual\nstop on c\nexpect none\nrespawn\n");
  EXPECT_EQ(job.description.value, "new");
  EXPECT_EQ(job.description.origin.file, 1U);
  EXPECT_EQ(job.author.value, "conf");
  EXPECT_EQ(job.author.origin.file, 0U);
  EXPECT_EQ(joined(job.env), "A=conf A=new");
  EXPECT_EQ(joined(job.emits), "a b");
  EXPECT_EQ(joined(job.exports), "A B");
  EXPECT_EQ(job.normalExit.size(), 2U);
  EXPECT_EQ(job.processes[0].kind, ProcessKind::Script);
  EXPECT_TRUE(job.startOn.empty());
  EXPECT_EQ(conditionText(job.stopOn), "c");
  EXPECT_EQ(job.expect.value, Expect::None);
  EXPECT_TRUE(job.task.value && job.respawn.value);
  EXPECT_EQ(job.confFile, 0U);
  EXPECT_EQ(job.overrideFile, 1);
}

// An override works as if its text stood behind the conf's: any statement
// behind any other, in an order that repeats from run to run.
TEST(Override, isAsIfWrittenBehind) {
  uint32_t state = 1;
  auto randomText = [&] {
    std::string text;
    for (int i = 0; i != 12; ++i) {
      state = state * 1664525 + 1013904223;
      text += statements[(state >> 16) % std::size(statements)];
    }
    return text;
  };
  // What show-config does not print either: where a value comes from.
  auto valuesOf = [](JobSet set) {
    for (SourceFile &file : set.files)
      file.path = std::string("x");
    EXPECT_EQ(set.jobs.size(), 1U);
    set.jobs[0].overrideFile = -1;
    std::string yaml, values;
    llvm::raw_string_ostream os(yaml);
    printModelJob(set, set.jobs[0], os);
    llvm::SmallVector<llvm::StringRef, 64> lines;
    llvm::StringRef(yaml).split(lines, '\n');
    for (llvm::StringRef line : lines)
      values.append(line.take_front(line.find("x:")).str()).append("\n");
    return values;
  };
  TemporaryDirectory dir;
  for (int i = 0; i != 200; ++i) {
    std::string conf = randomText(), over = randomText();
    auto whole = std::make_unique<SourceBuffer>("x.conf", conf + over);
    EXPECT_EQ(valuesOf(load(dir, conf, over)),
              valuesOf(loadFile(std::move(whole), Dialect::Upstart113)))
        << conf << "---\n"
        << over;
  }
}

TEST(Override, appliesUpToItsError) {
  TemporaryDirectory dir;
  JobSet set = load(dir, "env A=conf\nenv B=conf\n",
                    "env A=over\nno-such-stanza\nenv B=over\n");
  ASSERT_EQ(set.jobs.size(), 1U);
  EXPECT_EQ(joined(set.jobs[0].env), "A=conf B=conf A=over");
  EXPECT_FALSE(set.files[1].parse.accepted());
  EXPECT_TRUE(reports(set, DiagId::BrokenOverride));
  EXPECT_TRUE(set.rejected.empty());
}

TEST(Override, failingTexts) {
  for (const char *stanza :
       {"description", "author", "version", "usage", "instance", "chroot",
        "chdir", "setuid", "setgid", "apparmor switch"}) {
    auto textOf = [&](const Job &job) -> const Text & {
      const std::pair<llvm::StringRef, const Text *> fields[] = {
          {"description", &job.description},
          {"author", &job.author},
          {"version", &job.version},
          {"usage", &job.usage},
          {"instance", &job.instance},
          {"chroot", &job.chroot},
          {"chdir", &job.chdir},
          {"setuid", &job.setuid},
          {"setgid", &job.setgid},
          {"apparmor switch", &job.apparmorSwitch}};
      for (auto &[name, text] : fields)
        if (name == stanza)
          return *text;
      return job.description;
    };
    std::string s = stanza;
    Job job = merge(s + " old\n", s + "\n");
    EXPECT_FALSE(textOf(job).isSet()) << s;
    EXPECT_EQ(textOf(job).value, "") << s;
    job = merge(s + " old\n", s + " new extra\n");
    EXPECT_EQ(textOf(job).value, "new") << s;
    job = merge(s + " old\n", s + " \"new\n");
    EXPECT_FALSE(textOf(job).isSet()) << s;
    job = merge(s + " old\n", s + " \"\"\n");
    EXPECT_FALSE(textOf(job).isSet()) << s;
  }
}

TEST(Override, failingNumbers) {
  EXPECT_EQ(merge("nice 1\n", "nice 50\n").nice.value, 50);
  EXPECT_EQ(merge("nice 1\n", "nice x\n").nice.value, 0);
  EXPECT_EQ(merge("nice 1\n", "nice\n").nice.value, 1);
  EXPECT_EQ(merge("nice 1\n", "nice 2 3\n").nice.value, 2);
  EXPECT_EQ(merge("umask 0\n", "umask 7777\n").umask.value, 07777);
  EXPECT_EQ(merge("umask 07\n", "umask u=x\n").umask.value, 0);
  EXPECT_EQ(merge("", "kill timeout -4\n").killTimeout.value, -4);
  EXPECT_EQ(merge("", "kill timeout soon\n").killTimeout.value, 0);
  EXPECT_EQ(merge("", "oom 99\n").oomScore.value, 6600);
  EXPECT_EQ(merge("oom 3\n", "oom low\n").oomScore.value, 0);
  EXPECT_EQ(merge("", "oom score 2000\n").oomScore.value, 2000);
  EXPECT_EQ(merge("oom score 5\n", "oom score\n").oomScore.value, 5);
  EXPECT_EQ(merge("", "kill signal USR1 x\n").killSignal.value, 10);
  EXPECT_EQ(merge("", "kill signal\n").killSignal.value, 15);
}

TEST(Override, failingChoices) {
  EXPECT_EQ(merge("console log\n", "console foo\n").console.value,
            Console::Invalid);
  EXPECT_EQ(merge("console log\n", "console\n").console.value, Console::Log);
  EXPECT_EQ(merge("console log\n", "console none x\n").console.value,
            Console::None);
  EXPECT_EQ(merge("expect fork\n", "expect foo\n").expect.value, Expect::Fork);
  EXPECT_EQ(merge("expect fork\n", "expect stop x\n").expect.value,
            Expect::Stop);
}

TEST(Override, failingLimits) {
  Job job = merge("limit core 1 2\n", "limit core 7 x\n");
  EXPECT_EQ(coreOf(job).soft, 7U);
  EXPECT_EQ(coreOf(job).hard, 0U);
  job = merge("limit core 1 2\n", "limit core 7\n");
  EXPECT_EQ(coreOf(job).soft, 7U);
  EXPECT_EQ(coreOf(job).hard, 2U);
  job = merge("limit core 1 2\n", "limit cores 7 8\n");
  EXPECT_EQ(coreOf(job).soft, 1U);
  job = merge("respawn limit 1 2\n", "respawn limit 7 x\n");
  EXPECT_EQ(job.respawnLimit.value, 7);
  EXPECT_EQ(job.respawnInterval.value, 0);
  job = merge("respawn limit 1 2\n", "respawn limit -7 5\n");
  EXPECT_EQ(job.respawnLimit.value, -7);
  EXPECT_EQ(job.respawnInterval.value, 2);
  job = merge("respawn limit 1 2\n", "respawn foo\n");
  EXPECT_EQ(job.respawnLimit.value, 1);
  EXPECT_FALSE(job.respawn.value);
}

TEST(Override, failingLists) {
  Job job = merge("normal exit 1\n", "normal exit 2 3 x 4\n");
  std::string statuses;
  for (const Number &status : job.normalExit)
    statuses += std::to_string(status.value) + " ";
  EXPECT_EQ(statuses, "1 2 3 ");
  EXPECT_EQ(joined(merge("export A\n", "export B \"C\n").exports), "A");
  EXPECT_EQ(joined(merge("emits a\n", "emits b \"\"\n").emits), "a");
  EXPECT_EQ(joined(merge("env A=1\n", "env B=2 C=3\n").env), "A=1 B=2");
  EXPECT_EQ(joined(merge("env A=1\n", "env\n").env), "A=1");
}

TEST(Override, failingConditions) {
  for (const char *bad : {"start on\n", "start on a or\n", "start on (a\n",
                          "start on a \"b\n", "start on a B=1 c\n"})
    EXPECT_TRUE(merge("start on old\n", bad).startOn.empty()) << bad;
  for (const char *bad : {"start\n", "start foo\n", "start \"on\" a\n"})
    EXPECT_EQ(conditionText(merge("start on old\n", bad).startOn), "old")
        << bad;
  EXPECT_TRUE(merge("stop on old\n", "stop on )\n").stopOn.empty());
}

TEST(Override, failingProcesses) {
  auto mainAfter = [](llvm::StringRef conf, llvm::StringRef text) {
    return merge(conf, text).processes[0];
  };
  EXPECT_EQ(mainAfter("exec old\n", "exec don't\n").kind, ProcessKind::Broken);
  EXPECT_EQ(mainAfter("exec old\n", "exec new \\").kind, ProcessKind::Broken);
  EXPECT_EQ(mainAfter("exec old\n", "script\nnew\n").kind, ProcessKind::Broken);
  EXPECT_EQ(mainAfter("exec old\n", "exec\n").text, "old");
  EXPECT_EQ(mainAfter("", "exec\n").kind, ProcessKind::Broken);

  auto preStartAfter = [](llvm::StringRef conf, llvm::StringRef text) {
    return merge(conf, text)
        .processes[static_cast<unsigned>(ProcessSlot::PreStart)];
  };
  for (const char *bad : {"pre-start\n", "pre-start foo\n", "pre-start exec\n",
                          "pre-start \"exec\" x\n"}) {
    EXPECT_EQ(preStartAfter("", bad).kind, ProcessKind::Broken) << bad;
    EXPECT_EQ(preStartAfter("pre-start exec old\n", bad).text, "old") << bad;
  }
  EXPECT_EQ(
      preStartAfter("pre-start exec old\n", "pre-start script\nnew\n").kind,
      ProcessKind::Broken);
}

TEST(Override, alone) {
  TemporaryDirectory dir;
  JobSet set = load(dir, "description conf\nbogus\n", "env A=over\n");
  ASSERT_EQ(set.jobs.size(), 1U);
  EXPECT_FALSE(set.jobs[0].description.isSet());
  EXPECT_EQ(joined(set.jobs[0].env), "A=over");
  EXPECT_TRUE(set.rejected.empty());
  EXPECT_TRUE(reports(set, DiagId::OverrideAlone));
}

TEST(Override, cannotSaveAnIllegalSignal) {
  TemporaryDirectory dir;
  JobSet set = load(dir, "kill signal FOO\n", "env A=over\n");
  EXPECT_TRUE(set.jobs.empty());
  ASSERT_EQ(set.rejected.size(), 1U);
  EXPECT_EQ(set.rejected[0].jobName, "x");
}

TEST(Override, badConfAndBadOverride) {
  TemporaryDirectory dir;
  JobSet set = load(dir, "bogus\n", "env A=1\nbogus\n");
  EXPECT_TRUE(set.jobs.empty());
  ASSERT_EQ(set.rejected.size(), 1U);
  EXPECT_EQ(set.rejected[0].file, 0U);
}

TEST(Override, withoutJob) {
  TemporaryDirectory dir;
  dir.file("lonely.override", "env A=1\n");
  SystemOptions options;
  options.directories = {dir.root()};
  JobSet set = loadSystem(options);
  EXPECT_TRUE(set.jobs.empty() && set.rejected.empty());
}
