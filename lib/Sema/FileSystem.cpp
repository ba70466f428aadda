// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Sema/FileSystem.h"
#include <cerrno>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace starton::sema {

namespace {

int openRoot(const std::string &prefix) {
  if (prefix.empty())
    return -1;
  return ::open(prefix.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
}

} // namespace

Descriptor::~Descriptor() {
  if (fd >= 0)
    ::close(fd);
}

FileSystem::FileSystem(llvm::StringRef root)
    : prefix(root.rtrim('/').str()), rootFile(openRoot(prefix)) {}

int FileSystem::open(const std::string &path, int flags) const {
  llvm::StringRef rest = path;
  bool below = rootFile.isOpen() && rest.consume_front(prefix) &&
               (rest.empty() || rest.starts_with("/"));
  if (below) {
    std::string inside = rest.empty() ? "/" : rest.str();
    open_how how = {};
    how.flags = static_cast<unsigned>(flags | O_CLOEXEC);
    how.resolve = RESOLVE_IN_ROOT;
    long fd = ::syscall(SYS_openat2, rootFile.get(), inside.c_str(), &how,
                        sizeof how);
    // Kernels before 5.6, and seccomp filters older than it, lack the call.
    if (fd >= 0 || (errno != ENOSYS && errno != EPERM))
      return static_cast<int>(fd);
  }
  return ::open(path.c_str(), flags | O_CLOEXEC);
}

} // namespace starton::sema
