// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "HostFakeSys.h"
#include "starton/Runtime/Host/Accounts.h"
#include <cerrno>
#include <gtest/gtest.h>

using namespace starton;
using namespace starton::host;

namespace {

TEST(HostAccounts, SkipsLinesThatAreNoAccounts) {
  ChildSys sys;
  sys.files["/etc/passwd"] = "\n:x:1:1:\nweb\nweb:x:\nweb:x:nine:9:\n"
                             "web:x:99999999999:9:\nweb:x:-1:9:\n"
                             "+::::::\nweb:x:7:8";
  uid_t user = 0;
  gid_t group = 0;
  EXPECT_EQ(findUser(sys, textOf("web"), user, group), AccountFound);
  EXPECT_EQ(user, 7U);
  EXPECT_EQ(group, 8U);
  EXPECT_EQ(findUser(sys, textOf("we"), user, group), AccountUnknown);
  EXPECT_EQ(findUser(sys, textOf("webb"), user, group), AccountUnknown);
}

TEST(HostAccounts, NeverTakesMinusOneForAnId) {
  ChildSys sys;
  sys.files["/etc/passwd"] = "web:x:4294967295:1::/:\n";
  uid_t user = 0;
  gid_t group = 0;
  EXPECT_EQ(findUser(sys, textOf("web"), user, group), AccountUnknown);
}

TEST(HostAccounts, TellsAFileThatCannotBeRead) {
  ChildSys sys;
  sys.failures["open /etc/passwd"] = EACCES;
  uid_t user = 0;
  gid_t group = 0;
  EXPECT_EQ(findUser(sys, textOf("web"), user, group), -EACCES);
}

TEST(HostAccounts, FindsGroupsBehindAnEndlessLine) {
  ChildSys sys;
  std::string members;
  for (int i = 0; i < 40000; ++i)
    members += "user" + std::to_string(i) + ",";
  sys.files["/etc/group"] = "big:x:9:" + members + "web\nmedia:x:50:web\n";
  gid_t groups[8];
  ASSERT_EQ(groupsOf(sys, textOf("web"), 33, groups, 8), 2);
  EXPECT_EQ(groups[0], 33U);
  EXPECT_EQ(groups[1], 50U);
  gid_t group = 0;
  EXPECT_EQ(findGroup(sys, textOf("media"), group), AccountFound);
  EXPECT_EQ(group, 50U);
}

TEST(HostAccounts, HasTheBaseGroupWithoutAFile) {
  ChildSys sys;
  sys.failures["open /etc/group"] = ENOENT;
  gid_t groups[2];
  EXPECT_EQ(groupsOf(sys, textOf("web"), 33, groups, 2), 1);
}

TEST(HostAccounts, KeepsToTheCapacity) {
  ChildSys sys;
  sys.files["/etc/group"] = "a:x:1:web\nb:x:2:web\nc:x:3:web\n";
  gid_t groups[3] = {0, 0, 77};
  EXPECT_EQ(groupsOf(sys, textOf("web"), 33, groups, 2), 2);
  EXPECT_EQ(groups[2], 77U);
}

} // namespace
