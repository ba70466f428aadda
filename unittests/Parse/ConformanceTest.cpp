// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The verdict, and line and text of the first error, of every file whose
// treatment by Upstart 1.13.2 is known.

#include "TestData.h"
#include "starton/Parse/Parse.h"
#include "gtest/gtest.h"

using namespace starton;
using namespace starton::test;

namespace {

void checkAll(const std::vector<Expectation> &files) {
  Parser parser;
  size_t failures = 0;
  for (const Expectation &expected : files) {
    SourceBuffer source(expected.path, expected.text);
    ParseResult result = parser.parse(source);
    std::string line = "-", message = "-";
    if (!result.accepted()) {
      Diagnostic diagnostic = render(
          result.diagnostics[static_cast<size_t>(result.firstError)], result);
      message = upstartText(diagnostic.upstartError).str();
      if (diagnostic.upstartLine)
        line = std::to_string(*diagnostic.upstartLine);
    }
    bool isSame = result.accepted() == expected.isAccepted &&
                  line == expected.line && message == expected.message;
    failures += isSame ? 0 : 1;
    EXPECT_TRUE(isSame) << expected.path << ": expected " << expected.line
                        << " '" << expected.message << "', got " << line << " '"
                        << message << "'";
  }
  std::printf("%zu of %zu files agree\n", files.size() - failures,
              files.size());
}

TEST(Conformance, Cases) {
  std::vector<Expectation> files = conformanceCases();
  EXPECT_EQ(files.size(), 300U);
  checkAll(files);
}

TEST(Conformance, Corpus) {
  std::vector<Expectation> files = corpus();
  if (files.empty())
    GTEST_SKIP() << "no corpus here";
  EXPECT_EQ(files.size(), 2021U);
  checkAll(files);
}

/// The fork's own stanzas are the only ones the corpus's files of that fork use
/// beyond upstart-1.13.
TEST(Conformance, ChromeOsStanzas) {
  std::vector<Expectation> files = corpus();
  if (files.empty())
    GTEST_SKIP() << "no corpus here";
  Parser parser;
  ParseOptions options;
  options.dialect = Dialect::ChromeOS;
  for (const Expectation &file : files) {
    SourceBuffer source(file.path, file.text);
    ParseResult result = parser.parse(source, options);
    for (const SyntaxDiag &diagnostic : result.diagnostics) {
      llvm::StringRef word = source.text(diagnostic.range);
      EXPECT_FALSE(word == "import" || word == "tmpfiles") << file.path;
    }
  }
}

} // namespace
