// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Job output to files, over the real system with single calls made to fail.

#include "starton/Runtime/Host/JobLogs.h"
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <sstream>
#include <sys/ioctl.h>
#include <unistd.h>

using namespace starton;
using namespace starton::host;
namespace fs = std::filesystem;

namespace {

/// The real system with failures on demand.
class FailingSys : public Sys {
public:
  bool noTerminal = false;
  int openError = 0;  ///< of log files
  int writeError = 0; ///< of log files
  size_t writeAtMost = ~size_t(0);
  unsigned warnings = 0;
  std::string said;

  int open(const char *path, int flags, mode_t mode) override {
    bool terminal = std::string(path) == "/dev/ptmx";
    if (terminal && noTerminal)
      return -ENOSPC;
    if (!terminal && openError)
      return -openError;
    return Sys::open(path, flags, mode);
  }
  ssize_t write(int descriptor, const void *buffer, size_t size) override {
    if (descriptor <= 2) {
      ++warnings;
      said.append(static_cast<const char *>(buffer), size);
      return static_cast<ssize_t>(size);
    }
    if (writeError)
      return -writeError;
    return Sys::write(descriptor, buffer, std::min(size, writeAtMost));
  }
  int statDescriptor(int descriptor, struct stat &status) override {
    if (descriptor <= 2)
      return -EBADF; // messages are not looked at here
    return Sys::statDescriptor(descriptor, status);
  }
};

class HostJobLogs : public testing::Test {
protected:
  HostJobLogs() : loop(sys), messages(sys), logs(sys, loop, messages) {}
  void SetUp() override {
    char name[] = "/tmp/joblogs.XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    directory = name;
    int error = 0;
    ASSERT_TRUE(loop.open(error));
    logs.setDirectory(directory.c_str());
  }
  void TearDown() override { fs::remove_all(directory); }

  int openError = 0;
  JobLog *open(const char *job, const char *instance = "") {
    return logs.open(textOf(job), textOf(instance), openError);
  }
  /// A descriptor as the process would have it.
  int peerOf(JobLog &log) {
    if (!log.terminal)
      return dup(log.peer);
    return ioctl(log.watch.descriptor, TIOCGPTPEER, O_RDWR | O_NOCTTY);
  }
  void print(int peer, const std::string &text) {
    ASSERT_EQ(::write(peer, text.data(), text.size()),
              static_cast<ssize_t>(text.size()));
    // A terminal hands its data over a little later, and not always at once.
    for (int round = 0; !text.empty() && round < 3; ++round) {
      loop.runOnce(round == 0);
      usleep(300);
    }
  }
  std::string content(const std::string &name) {
    std::ifstream file(directory + "/" + name);
    std::ostringstream all;
    all << file.rdbuf();
    return all.str();
  }

