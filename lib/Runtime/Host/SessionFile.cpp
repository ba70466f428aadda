// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Runtime/Host/SessionFile.h"
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <initializer_list>

namespace starton::host {

int SessionFile::writeTemporary(const char *temporary, const char *address) {
  int file = sys.open(
      temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (file < 0)
    return -file;
  char line[160];
  int size = std::snprintf(line, sizeof line, "UPSTART_SESSION=%s\n", address);
  ssize_t written = sys.write(file, line, static_cast<size_t>(size));
  sys.close(file);
  if (written < 0)
    return static_cast<int>(-written);
  return written == size ? 0 : ENOSPC;
}

int SessionFile::create(const char *runtimeDirectory, const char *address) {
  if (!runtimeDirectory || runtimeDirectory[0] != '/')
    return 0;
  char temporary[sizeof path];
  for (const char *below : {"/upstart", "/upstart/sessions"}) {
    if (static_cast<size_t>(std::snprintf(path, sizeof path, "%s%s",
                                          runtimeDirectory, below)) >=
        sizeof path - 32) // room for the file's name
      return ENAMETOOLONG;
    int result = sys.makeDirectory(path, 0700);
    if (result < 0 && result != -EEXIST)
      return -result;
  }
  size_t length = std::strlen(path);
  int pid = sys.pid();
  if (static_cast<size_t>(std::snprintf(temporary, sizeof temporary,
                                        "%s/.%d.session.new", path, pid)) >=
      sizeof temporary)
    return ENAMETOOLONG;
  std::snprintf(path + length, sizeof path - length, "/%d.session", pid);
  int error = writeTemporary(temporary, address);
  if (error == 0)
    error = -sys.rename(temporary, path);
  if (error != 0)
    (void)sys.unlink(temporary);
  made = error == 0;
  return error;
}

void SessionFile::remove() {
  if (made)
    (void)sys.unlink(path);
  made = false;
}

} // namespace starton::host
