// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// $XDG_RUNTIME_DIR/upstart/sessions/PID.session: how clients find a session
// (spec/runtime §6.4).

#ifndef STARTON_RUNTIME_HOST_SESSIONFILE_H
#define STARTON_RUNTIME_HOST_SESSIONFILE_H

#include "starton/Runtime/Host/Sys.h"
#include <climits>

namespace starton {
class StateReader;
class StateWriter;
} // namespace starton

namespace starton::host {

class SessionFile {
public:
  explicit SessionFile(Sys &system) : sys(system) {}
  SessionFile(const SessionFile &) = delete;
  SessionFile &operator=(const SessionFile &) = delete;

  /// Makes the directories (0700) and the file, which appears whole or not at
  /// all. Nothing is done, and that is no error, when \p runtimeDirectory is
  /// null or relative. Returns 0 or an errno.
  int create(const char *runtimeDirectory, const char *address);
  bool isMade() const { return made; }
  /// After create() has failed: the directory or file that it was about.
  const char *triedPath() const { return path; }
  /// Removes what create() made.
  void remove();

  // --- Over a re-exec: ReexecRecords.cpp.
  void save(StateWriter &out) const;
  void load(StateReader &in, bool dry);

private:
  int writeTemporary(const char *temporary, const char *address);

  Sys &sys;
  bool made = false;
  char path[PATH_MAX];
};

} // namespace starton::host

#endif // STARTON_RUNTIME_HOST_SESSIONFILE_H
