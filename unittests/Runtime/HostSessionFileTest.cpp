// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Runtime/Host/SessionFile.h"
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <unistd.h>

using namespace starton::host;
namespace fs = std::filesystem;

namespace {

class FullDisk : public Sys {
public:
  ssize_t write(int, const void *, size_t size) override {
    return static_cast<ssize_t>(size / 2);
  }
};

class HostSessionFile : public testing::Test {
protected:
  void SetUp() override {
    char name[] = "/tmp/session.XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    directory = name;
  }
  void TearDown() override { fs::remove_all(directory); }

  std::string directory;
};

TEST_F(HostSessionFile, HoldsTheAddressUntilItIsRemoved) {
  SessionFile file(realSystem());
  ASSERT_EQ(file.create(directory.c_str(), "unix:abstract=/x/1/2"), 0);
  fs::path sessions = fs::path(directory) / "upstart" / "sessions";
  fs::path path = sessions / (std::to_string(getpid()) + ".session");
  std::ifstream stream(path);
  std::string text{std::istreambuf_iterator<char>(stream), {}};
  EXPECT_EQ(text, "UPSTART_SESSION=unix:abstract=/x/1/2\n");
  EXPECT_EQ(fs::status(sessions).permissions(), fs::perms::owner_all);
  EXPECT_EQ(std::distance(fs::directory_iterator(sessions), {}), 1);
  file.remove();
  EXPECT_TRUE(fs::is_empty(sessions));
}

TEST_F(HostSessionFile, IsNotMadeWithoutARuntimeDirectory) {
  SessionFile file(realSystem());
  EXPECT_EQ(file.create(nullptr, "a"), 0);
  EXPECT_EQ(file.create("relative", "a"), 0);
  EXPECT_FALSE(fs::exists("relative"));
}

TEST_F(HostSessionFile, LeavesNothingHalfWritten) {
  FullDisk sys;
  SessionFile file(sys);
  EXPECT_EQ(file.create(directory.c_str(), "unix:abstract=/x/1/2"), ENOSPC);
  fs::path sessions = fs::path(directory) / "upstart" / "sessions";
  EXPECT_TRUE(fs::is_empty(sessions));
  EXPECT_EQ(file.triedPath(),
            (sessions / (std::to_string(getpid()) + ".session")).string());
}

TEST_F(HostSessionFile, TellsADirectoryThatCannotBeMade) {
  std::ofstream(directory + "/upstart") << "in the way";
  SessionFile file(realSystem());
  EXPECT_EQ(file.create(directory.c_str(), "a"), ENOTDIR);
  EXPECT_EQ(file.triedPath(), directory + "/upstart/sessions");
}

TEST_F(HostSessionFile, RefusesAPathThatIsTooLong) {
  SessionFile file(realSystem());
  std::string longPath = "/" + std::string(4080, 'x');
  EXPECT_EQ(file.create(longPath.c_str(), "a"), ENAMETOOLONG);
}

} // namespace
