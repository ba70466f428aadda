// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Runtime/Host/Options.h"
#include <gtest/gtest.h>
#include <string>
#include <vector>

using namespace starton::host;
using starton::engine::Priority;

namespace {

/// The error, or "" and the options.
std::string parse(std::vector<std::string> words, Options &options) {
  words.insert(words.begin(), "initd");
  std::vector<char *> argv;
  argv.reserve(words.size());
  for (std::string &word : words)
    argv.push_back(word.data());
  char error[160] = {};
  bool good =
      parseOptions(static_cast<int>(argv.size()), argv.data(), options, error);
  EXPECT_EQ(good, error[0] == '\0');
  return error;
}

TEST(HostOptions, TakesValuesAfterABlankOrAnEqualSign) {
  Options options;
  std::vector<std::string> words = {"--user", "--table", "a.table",
                                    "--logdir=", "--dialect=chromeos"};
  std::vector<char *> argv = {};
  static char name[] = "initd";
  argv.push_back(name);
  for (std::string &word : words)
    argv.push_back(word.data());
  char error[160] = {};
  ASSERT_TRUE(
      parseOptions(static_cast<int>(argv.size()), argv.data(), options, error));
  EXPECT_TRUE(options.user);
  EXPECT_STREQ(options.table, "a.table");
  EXPECT_STREQ(options.logDirectory, "");
  EXPECT_STREQ(options.dialect, "chromeos");
  EXPECT_STREQ(options.startupEvent, "startup");
}

TEST(HostOptions, IgnoresWhatItDoesNotKnow) {
  Options options;
  EXPECT_EQ(parse({"ro", "quiet", "--splash", "-x", "root=/dev/sda1",
                   "--user=yes", "--no-sessions"},
                  options),
            "");
  EXPECT_FALSE(options.user);
  EXPECT_EQ(options.priority, Priority::Message);
}

TEST(HostOptions, TheLastPriorityWins) {
  Options options;
  EXPECT_EQ(parse({"-q", "--verbose"}, options), "");
  EXPECT_EQ(options.priority, Priority::Info);
  EXPECT_EQ(parse({"--debug", "--quiet"}, options), "");
  EXPECT_EQ(options.priority, Priority::Error);
  EXPECT_TRUE(options.debug);
}

TEST(HostOptions, KeepsTheThreeListsInOrder) {
  Options options;
  EXPECT_EQ(parse({"--append-confdir", "c", "--confdir", "b1", "--confdir=b2",
                   "--prepend-confdir", "a"},
                  options),
            "");
  EXPECT_EQ(options.prepended.count, 1U);
  EXPECT_EQ(options.directories.count, 2U);
  EXPECT_EQ(options.appended.count, 1U);
}

TEST(HostOptions, SaysWhatIsWrong) {
  Options options;
  EXPECT_EQ(parse({"--default-console", "tty1"}, options),
            "invalid console type specified: tty1");
  EXPECT_EQ(parse({"--user", "--table"}, options), "missing argument: --table");
  EXPECT_EQ(parse({"--startup-event="}, options),
            "the startup event needs a name");
  EXPECT_EQ(parse({"--dialect", "sysv"}, options), "unknown dialect: sysv");
  EXPECT_EQ(parse({"--check-sources=often"}, options),
            "invalid value for --check-sources: often");
  EXPECT_EQ(parse({"--state-fd", "7x"}, options),
            "invalid value for --state-fd: 7x");
  EXPECT_EQ(parse({"--state-fd=-1"}, options),
            "invalid value for --state-fd: -1");
  EXPECT_EQ(parse({"--state-fd=99999999999"}, options),
            "invalid value for --state-fd: 99999999999");
}

TEST(HostOptions, BoundsRepetition) {
  Options options;
  std::vector<std::string> words;
  for (unsigned i = 0; i <= PathList::Capacity; ++i)
    words.push_back("--confdir=d");
  EXPECT_EQ(parse(words, options), "more than 64 times --confdir");
}

} // namespace
