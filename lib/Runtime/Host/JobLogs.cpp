// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Runtime/Host/JobLogs.h"
#include "starton/Runtime/Support/Memory.h"
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <initializer_list>
#include <new>
#include <sys/ioctl.h>

namespace starton::host {

namespace {

constexpr mode_t LogMode = 0640;
/// Reads from one log before the others get their turn.
constexpr unsigned RoundsAtOnce = 16;
/// Enough to empty any terminal or pipe once its process is gone; a left-over
/// process that goes on writing must not keep us here.
constexpr unsigned RoundsAtEnd = 64;

/// Appends with every '/' replaced: names may have directories in them.
char *appendName(char *at, engine::Text name) {
  for (char c : name)
    *at++ = c == '/' ? '_' : c;
  return at;
}

} // namespace

JobLogs::~JobLogs() {
  while (early) {
    JobLog *log = early;
    early = log->next;
    destroy(log);
  }
}

/// 0 or an errno.
int JobLogs::openTerminal(JobLog &log) {
  int master =
      sys.open("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  if (master < 0)
    return -master;
  int unlocked = 0;
  int result = sys.deviceControl(master, TIOCSPTLCK,
                                 reinterpret_cast<unsigned long>(&unlocked));
  if (result < 0) {
    sys.close(master);
    return -result;
  }
  log.watch.descriptor = master;
  log.terminal = true;
  return 0;
}

/// 0 or an errno.
int JobLogs::openPipe(JobLog &log) {
  int ends[2];
  if (int result = sys.pipe(ends, O_CLOEXEC))
    return -result;
  (void)sys.control(ends[0], F_SETFL, O_NONBLOCK);
  log.watch.descriptor = ends[0];
  log.peer = ends[1];
  return 0;
}

/// With the NUL; one byte more when the instance has no name.
size_t JobLogs::pathSize(engine::Text job, engine::Text instance) const {
  return std::strlen(directory) + job.size() + instance.size() +
         sizeof "/-.log";
}

/// Returns the place of the NUL.
char *JobLogs::writePath(engine::Text job, engine::Text instance,
                         char *at) const {
  size_t length = std::strlen(directory);
  std::memcpy(at, directory, length);
  at += length;
  *at++ = '/';
  at = appendName(at, job);
  if (!instance.empty()) {
    *at++ = '-';
    at = appendName(at, instance);
  }
  std::memcpy(at, ".log", sizeof ".log");
  return at + sizeof ".log" - 1;
}

bool JobLogs::appendPath(engine::Text job, engine::Text instance,
                         Vector<char> &path) const {
  size_t before = path.size();
  if (!directory || !path.reserve(before + pathSize(job, instance)))
    return false;
  char *end = writePath(job, instance, path.data() + before);
  path.shrink(static_cast<size_t>(end - path.data()));
  return true;
}

JobLog *JobLogs::open(engine::Text job, engine::Text instance, int &error) {
  error = ENOENT;
  if (!directory)
    return nullptr;
  error = ENOMEM;
  void *memory = allocate(sizeof(JobLog) + pathSize(job, instance));
  if (!memory)
    return nullptr;
  auto *log = new (memory) JobLog;
  log->path = reinterpret_cast<char *>(log + 1);
  (void)writePath(job, instance, log->path);

  error = 0;
  if (openTerminal(*log) != 0)
    error = openPipe(*log);
  if (error != 0) {
    release(memory);
    return nullptr;
  }
  prepareWatch(*log, log->watch.descriptor);
  error =
      log->watch.descriptor >= descriptorLimit ? EMFILE : loop.add(log->watch);
  if (error != 0) {
    destroy(log);
    return nullptr;
  }
  return log;
}

void JobLogs::prepareWatch(JobLog &log, int descriptor) {
  log.watch.descriptor = descriptor;
  log.watch.context = this;
  log.watch.events = EPOLLIN;
  log.watch.handler = [](Watch &watch, uint32_t) {
    auto *self = static_cast<JobLogs *>(watch.context);
    // The watch is the first member: see the assertion below.
    auto &ready = *reinterpret_cast<JobLog *>(&watch);
    if (!self->transfer(ready, RoundsAtOnce))
      self->loop.remove(watch); // only finish() frees it
  };
  static_assert(offsetof(JobLog, watch) == 0);
}

bool JobLogs::transfer(JobLog &log, unsigned rounds) {
  char buffer[4096]; // what a terminal hands out at once
  for (; rounds > 0; --rounds) {
    ssize_t got = sys.read(log.watch.descriptor, buffer, sizeof buffer);
    if (got == -EAGAIN)
      return true;
    if (got <= 0)
      return false; // EIO: nobody has the terminal open any more
    store(log, buffer, static_cast<size_t>(got));
  }
  return true;
}

/// Old output goes first; new output never overtakes it.
void JobLogs::store(JobLog &log, const char *data, size_t size) {
  size_t written = 0;
  if (openFile(log) && writeHeld(log) && writeOut(log, data, size, written))
    return;
  hold(log, data + written, size - written);
}

/// Such output is not lost: it is kept until writeEarly().
bool JobLogs::waitsForDisk(const JobLog &log) const {
  return !diskSeen && (log.failure == EROFS || log.failure == EPERM ||
                       log.failure == EACCES);
}

/// Without the directory no log at all can be opened, which is said once.
void JobLogs::reportUnopened(const JobLog &log) {
  if (waitsForDisk(log))
    return;
  const char *reason = std::strerror(log.failure);
  if (log.failure != ENOENT) {
    messages.format(engine::Priority::Warn, "Failed to open log file %s: %s",
                    log.path, reason);
    return;
  }
  if (!directoryMissed)
    messages.format(engine::Priority::Warn,
                    "No directory for the output of jobs: %s: %s", directory,
                    reason);
  directoryMissed = true;
}

/// Opens the log file, or opens it again when somebody has removed it.
bool JobLogs::openFile(JobLog &log) {
  if (log.file >= 0) {
    struct stat status = {};
    if (sys.statDescriptor(log.file, status) == 0 && status.st_nlink > 0)
      return true;
    sys.close(log.file);
    log.file = -1;
  }
  int file = sys.open(log.path,
                      O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK |
                          O_NOCTTY | O_CLOEXEC,
                      LogMode);
  int before = log.failure;
  log.failure = file < 0 ? -file : 0;
  if (file < 0) {
    if (log.failure != before)
      reportUnopened(log);
    return false;
  }
  directoryMissed = false;
  log.file = file;
  return true;
}

/// False when something is left over; a full disk takes everything, for good.
bool JobLogs::writeOut(JobLog &log, const char *data, size_t size,
                       size_t &written) {
  for (written = 0; written < size;) {
    ssize_t result = sys.write(log.file, data + written, size - written);
    if (result > 0) {
      written += static_cast<size_t>(result);
      log.failing = false;
      continue;
    }
    // Once: a job that prints much must not fill our messages as well.
    if (!log.failing)
      messages.format(engine::Priority::Warn, "Failed to write to log file %s",
                      log.path);
    log.failing = true;
    // A full disk takes later output once there is room again; what did not
    // fit is dropped.
    if (result == -ENOSPC || result == -EDQUOT) {
      written = size;
      return true;
    }
    return false;
  }
  return true;
}

bool JobLogs::writeHeld(JobLog &log) {
  if (log.heldSize == 0)
    return true;
  size_t written = 0;
  bool complete = writeOut(log, log.held, log.heldSize, written);
  heldOfAll -= written;
  log.heldSize -= written;
  if (!complete) {
    std::memmove(log.held, log.held + written, log.heldSize);
    return false;
  }
  release(log.held);
  log.held = nullptr;
  return true;
}

void JobLogs::hold(JobLog &log, const char *data, size_t size) {
  size_t room = MaxHeld - log.heldSize;
  if (MaxHeldOfAll - heldOfAll < room)
    room = MaxHeldOfAll - heldOfAll;
  if (size > room)
    size = room;
  if (size == 0)
    return;
  auto *grown = static_cast<char *>(reallocate(log.held, log.heldSize + size));
  if (!grown)
    return;
  std::memcpy(grown + log.heldSize, data, size);
  log.held = grown;
  log.heldSize += size;
  heldOfAll += size;
}

void JobLogs::forked(JobLog &log) {
  if (log.peer < 0)
    return;
  sys.close(log.peer);
  log.peer = -1;
}

void JobLogs::finish(JobLog *log) {
  if (!log)
    return;
  forked(*log); // or never
  if (transfer(*log, RoundsAtEnd) && messages.wanted(engine::Priority::Debug))
    messages.format(engine::Priority::Debug,
                    "Process associated with log leaked a file descriptor %s",
                    log->path);
  loop.remove(log->watch);
  sys.close(log->watch.descriptor);
  log->watch.descriptor = -1;
  if (log->heldSize > 0 && openFile(*log))
    (void)writeHeld(*log);
  if (log->heldSize == 0 || !waitsForDisk(*log)) {
    destroy(log);
    return;
  }
  JobLog **end = &early;
  while (*end)
    end = &(*end)->next;
  *end = log;
}

int JobLogs::writeEarly() {
  while (JobLog *log = early) {
    if (!openFile(*log))
      return log->failure;
    if (!writeHeld(*log))
      return EIO;
    early = log->next;
    destroy(log);
  }
  diskSeen = true;
  return 0;
}

void JobLogs::discard(JobLog *log) {
  if (log)
    destroy(log);
}

void JobLogs::destroy(JobLog *log) {
  loop.remove(log->watch);
  for (int descriptor : {log->watch.descriptor, log->peer, log->file})
    if (descriptor >= 0)
      sys.close(descriptor);
  heldOfAll -= log->heldSize;
  release(log->held);
  release(log);
}

} // namespace starton::host
