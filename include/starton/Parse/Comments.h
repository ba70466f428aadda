// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Where a job file holds comments of its own language (language §1.2): outside
// of quotes and of blocks, whose comments are the shell's.

#ifndef STARTON_PARSE_COMMENTS_H
#define STARTON_PARSE_COMMENTS_H

#include "starton/Basic/Source.h"
#include <vector>

namespace starton {

struct FileComments {
  /// From `#` to the end of the line, in source order.
  std::vector<Range> comments;
  /// What is no comment only because a quote, an escape or a block before it
  /// has no end: the file is rejected, and what was meant is not known.
  std::vector<Range> unfinished;
};

FileComments findComments(const SourceBuffer &source);

} // namespace starton

#endif // STARTON_PARSE_COMMENTS_H
