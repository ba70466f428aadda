// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Check/Root.h"
#include "Sema/TemporaryDirectory.h"

using namespace starton;
using namespace starton::check;

namespace {

TEST(Root, TellsWhatAPathIs) {
  TemporaryDirectory directory;
  directory.file("etc/passwd", "root:x:0:0::/root:/bin/sh\n");
  directory.file("bin/true", "#!/bin/sh\n");
  ASSERT_FALSE(llvm::sys::fs::setPermissions(directory.at("bin/true"),
                                             llvm::sys::fs::perms::all_all));
  directory.link("/bin", "sbin");
  directory.link("/nowhere", "broken");
  for (const std::string &name : {directory.root(), directory.root() + "/"}) {
    Root root(name);
    EXPECT_TRUE(root.isGiven());
    EXPECT_EQ(root.kindOf("/etc/passwd"), PathKind::File);
    EXPECT_EQ(root.kindOf("/bin/true"), PathKind::Executable);
    EXPECT_EQ(root.kindOf("/bin"), PathKind::Directory);
    EXPECT_EQ(root.kindOf("/bin/false"), PathKind::Missing);
    EXPECT_EQ(root.kindOf("/bin/true/x"), PathKind::Missing);
    EXPECT_EQ(root.kindOf("/broken"), PathKind::Missing);
    EXPECT_EQ(root.kindOf("/../../../../../../../etc/hostname"),
              PathKind::Missing);
    // Links are those of the system below.
    EXPECT_EQ(root.kindOf("/sbin/true"), PathKind::Executable);
  }
}

TEST(Root, ReadsAndLists) {
  TemporaryDirectory directory;
  directory.file("d/b", "12345");
  directory.file("d/a", "");
  Root root(directory.root());
  EXPECT_EQ(root.list("/d"), (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(root.list("/e").empty());
  EXPECT_EQ(root.read("/d/b").value_or("none"), "12345");
  EXPECT_EQ(root.read("/d/a").value_or("none"), "");
  EXPECT_FALSE(root.read("/d/b", 4));
  EXPECT_FALSE(root.read("/d"));
  EXPECT_FALSE(root.read("/d/c"));
}

TEST(Root, WithoutOneNothingIsKnown) {
  Root root("");
  EXPECT_FALSE(root.isGiven());
  EXPECT_EQ(root.kindOf("/"), PathKind::Unknown);
  EXPECT_FALSE(root.read("/etc/passwd"));
  EXPECT_TRUE(root.list("/").empty());
}

} // namespace
