// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which dialect has which stanza (language §11), and the table's examples.

#include "starton/Parse/Parse.h"
#include "gtest/gtest.h"

using namespace starton;

namespace {

constexpr Dialect dialects[] = {Dialect::Upstart065, Dialect::Upstart112,
                                Dialect::Upstart113, Dialect::ChromeOS};

/// The names of the findings, joined by blanks.
std::string findings(const std::string &text, Dialect dialect) {
  SourceBuffer source("x.conf", text);
  ParseOptions options;
  options.dialect = dialect;
  ParseResult result = Parser().parse(source, options);
  std::string names;
  for (const SyntaxDiag &diagnostic : result.diagnostics) {
    if (!names.empty())
      names += ' ';
    names += diagName(diagnostic.id);
  }
  return names;
}

TEST(Dialects, EachStanza) {
  struct Row {
    const char *text;
    bool in065, in112, in113, inChromeOs;
  };
  const Row rows[] = {
      {"manual\n", false, true, true, true},
      {"debug\n", false, true, true, true},
      {"kill signal INT\n", false, true, true, true},
      {"kill timeout 5\n", true, true, true, true},
      {"oom score 5\n", false, true, true, true},
      {"oom 5\n", true, true, true, true},
      {"console log\n", false, true, true, true},
      {"console owner\n", true, true, true, true},
      {"setuid a\n", false, true, true, true},
      {"setgid a\n", false, true, true, true},
      {"usage a\n", false, true, true, true},
      {"apparmor load a\n", false, true, true, true},
      {"apparmor switch a\n", false, true, true, true},
      {"reload signal HUP\n", false, true, true, true},
      {"cgroup a\n", false, false, true, true},
      {"start on a B!=c\n", true, true, true, true},
      {"import A B\n", false, false, false, true},
      {"tmpfiles /a\n", false, false, false, true},
      {"task\n", true, true, true, true},
  };
  for (const Row &row : rows) {
    const bool expected[] = {row.in065, row.in112, row.in113, row.inChromeOs};
    for (size_t index = 0; index != std::size(dialects); ++index)
      EXPECT_EQ(findings(row.text, dialects[index]),
                expected[index] ? "" : "wrong-dialect")
          << row.text << dialectName(dialects[index]);
  }
}

/// What is wrong with the arguments of a stanza that does not exist is no
/// further error.
TEST(Dialects, OneErrorEach) {
  EXPECT_EQ(findings("import\ntmpfiles a b\ntask\n", Dialect::Upstart113),
            "wrong-dialect wrong-dialect");
  EXPECT_EQ(findings("setuid\nmanual respawn limit\n", Dialect::Upstart065),
            "wrong-dialect wrong-dialect expected-argument");
}

TEST(Dialects, ExamplesAreGood) {
  for (const StanzaInfo &info : allStanzas())
    EXPECT_EQ(findings(std::string(info.example) + "\n", Dialect::ChromeOS), "")
        << info.spelling;
}

/// The main configuration file has no stanzas at all (language §6.1).
TEST(Dialects, MainConfiguration) {
  SourceBuffer source("init.conf",
                      "# nothing\n\nrespawn\nscript\nexec a\nend script\n");
  ParseOptions options;
  options.mainConfiguration = true;
  ParseResult result = Parser().parse(source, options);
  ASSERT_FALSE(result.accepted());
  EXPECT_EQ(
      result.diagnostics[static_cast<size_t>(result.firstError)].upstartLine,
      3U);
  for (const SyntaxDiag &diagnostic : result.diagnostics)
    EXPECT_EQ(diagnostic.upstartError, UpstartError::UnknownStanza);
}

} // namespace
