// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a statement sets, where it says it comes from, and what a second one
// does. CasesTest.cpp compares the values themselves with Upstart's.

#include "starton/Sema/JobSet.h"
#include "gtest/gtest.h"

using namespace starton;
using namespace starton::sema;

namespace {

Job lower(llvm::StringRef text, Dialect dialect = Dialect::Upstart113) {
  JobSet set = loadFile(
      std::make_unique<SourceBuffer>("dir/a.conf", text.str()), dialect);
  EXPECT_EQ(set.jobs.size(), 1U) << text.take_front(200).str();
  return set.jobs.empty() ? Job() : std::move(set.jobs.front());
}

const Process &mainOf(const Job &job) { return job.processes[0]; }

/// "value@line" of each.
template <typename T> std::string located(const std::vector<T> &values) {
  std::string result;
  llvm::raw_string_ostream os(result);
  for (const T &value : values)
    os << (result.empty() ? "" : " ") << value.value << '@'
       << value.origin.line;
  return result;
}

template <typename T>
void expectLocated(const Located<T> &value, const T &expected, uint32_t line) {
  EXPECT_EQ(value.value, expected);
  EXPECT_EQ(value.origin.line, line);
}

} // namespace

TEST(Lower, hasDefaults) {
  Job job = lower("");
  EXPECT_EQ(job.name, "a");
  EXPECT_EQ(job.overrideFile, -1);
  expectLocated<int64_t>(job.respawnLimit, 10, 0);
  expectLocated<int64_t>(job.respawnInterval, 5, 0);
  expectLocated<int64_t>(job.killTimeout, 5, 0);
  expectLocated<int64_t>(job.killSignal, 15, 0);
  expectLocated<int64_t>(job.reloadSignal, 1, 0);
  expectLocated<int64_t>(job.umask, 022, 0);
  expectLocated<int64_t>(job.nice, 0, 0);
  expectLocated<int64_t>(job.oomScore, 0, 0);
  EXPECT_EQ(job.console.value, Console::Unset);
  EXPECT_EQ(job.expect.value, Expect::None);
  EXPECT_FALSE(job.instance.isSet());
  EXPECT_TRUE(job.startOn.empty() && job.stopOn.empty());
  for (const Process &process : job.processes)
    EXPECT_EQ(process.kind, ProcessKind::None);
  for (const Limit &limit : job.limits)
    EXPECT_FALSE(limit.origin.known());
}

TEST(Lower, knowsTheConsoleOfOldDialects) {
  EXPECT_EQ(lower("", Dialect::Upstart065).console.value, Console::None);
  EXPECT_EQ(lower("", Dialect::Upstart112).console.value, Console::Unset);
  EXPECT_EQ(lower("console owner\n", Dialect::Upstart065).console.value,
            Console::Owner);
}

TEST(Lower, knowsTheLineOfEachValue) {
  Job job = lower("# comment\n"
                  "description \\\n"
                  "  text\n"
                  "\n"
                  "env A=b\n"
                  "emits x \\\n"
                  "  y z\n"
                  "start on (a\n"
                  "  or b)\n"
                  "normal exit 1 \\\n"
                  "  TERM\n"
                  "script\n"
                  "  true\n"
                  "end script\n"
                  "kill signal INT\n");
  expectLocated<std::string>(job.description, "text", 2);
  EXPECT_EQ(located(job.env), "A=b@5");
  EXPECT_EQ(located(job.emits), "x@6 y@7 z@7");
  EXPECT_EQ(job.startOn.origin.line, 8U);
  ASSERT_EQ(job.startOn.nodes.size(), 3U);
  EXPECT_EQ(job.startOn.nodes[0].origin.line, 8U);
  EXPECT_EQ(job.startOn.nodes[1].origin.line, 9U);
  EXPECT_EQ(job.startOn.nodes[2].origin.line, 9U);
  EXPECT_EQ(located(job.normalExit), "1@10 3840@11");
  EXPECT_EQ(mainOf(job).origin.line, 12U);
  expectLocated<int64_t>(job.killSignal, 2, 15);
}

