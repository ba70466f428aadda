// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Several directories as one system.

#include "TemporaryDirectory.h"
#include "starton/Sema/JobSet.h"
#include <sys/stat.h>
#include <unistd.h>

using namespace starton;
using namespace starton::sema;

namespace {

JobSet load(const TemporaryDirectory &dir,
            const std::vector<std::string> &names,
            Dialect dialect = Dialect::Upstart113) {
  SystemOptions options;
  options.dialect = dialect;
  options.root = dir.root();
  for (const std::string &name : names)
    options.directories.push_back(dir.at(name));
  return loadSystem(options);
}

/// "name=description" of each job in order of registration.
std::string jobs(const JobSet &set) {
  std::string result;
  for (const Job &job : set.jobs)
    result +=
        (result.empty() ? "" : " ") + job.name + "=" + job.description.value;
  return result;
}

unsigned count(const JobSet &set, DiagId id) {
  return static_cast<unsigned>(llvm::count_if(
      set.diagnostics, [&](const Diagnostic &diag) { return diag.id == id; }));
}

} // namespace

TEST(System, takesTheFirstDirectory) {
  TemporaryDirectory dir;
  dir.file("one/a.conf", "description one\n");
  dir.file("two/a.conf", "description two\n");
  dir.file("two/b.conf", "description two\n");
  dir.file("three/sub/b.conf", "description three\n");
  JobSet set = load(dir, {"one", "none", "two", "three"});
  EXPECT_EQ(jobs(set), "a=one b=two sub/b=three");
  EXPECT_EQ(set.files[0].relative, "/one/a.conf");
  EXPECT_EQ(set.files[0].path, dir.at("one/a.conf"));
  EXPECT_EQ(set.files[2].directory, 2U);
  EXPECT_TRUE(set.diagnostics.empty());
}

TEST(System, takesTheFirstGoodFile) {
  TemporaryDirectory dir;
  dir.file("one/a.conf", "description one\nbogus\n");
  dir.file("two/a.conf", "description two\n");
  JobSet set = load(dir, {"one", "two"});
  EXPECT_EQ(jobs(set), "a=two");
  EXPECT_TRUE(set.rejected.empty());
  dir.file("two/a.conf", "bogus\n");
  set = load(dir, {"one", "two"});
  EXPECT_EQ(jobs(set), "");
  ASSERT_EQ(set.rejected.size(), 1U);
  EXPECT_EQ(set.rejected[0].file, 0U);
}

TEST(System, overridesCountFromTheirDirectoryOn) {
  TemporaryDirectory dir;
  dir.file("one/two.override", "description override\n");
  dir.file("two/two.conf", "description two\n");
  dir.file("three/three.conf", "description three\n");
  dir.file("three/two.override", "description wrong\n");
  dir.file("four/three.override", "description wrong\n");
  JobSet set = load(dir, {"one", "two", "three", "four"});
  EXPECT_EQ(jobs(set), "two=override three=three");
}

TEST(System, appliesExactlyOneOverride) {
  TemporaryDirectory dir;
  dir.file("one/a.override", "env A=one\n");
  dir.file("two/a.override", "description two\n");
  dir.file("two/a.conf", "description conf\n");
  JobSet set = load(dir, {"one", "two"});
  EXPECT_EQ(jobs(set), "a=conf");
  EXPECT_EQ(set.jobs[0].env.size(), 1U);
}

TEST(System, ignoresLinkedOverrides) {
  TemporaryDirectory dir;
  dir.file("one/a.conf", "description conf\n");
  dir.file("else", "description wrong\n");
  dir.link("../else", "one/a.override");
  JobSet set = load(dir, {"one"});
  EXPECT_EQ(jobs(set), "a=conf");
  EXPECT_EQ(count(set, DiagId::OverrideIsLink), 1U);
}

// A file whose override fails counts as having no job.
TEST(System, brokenOverrideLetsTheNextDirectoryIn) {
  TemporaryDirectory dir;
  dir.file("one/a.conf", "description one\n");
  dir.file("one/a.override", "bogus\n");
  EXPECT_EQ(jobs(load(dir, {"one"})), "a=one");
  dir.file("two/a.conf", "description two\n");
  JobSet set = load(dir, {"one", "two"});
  EXPECT_EQ(jobs(set), "a=two");
  EXPECT_EQ(set.jobs[0].overrideFile, 1);
}

TEST(System, registersInTheOrderOfTheWalk) {
  TemporaryDirectory dir;
  for (const char *name : {"b", "a", "sub/c", "z"})
    dir.file("one/" + std::string(name) + ".conf", "description one\n");
  // Visiting its override reads a conf again, which registers it again.
  dir.file("one/a.override", "env A=1\n");
  dir.file("one/a.b.conf", "description one\n");
  dir.file("one/a.z.conf", "description one\n");
  dir.file("two/a.conf", "description two\n");
  dir.file("two/y.conf", "description two\n");
  EXPECT_EQ(jobs(load(dir, {"one", "two"})),
            "a.b=one a=one a.z=one b=one sub/c=one z=one y=two");
}

