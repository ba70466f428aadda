// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Runtime/Control/Names.h"
#include <gtest/gtest.h>
#include <random>
#include <set>
#include <string>

using namespace starton;
using namespace starton::control;

static Text textOf(const std::string &bytes) {
  return {bytes.data(), bytes.size()};
}

static std::string escaped(const std::string &name) {
  std::string out(pathElementSize(textOf(name)), '?');
  EXPECT_EQ(writePathElement(textOf(name), out.data()),
            out.data() + out.size());
  return out;
}

static std::string unescaped(const std::string &element) {
  std::string out(element.size() + 1, '?');
  char *end = readPathElement(textOf(element), out.data());
  if (!end)
    return "<none>";
  out.resize(end - out.data());
  return out;
}

static std::string printed(const std::string &bytes) {
  std::string out(printableSize(textOf(bytes)), '?');
  EXPECT_EQ(writePrintable(textOf(bytes), out.data()), out.data() + out.size());
  return out;
}

static std::string unprinted(const std::string &text) {
  std::string out(text.size() + 1, '?');
  out.resize(writeUnprintable(textOf(text), out.data()) - out.data());
  return out;
}

TEST(ControlNames, EscapesPathElements) {
  EXPECT_EQ(escaped("net/eth"), "net_2feth");
  EXPECT_EQ(escaped("foo-bar"), "foo_2dbar");
  EXPECT_EQ(escaped("a/b.c_d"), "a_2fb_2ec_5fd");
  EXPECT_EQ(escaped(""), "_");
  EXPECT_EQ(escaped("caf\xE9"), "caf_e9");
  EXPECT_EQ(escaped("_"), "_5f");
}

TEST(ControlNames, EveryByteHasItsOwnPathAndComesBack) {
  std::set<std::string> seen;
  for (int byte = 0; byte < 256; ++byte) {
    std::string name(1, static_cast<char>(byte));
    std::string element = escaped(name);
    EXPECT_TRUE(seen.insert(element).second) << byte;
    EXPECT_EQ(element.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKL"
                                        "MNOPQRSTUVWXYZ0123456789_"),
              std::string::npos);
    EXPECT_EQ(unescaped(element), name);
    name.append("a").append(name);
    EXPECT_EQ(unescaped(escaped(name)), name);
  }
}

TEST(ControlNames, RefusesWhatNoNameEscapesTo) {
  EXPECT_EQ(unescaped(""), "<none>");
  EXPECT_EQ(unescaped("a_"), "<none>");
  EXPECT_EQ(unescaped("_2"), "<none>");
  EXPECT_EQ(unescaped("_2F"), "<none>");
  EXPECT_EQ(unescaped("_61"), "<none>"); // "a" is never written so
  EXPECT_EQ(unescaped("a/b"), "<none>");
  EXPECT_EQ(unescaped("a-b"), "<none>");
}

TEST(ControlNames, PrintsWhatIsNotUtf8AsHex) {
  EXPECT_EQ(printed("plain \xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80"),
            "plain \xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80");
  EXPECT_EQ(printed("caf\xE9"), "caf\\xe9");
  EXPECT_EQ(printed(std::string("a\0b", 3)), "a\\x00b");
  EXPECT_EQ(printed("\xC0\x80"), "\\xc0\\x80");          // overlong
  EXPECT_EQ(printed("\xED\xA0\x80"), "\\xed\\xa0\\x80"); // surrogate
  EXPECT_EQ(printed("\xF4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");
  EXPECT_EQ(printed("\xE2\x82"), "\\xe2\\x82"); // cut short
  EXPECT_EQ(printed("\xE2\x82z"), "\\xe2\\x82z");
  EXPECT_TRUE(isPrintable(textOf("\xEF\xBF\xBF"))); // a noncharacter is valid
}

TEST(ControlNames, PrintedNamesComeBack) {
  EXPECT_EQ(unprinted("caf\\xe9"), "caf\xE9");
  EXPECT_EQ(unprinted("a\\xE9b"), "a\\xE9b"); // upper case is never printed
  EXPECT_EQ(unprinted("a\\x"), "a\\x");
  EXPECT_EQ(unprinted("a\\xe"), "a\\xe");
  std::mt19937 random(1);
  for (int round = 0; round < 2000; ++round) {
    std::string bytes(random() % 12, '\0');
    for (char &c : bytes)
      c = static_cast<char>(random());
    // A backslash followed by "xHH" in the name itself is the one ambiguity.
    if (bytes.find('\\') != std::string::npos)
      continue;
    std::string text = printed(bytes);
    EXPECT_TRUE(isPrintable(textOf(text)));
    EXPECT_EQ(unprinted(text), bytes);
    EXPECT_EQ(unescaped(escaped(bytes)), bytes);
  }
}
