// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Runtime/Host/Messages.h"
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <initializer_list>
#include <poll.h>
#include <unistd.h>

namespace starton::host {

namespace {

/// A line of at most PIPE_BUF bytes reaches a pipe whole or not at all.
constexpr size_t MaxLine = 4096;
constexpr char Prefix[] = "init:";

bool hasColonBeforeBlank(engine::Text text) {
  for (char c : text) {
    if (c == ':')
      return true;
    if (c == ' ')
      return false;
  }
  return false;
}

} // namespace

Messages::~Messages() {
  for (Port *port : {&output, &error})
    if (port->own)
      sys.close(port->descriptor);
}

/// O_NONBLOCK belongs to the open file, which the daemon shares with its
/// parent: pipes and terminals are opened anew. A regular file is not, for its
/// position is shared with good reason.
void Messages::openPort(Port &port, int standard) {
  port.descriptor = standard;
  struct stat status = {};
  if (sys.statDescriptor(standard, status) < 0 ||
      !(S_ISFIFO(status.st_mode) || S_ISCHR(status.st_mode)))
    return;
  char path[32];
  std::snprintf(path, sizeof path, "/proc/self/fd/%d", standard);
  int opened =
      sys.open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_APPEND | O_CLOEXEC);
  if (opened < 0)
    return;
  port.descriptor = opened;
  port.own = true;
}

void Messages::write(Port &port, const char *line, size_t size) {
  if (port.descriptor < 0)
    openPort(port, &port == &error ? STDERR_FILENO : STDOUT_FILENO);
  // Sockets were not opened anew; nobody else fills them between the two
  // calls often enough to matter.
  if (sys.poll(port.descriptor, POLLOUT, 0) <= 0 ||
      sys.write(port.descriptor, line, size) < 0)
    ++port.lost;
}

void Messages::log(engine::Priority priority, engine::Text text) {
  if (!wanted(priority))
    return;
  Port &port = priority >= engine::Priority::Warn ? error : output;
  char line[MaxLine];
  if (uint32_t lost = port.lost) {
    port.lost = 0;
    int size = std::snprintf(line, sizeof line,
                             "init: %u messages were lost: nobody read them\n",
                             static_cast<unsigned>(lost));
    write(port, line, static_cast<size_t>(size));
    if (port.lost != 0) {
      port.lost = lost + 1; // still nobody
      return;
    }
  }
  size_t size = 0;
  if (&port == &error) {
    std::memcpy(line, Prefix, sizeof Prefix - 1);
    size = sizeof Prefix - 1;
    if (!hasColonBeforeBlank(text))
      line[size++] = ' ';
  }
  size_t room = sizeof line - size - 1;
  size_t taken = text.size() < room ? text.size() : room;
  if (taken)
    std::memcpy(line + size, text.data(), taken);
  // Names of jobs and files may have any bytes: still it is one line.
  for (char *byte = line + size; byte != line + size + taken; ++byte)
    if ((static_cast<unsigned char>(*byte) < ' ' && *byte != '\t') ||
        *byte == '\x7f')
      *byte = '?';
  size += taken;
  line[size++] = '\n';
  write(port, line, size);
}

void Messages::format(engine::Priority priority, const char *pattern, ...) {
  if (!wanted(priority))
    return;
  char text[MaxLine];
  va_list arguments;
  va_start(arguments, pattern);
  int length = std::vsnprintf(text, sizeof text, pattern, arguments);
  va_end(arguments);
  if (length < 0)
    return;
  auto size = static_cast<size_t>(length);
  log(priority, {text, size < sizeof text ? size : sizeof text - 1});
}

} // namespace starton::host
