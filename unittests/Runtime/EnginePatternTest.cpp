// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The engine's own matcher against fnmatch(3) of the C library.

#include "Pattern.h"
#include "gtest/gtest.h"
#include <chrono>
#include <fnmatch.h>
#include <random>
#include <string>

using namespace starton;

namespace {

bool ours(const std::string &pattern, const std::string &text) {
  return engine::matchPattern({pattern.data(), pattern.size()},
                              {text.data(), text.size()});
}

TEST(EnginePattern, AgreesWithTheLibrary) {
  const char *const elements[] = {"*",
                                  "?",
                                  "a",
                                  "b",
                                  "/",
                                  ".",
                                  "-",
                                  "]",
                                  "\\*",
                                  "\\\\",
                                  "\\a",
                                  "[ab]",
                                  "[!ab]",
                                  "[^a]",
                                  "[a-c]",
                                  "[]a]",
                                  "[!]a]",
                                  "[a-]",
                                  "[-a]",
                                  "[[:alpha:]]",
                                  "[![:digit:]]",
                                  "[[:punct:]x]",
                                  "[[=a=]]",
                                  "[[.-.]]",
                                  "[\\]]",
                                  "[",
                                  "\\"};
  const char letters[] = "ab/.-]c1*\\";
  std::mt19937 random(7);
  auto pick = [&](size_t below) { return random() % below; };
  unsigned matched = 0;
  for (int round = 0; round < 300000; ++round) {
    std::string pattern;
    for (size_t n = pick(6); n > 0; --n)
      pattern += elements[pick(std::size(elements))];
    std::string text;
    for (size_t n = pick(6); n > 0; --n)
      text += letters[pick(sizeof letters - 1)];
    bool expected = fnmatch(pattern.c_str(), text.c_str(), 0) == 0;
    matched += expected;
    ASSERT_EQ(ours(pattern, text), expected) << pattern << " on " << text;
  }
  EXPECT_GT(matched, 5000U);
}

TEST(EnginePattern, IsNotExponential) {
  std::string pattern;
  for (int i = 0; i < 500; ++i)
    pattern += "*a";
  pattern += "*b";
  auto begin = std::chrono::steady_clock::now();
  EXPECT_FALSE(ours(pattern, std::string(20000, 'a')));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
}

} // namespace
