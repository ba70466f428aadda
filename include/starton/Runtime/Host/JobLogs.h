// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The output of jobs with `console log` (spec/runtime §5.1): one terminal, or
// a pipe where there is no terminal to be had, per process, copied to a file.
//
// A log can lose output, it can never hold anything up: what cannot be written
// waits in a bounded buffer, and what does not fit there is dropped.

#ifndef STARTON_RUNTIME_HOST_JOBLOGS_H
#define STARTON_RUNTIME_HOST_JOBLOGS_H

#include "starton/Runtime/Host/Loop.h"
#include "starton/Runtime/Host/Messages.h"
#include <climits>

namespace starton {
class StateReader;
class StateWriter;
} // namespace starton

namespace starton::host {

/// The reading end of one process's output.
struct JobLog {
  Watch watch;     ///< on the master or the pipe
  int peer = -1;   ///< pipe only: the writing end, until the fork
  int file = -1;   ///< the log file once it is open
  int failure = 0; ///< errno of the last failed open; 0: none
  bool terminal = false;
  bool failing = false; ///< the last write failed, and that was said
  char *held = nullptr; ///< output that could not be written
  size_t heldSize = 0;
  JobLog *next = nullptr; ///< among the early logs
  char *path = nullptr;   ///< behind this object, in the same memory
};

class JobLogs {
public:
  /// Of output that could not be written: one log, all logs.
  static constexpr size_t MaxHeld = size_t(64) << 10;
  static constexpr size_t MaxHeldOfAll = size_t(1) << 20;

  JobLogs(Sys &system, Loop &eventLoop, Messages &out)
      : sys(system), loop(eventLoop), messages(out) {}
  ~JobLogs();
  JobLogs(const JobLogs &) = delete;
  JobLogs &operator=(const JobLogs &) = delete;

  /// \p path outlives this object. Null: there is no place for logs.
  void setDirectory(const char *path) { directory = path; }
  bool hasDirectory() const { return directory != nullptr; }

  /// No log takes a descriptor from this number on: what is above is for
  /// clients and for starting jobs.
  void setDescriptorLimit(int limit) { descriptorLimit = limit; }

  /// Appends the path of the file an instance's output goes to. False: there is
  /// no place for logs, or no memory.
  [[nodiscard]] bool appendPath(engine::Text job, engine::Text instance,
                                Vector<char> &path) const;

  /// Makes the terminal and starts watching it. Null when there is no memory
  /// or descriptor, with \p error the errno that says which: the process then
  /// runs with its output discarded.
  JobLog *open(engine::Text job, engine::Text instance, int &error);
  /// The process exists: a pipe's writing end is the child's alone now.
  void forked(JobLog &log);
  /// The process has ended or was never started: reads what is still there,
  /// writes it if it can be written, and frees the log.
  void finish(JobLog *log);
  /// Frees the log and what it holds; nothing is read or written.
  void discard(JobLog *log);

  /// The disk can be written now: writes out what ended before. Returns 0 or
  /// the errno of what still fails.
  int writeEarly();

  // --- Over a re-exec: ReexecRecords.cpp. What is read \p dry is only to see
  // whether it can be: no descriptor is touched.
  void save(StateWriter &out) const;
  void load(StateReader &in, bool dry);
  /// One process's log. Null: in.why() says why.
  void saveLog(StateWriter &out, const JobLog &log) const;
  JobLog *loadLog(StateReader &in, bool dry);

private:
  size_t pathSize(engine::Text job, engine::Text instance) const;
  char *writePath(engine::Text job, engine::Text instance, char *at) const;
  int openTerminal(JobLog &log);
  void prepareWatch(JobLog &log, int descriptor);
  int openPipe(JobLog &log);
  /// False at the end of the output.
  bool transfer(JobLog &log, unsigned rounds);
  void store(JobLog &log, const char *data, size_t size);
  bool openFile(JobLog &log);
  bool waitsForDisk(const JobLog &log) const;
  void reportUnopened(const JobLog &log);
  bool writeOut(JobLog &log, const char *data, size_t size, size_t &written);
  bool writeHeld(JobLog &log);
  void hold(JobLog &log, const char *data, size_t size);
  void destroy(JobLog *log);

  Sys &sys;
  Loop &loop;
  Messages &messages;
  const char *directory = nullptr;
  bool directoryMissed = false; ///< that it is not there was said
  JobLog *early = nullptr;
  int descriptorLimit = INT_MAX;
  size_t heldOfAll = 0;
  bool diskSeen = false; ///< writeEarly() has succeeded: nothing is early now
};

} // namespace starton::host

#endif // STARTON_RUNTIME_HOST_JOBLOGS_H
