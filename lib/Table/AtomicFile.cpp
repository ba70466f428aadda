// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Writing a table so that at every moment, a power cut included, the path holds
// the old table or the new one, whole.

#include "starton/Table/Writer.h"
#include <algorithm>
#include <cerrno>
#include <climits>
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

/// Owner, group and mode of \p like; the mode last, which a change of owner
/// may clear parts of.
bool takeAttributes(int file, const struct stat &like) {
  struct stat status;
  if (fstat(file, &status) != 0)
    return false;
  bool sameOwner = status.st_uid == like.st_uid && status.st_gid == like.st_gid;
  return (sameOwner || fchown(file, like.st_uid, like.st_gid) == 0) &&
         fchmod(file, like.st_mode & 07777) == 0;
}

/// The mode of a file that takes the place of \p path: that of the old one,
/// else what the umask leaves of \p most, and never more than that.
mode_t modeFor(const std::string &path, mode_t most) {
  struct stat status;
  if (stat(path.c_str(), &status) == 0)
    return status.st_mode & most;
  mode_t mask = umask(077);
  umask(mask);
  return most & ~mask;
}

std::string directoryOf(const std::string &path) {
  size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash + 1);
}

/// A file beside \p path that gets its name when it is whole: a writer that is
/// killed leaves nothing. Where the file system has no such files, or there is
/// no /proc to name one by, it has a name from the beginning.
class Temporary {
public:
  explicit Temporary(const std::string &path) : path(path) {
    if (access("/proc/self/fd", X_OK) == 0)
      file = open(directoryOf(path).c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC,
                  0600);
    if (file < 0)
      startNamed();
  }
  Temporary(const Temporary &) = delete;
  Temporary &operator=(const Temporary &) = delete;
  ~Temporary() {
    if (file >= 0)
      close(file);
    if (!name.empty())
      unlink(name.c_str());
  }

  int descriptor() const { return file; }

  /// Begins anew with an empty file that has a name.
  void startNamed() {
    if (file >= 0)
      close(file);
    name = path + ".XXXXXX";
    file = mkostemp(name.data(), O_CLOEXEC);
    if (file < 0)
      name.clear();
  }

  /// Before anything else is touched: what has a name can be moved.
  bool giveName() {
    if (!name.empty())
      return true;
    std::string from = "/proc/self/fd/" + std::to_string(file);
    for (unsigned number = 0; number != TMP_MAX; ++number) {
      std::string to =
          path + "." + std::to_string(getpid()) + "-" + std::to_string(number);
      if (linkat(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(),
                 AT_SYMLINK_FOLLOW) == 0) {
        name = to;
        return true;
      }
      if (errno != EEXIST)
        return false;
    }
    return false;
  }

  /// Takes the place of the file at the path. False: errno says why not.
  bool moveIntoPlace() {
    if (rename(name.c_str(), path.c_str()) != 0)
      return false;
    name.clear();
    return true;
  }

private:
  const std::string &path;
  std::string name; ///< empty: it has none
  int file = -1;
};

/// Fills \p temporary, which is for \p path, with owner and mode of \p like, or
/// with \p mode where that is null.
bool fillOnce(const Temporary &temporary, const std::string &path,
              llvm::StringRef bytes, const struct stat *like, mode_t mode,
              std::string &error) {
  int file = temporary.descriptor();
  if (file < 0)
    return failed(error, "cannot write", path);
  if (like && !takeAttributes(file, *like))
    return failed(error, "cannot keep owner and mode of", path);
  return ((like || fchmod(file, mode) == 0) && writeAll(file, bytes) &&
          fsync(file) == 0) ||
         failed(error, "cannot write", path);
}

