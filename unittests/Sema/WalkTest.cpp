// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Walk.h"
#include "TemporaryDirectory.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace starton;
using namespace starton::sema;

namespace {

struct Walked {
  std::vector<WalkedFile> files;
  std::vector<Diagnostic> diagnostics;

  /// "name" of a conf, "name!" of an override.
  std::vector<std::string> names() const {
    std::vector<std::string> result;
    result.reserve(files.size());
    for (const WalkedFile &file : files)
      result.push_back(file.jobName +
                       (file.role == FileRole::Override ? "!" : ""));
    return result;
  }
};

Walked walk(const std::string &directory, WalkOptions options = {}) {
  Walked result;
  walkDirectory(FileSystem(), directory, options, result.files,
                result.diagnostics);
  return result;
}

using Names = std::vector<std::string>;

} // namespace

TEST(Walk, takesFilesBySuffixAlone) {
  TemporaryDirectory dir;
  for (const char *name :
       {".hidden.conf", "#x.conf", "a.b.conf", "with blank.conf",
        "twice.conf.conf", ".conf", ".override", "x.CONF", "x.conf~",
        "x.conf.dpkg-new", "conf", "y.override", "y.overridex",
        "z.conf.override"})
    dir.file(name);
  EXPECT_EQ(walk(dir.root()).names(),
            (Names{"#x", ".hidden", "a.b", "twice.conf", "with blank", "y!",
                   "z.conf!"}));
}

TEST(Walk, goesDepthFirstInByteOrder) {
  TemporaryDirectory dir;
  for (const char *name :
       {"b.conf", "b/z.conf", "b/A.conf", "a.conf", "a.override", "Z.conf",
        "b!.conf", "\xc3\xa9.conf", "b/deep/er/x.conf"})
    dir.file(name);
  EXPECT_EQ(walk(dir.root()).names(),
            (Names{"Z", "a", "a!", "b/A", "b/deep/er/x", "b/z", "b!", "b",
                   "\xc3\xa9"}));
}

TEST(Walk, passesOverDirectories) {
  TemporaryDirectory dir;
  for (const char *name :
       {".hidden",  "old~",       "a.bak",       "a.BAK",     "#a#",
        "a.swp",    "a.swo",      "a.swn",       "RCS",       "CVS",
        "CVS.adm",  "SCCS",       "BitKeeper",   "{arch}",    "_darcs",
        "a,v",      "a.dpkg-new", "a.dpkg-old",  "a.rpmsave", "a.rpmorig",
        "a.rpmnew", "a;0123abCD", ".hidden.conf"})
    dir.file(std::string(name) + "/x.conf");
  EXPECT_EQ(walk(dir.root()).names(), Names{});
  for (const char *name :
       {"a.bak2", "#", "#a", "a#", "rcs", "CVS2", "a;0123abC", "a;0123abcg",
        "dpkg-new", "a.conf", "b.override"})
    dir.file(std::string(name) + "/x.conf");
  EXPECT_EQ(walk(dir.root()).names(),
            (Names{"#/x", "#a/x", "CVS2/x", "a#/x", "a.bak2/x", "a.conf/x",
                   "a;0123abC/x", "a;0123abcg/x", "b.override/x", "dpkg-new/x",
                   "rcs/x"}));
  EXPECT_TRUE(walk(dir.root()).diagnostics.empty());
}

TEST(Walk, followsLinksOfConfNamesOnly) {
  TemporaryDirectory dir;
  dir.file("real/x.conf");
  dir.file("t.txt");
  dir.link("t.txt", "l.conf");
  dir.link("real", "d.conf");
  dir.link("real", "other");
  dir.link("t.txt", "l.override");
  dir.link("nowhere", "gone.conf");
  dir.link("nowhere", "gone");
  Walked walked = walk(dir.root());
  EXPECT_EQ(walked.names(), (Names{"d.conf/x", "l", "real/x"}));
  ASSERT_EQ(walked.diagnostics.size(), 2U);
  EXPECT_EQ(walked.diagnostics[0].file, dir.at("gone.conf"));
  EXPECT_EQ(walked.diagnostics[0].message,
            "cannot read: No such file or directory");
  EXPECT_EQ(walked.diagnostics[1].file, dir.at("l.override"));
  EXPECT_EQ(walked.diagnostics[1].id, DiagId::OverrideIsLink);
}

