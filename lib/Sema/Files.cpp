// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reading one job file.

#include "starton/Sema/JobSet.h"
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace starton::sema {

namespace {

/// A descriptor that closes itself.
class Descriptor {
public:
  explicit Descriptor(int fd) : fd(fd) {}
  ~Descriptor() {
    if (fd >= 0)
      ::close(fd);
  }
  Descriptor(const Descriptor &) = delete;
  Descriptor &operator=(const Descriptor &) = delete;
  int get() const { return fd; }

private:
  int fd;
};

constexpr uint64_t maxSourceSize = UINT32_MAX;
const char *const tooLarge = "larger than 4 GiB - 1";

} // namespace

std::unique_ptr<SourceBuffer> readSource(const std::string &path,
                                         std::string &error) {
  auto failed = [&](const char *why) {
    error = why;
    return nullptr;
  };
  // O_NONBLOCK: opening a FIFO must not wait for a writer.
  Descriptor file(
      ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat status;
  if (file.get() < 0 || ::fstat(file.get(), &status) != 0)
    return failed(std::strerror(errno));
  if (S_ISDIR(status.st_mode))
    return failed(std::strerror(EISDIR));
  if (!S_ISREG(status.st_mode))
    return failed("not a regular file");
  if (static_cast<uint64_t>(status.st_size) > maxSourceSize)
    return failed(tooLarge);

  // One byte more than expected: a short count then is the end of the file, and
  // the usual file costs one read.
  std::string text(static_cast<size_t>(status.st_size) + 1, '\0');
  size_t length = 0;
  for (;;) {
    ssize_t count =
        ::read(file.get(), text.data() + length, text.size() - length);
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      return failed(std::strerror(errno));
    length += static_cast<size_t>(count);
    if (length > maxSourceSize)
      return failed(tooLarge);
    if (length < text.size() &&
        (count == 0 || length == static_cast<size_t>(status.st_size)))
      break;
    if (length == text.size()) // it grew meanwhile, or lies (procfs)
      text.resize(text.size() * 2 + 4096);
  }
  text.resize(length);
  return std::make_unique<SourceBuffer>(path, std::move(text));
}

} // namespace starton::sema
