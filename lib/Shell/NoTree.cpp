// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// In place of Tree.cpp where the grammar is not there to be compiled.

#include "Tree.h"

using namespace starton;
using namespace starton::shell;

struct TreeParser::Impl {};

TreeParser::TreeParser() = default;
TreeParser::~TreeParser() = default;

bool TreeParser::isAvailable() { return false; }

bool TreeParser::parse(llvm::StringRef text, Tree &tree) {
  tree.clear();
  return false;
}
