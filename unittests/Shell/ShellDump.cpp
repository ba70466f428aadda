// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//   shell-dump FILE...        what is told of each exec and script in job files
//   shell-dump --text FILE   a script as it is
// A line a command, with its place in the file; then calls to an init, and what
// was not understood.

#include "Summary.h"
#include "starton/Parse/TextMap.h"
#include "starton/Sema/JobSet.h"
#include <cstring>
#include <iostream>

using namespace starton;
using namespace starton::shell;
using Process = ast::Statement::Process;

namespace {

std::string placeOf(const SourceBuffer &source, uint32_t offset) {
  LineColumn place = source.lineColumn(offset);
  return std::to_string(place.line) + ":" + std::to_string(place.column);
}

void dump(const SourceBuffer &source, const ShellFacts &facts,
          const TextMap &map) {
  for (const Command &command : facts.commands)
    std::cout << placeOf(source, map.toSource(command.range.begin)) << " "
              << shell::test::summary(facts, command) << "\n";
  for (Range range : facts.unknown) {
    Range place = map.toSource(range);
    std::cout << placeOf(source, place.begin) << " unknown "
              << printable(source.text(place)) << "\n";
  }
  std::cout << shell::test::callSummary(facts);
}

void dumpJob(ShellParser &parser, const char *path) {
  std::string error;
  std::unique_ptr<SourceBuffer> source = sema::readSource(path, error);
  if (!source) {
    std::cerr << path << ": " << error << "\n";
    return;
  }
  Parser confParser;
  ParseResult result = confParser.parse(*source);
  for (const ast::Statement &statement : result.file->statements) {
    llvm::StringRef written = source->text(statement.textRange);
    uint32_t base = statement.textRange.begin;
    if (statement.process == Process::Script)
      dump(*source, parser.parseText(statement.text),
           TextMap::ofScript(written, base));
    else if (statement.process == Process::Command)
      dump(*source, parser.parseCommand(statement.text),
           TextMap::ofCommand(written, base, statement.text));
  }
}

void dumpText(ShellParser &parser, const char *path) {
  std::string error;
  std::unique_ptr<SourceBuffer> source = sema::readSource(path, error);
  if (!source)
    return;
  dump(*source, parser.parseText(source->text()),
       TextMap::ofScript(source->text(), 0));
}

} // namespace

int main(int argc, char **argv) {
  ShellParser parser;
  if (argc == 3 && std::strcmp(argv[1], "--text") == 0) {
    dumpText(parser, argv[2]);
    return 0;
  }
  for (int index = 1; index < argc; ++index)
    dumpJob(parser, argv[index]);
  return 0;
}
