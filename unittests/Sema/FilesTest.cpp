// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "TemporaryDirectory.h"
#include "starton/Sema/JobSet.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace starton;
using namespace starton::sema;

namespace {

std::string errorOf(const std::string &path) {
  std::string error;
  EXPECT_EQ(readSource(path, error), nullptr);
  return error;
}

} // namespace

TEST(Files, keepsEveryByte) {
  TemporaryDirectory dir;
  std::string bytes;
  for (int i = 0; i != 100000; ++i)
    bytes += static_cast<char>(i * 7);
  dir.file("x.conf", bytes);
  dir.file("empty.conf");
  std::string error;
  auto source = readSource(dir.at("x.conf"), error);
  ASSERT_TRUE(source) << error;
  EXPECT_EQ(source->text(), bytes);
  EXPECT_EQ(source->path(), dir.at("x.conf"));
  source = readSource(dir.at("empty.conf"), error);
  ASSERT_TRUE(source) << error;
  EXPECT_EQ(source->text(), "");
}

TEST(Files, readsFilesThatHideTheirSize) {
  std::string error;
  auto source = readSource("/proc/self/status", error);
  ASSERT_TRUE(source) << error;
  EXPECT_TRUE(source->text().starts_with("Name:"));
  EXPECT_TRUE(source->text().ends_with("\n"));
}

TEST(Files, saysWhyNot) {
  TemporaryDirectory dir;
  EXPECT_EQ(errorOf(dir.at("none.conf")), "No such file or directory");
  EXPECT_EQ(errorOf(dir.root()), "Is a directory");
  ASSERT_EQ(::mkfifo(dir.at("fifo.conf").c_str(), 0600), 0);
  EXPECT_EQ(errorOf(dir.at("fifo.conf")), "not a regular file");
  EXPECT_EQ(errorOf("/dev/null"), "not a regular file");
  // A sparse file: only its size is large.
  dir.file("large.conf");
  ASSERT_EQ(::truncate(dir.at("large.conf").c_str(), off_t(1) << 32), 0);
  EXPECT_EQ(errorOf(dir.at("large.conf")), "larger than 4 GiB - 1");
  if (::geteuid() != 0) {
    dir.file("secret.conf");
    ASSERT_EQ(::chmod(dir.at("secret.conf").c_str(), 0), 0);
    EXPECT_EQ(errorOf(dir.at("secret.conf")), "Permission denied");
  }
}