TEST(Lower, repeatsAsTheLanguageSays) {
  Job job = lower(
      "description a\ndescription b\nauthor a\nauthor b\nversion a\nversion b\n"
      "usage a\nusage b\ninstance a\ninstance b\nchroot a\nchroot b\nchdir "
      "a\nchdir b\n"
      "setuid a\nsetuid b\nsetgid a\nsetgid b\napparmor switch a\napparmor "
      "switch b\n");
  for (const Text *text :
       {&job.description, &job.author, &job.version, &job.usage, &job.instance,
        &job.chroot, &job.chdir, &job.setuid, &job.setgid, &job.apparmorSwitch})
    EXPECT_EQ(text->value, "b");

  job = lower(
      "env A=1\nenv A=1\nenv B\nexport x y\nexport x\nemits e\nemits e f\n"
      "normal exit 0 1\nnormal exit 1 KILL\n");
  EXPECT_EQ(located(job.env), "A=1@1 A=1@2 B@3");
  EXPECT_EQ(located(job.exports), "x@4 y@4 x@5");
  EXPECT_EQ(located(job.emits), "e@6 e@7 f@7");
  EXPECT_EQ(located(job.normalExit), "0@8 1@8 1@9 2304@9");

  job = lower(
      "start on a\nstart on b\nstop on c\nstop on d or e\nexpect fork\nexpect "
      "none\n"
      "task\ntask\nrespawn\nrespawn\nconsole log\nconsole owner\numask "
      "0\numask 077\n"
      "nice 3\nnice -3\noom never\noom 7\nkill timeout 1\nkill timeout 2\n"
      "reload signal USR1\nreload signal 5\nlimit core 1 2\nlimit core 3 "
      "unlimited\n");
  EXPECT_EQ(conditionText(job.startOn), "b");
  EXPECT_EQ(conditionText(job.stopOn), "(d or e)");
  expectLocated(job.expect, Expect::None, 6);
  expectLocated(job.task, true, 8);
  expectLocated(job.respawn, true, 10);
  expectLocated(job.console, Console::Owner, 12);
  expectLocated<int64_t>(job.umask, 077, 14);
  expectLocated<int64_t>(job.nice, -3, 16);
  expectLocated<int64_t>(job.oomScore, 466, 18);
  expectLocated<int64_t>(job.killTimeout, 2, 20);
  expectLocated<int64_t>(job.reloadSignal, 5, 22);
  const Limit &core = job.limits[static_cast<unsigned>(Resource::Core)];
  EXPECT_EQ(core.soft, 3U);
  EXPECT_EQ(core.hard, LimitInfinity);
  EXPECT_EQ(core.origin.line, 24U);
}

TEST(Lower, keepsFlagAndLimitOfRespawnApart) {
  Job job = lower("respawn limit 3 12\n");
  EXPECT_FALSE(job.respawn.value);
  expectLocated<int64_t>(job.respawnLimit, 3, 1);
  expectLocated<int64_t>(job.respawnInterval, 12, 1);
  job = lower("respawn limit 3 12\nrespawn limit unlimited\nrespawn\n");
  expectLocated<int64_t>(job.respawnLimit, 0, 2);
  expectLocated<int64_t>(job.respawnInterval, 0, 2);
  EXPECT_TRUE(job.respawn.value);
}

TEST(Lower, manualDropsAnEarlierStart) {
  Job job = lower("start on a\nstop on b\nmanual\n");
  EXPECT_TRUE(job.startOn.empty());
  EXPECT_EQ(conditionText(job.stopOn), "b");
  expectLocated(job.manual, true, 3);
  job = lower("start on a\nmanual start on c\n");
  EXPECT_EQ(conditionText(job.startOn), "c");
  EXPECT_TRUE(job.manual.value);
}