  FailingSys sys;
  Loop loop;
  Messages messages;
  JobLogs logs;
  std::string directory;
};

TEST_F(HostJobLogs, MakesNoFileWithoutOutput) {
  JobLog *log = open("quiet");
  ASSERT_NE(log, nullptr);
  EXPECT_TRUE(log->terminal);
  loop.runOnce(false); // a terminal nobody has opened yet is no end of output
  int peer = peerOf(*log);
  ASSERT_GE(peer, 0);
  print(peer, "");
  close(peer);
  logs.finish(log);
  EXPECT_TRUE(fs::is_empty(directory));
}

TEST_F(HostJobLogs, NamesFilesAfterJobAndInstance) {
  JobLog *log = open("net/eth", "a/b");
  int peer = peerOf(*log);
  print(peer, "hello\n");
  EXPECT_EQ(content("net_eth-a_b.log"), "hello\r\n");
  struct stat status;
  ASSERT_EQ(stat((directory + "/net_eth-a_b.log").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0137, 0U) << "no wider than 0640";
  close(peer);
  logs.finish(log);
}

TEST_F(HostJobLogs, TakesTheLastOutputAtTheEnd) {
  JobLog *log = open("foo");
  int peer = peerOf(*log);
  std::string line(1000, 'x');
  ASSERT_EQ(::write(peer, line.data(), line.size()), 1000);
  close(peer);
  logs.finish(log);
  EXPECT_EQ(content("foo.log"), line);
}

TEST_F(HostJobLogs, MakesARemovedFileAgainAndFollowsARenamedOne) {
  JobLog *log = open("foo");
  int peer = peerOf(*log);
  print(peer, "one");
  fs::remove(directory + "/foo.log");
  print(peer, "two");
  EXPECT_EQ(content("foo.log"), "two");
  fs::rename(directory + "/foo.log", directory + "/foo.log.1");
  print(peer, "three");
  EXPECT_EQ(content("foo.log.1"), "twothree");
  EXPECT_FALSE(fs::exists(directory + "/foo.log"));
  close(peer);
  logs.finish(log);
}

TEST_F(HostJobLogs, DoesNotFollowASymbolicLink) {
  fs::create_symlink(directory + "/elsewhere", directory + "/foo.log");
  JobLog *log = open("foo");
  int peer = peerOf(*log);
  print(peer, "secret");
  close(peer);
  logs.finish(log);
  EXPECT_FALSE(fs::exists(directory + "/elsewhere"));
}

TEST_F(HostJobLogs, GoesOnThroughAPipeWithoutTerminals) {
  sys.noTerminal = true;
  JobLog *log = open("foo");
  ASSERT_NE(log, nullptr);
  EXPECT_FALSE(log->terminal);
  int peer = peerOf(*log);
  logs.forked(*log);
  print(peer, "plain\n");
  EXPECT_EQ(content("foo.log"), "plain\n");
  close(peer);
  logs.finish(log);
}

TEST_F(HostJobLogs, LeavesTheLastDescriptorsToOthers) {
  int lowest = dup(0); // the first free one
  close(lowest);
  logs.setDescriptorLimit(lowest + 2);
  JobLog *first = open("first");
  ASSERT_NE(first, nullptr);
  JobLog *second = open("second");
  ASSERT_NE(second, nullptr);
  EXPECT_EQ(open("third"), nullptr);
  EXPECT_EQ(openError, EMFILE);
  logs.finish(first);
  JobLog *again = open("third");
  EXPECT_NE(again, nullptr);
  logs.finish(second);
  logs.finish(again);
}

TEST_F(HostJobLogs, KeepsOutputForAFileThatComesLater) {
  fs::remove_all(directory);
  JobLog *log = open("foo");
  int peer = peerOf(*log);
  print(peer, "early ");
  fs::create_directory(directory);
  print(peer, "late");
  EXPECT_EQ(content("foo.log"), "early late");
  close(peer);
  logs.finish(log);
}

TEST_F(HostJobLogs, BoundsWhatItKeeps) {
  sys.openError = EACCES;
  JobLog *log = open("foo");
  int peer = peerOf(*log);
  std::string block(2000, 'a');
  for (int i = 0; i < 200; ++i)
    print(peer, block);
  EXPECT_EQ(log->heldSize, JobLogs::MaxHeld);
  sys.openError = 0;
  print(peer, "end");
  EXPECT_EQ(content("foo.log"), std::string(JobLogs::MaxHeld, 'a') + "end");
  close(peer);
  logs.finish(log);
}

TEST_F(HostJobLogs, KeepsEarlyLogsUntilTheDiskCanBeWritten) {
  for (int error : {EROFS, EPERM, EACCES}) {
    sys.openError = error;
    JobLog *log = open(std::to_string(error).c_str());
    int peer = peerOf(*log);
    print(peer, "boot");
    close(peer);
    logs.finish(log);
  }
  EXPECT_EQ(logs.writeEarly(), EACCES);
  sys.openError = 0;
  EXPECT_EQ(logs.writeEarly(), 0);
  for (int error : {EROFS, EPERM, EACCES})
    EXPECT_EQ(content(std::to_string(error) + ".log"), "boot");
  // Over for good: from now on such output is lost.
  sys.openError = EROFS;
  JobLog *log = open("late");
  int peer = peerOf(*log);
  print(peer, "lost");
  close(peer);
  logs.finish(log);
  sys.openError = 0;
  EXPECT_EQ(logs.writeEarly(), 0);
  EXPECT_FALSE(fs::exists(directory + "/late.log"));
}

TEST_F(HostJobLogs, LosesOutputOfAMissingDirectory) {
  sys.openError = ENOENT;
  JobLog *log = open("foo");
  int peer = peerOf(*log);
  print(peer, "nobody reads this");
  close(peer);
  logs.finish(log);
  sys.openError = 0;
  EXPECT_EQ(logs.writeEarly(), 0);
  EXPECT_TRUE(fs::is_empty(directory));
}

TEST_F(HostJobLogs, SaysOnceWhyALogCannotBeOpened) {
  sys.openError = ENOENT; // the directory, which all logs miss
  for (const char *name : {"foo", "bar"}) {
    JobLog *log = open(name);
    int peer = peerOf(*log);
    print(peer, "lost");
    print(peer, "lost");
    close(peer);
    logs.finish(log);
  }
  EXPECT_EQ(sys.said, "init: No directory for the output of jobs: " +
                          directory + ": No such file or directory\n");
  sys.said.clear();
  sys.openError = EROFS; // waits for a disk to write to: not lost
  JobLog *log = open("foo");
  int peer = peerOf(*log);
  print(peer, "kept");
  EXPECT_EQ(sys.said, "");
  sys.openError = ELOOP;
  print(peer, "lost");
  print(peer, "lost");
  EXPECT_EQ(sys.said, "init: Failed to open log file " + directory +
                          "/foo.log: Too many levels of symbolic links\n");
  close(peer);
  logs.finish(log);
}

TEST_F(HostJobLogs, DropsWhatAFullDiskDoesNotTakeAndResumes) {
  JobLog *log = open("foo");
  int peer = peerOf(*log);
  print(peer, "a");
  sys.writeError = ENOSPC;
  print(peer, "b");
  EXPECT_EQ(log->heldSize, 0U);
  EXPECT_EQ(sys.warnings, 1U);
  sys.writeError = 0;
  print(peer, "c");
  EXPECT_EQ(content("foo.log"), "ac");
  close(peer);
  logs.finish(log);
}

TEST_F(HostJobLogs, WritesTheRestOfAShortWriteAndWarnsOfAFailedOne) {
  JobLog *log = open("foo");
  int peer = peerOf(*log);
  sys.writeAtMost = 3;
  print(peer, "0123456789");
  EXPECT_EQ(content("foo.log"), "0123456789");
  sys.writeError = EIO;
  print(peer, "abc");
  EXPECT_EQ(sys.warnings, 1U);
  sys.writeError = 0;
  print(peer, "def");
  EXPECT_EQ(content("foo.log"), "0123456789abcdef");
  close(peer);
  logs.finish(log);
}

TEST_F(HostJobLogs, IsNotHeldUpByALeftOverProcess) {
  JobLog *log = open("foo");
  int peer = peerOf(*log);
  print(peer, "main\n");
  logs.finish(log); // the peer is still open
  EXPECT_EQ(content("foo.log"), "main\r\n");
  close(peer);
}

} // namespace
