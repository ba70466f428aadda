// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Opening files, also those of a foreign root: there an absolute symbolic link
// leads to a place below that root, and no link leads out of it.

#ifndef STARTON_SEMA_FILESYSTEM_H
#define STARTON_SEMA_FILESYSTEM_H

#include "llvm/ADT/StringRef.h"
#include <string>

namespace starton::sema {

/// A descriptor that closes itself; negative: none, and errno says why.
class Descriptor {
public:
  explicit Descriptor(int fd) : fd(fd) {}
  ~Descriptor();
  Descriptor(const Descriptor &) = delete;
  Descriptor &operator=(const Descriptor &) = delete;

  bool isOpen() const { return fd >= 0; }
  int get() const { return fd; }
  /// Gives it away.
  int release() {
    int result = fd;
    fd = -1;
    return result;
  }

private:
  int fd;
};

class FileSystem {
public:
  /// \p root empty: the root of this process.
  explicit FileSystem(llvm::StringRef root = {});

  /// open(2), always close-on-exec. Paths begin with the root; one that does
  /// not is opened as it stands.
  int open(const std::string &path, int flags) const;

private:
  std::string prefix;  ///< the root without trailing slashes
  Descriptor rootFile; ///< opened when there is one
};

} // namespace starton::sema

#endif // STARTON_SEMA_FILESYSTEM_H
