// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A table file is never mapped and never verified in place: it could be
// truncated (SIGBUS in process 1) or rewritten after the check. All work is on
// a copy in a sealed memfd, which also pins no file system. The copy is not
// made through a mapping, because a lack of memory then shows up as an error
// and not as a signal.

#include "starton/Table/Reader.h"
#include "ReadSupport.h"
#include <cerrno>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

namespace starton::table {
namespace {

/// A descriptor that is closed on every way out.
class Descriptor {
public:
  explicit Descriptor(int fd) : fd(fd) {}
  ~Descriptor() {
    if (fd >= 0)
      close(fd);
  }
  Descriptor(const Descriptor &) = delete;
  Descriptor &operator=(const Descriptor &) = delete;
  int get() const { return fd; }
  int release() {
    int result = fd;
    fd = -1;
    return result;
  }

private:
  int fd;
};

bool checkSize(const struct stat &status, LoadError &error) {
  if (static_cast<uint64_t>(status.st_size) <= MaxTableSize)
    return true;
  return fail(error, LoadStatus::TooLarge, 0,
              "%lld bytes, more than the %zu that a table may have",
              static_cast<long long>(status.st_size), MaxTableSize);
}

bool checkFile(const struct stat &status, uint32_t uid, LoadError &error) {
  if (!S_ISREG(status.st_mode))
    return fail(error, LoadStatus::NotRegular, 0, "not a regular file");
  if (status.st_uid != 0 && status.st_uid != uid) {
    if (uid == 0)
      return fail(error, LoadStatus::BadOwner, 0,
                  "owned by user %u, not by root", status.st_uid);
    return fail(error, LoadStatus::BadOwner, 0,
                "owned by user %u, neither by root nor by user %u",
                status.st_uid, uid);
  }
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    return fail(error, LoadStatus::BadMode, 0,
                "writable by group or others (mode %04o)",
                status.st_mode & 07777u);
  return checkSize(status, error);
}

/// The kernel copies from one page cache to the other.
bool copyBytes(int source, int target, size_t size, LoadError &error) {
  off_t done = 0;
  while (static_cast<size_t>(done) < size) {
    ssize_t copied =
        sendfile(target, source, &done, size - static_cast<size_t>(done));
    if (copied < 0 && errno != EINTR)
      return failWithErrno(error, LoadStatus::CannotRead,
                           "cannot make a sealed copy");
    if (copied == 0)
      return fail(error, LoadStatus::Truncated, 0,
                  "truncated while it was read: %lld of %zu bytes",
                  static_cast<long long>(done), size);
  }
  return true;
}

} // namespace

LoadedTable::~LoadedTable() {
  if (mapping != nullptr)
    munmap(mapping, length);
  if (memfd >= 0)
    close(memfd);
}

void LoadedTable::swap(LoadedTable &other) noexcept {
  LoadedTable *sides[] = {this, &other};
  const JobTable *roots[] = {root, other.root};
  void *mappings[] = {mapping, other.mapping};
  size_t lengths[] = {length, other.length};
  int memfds[] = {memfd, other.memfd};
  for (unsigned i = 0; i != 2; ++i) {
    sides[i]->root = roots[1 - i];
    sides[i]->mapping = mappings[1 - i];
    sides[i]->length = lengths[1 - i];
    sides[i]->memfd = memfds[1 - i];
  }
}

bool LoadedTable::copyFrom(int source, size_t size, LoadError &error) noexcept {
  if (size == 0)
    return fail(error, LoadStatus::NotATable, 0, "not a job table");
  Descriptor copy(memfd_create("job-table", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (copy.get() < 0)
    return failWithErrno(error, LoadStatus::CannotSeal,
                         "cannot make a sealed copy");
  if (!copyBytes(source, copy.get(), size, error))
    return false;
  if (fcntl(copy.get(), F_ADD_SEALS,
            F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) != 0)
    return failWithErrno(error, LoadStatus::CannotSeal,
                         "cannot make a sealed copy");

  // Populated at once: verification touches every page anyway.
  void *map =
      mmap(nullptr, size, PROT_READ, MAP_SHARED | MAP_POPULATE, copy.get(), 0);
  if (map == MAP_FAILED)
    return failWithErrno(error, LoadStatus::CannotSeal,
                         "cannot map the sealed copy");
  LoadedTable fresh;
  fresh.mapping = map;
  fresh.length = size;
  fresh.memfd = copy.release();
  fresh.root = verify({static_cast<const uint8_t *>(map), size}, error);
  if (fresh.root == nullptr)
    return false;
  swap(fresh);
  error = LoadError();
  return true;
}

bool LoadedTable::loadFile(const char *path, uint32_t uid,
                           LoadError &error) noexcept {
  // Nonblocking: a FIFO in the table's place must not stop the boot.
  Descriptor file(open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (file.get() < 0)
    return failWithErrno(error, LoadStatus::CannotOpen, "cannot open");
  struct stat status;
  if (fstat(file.get(), &status) != 0)
    return failWithErrno(error, LoadStatus::CannotRead, "cannot read");
  return checkFile(status, uid, error) &&
         copyFrom(file.get(), static_cast<size_t>(status.st_size), error);
}

bool LoadedTable::loadFile(const char *path, LoadError &error) noexcept {
  return loadFile(path, geteuid(), error);
}

bool LoadedTable::loadDescriptor(int source, LoadError &error) noexcept {
  struct stat status;
  if (fstat(source, &status) != 0)
    return failWithErrno(error, LoadStatus::CannotRead, "cannot read");
  if (!S_ISREG(status.st_mode))
    return fail(error, LoadStatus::NotRegular, 0, "not a regular file");
  return checkSize(status, error) &&
         copyFrom(source, static_cast<size_t>(status.st_size), error);
}

} // namespace starton::table