TEST(System, reportsUnreadableFiles) {
  TemporaryDirectory dir;
  dir.file("one/a.conf", "description one\n");
  dir.file("two/a.conf", "description two\n");
  // Sparse, and refused for its size: also root cannot read it.
  ASSERT_EQ(::truncate(dir.at("one/a.conf").c_str(), off_t(1) << 33), 0);
  JobSet set = load(dir, {"one", "two"});
  EXPECT_EQ(jobs(set), "a=two");
  ASSERT_EQ(set.diagnostics.size(), 1U);
  EXPECT_EQ(set.diagnostics[0].message, "cannot read: larger than 4 GiB - 1");
  EXPECT_EQ(set.files[0].readError, "larger than 4 GiB - 1");
  ASSERT_TRUE(set.files[0].source && set.files[0].parse.file);
  // Not even an override makes it a job.
  dir.file("one/a.override", "description override\n");
  ::unlink(dir.at("two/a.conf").c_str());
  set = load(dir, {"one", "two"});
  EXPECT_EQ(jobs(set), "");
  EXPECT_EQ(set.rejected.size(), 1U);
}

TEST(System, keepsTheMainConfigurationEmpty) {
  TemporaryDirectory dir;
  dir.file("init.conf", "# nothing\n\n");
  dir.file("init.override", "description x\n");
  dir.file("init/a.conf", "description a\n");
  SystemOptions options;
  options.mainConfiguration = dir.at("init.conf");
  options.directories = {dir.at("init")};
  JobSet set = loadSystem(options);
  EXPECT_EQ(jobs(set), "a=a");
  ASSERT_EQ(set.files.size(), 3U);
  EXPECT_EQ(set.files[0].role, FileRole::MainConf);
  EXPECT_TRUE(set.files[0].parse.accepted());
  EXPECT_FALSE(set.files[1].parse.accepted());
  EXPECT_TRUE(set.rejected.empty());
}

TEST(System, onlyParsesOnRequest) {
  TemporaryDirectory dir;
  dir.file("a.conf", "description a\n");
  dir.file("b.conf", "bogus\n");
  SystemOptions options;
  options.directories = {dir.root()};
  options.syntaxOnly = true;
  JobSet set = loadSystem(options);
  EXPECT_EQ(set.files.size(), 2U);
  EXPECT_FALSE(set.files[1].parse.accepted());
  EXPECT_TRUE(set.jobs.empty() && set.rejected.empty());
  EXPECT_EQ(set.files[0].source->text(), "description a\n");

  options.forgetGoodFiles = true;
  set = loadSystem(options);
  EXPECT_EQ(set.files[0].source->text(), "");
  EXPECT_EQ(set.files[0].source->path(), dir.at("a.conf"));
  EXPECT_TRUE(set.files[0].parse.accepted());
  EXPECT_TRUE(set.files[0].parse.file->statements.empty());
  EXPECT_EQ(set.files[1].source->text(), "bogus\n");
  EXPECT_FALSE(set.files[1].parse.accepted());
}

TEST(System, knowsNoOverridesInOldDialects) {
  TemporaryDirectory dir;
  dir.file("one/a.conf", "description conf\n");
  dir.file("one/a.override", "description override\n");
  EXPECT_EQ(jobs(load(dir, {"one"}, Dialect::Upstart065)), "a=conf");
}

TEST(System, rootIsNoPrefixOfOtherNames) {
  TemporaryDirectory dir;
  dir.file("root2/a.conf");
  SystemOptions options;
  options.root = dir.at("root");
  options.directories = {dir.at("root2")};
  EXPECT_EQ(loadSystem(options).files.at(0).relative, dir.at("root2/a.conf"));
}

// In an image of another system, links lead to places of that image.
TEST(System, staysBelowItsRoot) {
  TemporaryDirectory dir;
  dir.file("root/data/a.txt", "description inside\n");
  dir.file("root/data/tree/b.conf", "description inside\n");
  dir.file("data/a.txt", "description outside\n");
  dir.directory("root/etc/init");
  dir.link("/data/a.txt", "root/etc/init/absolute.conf");
  dir.link("../../../../../../data/a.txt", "root/etc/init/relative.conf");
  dir.link("/data/tree", "root/etc/init/tree.conf");
  dir.link(dir.at("data/a.txt"), "root/etc/init/outside.conf");
  SystemOptions options;
  options.root = dir.at("root/");
  options.directories = {dir.at("root/etc/init")};
  JobSet set = loadSystem(options);
  EXPECT_EQ(jobs(set), "absolute=inside relative=inside tree.conf/b=inside");
  ASSERT_EQ(set.diagnostics.size(), 1U);
  EXPECT_EQ(set.diagnostics[0].file, dir.at("root/etc/init/outside.conf"));
  EXPECT_EQ(set.diagnostics[0].message,
            "cannot read: No such file or directory");
}
