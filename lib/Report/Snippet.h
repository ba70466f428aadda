// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The source line under a finding, the caret below it, and what a fix would
// put there. Costs the same however long the line is.

#ifndef STARTON_REPORT_SNIPPET_H
#define STARTON_REPORT_SNIPPET_H

#include "starton/Basic/Diagnostic.h"

namespace starton::report {

struct Snippet {
  std::string line;    ///< the source, fit for a terminal
  std::string markers; ///< ^~~~ below the range
  std::string fix;     ///< replacement texts below the markers, or empty
};

/// \p fix may be null; it is shown when all of it lies on the line.
Snippet makeSnippet(const SourceBuffer &source, Range range, const Fix *fix);

} // namespace starton::report

#endif // STARTON_REPORT_SNIPPET_H
