// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The generated parser asks the compilers it knows not to optimise it. That
// costs a good part of the speed, so they are not told apart here; the system's
// headers, which need to know, are read first.

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#undef __GNUC__
#undef __clang__
#include "tree-sitter-bash/src/parser.c" // NOLINT(bugprone-suspicious-include)