/// The same, and gives it a name.
bool fill(Temporary &temporary, const std::string &path, llvm::StringRef bytes,
          const struct stat *like, mode_t mode, std::string &error) {
  if (!fillOnce(temporary, path, bytes, like, mode, error))
    return false;
  if (temporary.giveName())
    return true;
  // A file system with nameless files, but without links.
  temporary.startNamed();
  return fillOnce(temporary, path, bytes, like, mode, error);
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
  int handle =
      open(directoryOf(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
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
  // The reader of tables refuses one that others may write.
  mode_t mode = modeFor(path, keepPrevious ? 0644 : 0666);
  Temporary temporary(path);
  if (!fill(temporary, path, bytes, nullptr, mode, error) ||
      (keepPrevious && !keepAsPrevious(path, error)))
    return false;
  if (!temporary.moveIntoPlace())
    return failed(error, "cannot write", path);
  syncDirectory(path);
  return true;
}

/// The path without symbolic links; empty: failed, and \p error says why.
std::string resolve(const std::string &path, std::string &error) {
  char *resolved = realpath(path.c_str(), nullptr);
  if (resolved == nullptr) {
    failed(error, "cannot write", path);
    return {};
  }
  std::string target = resolved;
  std::free(resolved);
  return target;
}

/// Why the file at \p target may not be rewritten, or null.
const char *whyNotRewritten(const std::string &target,
                            const struct stat &status) {
  if (!S_ISREG(status.st_mode))
    return "not a regular file";
  // The superuser, too, wants a file left alone that nobody may write.
  if ((status.st_mode & 0222) == 0 || access(target.c_str(), W_OK) != 0)
    return "it is read-only";
  return nullptr;
}

/// Where the symbolic link at \p path leads, step by step, to a file that need
/// not be there; \p path itself where it is none. Empty: a loop of links.
std::string followLinks(std::string path) {
  constexpr int MaxSteps = 40; // as many as the kernel follows
  for (int step = 0; step != MaxSteps; ++step) {
    char target[PATH_MAX];
    ssize_t size = readlink(path.c_str(), target, sizeof target);
    if (size < 0 || size == static_cast<ssize_t>(sizeof target))
      return path;
    std::string next(target, static_cast<size_t>(size));
    size_t slash = path.rfind('/');
    if (next.front() != '/' && slash != std::string::npos)
      next.insert(0, path, 0, slash + 1);
    path = std::move(next);
  }
  errno = ELOOP;
  return {};
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
    std::string target = followLinks(path);
    return target.empty() ? failed(error, "cannot write", path)
                          : replaceFile(target, bytes, keepPrevious, error);
  }
  if (S_ISDIR(status.st_mode)) {
    errno = EISDIR;
    return failed(error, "cannot write", path);
  }
  if (!S_ISREG(status.st_mode))
    return writeDevice(path, bytes, error);
  // Through a symbolic link the file it names is replaced, not the link.
  std::string target = resolve(path, error);
  return !target.empty() && replaceFile(target, bytes, keepPrevious, error);
}

bool rewriteFile(const std::string &path, llvm::StringRef before,
                 llvm::StringRef after, const std::string &within,
                 std::string &error) {
  std::string target = resolve(path, error);
  if (target.empty())
    return false;
  std::string top = within.empty() ? "/" : resolve(within, error);
  if (top.empty())
    return false;
  auto refuse = [&](const char *reason) {
    error = "cannot write '" + path + "': " + reason;
    return false;
  };
  llvm::StringRef rest = target;
  if (top != "/" && (!rest.consume_front(top) || !rest.starts_with("/")))
    return refuse("it is a link that leads out of the root");
  struct stat status;
  if (stat(target.c_str(), &status) != 0)
    return failed(error, "cannot write", path);
  if (const char *reason = whyNotRewritten(target, status))
    return refuse(reason);
  if (holds(target, after))
    return true;
  if (!holds(target, before))
    return refuse("it was changed meanwhile");
  Temporary temporary(target);
  if (!fill(temporary, target, after, &status, 0, error))
    return false;
  if (!temporary.moveIntoPlace())
    return failed(error, "cannot write", path);
  syncDirectory(target);
  return true;
}

} // namespace starton::table
