// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// lib/Basic: values as Upstart reads them, the stanza table, positions and
// printable text.

#include "TestData.h"
#include "starton/Basic/Values.h"
#include "llvm/Support/raw_ostream.h"
#include "gtest/gtest.h"

using namespace starton;

namespace {

const ArgumentInfo &argument(const char *stanza, unsigned form,
                             unsigned index) {
  return argumentAt(findStanza(stanza)->forms[form], index);
}

struct ValueCase {
  const char *stanza;
  unsigned form, index;
  const char *text;
  bool isGood;
  int64_t value; ///< as stored, also when it is bad
};

TEST(Values, AsUpstartStoresThem) {
  const ValueCase cases[] = {
      {"nice", 0, 0, "-20", true, -20},
      {"nice", 0, 0, "20", false, 20},
      {"nice", 0, 0, "4294967301", true, 5},
      {"nice", 0, 0, " 5", true, 5},
      {"nice", 0, 0, "5 ", false, 5},
      {"nice", 0, 0, "+007", true, 7},
      {"nice", 0, 0, "0x5", false, 0},
      {"nice", 0, 0, "", true, 0},
      {"nice", 0, 0, "-", false, 0},
      {"nice", 0, 0, "99999999999999999999", false, -1},
      {"umask", 0, 0, "0027", true, 027},
      {"umask", 0, 0, "7777", false, 07777},
      {"umask", 0, 0, "40000000022", true, 022},
      {"umask", 0, 0, "-1", false, 0xFFFFFFFF},
      {"umask", 0, 0, "028", false, 02},
      {"kill", 1, 0, "-4", false, -4},
      {"kill", 1, 0, "5s", false, 5},
      {"kill", 1, 0, "4294967296", true, 4294967296},
      {"kill", 0, 0, "SIGTERM", true, 15},
      {"kill", 0, 0, "TERM", true, 15},
      {"kill", 0, 0, "term", false, 0},
      {"kill", 0, 0, "SIGSIGTERM", false, 0},
      {"kill", 0, 0, "0", true, 0},
      {"kill", 0, 0, "2147483647", true, 2147483647},
      {"kill", 0, 0, "2147483648", false, INT32_MIN},
      {"kill", 0, 0, "-1", false, -1},
      {"normal", 0, 0, "TERM", true, 15 << 8},
      {"normal", 0, 0, "255", true, 255},
      {"normal", 0, 0, "x", false, 0},
      {"oom", 0, 0, "-17", true, -1000},
      {"oom", 0, 0, "-16", true, -941},
      {"oom", 0, 0, "7", true, 466},
      {"oom", 0, 0, "99", false, 6600},
      {"oom", 0, 0, "never", true, -1000},
      {"oom", 1, 0, "never", true, -1000},
      {"oom", 1, 0, "-1000", true, -1000},
      {"oom", 1, 0, "1001", false, 1001},
      {"limit", 0, 1, "unlimited", true, -1},
      {"limit", 0, 1, "-1", true, -1},
      {"limit", 0, 1, "18446744073709551615", true, -1},
      {"limit", 0, 1, "18446744073709551616", false, -1},
      {"limit", 0, 1, "1K", false, 1},
      {"respawn", 1, 0, "unlimited", true, 0},
      {"respawn", 1, 0, "2147483648", false, INT32_MIN},
      {"respawn", 1, 0, "4294967299", true, 3},
      {"respawn", 1, 1, "unlimited", false, 0},
  };
  for (const ValueCase &test : cases) {
    int64_t value = 0;
    EXPECT_EQ(evaluateArgument(argument(test.stanza, test.form, test.index),
                               test.text, value),
              test.isGood)
        << test.stanza << ' ' << test.text;
    EXPECT_EQ(value, test.value) << test.stanza << ' ' << test.text;
  }
}

TEST(Stanzas, TableHoldsTogether) {
  EXPECT_EQ(allStanzas().size(), 37U); // 35 of Upstart, 2 of the fork
  for (const StanzaInfo &info : allStanzas()) {
    EXPECT_EQ(findStanza(info.spelling), &info);
    EXPECT_EQ(&stanzaInfo(info.kind), &info);
    for (const StanzaForm &form : formsOf(info))
      EXPECT_LE(form.minArguments, form.maxArguments) << info.spelling;
  }
  EXPECT_EQ(findStanza("Exec"), nullptr);
}

TEST(Stanzas, Suggestions) {
  const std::pair<const char *, const char *> misspelt[] = {
      {"evn", "env"},
      {"scirpt", "script"},
      {"pre-strat", "pre-start"},
      {"respwan", "respawn"},
      {"Respawn", "respawn"},
      {"\"exec\"", "exec"},
      {"pre_start", "pre-start"},
      {"\xEF\xBB\xBF"
       "task",
       "task"},
      {"descripton", "description"},
      {"post-strat", "post-start"},
      {"emit", "emits"}};
  for (auto [word, meant] : misspelt) {
    const StanzaInfo *found = suggestStanza(word);
    ASSERT_NE(found, nullptr) << word;
    EXPECT_EQ(found->spelling, meant);
  }
  for (const char *word :
       {"on", "echo", "frobnicate", "x", "", "<<<<<<<", "if", "done",
        "=======", "a-very-long-word-that-is-no-keyword-at-all"})
    EXPECT_EQ(suggestStanza(word), nullptr) << word;
}

TEST(Stanzas, ReferenceIsCurrent) {
  std::string text;
  llvm::raw_string_ostream os(text);
  printStanzaReference(os);
  EXPECT_EQ(text, test::readFile(STARTON_SOURCE_DIR "/docs/stanzas.md"))
      << "run starton-stanza-reference > docs/stanzas.md";
}

TEST(Source, Positions) {
  SourceBuffer source("x", "ab\n\nc");
  auto at = [&](uint32_t offset) {
    LineColumn place = source.lineColumn(offset);
    return std::pair(place.line, place.column);
  };
  EXPECT_EQ(at(0), std::pair(1U, 1U));
  EXPECT_EQ(at(2), std::pair(1U, 3U));
  EXPECT_EQ(at(3), std::pair(2U, 1U));
  EXPECT_EQ(at(4), std::pair(3U, 1U));
  EXPECT_EQ(at(5), std::pair(3U, 2U));
  EXPECT_EQ(source.lineText(1), "ab");
  EXPECT_EQ(source.lineText(2), "");
  EXPECT_EQ(source.lineText(3), "c");
  EXPECT_EQ(source.lineText(4), "");
  EXPECT_EQ(source.endLine(), 3U);
  EXPECT_EQ(SourceBuffer("y", "").endLine(), 1U);
  EXPECT_EQ(SourceBuffer("y", "a\n").endLine(), 2U);
}

TEST(Source, CopiesAndMovesKeepTheirText) {
  SourceBuffer first("x", "short");
  SourceBuffer second = std::move(first);
  EXPECT_EQ(second.text(), "short");
}

TEST(Printable, BytesThatAreNoText) {
  bool lossy = false;
  EXPECT_EQ(printable("Zo\xC3\xAB", &lossy), "Zo\xC3\xAB");
  EXPECT_FALSE(lossy);
  EXPECT_EQ(printable("caf\xE9", &lossy), "caf\\xE9");
  EXPECT_TRUE(lossy);
  EXPECT_EQ(printable("\xC3"), "\\xC3");
  EXPECT_EQ(printable("\xED\xA0\x80"), "\\xED\\xA0\\x80"); // a surrogate
  EXPECT_EQ(printable("\xFF\xFE"), "\\xFF\\xFE");
}

} // namespace
