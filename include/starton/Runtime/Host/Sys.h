// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The seam between Host and the system: every system call of lib/Runtime/Host
// goes through one Sys, so that a test can make any of them fail.
//
// The base class is the real system; a test overrides what it wants to change.
// Calls return what the system returns, or a negative errno: nobody above
// reads `errno`. Calls that cannot fail in a way we could act on return void.

#ifndef STARTON_RUNTIME_HOST_SYS_H
#define STARTON_RUNTIME_HOST_SYS_H

#include <csignal>
#include <cstddef>
#include <cstdint>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>

namespace starton::host {

class Sys {
public:
  // --- Files.
  virtual int open(const char *path, int flags, mode_t mode = 0);
  virtual void close(int descriptor);
  virtual ssize_t read(int descriptor, void *buffer, size_t size);
  virtual ssize_t write(int descriptor, const void *buffer, size_t size);
  virtual int seekStart(int descriptor);
  virtual ssize_t writeAt(int descriptor, const void *buffer, size_t size,
                          uint64_t offset);
  virtual int setSize(int descriptor, off_t size);
  virtual int statDescriptor(int descriptor, struct stat &status);
  virtual int access(const char *path, int mode);
  virtual int makeDirectory(const char *path, mode_t mode);
  virtual int rename(const char *from, const char *to);
  virtual int unlink(const char *path);
  /// getdents64: 0 at the end.
  virtual ssize_t listDirectory(int descriptor, void *buffer, size_t size);
  virtual ssize_t readLink(const char *path, char *buffer, size_t size);

  // --- Descriptors.
  virtual int pipe(int (&ends)[2], int flags);
  virtual int memoryFile(const char *name, unsigned flags);
  virtual int control(int descriptor, int command, int argument);
  virtual int deviceControl(int descriptor, unsigned long request,
                            unsigned long argument);
  virtual int duplicate(int from, int to, int flags);
  virtual int closeRange(unsigned first, unsigned last, int flags);
  /// Whether it is a socket that accepts connections.
  virtual bool isListening(int descriptor);
  virtual int poll(int descriptor, short events, int milliseconds);

  // --- Waiting.
  virtual int epollCreate();
  virtual int epollControl(int epoll, int operation, int descriptor,
                           epoll_event &event);
  virtual int epollWait(int epoll, epoll_event *events, int count,
                        int milliseconds);
  virtual int timerCreate();
  virtual int timerSet(int descriptor, uint64_t deadline);
  virtual int signalDescriptor(const sigset_t &mask);
  virtual uint64_t now();
  /// CLOCK_REALTIME, nanoseconds; for people, never for decisions.
  virtual uint64_t wallTime();
  /// An inotify instance, non-blocking.
  virtual int changesCreate();
  virtual int changesAdd(int descriptor, const char *path, uint32_t mask);
  virtual int changesRemove(int descriptor, int watch);

  // --- Processes.
  virtual pid_t fork();
  virtual int waitAny(siginfo_t &info);
  virtual int waitFor(pid_t pid, siginfo_t &info);
  /// Blocks: for a child of a child.
  virtual int awaitChild(pid_t pid, siginfo_t &info);
  virtual int processDescriptor(pid_t pid);
  virtual int kill(pid_t pid, int signal);
  virtual pid_t groupOf(pid_t pid);
  virtual long trace(int request, pid_t pid, unsigned long argument);
  virtual int signalMask(int how, const sigset_t *mask, sigset_t *old);
  virtual int signalDefault(int signal);
  virtual int signalIgnore(int signal);
  virtual bool signalIsIgnored(int signal);
  virtual int getLimit(int resource, struct rlimit &limit);
  virtual int setLimit(int resource, const struct rlimit &limit);
  virtual int processControl(int option, unsigned long argument);
  virtual pid_t pid();
  virtual uid_t user();
  virtual gid_t group();

  // --- What a child does to itself (Child.cpp).
  virtual int newSession();
  virtual mode_t setUmask(mode_t mask);
  virtual int setPriority(int nice);
  virtual int changeRoot(const char *path);
  virtual int changeDirectory(const char *path);
  virtual int setGroups(const gid_t *groups, size_t count);
  virtual int setGroup(gid_t group);
  virtual int setUser(uid_t user);
  virtual void *mapPages(size_t size);
  /// Unmaps what is mapped of the program's and libc's files and can be mapped
  /// again: code and constants. The pages stay in the page cache; those still
  /// in use come back by themselves, those that the start or a client needed
  /// do not.
  virtual void dropFilePages();
  /// Only returns to fail.
  virtual int execute(const char *file, char *const *argv, char *const *env);
  [[noreturn]] void exit(int status);

protected:
  Sys() = default;
  ~Sys() = default; // never deleted through this class
  friend Sys &realSystem();
};

/// The one real system of the process.
Sys &realSystem();

} // namespace starton::host

#endif // STARTON_RUNTIME_HOST_SYS_H
