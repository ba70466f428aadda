// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Fix/Edits.h"
#include "gtest/gtest.h"
#include <random>
#include <sstream>

using namespace starton;

namespace {

std::string diff(llvm::StringRef before, llvm::StringRef after,
                 llvm::StringRef path = "x") {
  std::string text;
  llvm::raw_string_ostream os(text);
  fix::printUnifiedDiff(path, before, after, os);
  return text;
}

/// Applies a patch as patch(1) would, and holds the numbers and the context of
/// each hunk against the text.
std::string patched(const std::string &before, const std::string &patch) {
  std::istringstream lines(patch);
  std::string line, result;
  std::getline(lines, line);
  std::getline(lines, line);
  size_t at = 0; // in before
  unsigned row = 1;
  auto take = [&](const std::string &wanted) {
    EXPECT_EQ(before.compare(at, wanted.size(), wanted), 0) << wanted;
    at += wanted.size();
    ++row;
  };
  unsigned start = 0, count = 0, left = 0;
  bool had = static_cast<bool>(std::getline(lines, line));
  while (had) {
    if (line.starts_with("@@")) {
      EXPECT_EQ(left, 0U);
      count = 1;
      sscanf(line.c_str(), "@@ -%u,%u", &start, &count);
      left = count;
      for (unsigned to = start + (count == 0 ? 1 : 0); row < to; ++row) {
        size_t end = before.find('\n', at) + 1;
        result += before.substr(at, end - at);
        at = end;
      }
      had = static_cast<bool>(std::getline(lines, line));
      continue;
    }
    std::string next;
    had = static_cast<bool>(std::getline(lines, next));
    std::string text = line.substr(1) + "\n";
    if (had && next.starts_with("\\")) {
      text.pop_back();
      had = static_cast<bool>(std::getline(lines, next));
    }
    if (line[0] != '+') {
      take(text);
      --left;
    }
    if (line[0] != '-')
      result += text;
    line = next;
  }
  EXPECT_EQ(left, 0U);
  return result + before.substr(at);
}

TEST(UnifiedDiff, ofEqualTextsIsEmpty) {
  EXPECT_EQ(diff("", ""), "");
  EXPECT_EQ(diff("a\nb", "a\nb"), "");
}

TEST(UnifiedDiff, namesLinesAsDiffDoes) {
  EXPECT_EQ(diff("a\nb\nc\n", "a\nB\nc\n"),
            "--- x\n+++ x\n@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n");
  EXPECT_EQ(diff("", "a\n"), "--- x\n+++ x\n@@ -0,0 +1 @@\n+a\n");
  EXPECT_EQ(diff("a", "a\n"), "--- x\n+++ x\n@@ -1 +1 @@\n-a\n\\ No newline at "
                              "end of file\n+a\n");
  EXPECT_EQ(diff("a\n", "b\n", "two\nlines\xE9"),
            "--- \"two\\012lines\\351\"\n+++ \"two\\012lines\\351\"\n"
            "@@ -1 +1 @@\n-a\n+b\n");
}

TEST(UnifiedDiff, ofChangesFarApartHasTwoHunks) {
  std::string before, after;
  for (int i = 0; i != 20; ++i) {
    before += std::to_string(i) + "\n";
    after += (i == 2 || i == 15 ? "x" : "") + std::to_string(i) + "\n";
  }
  std::string patch = diff(before, after);
  EXPECT_NE(patch.find("@@ -1,6 +1,6 @@"), std::string::npos) << patch;
  EXPECT_NE(patch.find("@@ -13,7 +13,7 @@"), std::string::npos) << patch;
  EXPECT_EQ(patched(before, patch), after);
}

TEST(UnifiedDiff, leadsFromAnyTextToAnyOther) {
  std::mt19937 random(1);
  for (int round = 0; round != 2000; ++round) {
    std::string before, after;
    auto line = [&] { return std::string(1, "abcd"[random() % 4]) + "\n"; };
    for (unsigned i = 0, n = random() % 30; i != n; ++i) {
      std::string next = line();
      unsigned what = random() % 8;
      before += what == 0 ? "" : next;
      after += what == 1 ? "" : what == 2 ? line() : next;
    }
    if (random() % 3 == 0 && !before.empty())
      before.pop_back();
    if (random() % 3 == 0 && !after.empty())
      after.pop_back();
    std::string patch = diff(before, after);
    if (before == after)
      continue;
    ASSERT_EQ(patched(before, patch), after) << patch;
  }
}

TEST(UnifiedDiff, ofTextsWithoutACommonLineIsOneChange) {
  std::string before, after;
  for (int i = 0; i != 3000; ++i) {
    before += "a" + std::to_string(i) + "\n";
    after += "b" + std::to_string(i) + "\n";
  }
  std::string patch = diff(before, after);
  EXPECT_EQ(patched(before, patch), after);
}

} // namespace
