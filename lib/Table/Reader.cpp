// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A table file is never mapped and never verified in place: it could be
// truncated (SIGBUS in process 1) or rewritten after the check. All work is on
// a copy in anonymous memory that is made read-only: nobody else can reach it,
// it pins no file system, and it can be of huge pages, which shared memory
// mostly cannot. The kernel writes it (read), so that a lack of memory shows up
// as an error and not as a signal.
//
// A start reads what is in no part of the table, and the parts when they are
// needed or when there is time; the file stays open for that long.

#include "starton/Table/Reader.h"
#include "Header.h"
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
  int release() {
    int kept = fd;
    fd = -1;
    return kept;
  }

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
/// What is read of a table at first: all of a small one, and of others
/// certainly what says how much more is needed.
constexpr size_t FirstRead = size_t(64) << 10;

/// Fills [begin, end) of \p target from the same place of the file. An errno,
/// or 0; \p begin is then where the file ended.
int readRange(int source, uint8_t *target, size_t &begin, size_t end) {
  while (begin < end) {
    ssize_t got =
        pread(source, target + begin, end - begin, static_cast<off_t>(begin));
    if (got < 0 && errno != EINTR)
      return errno;
    if (got == 0)
      return 0;
    if (got > 0)
      begin += static_cast<size_t>(got);
  }
  return 0;
}

bool readAll(int source, uint8_t *target, size_t begin, size_t end,
             LoadError &error) {
  if (int code = readRange(source, target, begin, end)) {
    errno = code;
    return failWithErrno(error, LoadStatus::CannotRead, "cannot read");
  }
  return begin == end ||
         fail(error, LoadStatus::Truncated, 0,
              "truncated while it was read: %zu of %zu bytes", begin, end);
}

} // namespace

/// What a table has that is still being read or verified.
struct LoadedTable::Rest {
  explicit Rest(uint8_t *memory) : target(memory) {}

  static int read(void *context, uint32_t begin, uint32_t end) noexcept {
    auto &self = *static_cast<Rest *>(context);
    size_t at = begin;
    return readRange(self.file, self.target, at, end);
  }

  Verification verification;
  uint8_t *target;
  int file = -1; ///< open until all of it has been read
};

LoadedTable::~LoadedTable() {
  if (unverified != nullptr) {
    if (unverified->file >= 0)
      close(unverified->file);
    unverified->~Rest();
  }
  std::free(unverified);
  if (mapping != nullptr)
    munmap(mapping, reserved);
}

