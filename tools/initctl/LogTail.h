// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The end of a job's log, read by initctl itself with the rights of whoever
// calls it. A log is a file that a job's user may have replaced: only a regular
// file is read, never through a link, never more than a few kilobytes.

#ifndef STARTON_TOOLS_INITCTL_LOGTAIL_H
#define STARTON_TOOLS_INITCTL_LOGTAIL_H

#include <string>
#include <vector>

namespace starton::initctl {

struct LogTail {
  /// The last lines, oldest first, without their line ends; bytes that are not
  /// UTF-8 as `\xHH`. Not for a terminal: see harmless().
  std::vector<std::string> lines;
  std::string error; ///< why there are none, empty when the log is just short
};

/// The last few kilobytes of a regular file; false with \p error set. \p whole:
/// nothing was left out.
bool readFileEnd(const std::string &path, std::string &bytes, bool &whole,
                 std::string &error);

LogTail readLogTail(const std::string &path);

/// \p text, valid UTF-8, with every control character but tabs as `\xHH`, so
/// that it cannot command a terminal nor look like two lines.
std::string harmless(const std::string &text);

} // namespace starton::initctl

#endif // STARTON_TOOLS_INITCTL_LOGTAIL_H