TEST(Lower, fillsEachSlotOnce) {
  Job job = lower(
      "exec /bin/a\nscript\n b\nend script\npre-start exec p\npost-start exec "
      "q\n"
      "pre-stop script\n r\nend script\npost-stop exec s\napparmor load /p\n");
  const char *expected[] = {"b\n", "p", "q",
                            "r\n", "s", "/sbin/apparmor_parser -r -W /p"};
  for (unsigned i = 0; i != NumProcessSlots; ++i) {
    EXPECT_EQ(job.processes[i].text, expected[i]);
    EXPECT_EQ(job.processes[i].kind,
              i == 0 || i == 3 ? ProcessKind::Script : ProcessKind::Command);
  }
  job = lower("script\nb\nend script\nexec /bin/a\n");
  EXPECT_EQ(mainOf(job).kind, ProcessKind::Command);
  EXPECT_EQ(mainOf(job).text, "/bin/a");
}

TEST(Lower, keysCgroupsByControllerNameAndKey) {
  Job job = lower("cgroup memory\n"
                  "cgroup memory $UPSTART_CGROUP\n"
                  "cgroup memory limit 1\n"
                  "cgroup cpu x\n"
                  "cgroup memory $UPSTART_CGROUP limit 2\n"
                  "cgroup cpu x shares 5\n"
                  "cgroup cpu x shares 6\n"
                  "cgroup cpu\n");
  std::string text;
  for (const CgroupEntry &entry : job.cgroups)
    text += entry.controller + "," + entry.name.value + "," + entry.key.value +
            "," + entry.value.value + "@" + std::to_string(entry.origin.line) +
            ";";
  EXPECT_EQ(
      text,
      "memory,,,@1;memory,,limit,2@3;cpu,x,,@4;cpu,x,shares,6@6;cpu,,,@8;");
}

TEST(Lower, readsChromeOS) {
  Job job =
      lower("import A B\nimport C\ntmpfiles /a\ntmpfiles /b /c\ncgroup cpu\n",
            Dialect::ChromeOS);
  EXPECT_TRUE(job.hasImport);
  EXPECT_EQ(located(job.imports), "A@1 B@1 C@2");
  EXPECT_EQ(located(job.tmpfiles), "/a@3 /b@4 /c@4");
  EXPECT_TRUE(job.cgroups.empty());
  EXPECT_FALSE(lower("", Dialect::ChromeOS).hasImport);
}

TEST(Lower, namesASingleFile) {
  auto nameOf = [](const char *path) {
    JobSet set =
        loadFile(std::make_unique<SourceBuffer>(path, ""), Dialect::Upstart113);
    return set.jobs.at(0).name;
  };
  EXPECT_EQ(nameOf("/etc/init/a.b.conf"), "a.b");
  EXPECT_EQ(nameOf("x.override"), "x");
  EXPECT_EQ(nameOf("plain"), "plain");
  EXPECT_EQ(nameOf("dir/.conf"), ".conf");
}

TEST(Lower, rejectsAFileWithAnError) {
  JobSet set =
      loadFile(std::make_unique<SourceBuffer>("d/a.conf", "respawn\nbogus\n"),
               Dialect::Upstart113);
  EXPECT_TRUE(set.jobs.empty());
  ASSERT_EQ(set.rejected.size(), 1U);
  EXPECT_EQ(set.rejected[0].jobName, "a");
}

TEST(Lower, isLinearInOneLine) {
  std::string many;
  for (int i = 0; i != 300000; ++i)
    many += " a";
  EXPECT_EQ(lower("emits" + many + "\n").emits.size(), 300000U);
  std::string cgroups;
  for (int i = 0; i != 100000; ++i)
    cgroups += "cgroup c" + std::to_string(i) + "\n";
  EXPECT_EQ(lower(cgroups).cgroups.size(), 100000U);
}
