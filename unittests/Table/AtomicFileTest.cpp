// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "TestTables.h"
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace starton::test {
namespace {

using table::writeFileAtomically;
namespace fs = std::filesystem;

class AtomicFileTest : public testing::Test {
protected:
  void SetUp() override {
    char name[] = "/tmp/starton-atomic-XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    directory = name;
    path = directory + "/jobs.table";
  }
  void TearDown() override {
    fs::permissions(directory, fs::perms::owner_all);
    fs::remove_all(directory);
  }

  static std::string contents(const std::string &file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  size_t entries() const {
    auto list = fs::directory_iterator(directory);
    return static_cast<size_t>(std::distance(begin(list), end(list)));
  }
  void writeOk(const std::string &bytes, bool keep = true) {
    error.clear();
    EXPECT_TRUE(writeFileAtomically(path, bytes, keep, error)) << error;
    EXPECT_EQ(error, "");
  }

  std::string directory, path, error;
};

TEST_F(AtomicFileTest, WritesAndKeepsThePrevious) {
  umask(0);
  writeOk("one");
  EXPECT_EQ(contents(path), "one");
  struct stat status;
  ASSERT_EQ(stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777u, 0644u);
  EXPECT_EQ(entries(), 1u);
  writeOk("two");
  EXPECT_EQ(contents(path), "two");
  EXPECT_EQ(contents(path + ".prev"), "one");
  writeOk("two"); // the same again must not push the real previous one out
  EXPECT_EQ(contents(path + ".prev"), "one");
  writeOk("three");
  EXPECT_EQ(contents(path + ".prev"), "two");
  writeOk("four", false);
  EXPECT_EQ(contents(path + ".prev"), "two");
  EXPECT_EQ(entries(), 2u);
  umask(022);
}

TEST_F(AtomicFileTest, FollowsALink) {
  std::string real = directory + "/real";
  std::ofstream(real) << "old";
  fs::create_symlink("real", path);
  writeOk("new");
  EXPECT_TRUE(fs::is_symlink(path));
  EXPECT_EQ(contents(real), "new");
  EXPECT_EQ(contents(real + ".prev"), "old");
}

TEST_F(AtomicFileTest, WritesToDevicesAndDescriptors) {
  int file = memfd_create("out", MFD_CLOEXEC);
  ASSERT_GE(file, 0);
  ASSERT_TRUE(writeFileAtomically("/dev/fd/" + std::to_string(file), "table",
                                  true, error))
      << error;
  char buffer[16] = {};
  EXPECT_EQ(pread(file, buffer, sizeof buffer, 0), 5);
  EXPECT_STREQ(buffer, "table");
  close(file);
  EXPECT_FALSE(writeFileAtomically("/dev/fd/" + std::to_string(file), "table",
                                   true, error));
  EXPECT_EQ(error, "cannot write '/dev/fd/" + std::to_string(file) +
                       "': Bad file descriptor");
  EXPECT_TRUE(writeFileAtomically("/dev/null", "table", true, error));
  EXPECT_FALSE(writeFileAtomically("/dev/full", "table", true, error));
  EXPECT_EQ(error, "cannot write '/dev/full': No space left on device");
}

TEST_F(AtomicFileTest, BadPlaces) {
  EXPECT_FALSE(
      writeFileAtomically(directory + "/no/jobs.table", "x", true, error));
  EXPECT_EQ(error, "cannot write '" + directory +
                       "/no/jobs.table': No such file or directory");
  EXPECT_FALSE(writeFileAtomically(directory, "x", true, error));
  EXPECT_EQ(error, "cannot write '" + directory + "': Is a directory");
  std::ofstream(path) << "old";
  EXPECT_FALSE(writeFileAtomically(path + "/x", "x", true, error));
  EXPECT_EQ(error, "cannot write '" + path + "/x': Not a directory");
  fs::create_directory(path + ".prev");
  EXPECT_FALSE(writeFileAtomically(path, "x", true, error));
  EXPECT_EQ(error, "cannot write '" + path + ".prev': Is a directory");
  EXPECT_EQ(contents(path), "old");
  EXPECT_EQ(entries(), 2u);
}

TEST_F(AtomicFileTest, KilledInTheMiddleLeavesNothing) {
  int probe = open(directory.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
  if (probe < 0)
    GTEST_SKIP() << "every file has a name here";
  close(probe);
  writeOk("old");
  pid_t child = fork();
  if (child == 0) {
    // Beyond this the kernel kills the writer.
    rlimit limit = {1000, 1000};
    (void)signal(SIGXFSZ, SIG_DFL);
    (void)setrlimit(RLIMIT_FSIZE, &limit);
    (void)writeFileAtomically(path, std::string(5000, 'x'), true, error);
    _exit(0);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), SIGXFSZ);
  EXPECT_EQ(entries(), 1u);
  EXPECT_EQ(contents(path), "old");
}

/// Root writes where modes forbid it, so the places are made by mounting.
class MountTest : public AtomicFileTest {
protected:
  void mountOrSkip(unsigned long flags, const char *options) {
    mounted = mount("none", directory.c_str(), "tmpfs", flags, options) == 0;
    if (!mounted)
      GTEST_SKIP() << "cannot mount here";
  }
  void TearDown() override {
    if (mounted)
      umount(directory.c_str());
    AtomicFileTest::TearDown();
  }
  bool mounted = false;
};

TEST_F(MountTest, ReadOnlyFileSystem) {
  mountOrSkip(0, "size=64k");
  writeOk("old");
  ASSERT_EQ(
      mount("none", directory.c_str(), "tmpfs", MS_REMOUNT | MS_RDONLY, ""), 0);
  EXPECT_FALSE(writeFileAtomically(path, "new", true, error));
  EXPECT_EQ(error, "cannot write '" + path + "': Read-only file system");
  EXPECT_EQ(contents(path), "old");
  EXPECT_EQ(entries(), 1u);
}

TEST_F(MountTest, FullFileSystem) {
  mountOrSkip(0, "size=64k");
  writeOk("old");
  EXPECT_FALSE(
      writeFileAtomically(path, std::string(100000, 'x'), true, error));
  EXPECT_EQ(error, "cannot write '" + path + "': No space left on device");
  EXPECT_EQ(contents(path), "old");
  EXPECT_EQ(entries(), 1u); // no half of a file left
}

} // namespace
} // namespace starton::test
