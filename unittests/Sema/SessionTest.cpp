// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Sema/JobSet.h"
#include "gtest/gtest.h"
#include <map>

using namespace starton::sema;

namespace {

std::map<std::string, std::string> environment;

const char *lookup(const char *name) {
  auto found = environment.find(name);
  return found == environment.end() ? nullptr : found->second.c_str();
}

std::vector<std::string>
directoriesWith(std::map<std::string, std::string> variables) {
  environment = std::move(variables);
  return userSessionDirectories(lookup);
}

using Paths = std::vector<std::string>;

} // namespace

TEST(Session, hasDefaults) {
  EXPECT_EQ(directoriesWith({{"HOME", "/home/u"}}),
            (Paths{"/home/u/.config/upstart", "/home/u/.init",
                   "/etc/xdg/upstart", "/usr/share/upstart/sessions"}));
  EXPECT_EQ(directoriesWith({{"HOME", "/home/u"},
                             {"XDG_CONFIG_HOME", ""},
                             {"XDG_CONFIG_DIRS", ""}}),
            (Paths{"/home/u/.config/upstart", "/home/u/.init",
                   "/etc/xdg/upstart", "/usr/share/upstart/sessions"}));
}

TEST(Session, followsTheEnvironment) {
  EXPECT_EQ(directoriesWith({{"HOME", "/home/u"},
                             {"XDG_CONFIG_HOME", "/cfg"},
                             {"XDG_CONFIG_DIRS", "/a:relative::/b"}}),
            (Paths{"/cfg/upstart", "/home/u/.init", "/a/upstart", "/b/upstart",
                   "/usr/share/upstart/sessions"}));
}

TEST(Session, canLeaveTheSystemOut) {
  EXPECT_EQ(directoriesWith({{"UPSTART_NO_SYSTEM_USERCONFDIR", ""}}),
            (Paths{"/etc/xdg/upstart"}));
  EXPECT_EQ(directoriesWith({{"XDG_CONFIG_HOME", "/cfg"},
                             {"UPSTART_NO_SYSTEM_USERCONFDIR", "1"}}),
            (Paths{"/cfg/upstart", "/etc/xdg/upstart"}));
}
