// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reading one job file.

#include "Files.h"
#include "starton/Sema/JobSet.h"
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace starton::sema {

namespace {

constexpr size_t maxSourceSize = UINT32_MAX;
const char *const tooLarge = "larger than 4 GiB - 1";

/// Null: \p file is a regular file of \p size bytes that may be read.
const char *whyNotRead(int file, size_t &size) {
  struct stat status;
  if (file < 0 || ::fstat(file, &status) != 0)
    return std::strerror(errno);
  if (S_ISDIR(status.st_mode))
    return std::strerror(EISDIR);
  if (!S_ISREG(status.st_mode))
    return "not a regular file";
  size = static_cast<size_t>(status.st_size);
  return size > maxSourceSize ? tooLarge : nullptr;
}

/// Reads all there is, expecting \p size bytes. Null: done.
const char *readAll(int file, size_t size, std::string &text) {
  // One byte more than expected: a short count then is the end of the file, and
  // the usual file costs one read.
  text.resize(size + 1);
  size_t length = 0;
  for (;;) {
    ssize_t count = ::read(file, text.data() + length, text.size() - length);
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      return std::strerror(errno);
    length += static_cast<size_t>(count);
    if (length > maxSourceSize)
      return tooLarge;
    if (count == 0 || (length == size && size != 0))
      break;
    if (length == text.size()) // it grew meanwhile, or hides its size (procfs)
      text.resize(std::min(text.size() * 2 + 4096, maxSourceSize + 1));
  }
  text.resize(length);
  return nullptr;
}

} // namespace

std::unique_ptr<SourceBuffer> readSource(const FileSystem &files,
                                         const std::string &path,
                                         std::string &error) {
  // O_NONBLOCK: opening a FIFO must not wait for a writer.
  Descriptor file(files.open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY));
  size_t size = 0;
  std::string text;
  const char *failure = whyNotRead(file.get(), size);
  if (!failure)
    failure = readAll(file.get(), size, text);
  if (failure) {
    error = failure;
    return nullptr;
  }
  return std::make_unique<SourceBuffer>(path, std::move(text));
}

std::unique_ptr<SourceBuffer> readSource(const std::string &path,
                                         std::string &error) {
  return readSource(FileSystem(), path, error);
}

} // namespace starton::sema
