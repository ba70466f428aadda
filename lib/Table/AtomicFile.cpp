// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Writing a table so that at every moment, a power cut included, the path holds
// the old table or the new one, whole.

#include "starton/Table/Writer.h"
#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace starton::table {
namespace {

bool failed(std::string &error, const char *what, const std::string &path) {
  int code = errno;
  error = std::string(what) + " '" + path + "': " + std::strerror(code);
  return false;
}

bool writeAll(int descriptor, llvm::StringRef bytes) {
  while (!bytes.empty()) {
    ssize_t written = write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR)
      continue;
    if (written <= 0)
      return false;
    bytes = bytes.drop_front(static_cast<size_t>(written));
  }
  return true;
}

/// N of /dev/fd/N and the like, -1 for other paths. Writing to the descriptor
/// itself works where opening it again would not (a socket, a sealed memfd).
int descriptorOf(llvm::StringRef path) {
  if (path == "/dev/stdout")
    return STDOUT_FILENO;
  unsigned number = 0;
  if (!path.consume_front("/dev/fd/") && !path.consume_front("/proc/self/fd/"))
    return -1;
  return path.getAsInteger(10, number) ? -1 : static_cast<int>(number);
}

bool writeDevice(const std::string &path, llvm::StringRef bytes,
                 std::string &error) {
  int device = open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY);
  if (device < 0)
    return failed(error, "cannot open", path);
  bool good = writeAll(device, bytes) || failed(error, "cannot write", path);
  close(device);
  return good;
}

/// What the path holds now, without following it anywhere but to a file.
bool holds(const std::string &path, llvm::StringRef bytes) {
  int file = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0)
    return false;
  struct stat status;
  bool same = fstat(file, &status) == 0 &&
              static_cast<uint64_t>(status.st_size) == bytes.size();
  char buffer[1 << 16];
  while (same && !bytes.empty()) {
    ssize_t got = read(file, buffer, std::min(sizeof buffer, bytes.size()));
    same = got > 0 &&
           bytes.starts_with(llvm::StringRef(buffer, static_cast<size_t>(got)));
    if (same)
      bytes = bytes.drop_front(static_cast<size_t>(got));
  }
  close(file);
  return same;
}

/// A new file beside \p path; \p temporary is its name.
bool writeTemporary(const std::string &path, llvm::StringRef bytes,
                    std::string &temporary, std::string &error) {
  temporary = path + ".XXXXXX";
  int file = mkostemp(temporary.data(), O_CLOEXEC);
  if (file < 0)
    return failed(error, "cannot write", path);
  // Readable by all, writable by the owner: the reader refuses anything wider.
  bool good =
      fchmod(file, 0644) == 0 && writeAll(file, bytes) && fsync(file) == 0;
  if (!good)
    failed(error, "cannot write", path);
  if (close(file) != 0 && good)
    good = failed(error, "cannot write", path);
  if (!good)
    unlink(temporary.c_str());
  return good;
}

/// A second name for what \p path holds, moved into place in one step, so that
/// PATH.prev is never missing or half. File systems without links get a rename,
/// which leaves PATH.prev alone for the moment before the new table arrives.
bool keepAsPrevious(const std::string &path, std::string &error) {
  std::string previous = path + ".prev";
  // Of this process alone: two writers must not take each other's.
  std::string link = path + ".link." + std::to_string(getpid());
  unlink(link.c_str());
  if (::link(path.c_str(), link.c_str()) != 0)
    return errno == ENOENT || rename(path.c_str(), previous.c_str()) == 0 ||
           failed(error, "cannot write", previous);
  bool good = rename(link.c_str(), previous.c_str()) == 0 ||
              failed(error, "cannot write", previous);
  // Left behind by a failure, and where both already were the same file.
  unlink(link.c_str());
  return good;
}

void syncDirectory(const std::string &path) {
  size_t slash = path.rfind('/');
  std::string directory =
      slash == std::string::npos ? "." : path.substr(0, slash + 1);
  int handle = open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (handle < 0)
    return;
  // The table is in place; a file system that cannot sync a directory is none
  // of the caller's concern.
  (void)fsync(handle);
  close(handle);
}

bool replaceFile(const std::string &path, llvm::StringRef bytes,
                 bool keepPrevious, std::string &error) {
  if (holds(path, bytes))
    return true;
  std::string temporary;
  if (!writeTemporary(path, bytes, temporary, error))
    return false;
  if ((keepPrevious && !keepAsPrevious(path, error)) ||
      (rename(temporary.c_str(), path.c_str()) != 0 &&
       !failed(error, "cannot write", path))) {
    unlink(temporary.c_str());
    return false;
  }
  syncDirectory(path);
  return true;
}

} // namespace

bool writeFileAtomically(const std::string &path, llvm::StringRef bytes,
                         bool keepPrevious, std::string &error) {
  int descriptor = descriptorOf(path);
  if (descriptor >= 0)
    return writeAll(descriptor, bytes) || failed(error, "cannot write", path);
  struct stat status;
  if (stat(path.c_str(), &status) != 0) {
    if (errno != ENOENT)
      return failed(error, "cannot write", path);
    return replaceFile(path, bytes, keepPrevious, error);
  }
  if (S_ISDIR(status.st_mode)) {
    errno = EISDIR;
    return failed(error, "cannot write", path);
  }
  if (!S_ISREG(status.st_mode))
    return writeDevice(path, bytes, error);
  // Through a symbolic link the file it names is replaced, not the link.
  char *resolved = realpath(path.c_str(), nullptr);
  if (resolved == nullptr)
    return failed(error, "cannot write", path);
  std::string target = resolved;
  std::free(resolved);
  return replaceFile(target, bytes, keepPrevious, error);
}

} // namespace starton::table
