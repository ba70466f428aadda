// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// fnmatch(pattern, text, 0) of glibc in the C locale, by bytes: `*` and `?`
// match anything including '/' and a leading '.', `[...]` with ranges, `!` or
// `^` for "not", classes, and `\` to quote. fnmatch(3) itself allocates for
// long patterns and takes exponential time for some; this takes at most
// |pattern| * |text| steps and no memory.

#ifndef STARTON_LIB_RUNTIME_ENGINE_PATTERN_H
#define STARTON_LIB_RUNTIME_ENGINE_PATTERN_H

#include "starton/Runtime/Support/Span.h"

namespace starton::engine {

bool matchPattern(Span<const char> pattern, Span<const char> text);

} // namespace starton::engine

#endif // STARTON_LIB_RUNTIME_ENGINE_PATTERN_H
