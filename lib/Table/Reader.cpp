// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A table file is never mapped and never verified in place: it could be
// truncated (SIGBUS in process 1) or rewritten after the check. All work is on
// a copy in anonymous memory that is made read-only: nobody else can reach it,
// it pins no file system, and it can be of huge pages, which shared memory
// mostly cannot. The kernel writes it (read), so that a lack of memory shows up
// as an error and not as a signal.

#include "starton/Table/Reader.h"
#include "ReadSupport.h"
#include "starton/Table/Verification.h"
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <new>
#include <sys/mman.h>
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

private:
  int fd;
};

template <typename T> void exchange(T &a, T &b) {
  T old = a;
  a = b;
  b = old;
}

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

constexpr size_t HugePage = size_t(2) << 20;

bool readAll(int source, void *target, size_t size, LoadError &error) {
  size_t done = 0;
  while (done < size) {
    ssize_t got = pread(source, static_cast<uint8_t *>(target) + done,
                        size - done, static_cast<off_t>(done));
    if (got < 0 && errno != EINTR)
      return failWithErrno(error, LoadStatus::CannotRead, "cannot read");
    if (got == 0)
      return fail(error, LoadStatus::Truncated, 0,
                  "truncated while it was read: %zu of %zu bytes", done, size);
    if (got > 0)
      done += static_cast<size_t>(got);
  }
  return true;
}

} // namespace

LoadedTable::~LoadedTable() {
  if (unverified != nullptr)
    unverified->~Verification();
  std::free(unverified);
  if (mapping != nullptr)
    munmap(mapping, reserved);
}

void LoadedTable::swap(LoadedTable &other) noexcept {
  exchange(root, other.root);
  exchange(unverified, other.unverified);
  exchange(mapping, other.mapping);
  exchange(reserved, other.reserved);
  exchange(start, other.start);
  exchange(length, other.length);
}

/// A large table gets huge pages for all of it but its last part: filling ten
/// megabytes of small ones would be half of the time of a start.
bool LoadedTable::reserve(size_t size) noexcept {
  bool large = size >= HugePage;
  size_t wanted = large ? size + HugePage : size;
  void *memory =
      mmap(nullptr, wanted, PROT_READ | PROT_WRITE,
           MAP_PRIVATE | MAP_ANONYMOUS | (large ? 0 : MAP_POPULATE), -1, 0);
  if (memory == MAP_FAILED)
    return false;
  mapping = memory;
  reserved = wanted;
  start = static_cast<uint8_t *>(memory);
  length = size;
  if (large) {
    start += -reinterpret_cast<uintptr_t>(start) % HugePage;
    (void)madvise(start, size / HugePage * HugePage, MADV_HUGEPAGE);
  }
  return true;
}

bool LoadedTable::copyFrom(int source, size_t size, bool whole,
                           LoadError &error) noexcept {
  if (size == 0)
    return fail(error, LoadStatus::NotATable, 0, "not a job table");
  LoadedTable fresh;
  if (!fresh.reserve(size))
    return failWithErrno(error, LoadStatus::CannotRead, "cannot read");
  return readAll(source, fresh.start, size, error) &&
         takeFilled(fresh, whole, error);
}

bool LoadedTable::loadBytes(Span<const uint8_t> source,
                            LoadError &error) noexcept {
  if (source.empty() || source.size() > MaxTableSize)
    return fail(error, LoadStatus::NotATable, 0, "not a job table");
  LoadedTable fresh;
  if (!fresh.reserve(source.size()))
    return failWithErrno(error, LoadStatus::CannotRead, "cannot read");
  memcpy(fresh.start, source.data(), source.size());
  return takeFilled(fresh, true, error);
}

bool LoadedTable::takeFilled(LoadedTable &fresh, bool whole,
                             LoadError &error) noexcept {
  // From here on not even a stray write of our own changes it.
  if (mprotect(fresh.mapping, fresh.reserved, PROT_READ) != 0)
    return failWithErrno(error, LoadStatus::CannotRead, "cannot read");
  if (!fresh.verifyCopy(whole, error))
    return false;
  swap(fresh);
  error = LoadError();
  return true;
}

/// The memory of a Verification that ends with this table.
bool LoadedTable::verifyCopy(bool whole, LoadError &error) noexcept {
  if (whole) {
    root = verify(bytes(), error);
    return root != nullptr;
  }
  void *memory = std::malloc(sizeof(Verification));
  if (memory == nullptr)
    return failWithErrno(error, LoadStatus::CannotRead, "cannot verify");
  unverified = new (memory) Verification;
  root = unverified->begin(bytes(), error);
  return root != nullptr;
}

bool LoadedTable::verifyMore(LoadError &defect) noexcept {
  defect = LoadError();
  return unverified != nullptr && unverified->advance(defect);
}

bool LoadedTable::open(const char *path, uint32_t uid, bool whole,
                       LoadError &error) noexcept {
  // Nonblocking: a FIFO in the table's place must not stop the boot.
  Descriptor file(::open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (file.get() < 0)
    return failWithErrno(error, LoadStatus::CannotOpen, "cannot open");
  struct stat status;
  if (fstat(file.get(), &status) != 0)
    return failWithErrno(error, LoadStatus::CannotRead, "cannot read");
  return checkFile(status, uid, error) &&
         copyFrom(file.get(), static_cast<size_t>(status.st_size), whole,
                  error);
}

bool LoadedTable::loadFile(const char *path, uint32_t uid,
                           LoadError &error) noexcept {
  return open(path, uid, true, error);
}

bool LoadedTable::loadFile(const char *path, LoadError &error) noexcept {
  return open(path, geteuid(), true, error);
}

bool LoadedTable::beginFile(const char *path, LoadError &error) noexcept {
  return open(path, geteuid(), false, error);
}

bool LoadedTable::loadDescriptor(int source, LoadError &error) noexcept {
  struct stat status;
  if (fstat(source, &status) != 0)
    return failWithErrno(error, LoadStatus::CannotRead, "cannot read");
  if (!S_ISREG(status.st_mode))
    return fail(error, LoadStatus::NotRegular, 0, "not a regular file");
  return checkSize(status, error) &&
         copyFrom(source, static_cast<size_t>(status.st_size), true, error);
}

} // namespace starton::table