TEST(Walk, endsInLoops) {
  TemporaryDirectory dir;
  dir.file("a/x.conf");
  dir.link("..", "a/up.conf");
  dir.link(".", "self.conf");
  Walked walked = walk(dir.root());
  EXPECT_EQ(walked.names(), (Names{"a/x"}));
  ASSERT_EQ(walked.diagnostics.size(), 2U);
  EXPECT_EQ(walked.diagnostics[0].id, DiagId::DirectoryLoop);
  EXPECT_EQ(walked.diagnostics[0].file, dir.at("a/up.conf"));
  EXPECT_EQ(walked.diagnostics[1].file, dir.at("self.conf"));
}

TEST(Walk, skipsWhatIsNoRegularFile) {
  TemporaryDirectory dir;
  ASSERT_EQ(::mkfifo(dir.at("fifo.conf").c_str(), 0600), 0);
  dir.link("fifo.conf", "link.conf");
  dir.link("/dev/null", "null.conf");
  dir.file("x.conf");
  Walked walked = walk(dir.root());
  EXPECT_EQ(walked.names(), (Names{"x"}));
  EXPECT_TRUE(walked.diagnostics.empty());
}

TEST(Walk, missesSilentlyUnlessItMust) {
  TemporaryDirectory dir;
  EXPECT_TRUE(walk(dir.at("none")).diagnostics.empty());
  WalkOptions options;
  options.mustExist = true;
  Walked walked = walk(dir.at("none"), options);
  ASSERT_EQ(walked.diagnostics.size(), 1U);
  EXPECT_EQ(walked.diagnostics[0].message,
            "cannot read: No such file or directory");
  dir.file("file");
  ASSERT_EQ(walk(dir.at("file")).diagnostics.size(), 1U);
  EXPECT_EQ(walk(dir.at("file")).diagnostics[0].message,
            "cannot read: Not a directory");
}

TEST(Walk, joinsPathsWithOneSlash) {
  TemporaryDirectory dir;
  dir.file("x.conf");
  EXPECT_EQ(walk(dir.root() + "//").files.at(0).path, dir.at("x.conf"));
}

TEST(Walk, leavesOverridesOutOfOldDialects) {
  TemporaryDirectory dir;
  dir.file("x.conf");
  dir.file("x.override");
  dir.link("x.conf", "y.override");
  WalkOptions options;
  options.overrides = false;
  EXPECT_EQ(walk(dir.root(), options).names(), (Names{"x"}));
  EXPECT_TRUE(walk(dir.root(), options).diagnostics.empty());
}

TEST(Walk, survivesPathsTooLong) {
  TemporaryDirectory dir;
  std::string level(200, 'd');
  int top = ::open(dir.root().c_str(), O_RDONLY | O_DIRECTORY);
  int at = top;
  for (int i = 0; i != 25; ++i) {
    ASSERT_EQ(::mkdirat(at, level.c_str(), 0700), 0);
    int next = ::openat(at, level.c_str(), O_RDONLY | O_DIRECTORY);
    ASSERT_GE(next, 0);
    if (at != top)
      ::close(at);
    at = next;
  }
  ::close(at);
  Walked walked = walk(dir.root());
  EXPECT_TRUE(walked.files.empty());
  ASSERT_EQ(walked.diagnostics.size(), 1U);
  EXPECT_EQ(walked.diagnostics[0].message, "cannot read: File name too long");

  // No path reaches the innermost one to remove it: move the second level up,
  // again and again.
  std::string second = level + "/" + level;
  while (::renameat(top, second.c_str(), top, "e") == 0) {
    ASSERT_EQ(::unlinkat(top, level.c_str(), AT_REMOVEDIR), 0);
    ASSERT_EQ(::renameat(top, "e", top, level.c_str()), 0);
  }
  ::close(top);
}
