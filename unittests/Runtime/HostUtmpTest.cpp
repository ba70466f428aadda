// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "HostFakeSys.h"
#include "starton/Runtime/Host/Utmp.h"
#include <cstring>
#include <gtest/gtest.h>
#include <utmpx.h>

using namespace starton::host;

namespace {

constexpr char UtmpPath[] = "/var/run/utmp";
constexpr char WtmpPath[] = "/var/log/wtmp";

std::string record(short type, pid_t pid) {
  utmpx entry = {};
  entry.ut_type = type;
  entry.ut_pid = pid;
  std::strcpy(entry.ut_line, "tty1");
  std::strcpy(entry.ut_user, "somebody");
  return {reinterpret_cast<const char *>(&entry), sizeof entry};
}

/// Ten records of others first, so that the one looked for is in the second
/// portion that is read.
std::string file(short type, pid_t pid) {
  std::string text;
  for (pid_t other = 1; other <= 10; ++other)
    text += record(USER_PROCESS, other);
  return text + record(type, pid) + record(USER_PROCESS, pid);
}

TEST(HostUtmp, MarksTheRecordDeadAndAppendsIt) {
  ChildSys sys;
  sys.files[UtmpPath] = file(LOGIN_PROCESS, 500);
  noteDeath(sys, 500);
  EXPECT_TRUE(sys.did("pwrite " + std::to_string(10 * sizeof(utmpx))));
  EXPECT_TRUE(sys.did(std::string("open ") + WtmpPath));
  ASSERT_EQ(sys.written.size(), 2U);
  for (const auto &[descriptor, bytes] : sys.written) {
    utmpx entry = {};
    ASSERT_EQ(bytes.size(), sizeof entry);
    std::memcpy(&entry, bytes.data(), sizeof entry);
    EXPECT_EQ(entry.ut_type, DEAD_PROCESS);
    EXPECT_EQ(entry.ut_pid, 500);
    EXPECT_STREQ(entry.ut_line, "tty1");
    EXPECT_STREQ(entry.ut_user, "");
    EXPECT_EQ(entry.ut_tv.tv_sec, 7);
    EXPECT_EQ(entry.ut_tv.tv_usec, 8);
  }
}

TEST(HostUtmp, LeavesOthersAlone) {
  for (const std::string &text :
       {std::string(), file(DEAD_PROCESS, 400), record(BOOT_TIME, 500),
        std::string("short")}) {
    ChildSys sys;
    sys.files[UtmpPath] = text;
    noteDeath(sys, 500);
    EXPECT_TRUE(sys.written.empty());
  }
}

TEST(HostUtmp, DoesWhatCanBeDone) {
  ChildSys sys;
  sys.files[UtmpPath] = file(USER_PROCESS, 500);
  sys.failures[std::string("open ") + WtmpPath] = EACCES;
  noteDeath(sys, 500);
  EXPECT_EQ(sys.written.size(), 1U);
  ChildSys none;
  none.failures[std::string("open ") + UtmpPath] = ENOENT;
  noteDeath(none, 500);
  EXPECT_TRUE(none.written.empty());
}

} // namespace
