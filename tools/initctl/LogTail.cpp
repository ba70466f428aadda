// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "LogTail.h"
#include "starton/Runtime/Control/Client.h"
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace starton::initctl {

static constexpr size_t MaxBytes = 4096;
static constexpr size_t MaxLines = 10;

std::string harmless(const std::string &text) {
  std::string result;
  auto escape = [&](unsigned byte) {
    char escaped[8];
    std::snprintf(escaped, sizeof(escaped), "\\x%02x", byte);
    result += escaped;
  };
  for (size_t i = 0; i < text.size(); ++i) {
    auto byte = static_cast<unsigned char>(text[i]);
    auto next =
        static_cast<unsigned char>(i + 1 < text.size() ? text[i + 1] : 0);
    if ((byte < 0x20 && byte != '\t') || byte == 0x7f) {
      escape(byte);
    } else if (byte == 0xc2 && next >= 0x80 && next < 0xa0) {
      escape(byte); // U+0080 to U+009F are control characters too.
      escape(next);
      ++i;
    } else {
      result += text[i];
    }
  }
  return result;
}

/// readFileEnd() of an open file; false with errno set.
static bool readEnd(int descriptor, std::string &bytes, bool &whole) {
  struct stat status{};
  if (fstat(descriptor, &status) != 0)
    return false;
  off_t from = std::max<off_t>(0, status.st_size - off_t{MaxBytes});
  whole = from == 0;
  bytes.resize(MaxBytes);
  size_t length = 0;
  while (length < MaxBytes) {
    ssize_t count = pread(descriptor, &bytes[length], MaxBytes - length,
                          from + static_cast<off_t>(length));
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      return false;
    if (count == 0)
      break;
    length += static_cast<size_t>(count);
  }
  bytes.resize(length);
  return true;
}

static bool isRegularFile(int descriptor) {
  struct stat status{};
  return fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
}

bool readFileEnd(const std::string &path, std::string &bytes, bool &whole,
                 std::string &error) {
  // O_NONBLOCK: opening a FIFO must not wait for a writer.
  int descriptor = open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOFOLLOW |
                                          O_NOCTTY | O_CLOEXEC);
  if (descriptor < 0) {
    error = std::strerror(errno);
    return false;
  }
  if (!isRegularFile(descriptor))
    error = "Not a regular file";
  else if (!readEnd(descriptor, bytes, whole))
    error = std::strerror(errno);
  close(descriptor);
  return error.empty();
}

static std::vector<std::string> lastLines(const std::string &bytes,
                                          bool whole) {
  std::vector<std::string> lines;
  for (size_t at = 0; at < bytes.size();) {
    size_t end = std::min(bytes.find('\n', at), bytes.size());
    size_t length = end - at;
    if (length > 0 && bytes[end - 1] == '\r')
      --length; // Jobs write to a terminal.
    lines.push_back(control::printable(bytes.substr(at, length)));
    at = end + 1;
  }
  // The first is the rest of a line, unless it is all there is.
  if (!whole && lines.size() > 1)
    lines.erase(lines.begin());
  if (lines.size() > MaxLines)
    lines.erase(lines.begin(), lines.end() - MaxLines);
  return lines;
}

LogTail readLogTail(const std::string &path) {
  LogTail tail;
  if (path.empty() || path[0] != '/') {
    tail.error = "Not read: relative to the directory of the daemon";
    return tail;
  }
  std::string bytes;
  bool whole = true;
  if (readFileEnd(path, bytes, whole, tail.error))
    tail.lines = lastLines(bytes, whole);
  return tail;
}

} // namespace starton::initctl
