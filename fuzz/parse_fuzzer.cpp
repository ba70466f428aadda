// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Any bytes at all are legal input to the front end: never a crash, a hang or
// a broken promise of Parse.h. Seeds: test/Parse/cases, test/Parse/Inputs/jobs.
// The first byte chooses the dialect, so that all four are met.

#include "starton/Parse/Dump.h"
#include "starton/Parse/Parse.h"
#include <cstdio>
#include <cstdlib>

using namespace starton;

namespace {

void check(bool condition, const char *what) {
  if (condition)
    return;
  std::fprintf(stderr, "broken promise: %s\n", what);
  std::abort();
}

void checkRange(Range range, const SourceBuffer &source, const char *what) {
  check(range.begin <= range.end && range.end <= source.size(), what);
}

void checkStatement(const ast::File &file, const ast::Statement &statement) {
  const SourceBuffer &source = *file.source;
  checkRange(statement.range, source, "range of a statement");
  checkRange(statement.keyword(), source, "range of a keyword");
  checkRange(statement.textRange, source, "range of a text");
  check(size_t(statement.firstWord) + statement.wordCount <= file.words.size(),
        "words of a statement");
  check(size_t(statement.firstNode) + statement.nodeCount <= file.nodes.size(),
        "nodes of a statement");
  check(statement.text.size() <= source.size(), "length of a text");
  uint32_t end = statement.firstNode + statement.nodeCount;
  for (uint32_t index = statement.firstNode; index != end; ++index) {
    const ast::EventNode &node = file.nodes[index];
    checkRange(node.range, source, "range of a node");
    if (node.kind == ast::NodeKind::Match) {
      check(node.wordCount != 0 &&
                size_t(node.firstWord) + node.wordCount <= file.words.size(),
            "words of an event");
      continue;
    }
    // Post-order: both operands come before, the right one directly.
    check(node.left >= statement.firstNode && node.left + 1 < index,
          "operands of an operator");
  }
}

void checkResult(const SourceBuffer &source, const ParseResult &result) {
  check(result.file != nullptr, "there is always a tree");
  const ast::File &file = *result.file;
  for (const ast::Word &word : file.words)
    checkRange(word.range, source, "range of a word");
  for (const ast::Statement &statement : file.statements)
    checkStatement(file, statement);
  auto count = static_cast<int64_t>(result.diagnostics.size());
  check(result.firstError >= -1 && result.firstError < count, "first error");
  check(result.accepted() == (file.firstError == file.statements.size()),
        "tree and diagnostics agree");
  uint32_t last = 0;
  for (const SyntaxDiag &syntax : result.diagnostics) {
    checkRange(syntax.range, source, "range of a diagnostic");
    check(syntax.range.begin >= last, "diagnostics are in source order");
    last = syntax.range.begin;
    check(syntax.id != DiagId::InternalError, "the grammar is total");
    check(!result.accepted() || diagSeverity(syntax.id) != Severity::Error,
          "an accepted file has no error");
  }
  // Rendering and printing must cope with all of it, too; enough of it.
  for (size_t index = 0; index < result.diagnostics.size() && index < 50;
       ++index) {
    Diagnostic diagnostic = render(result.diagnostics[index], result);
    check(!diagnostic.message.empty() &&
              diagnostic.message.find('\n') == std::string::npos,
          "a message is one line");
    for (const Fix &fix : diagnostic.fixes)
      for (const Edit &edit : fix.edits)
        checkRange(edit.range, source, "range of an edit");
    for (const Note &note : diagnostic.notes)
      checkRange(note.range, source, "range of a note");
  }
  llvm::raw_null_ostream nowhere;
  dumpAst(file, nowhere);
}

} // namespace

// NOLINTNEXTLINE(readability-identifier-naming): the name libFuzzer calls
extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static Parser parser;
  ParseOptions options;
  std::string text(reinterpret_cast<const char *>(data), size);
  if (!text.empty()) {
    options.dialect = static_cast<Dialect>(text.front() & 3);
    options.mainConfiguration = (text.front() & 0x80) != 0;
    text.erase(0, 1);
  }
  SourceBuffer source("fuzz.conf", std::move(text));
  checkResult(source, parser.parse(source, options));
  return 0;
}
