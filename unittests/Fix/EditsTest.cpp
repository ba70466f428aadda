// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Fix/Edits.h"
#include "gtest/gtest.h"

using namespace starton;

namespace {

Edit edit(uint32_t begin, uint32_t end, const char *text) {
  return {{begin, end}, text};
}

TEST(Edits, changeNothingBesideThem) {
  std::string text("a\r\n\0\xE9\tb", 7);
  fix::Edits edits(text);
  Edit first = edit(0, 1, "AA"), last = edit(7, 7, "\n"), gone = edit(4, 5, "");
  EXPECT_TRUE(edits.add(last));
  EXPECT_TRUE(edits.add(first));
  EXPECT_TRUE(edits.add(gone));
  EXPECT_EQ(edits.apply(), std::string("AA\r\n\0\tb\n", 8));
}

TEST(Edits, refuseWhatOverlaps) {
  fix::Edits edits("0123456789");
  Edit middle = edit(3, 6, "x");
  ASSERT_TRUE(edits.add(middle));
  for (const Edit &other : {edit(3, 6, "x"), edit(3, 3, "y"), edit(2, 4, ""),
                            edit(5, 7, ""), edit(4, 5, ""), edit(4, 4, "y"),
                            edit(0, 10, ""), edit(9, 11, ""), edit(8, 7, "")})
    EXPECT_FALSE(edits.add(other)) << other.range.begin << other.range.end;
  Edit before = edit(1, 3, ""), after = edit(6, 6, "y");
  EXPECT_TRUE(edits.add(before));
  EXPECT_TRUE(edits.add(after));
  EXPECT_EQ(edits.apply(), "0xy6789");
  edits.remove(middle);
  EXPECT_EQ(edits.apply(), "0345y6789");
}

TEST(Edits, ofNothingIsTheText) {
  EXPECT_TRUE(fix::Edits("").empty());
  EXPECT_EQ(fix::Edits("text").apply(), "text");
}

} // namespace