Verification *LoadedTable::rest() const {
  return unverified != nullptr ? &unverified->verification : nullptr;
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
bool LoadedTable::reserve(size_t size, bool whole) noexcept {
  bool large = size >= HugePage;
  bool populate = !large && (whole || size <= FirstRead);
  size_t wanted = large ? size + HugePage : size;
  void *memory =
      mmap(nullptr, wanted, PROT_READ | PROT_WRITE,
           MAP_PRIVATE | MAP_ANONYMOUS | (populate ? MAP_POPULATE : 0), -1, 0);
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

bool LoadedTable::copyFrom(int source, size_t size, LoadError &error) noexcept {
  if (size == 0)
    return fail(error, LoadStatus::NotATable, 0, "not a job table");
  LoadedTable fresh;
  if (!fresh.reserve(size, true))
    return failWithErrno(error, LoadStatus::CannotRead, "cannot read");
  return readAll(source, fresh.start, 0, size, error) &&
         takeFilled(fresh, error);
}

bool LoadedTable::loadBytes(Span<const uint8_t> source,
                            LoadError &error) noexcept {
  if (source.empty() || source.size() > MaxTableSize)
    return fail(error, LoadStatus::NotATable, 0, "not a job table");
  LoadedTable fresh;
  if (!fresh.reserve(source.size(), true))
    return failWithErrno(error, LoadStatus::CannotRead, "cannot read");
  memcpy(fresh.start, source.data(), source.size());
  return takeFilled(fresh, error);
}

bool LoadedTable::takeFilled(LoadedTable &fresh, LoadError &error) noexcept {
  // From here on not even a stray write of our own changes it.
  if (mprotect(fresh.mapping, fresh.reserved, PROT_READ) != 0)
    return failWithErrno(error, LoadStatus::CannotRead, "cannot read");
  fresh.root = verify(fresh.bytes(), error);
  if (fresh.root == nullptr)
    return false;
  swap(fresh);
  error = LoadError();
  return true;
}

/// \p kept: \p source has been closed, or will be with this table.
bool LoadedTable::begin(int source, size_t size, bool &kept,
                        LoadError &error) noexcept {
  if (size == 0)
    return fail(error, LoadStatus::NotATable, 0, "not a job table");
  LoadedTable fresh;
  // The memory of a Rest that ends with this table.
  void *memory = std::malloc(sizeof(Rest));
  if (memory == nullptr || !fresh.reserve(size, false)) {
    std::free(memory);
    return failWithErrno(error, LoadStatus::CannotRead, "cannot read");
  }
  fresh.unverified = new (memory) Rest(fresh.start);
  Rest &rest = *fresh.unverified;
  size_t filled = size < FirstRead ? size : FirstRead;
  if (!readAll(source, fresh.start, 0, filled, error))
    return false;
  size_t hot = hotSizeOf({fresh.start, filled}, size);
  if (hot > filled) {
    if (!readAll(source, fresh.start, filled, hot, error))
      return false;
    filled = hot;
  }
  // All of a small one is there.
  PartSource parts;
  if (filled < size)
    parts = {&rest, Rest::read};
  rest.file = source;
  kept = true;
  fresh.root = rest.verification.begin(fresh.bytes(), filled, parts, error);
  if (fresh.root == nullptr)
    return false;
  swap(fresh);
  if (filled == size)
    settle();
  error = LoadError();
  return true;
}

/// All of it has been read: nothing changes it from here on.
void LoadedTable::settle() noexcept {
  if (unverified->file >= 0)
    close(unverified->file);
  unverified->file = -1;
  (void)mprotect(mapping, reserved, PROT_READ);
}

bool LoadedTable::verifyMore(LoadError &defect) noexcept {
  defect = LoadError();
  if (unverified == nullptr)
    return false;
  bool more = unverified->verification.advance(defect);
  if (!more && unverified->file >= 0)
    settle();
  return more;
}

bool LoadedTable::readRest() noexcept {
  return unverified == nullptr || unverified->verification.fetchAll();
}

namespace {

/// A descriptor whose status is \p status, or -1.
int openTable(const char *path, uint32_t uid, struct stat &status,
              LoadError &error) {
  // Nonblocking: a FIFO in the table's place must not stop the boot.
  Descriptor file(::open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (file.get() < 0) {
    failWithErrno(error, LoadStatus::CannotOpen, "cannot open");
    return -1;
  }
  if (fstat(file.get(), &status) != 0) {
    failWithErrno(error, LoadStatus::CannotRead, "cannot read");
    return -1;
  }
  return checkFile(status, uid, error) ? file.release() : -1;
}

} // namespace

bool LoadedTable::loadFile(const char *path, uint32_t uid,
                           LoadError &error) noexcept {
  struct stat status;
  Descriptor file(openTable(path, uid, status, error));
  return file.get() >= 0 &&
         copyFrom(file.get(), static_cast<size_t>(status.st_size), error);
}

bool LoadedTable::loadFile(const char *path, LoadError &error) noexcept {
  return loadFile(path, geteuid(), error);
}

bool LoadedTable::beginFile(const char *path, LoadError &error) noexcept {
  struct stat status;
  Descriptor file(openTable(path, geteuid(), status, error));
  bool kept = false;
  bool good =
      file.get() >= 0 &&
      begin(file.get(), static_cast<size_t>(status.st_size), kept, error);
  if (kept)
    (void)file.release();
  return good;
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
