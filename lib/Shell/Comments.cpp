// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Shell/Comments.h"
#include "Tree.h"
#include "starton/Shell/Shell.h"

using namespace starton;
using namespace starton::shell;

std::optional<std::vector<Range>> shell::findComments(llvm::StringRef text) {
  if (text.size() > MaxTextSize || text.contains('\0'))
    return std::nullopt;
  TreeParser parser;
  Tree tree;
  if (!parser.parse(text, tree) || !tree.errors.empty())
    return std::nullopt;
  return std::move(tree.comments);
}
