// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Check/Scan.h"

namespace starton::check {

Range lineAt(llvm::StringRef text, size_t offset) {
  size_t begin = text.take_front(offset).rfind('\n') + 1;
  size_t end = std::min(text.find('\n', offset), text.size());
  return {static_cast<uint32_t>(begin), static_cast<uint32_t>(end)};
}

void scanBytes(llvm::StringRef text, Range range,
               llvm::function_ref<void(const ScannedByte &)> visit) {
  ScannedByte state;
  bool escapes = false; // the byte before is a backslash that counts
  for (uint32_t at = range.begin; at != range.end; ++at) {
    state.byte = text[at];
    state.offset = at;
    state.escaped = escapes;
    visit(state);
    escapes = !escapes && state.byte == '\\';
    if (state.escaped || (state.byte != '"' && state.byte != '\''))
      continue;
    if (state.quote == 0) {
      state.quote = state.byte;
      state.quoteBegin = at;
    } else if (state.quote == state.byte) {
      state.quote = 0;
    }
  }
}

void forEachText(const ast::File &tree, const ast::Statement &statement,
                 llvm::function_ref<void(Range range)> visit) {
  for (const ast::Word &word : tree.wordsOf(statement))
    visit(word.range);
  for (const ast::EventNode &node : tree.nodesOf(statement))
    if (node.kind == ast::NodeKind::Match)
      for (const ast::Word &word : tree.wordsOf(node))
        visit(word.range);
  if (statement.process == ast::Statement::Process::Command)
    visit(statement.textRange);
}

} // namespace starton::check
