// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Runtime/Host/Accounts.h"
#include <cerrno>
#include <fcntl.h>

namespace starton::host {

namespace {

/// The lines of a file through a fixed buffer. A line longer than the buffer
/// is passed on as what fits of it, and its rest is skipped: a group with
/// thousands of members must not hide the groups after it.
class LineReader {
public:
  LineReader(ChildCalls &system, const char *path)
      : sys(system), descriptor(system.open(path, O_RDONLY | O_CLOEXEC)) {}
  ~LineReader() {
    if (descriptor >= 0)
      sys.close(descriptor);
  }
  LineReader(const LineReader &) = delete;
  LineReader &operator=(const LineReader &) = delete;

  int error() const { return descriptor < 0 ? descriptor : failed; }

  bool next(Span<const char> &line) {
    if (descriptor < 0)
      return false;
    for (;;) {
      for (size_t at = scanned; at < filled; ++at)
        if (buffer[at] == '\n') {
          line = {buffer + start, at - start};
          start = scanned = at + 1;
          bool wanted = !skipping;
          skipping = false;
          if (wanted)
            return true;
        }
      scanned = filled;
      if (start == 0 && filled == sizeof buffer) {
        // Too long: hand out its head, then skip to its end.
        line = {buffer, filled};
        start = scanned = filled;
        if (!skipping) {
          skipping = true;
          return true;
        }
      }
      if (!fill(line))
        return false;
      if (atEnd)
        return true;
    }
  }

private:
  /// False when there is nothing more. At the end of the file, \p line is the
  /// last line without its newline, and atEnd is set.
  bool fill(Span<const char> &line) {
    if (atEnd)
      return false;
    std::memmove(buffer, buffer + start, filled - start);
    filled -= start;
    scanned -= start;
    start = 0;
    ssize_t got = sys.read(descriptor, buffer + filled, sizeof buffer - filled);
    if (got > 0) {
      filled += static_cast<size_t>(got);
      return true;
    }
    failed = got < 0 ? static_cast<int>(got) : 0;
    atEnd = true;
    line = {buffer, filled};
    return filled > 0 && got == 0 && !skipping;
  }

  ChildCalls &sys;
  int descriptor;
  int failed = 0;
  bool skipping = false;
  bool atEnd = false;
  size_t start = 0;   ///< of the current line
  size_t scanned = 0; ///< no newline before this
  size_t filled = 0;
  char buffer[65536]; // a stack's worth: only what is read is touched
};

/// Cuts the text before the first \p separator off \p rest.
Span<const char> cut(Span<const char> &rest, char separator) {
  for (size_t at = 0; at < rest.size(); ++at)
    if (rest[at] == separator) {
      Span<const char> head = rest.slice(0, at);
      rest = rest.slice(at + 1, rest.size() - at - 1);
      return head;
    }
  Span<const char> head = rest;
  rest = {};
  return head;
}

bool number(Span<const char> text, uint32_t &value) {
  uint64_t sum = 0;
  for (char c : text) {
    if (c < '0' || c > '9')
      return false;
    sum = sum * 10 + static_cast<uint64_t>(c - '0');
    if (sum > 0xFFFFFFFE) // -1 means "unchanged" to the kernel
      return false;
  }
  value = static_cast<uint32_t>(sum);
  return !text.empty();
}

/// The group line's name, number and members.
bool groupLine(Span<const char> line, Span<const char> &name, uint32_t &group,
               Span<const char> &members) {
  Span<const char> rest = line;
  name = cut(rest, ':');
  cut(rest, ':');
  bool valid = number(cut(rest, ':'), group);
  members = rest;
  return valid;
}

bool lists(Span<const char> members, Span<const char> user) {
  while (!members.empty())
    if (equal(cut(members, ','), user))
      return true;
  return false;
}

} // namespace

int findUser(ChildCalls &sys, Span<const char> name, uid_t &user,
             gid_t &group) {
  LineReader reader(sys, "/etc/passwd");
  for (Span<const char> line; reader.next(line);) {
    Span<const char> rest = line;
    if (!equal(cut(rest, ':'), name))
      continue;
    cut(rest, ':');
    if (number(cut(rest, ':'), user) && number(cut(rest, ':'), group))
      return AccountFound;
  }
  return reader.error();
}

int findGroup(ChildCalls &sys, Span<const char> name, gid_t &group) {
  LineReader reader(sys, "/etc/group");
  for (Span<const char> line; reader.next(line);) {
    Span<const char> found, members;
    uint32_t value = 0;
    if (groupLine(line, found, value, members) && equal(found, name)) {
      group = value;
      return AccountFound;
    }
  }
  return reader.error();
}

ssize_t groupsOf(ChildCalls &sys, Span<const char> user, gid_t base,
                 gid_t *groups, size_t capacity) {
  if (capacity == 0)
    return 0;
  size_t count = 0;
  groups[count++] = base;
  LineReader reader(sys, "/etc/group");
  for (Span<const char> line; reader.next(line) && count < capacity;) {
    Span<const char> name, members;
    uint32_t value = 0;
    if (groupLine(line, name, value, members) && value != base &&
        lists(members, user))
      groups[count++] = value;
  }
  int error = reader.error();
  if (error < 0 && error != -ENOENT)
    return error;
  return static_cast<ssize_t>(count);
}

} // namespace starton::host
