// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The watcher over real directories, and over a system that refuses.

#include "starton/Runtime/Host/FileNames.h"
#include "starton/Runtime/Host/Watcher.h"
#include <cerrno>
#include <cstdlib>
#include <dirent.h>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <set>
#include <sys/inotify.h>

using namespace starton;
using namespace starton::host;
namespace fs = std::filesystem;

namespace {

/// The real system with some calls that fail, and a count of watches.
class StrictSys : public Sys {
public:
  int refuseCreate = 0; ///< errno
  int refuseAdd = 0;
  int allowed = 1 << 30; ///< watches, before refuseAdd holds
  bool overflow = false; ///< the next news are that some were lost
  bool noTypes = false;  ///< directory entries come without their type

  int changesCreate() override {
    return refuseCreate ? -refuseCreate : Sys::changesCreate();
  }
  int changesAdd(int descriptor, const char *path, uint32_t mask) override {
    if (refuseAdd && allowed-- <= 0)
      return -refuseAdd;
    return Sys::changesAdd(descriptor, path, mask);
  }
  ssize_t read(int descriptor, void *buffer, size_t size) override {
    if (!overflow)
      return Sys::read(descriptor, buffer, size);
    overflow = false;
    inotify_event event = {};
    event.wd = -1;
    event.mask = IN_Q_OVERFLOW;
    std::memcpy(buffer, &event, sizeof event);
    return sizeof event;
  }
  ssize_t listDirectory(int descriptor, void *buffer, size_t size) override {
    ssize_t got = Sys::listDirectory(descriptor, buffer, size);
    for (ssize_t at = 0; noTypes && at < got;) {
      auto *record =
          reinterpret_cast<dirent64 *>(static_cast<char *>(buffer) + at);
      record->d_type = DT_UNKNOWN;
      at += record->d_reclen;
    }
    return got;
  }
};

class HostWatcher : public testing::Test {
protected:
  HostWatcher()
      : loop(sys), messages(sys),
        watcher(sys, loop, messages,
                {this,
                 [](void *self, engine::Text job) {
                   static_cast<HostWatcher *>(self)->changed.insert(
                       std::string(job.data(), job.size()));
                 },
                 [](void *self) {
                   ++static_cast<HostWatcher *>(self)->changedAll;
                 }}) {
    messages.setPriority(engine::Priority::Fatal);
  }
  void SetUp() override {
    int error = 0;
    ASSERT_TRUE(loop.open(error));
    char name[] = "/tmp/watcher.XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    top = name;
    fs::create_directory(top + "/jobs");
    ASSERT_TRUE(watcher.addSource((top + "/jobs//").c_str()));
  }
  void TearDown() override { fs::remove_all(top); }

  void begin() {
    watcher.begin();
    while (watcher.work())
      ;
    changed.clear();
    changedAll = 0;
  }
  /// All that is to be noticed, in slices.
  std::set<std::string> news() {
    changed.clear();
    changedAll = 0;
    while (watcher.look() || watcher.work())
      ;
    return changed;
  }
  void write(const std::string &path, const char *text = "exec true\n") {
    std::ofstream(top + "/jobs/" + path) << text;
  }
  std::string in(const std::string &path) { return top + "/jobs/" + path; }

