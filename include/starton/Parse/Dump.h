// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The stages of the front end as YAML, for tests and for people. Job data that
// is not UTF-8 is written \xHH.

#ifndef STARTON_PARSE_DUMP_H
#define STARTON_PARSE_DUMP_H

#include "starton/AST/AST.h"
#include "llvm/Support/raw_ostream.h"

namespace starton {

/// The tokens as the lexer delivers them, each with its place and text. The
/// lexer knows no dialects; \p dialect is printed for completeness.
void dumpTokens(const SourceBuffer &source, Dialect dialect,
                llvm::raw_ostream &os);

/// The tree of a file, good or bad.
void dumpAst(const ast::File &file, llvm::raw_ostream &os);

} // namespace starton

#endif // STARTON_PARSE_DUMP_H
