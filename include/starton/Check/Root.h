// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The files of the system that is checked (--root): what a path of a job file
// is there. Links are followed as that system would follow them; nothing leads
// out of the root.

#ifndef STARTON_CHECK_ROOT_H
#define STARTON_CHECK_ROOT_H

#include "starton/Sema/FileSystem.h"
#include <optional>
#include <string>
#include <sys/types.h>
#include <utility>
#include <vector>

namespace starton::check {

enum class PathKind : uint8_t {
  Missing, ///< certainly not there
  Unknown, ///< cannot be looked at (no permission, a loop of links)
  File,
  Executable, ///< a file with any of the execute bits
  Directory,
  Other, ///< a device, a socket, a FIFO
};

/// What tells one file from another, whatever it is called.
using FileId = std::pair<dev_t, ino_t>;

class Root {
public:
  /// \p directory empty: none was given; then nothing is known.
  explicit Root(llvm::StringRef directory);

  bool isGiven() const { return !prefix.empty(); }
  /// \p path is absolute, in the system.
  PathKind kindOf(llvm::StringRef path) const;
  /// The text of a file of at most \p limit bytes; none when it is larger or
  /// cannot be read.
  std::optional<std::string> read(llvm::StringRef path,
                                  size_t limit = size_t(1) << 20) const;
  /// The names in a directory, sorted; empty when there is none.
  std::vector<std::string> list(llvm::StringRef path) const;

  /// The files that read() has opened so far.
  const std::vector<FileId> &filesRead() const { return seen; }

private:
  std::string prefix;
  sema::FileSystem files;
  mutable std::vector<FileId> seen;
};

} // namespace starton::check

#endif // STARTON_CHECK_ROOT_H