  StrictSys sys;
  Loop loop;
  Messages messages;
  std::set<std::string> changed;
  unsigned changedAll = 0;
  Watcher watcher;
  std::string top;
};

using Names = std::set<std::string>;

TEST_F(HostWatcher, TellsOfFilesThatAreWrittenMovedAndDeleted) {
  write("old.conf");
  begin();
  EXPECT_EQ(news(), Names());
  write("a.conf");
  write("b.override");
  write("c.txt");
  write(".conf");
  write("X.CONF");
  write("d.conf~");
  EXPECT_EQ(news(), (Names{"a", "b"}));
  fs::rename(in("a.conf"), in("z.conf"));
  EXPECT_EQ(news(), (Names{"a", "z"}));
  fs::remove(in("z.conf"));
  EXPECT_EQ(news(), Names{"z"});
  write("old.conf", "");
  EXPECT_EQ(news(), Names{"old"});
  EXPECT_EQ(changedAll, 0u);
}

TEST_F(HostWatcher, DoesNotTellOfWhatIsOnlyBeingWritten) {
  begin();
  std::ofstream file(in("slow.conf"));
  file << "exec true\n" << std::flush;
  EXPECT_EQ(news(), Names());
  file.close();
  EXPECT_EQ(news(), Names{"slow"});
  fs::create_symlink("slow.conf", in("link.conf"));
  fs::create_hard_link(in("slow.conf"), in("hard.conf"));
  EXPECT_EQ(news(), Names());
}

TEST_F(HostWatcher, FindsFilesInNewDirectories) {
  begin();
  fs::create_directories(in("net/deep"));
  write("net/eth.conf");
  write("net/deep/x.conf");
  EXPECT_EQ(news(), (Names{"net/eth", "net/deep/x"}));
  EXPECT_EQ(watcher.watchCount(), 3u);
  write("net/deep/y.override");
  EXPECT_EQ(news(), Names{"net/deep/y"});
  for (const char *ignored : {".git", "CVS", "x~", "a.dpkg-new", "b;0123abcd"})
    fs::create_directory(in(ignored));
  write(".git/x.conf");
  write("b;0123abcd/x.conf");
  EXPECT_EQ(news(), Names());
  EXPECT_EQ(watcher.watchCount(), 3u);
}

TEST_F(HostWatcher, ForgetsDirectoriesThatGo) {
  fs::create_directories(in("net/deep"));
  write("net/deep/x.conf");
  begin();
  EXPECT_EQ(watcher.watchCount(), 3u);
  fs::remove_all(in("net"));
  EXPECT_EQ(news(), Names{"net/deep/x"});
  EXPECT_EQ(watcher.watchCount(), 1u);
  fs::create_directories(top + "/other/deep");
  std::ofstream(top + "/other/deep/m.conf") << "";
  fs::rename(top + "/other", in("net"));
  EXPECT_EQ(news(), Names{"net/deep/m"});
  fs::rename(in("net"), top + "/other");
  news();
  EXPECT_EQ(changedAll, 1u);
  EXPECT_EQ(watcher.watchCount(), 1u);
}

TEST_F(HostWatcher, FollowsLinksNamedLikeFiles) {
  fs::create_directory(top + "/else");
  fs::create_directory_symlink("../else", in("tree.conf"));
  fs::create_directory_symlink("../else", in("other"));
  fs::create_directory_symlink(".", in("self.conf"));
  begin();
  EXPECT_EQ(watcher.watchCount(), 2u);
  std::ofstream(top + "/else/x.conf") << "";
  EXPECT_EQ(news(), Names{"tree.conf/x"});
  fs::remove(in("tree.conf"));
  news();
  EXPECT_EQ(changedAll, 1u);
  EXPECT_EQ(watcher.watchCount(), 1u);
}

TEST_F(HostWatcher, TheSameDirectoryTwiceIsToldTwice) {
  fs::create_directory(in("real"));
  fs::create_directory_symlink("real", in("also.conf"));
  begin();
  write("real/x.conf");
  EXPECT_EQ(news(), (Names{"real/x", "also.conf/x"}));
  fs::remove(in("also.conf"));
  news();
  write("real/x.conf");
  EXPECT_EQ(news(), Names{"real/x"});
  fs::remove_all(in("real"));
  news();
  EXPECT_EQ(watcher.watchCount(), 1u);
}

TEST_F(HostWatcher, ASourceThatGoesIsWatchedAgainWhenItIsBack) {
  begin();
  for (bool moved : {false, true, false}) {
    if (moved)
      fs::rename(top + "/jobs", top + "/away");
    else
      fs::remove_all(top + "/jobs");
    news();
    EXPECT_GE(changedAll, 1u);
    EXPECT_EQ(watcher.watchCount(), 0u);
    fs::create_directory(top + "/jobs");
    write("a.conf");
    EXPECT_EQ(news(), Names{"a"});
    EXPECT_EQ(watcher.watchCount(), 1u);
    write("b.conf");
    EXPECT_EQ(news(), Names{"b"});
    fs::remove_all(top + "/away");
  }
}

TEST_F(HostWatcher, ASourceThatIsMissingIsWaitedFor) {
  fs::remove_all(top + "/jobs");
  begin();
  EXPECT_EQ(watcher.watchCount(), 0u);
  fs::create_directory(top + "/unrelated");
  EXPECT_EQ(news(), Names());
  fs::create_directory(top + "/jobs");
  write("a.conf");
  EXPECT_EQ(news(), Names{"a"});
}

TEST_F(HostWatcher, KeepsAnyByteOfAName) {
  begin();
  write("new\nline.conf");
  write("\xff\xfe.conf");
  write("%s%n.conf");
  EXPECT_EQ(news(), (Names{"new\nline", "\xff\xfe", "%s%n"}));
}

TEST_F(HostWatcher, LostNewsMeanEverything) {
  fs::create_directory(in("net"));
  begin();
  sys.overflow = true;
  news();
  EXPECT_EQ(changedAll, 1u);
  EXPECT_EQ(watcher.watchCount(), 2u);
  write("net/a.conf");
  EXPECT_EQ(news(), Names{"net/a"});
}

TEST_F(HostWatcher, AFloodIsTakenInSlices) {
  begin();
  for (int i = 0; i < 1500; ++i)
    write("job" + std::to_string(i) + ".conf", "");
  EXPECT_TRUE(watcher.look()); // there is more
  EXPECT_FALSE(news().empty());
  EXPECT_EQ(watcher.watchCount(), 1u);
}

TEST_F(HostWatcher, RefusedWatchesAreNotFatal) {
  fs::create_directories(in("a/b"));
  fs::create_directory(in("c"));
  sys.refuseCreate = EMFILE;
  begin();
  EXPECT_EQ(watcher.watchCount(), 0u);
  EXPECT_EQ(news(), Names());
  sys.refuseCreate = 0;
  for (int error : {ENOSPC, ENOMEM, EACCES}) {
    for (int allowed = 0; allowed < 5; ++allowed) {
      sys.refuseAdd = error;
      sys.allowed = allowed;
      begin();
      news();
      EXPECT_LE(watcher.watchCount(), static_cast<uint32_t>(allowed));
    }
  }
  sys.refuseAdd = 0;
  begin();
  EXPECT_EQ(watcher.watchCount(), 4u);
}

TEST_F(HostWatcher, NeedsNoTypesOfEntries) {
  fs::create_directories(in("net"));
  write("net/eth.conf");
  sys.noTypes = true;
  begin();
  EXPECT_EQ(watcher.watchCount(), 2u);
  fs::create_directories(in("new/x.conf"));
  write("new/a.conf");
  EXPECT_EQ(news(), Names{"new/a"});
}

TEST_F(HostWatcher, TheNumberOfDirectoriesIsBounded) {
  for (uint32_t i = 0; i < Watcher::MaxDirectories + 50; ++i)
    fs::create_directory(in(std::to_string(i)));
  begin();
  EXPECT_EQ(watcher.watchCount(), Watcher::MaxDirectories);
  fs::remove_all(top + "/jobs");
  while (watcher.look() || watcher.work())
    ;
  EXPECT_EQ(watcher.watchCount(), 0u);
}

bool outOfMemory() { return false; }

TEST_F(HostWatcher, WithoutMemoryNothingIsWatchedAndNothingBreaks) {
  begin();
  setAllocationFilter(outOfMemory);
  fs::create_directory(in("net"));
  news();
  watcher.begin();
  setAllocationFilter(nullptr);
  begin();
  EXPECT_EQ(watcher.watchCount(), 2u);
}

TEST(HostFileNames, AreThoseOfTheCompiler) {
  engine::Text stem;
  EXPECT_TRUE(isJobFile(textOf("a.b.conf"), stem));
  EXPECT_TRUE(equal(stem, textOf("a.b")));
  EXPECT_TRUE(isJobFile(textOf(".dot.override"), stem));
  EXPECT_FALSE(isJobFile(textOf(".override"), stem));
  EXPECT_FALSE(isJobFile(textOf("a.conf.dpkg-old"), stem));
  for (const char *name :
       {".x", "x~", "x.bak", "x.BAK", "#x#", "x.swp", "x,v", "RCS", "{arch}",
        "x.dpkg-dist", "x.rpmsave", "x;0123456a"})
    EXPECT_TRUE(isIgnoredDirectory(textOf(name))) << name;
  for (const char *name : {"x", "#", "x;0123456g", ";0123456", "cvs", "x.conf"})
    EXPECT_FALSE(isIgnoredDirectory(textOf(name))) << name;
}

} // namespace
