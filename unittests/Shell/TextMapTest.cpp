// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Parse/TextMap.h"
#include "SharedData.h"
#include "starton/Parse/Parse.h"
#include "gtest/gtest.h"
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

using namespace starton;
using Process = ast::Statement::Process;

namespace {

bool mayMove(char byte) {
  return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n' ||
         byte == '\\';
}

TextMap mapOf(const SourceBuffer &source, const ast::Statement &statement) {
  llvm::StringRef written = source.text(statement.textRange);
  uint32_t base = statement.textRange.begin;
  return statement.process == Process::Script
             ? TextMap::ofScript(written, base)
             : TextMap::ofCommand(written, base, statement.text);
}

/// Every byte of every text is found in the file where the map says, and places
/// never go backwards.
void checkFile(const std::string &path, const std::string &bytes) {
  SourceBuffer source(path, bytes);
  Parser parser;
  ParseResult result = parser.parse(source);
  for (const ast::Statement &statement : result.file->statements) {
    if (statement.process == Process::None)
      continue;
    TextMap map = mapOf(source, statement);
    bool isScript = statement.process == Process::Script;
    uint32_t last = statement.textRange.begin;
    for (uint32_t at = 0; at != statement.text.size(); ++at) {
      uint32_t place = map.toSource(at);
      ASSERT_GE(place, last) << path << " byte " << at;
      ASSERT_LE(place, statement.textRange.end) << path << " byte " << at;
      last = place;
      char byte = statement.text[at];
      if (isScript || !mayMove(byte)) {
        ASSERT_EQ(source.text()[place], byte) << path << " byte " << at;
      }
    }
  }
}

TEST(TextMapTest, indentationOfScripts) {
  std::string file = "script\n  a\n    b c\n  d\nend script\n";
  SourceBuffer source("t.conf", file);
  Parser parser;
  ParseResult result = parser.parse(source);
  const ast::Statement &statement = result.file->statements.front();
  ASSERT_EQ(statement.text, "a\n  b c\nd\n");
  TextMap map = mapOf(source, statement);
  EXPECT_EQ(map.toSource(Range{0, 1}), (Range{9, 10}));
  EXPECT_EQ(map.toSource(Range{6, 7}), (Range{17, 18}));
  EXPECT_EQ(source.lineColumn(map.toSource(6)).line, 3u);
  EXPECT_EQ(source.lineColumn(map.toSource(6)).column, 7u);
  // Over a line's end without the indentation of the next.
  EXPECT_EQ(map.toSource(Range{0, 2}), (Range{9, 11}));
}

TEST(TextMapTest, continuedCommands) {
  std::string file = "exec a  \\\n\t  b\\ c \\\n  d\n";
  SourceBuffer source("t.conf", file);
  Parser parser;
  ParseResult result = parser.parse(source);
  const ast::Statement &statement = result.file->statements.front();
  TextMap map = mapOf(source, statement);
  for (char byte : {'a', 'b', 'c', 'd'})
    EXPECT_EQ(map.toSource(static_cast<uint32_t>(statement.text.find(byte))),
              file.rfind(byte))
        << byte;
}

TEST(TextMapTest, everyByteIsFoundAgain) {
  constexpr llvm::StringRef Bytes("ab \t\r\n\\\"'#\0\xff$", 13);
  std::mt19937 random(1);
  for (unsigned round = 0; round != 20000; ++round) {
    std::string body;
    for (unsigned length = random() % 24; length != 0; --length)
      body += Bytes[random() % Bytes.size()];
    bool isScript = random() % 2;
    checkFile("round " + std::to_string(round),
              isScript ? "script\n  " + body + "\nend script\n"
                       : "exec x" + body + "\n");
    if (HasFatalFailure())
      return;
  }
}

TEST(TextMapTest, realFiles) {
  std::string corpus = starton::test::sharedData();
  if (corpus.empty() || !std::filesystem::exists(corpus += "/corpus"))
    GTEST_SKIP() << "no corpus";
  for (const auto &entry :
       std::filesystem::recursive_directory_iterator(corpus)) {
    if (!entry.is_regular_file())
      continue;
    std::ifstream in(entry.path(), std::ios::binary);
    std::ostringstream bytes;
    bytes << in.rdbuf();
    checkFile(entry.path(), bytes.str());
    if (HasFatalFailure())
      return;
  }
}

} // namespace
