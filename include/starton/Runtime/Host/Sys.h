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

/// Ignored by the daemon, and not by what it starts: that nobody reads, a file
/// beyond the limit and a terminal of which we are in the background are errors
/// of a write, or none.
inline constexpr int IgnoredSignals[] = {SIGPIPE, SIGXFSZ, SIGTTOU};

/// What a child may ask for between its start and its exec (Child.h): nothing
/// else is safe where it shares the daemon's memory.
class ChildCalls {
public:
  virtual int open(const char *path, int flags, mode_t mode = 0) = 0;
  virtual void close(int descriptor) = 0;
  virtual ssize_t read(int descriptor, void *buffer, size_t size) = 0;
  virtual ssize_t write(int descriptor, const void *buffer, size_t size) = 0;
  virtual int statDescriptor(int descriptor, struct stat &status) = 0;
  virtual int access(const char *path, int mode) = 0;
  virtual int memoryFile(const char *name, unsigned flags) = 0;
  virtual int control(int descriptor, int command, int argument) = 0;
  virtual int deviceControl(int descriptor, unsigned long request,
                            unsigned long argument) = 0;
  virtual int duplicate(int from, int to, int flags) = 0;
  virtual int closeRange(unsigned first, unsigned last, int flags) = 0;
  virtual pid_t fork() = 0;
  /// Blocks: for a child of a child.
  virtual int awaitChild(pid_t pid, siginfo_t &info) = 0;
  virtual int kill(pid_t pid, int signal) = 0;
  virtual long trace(int request, pid_t pid, unsigned long argument) = 0;
  virtual int signalMask(int how, const sigset_t *mask, sigset_t *old) = 0;
  virtual int signalDefault(int signal) = 0;
  virtual int setLimit(int resource, const struct rlimit &limit) = 0;
  virtual pid_t pid() = 0;
  virtual uid_t user() = 0;
  virtual int newSession() = 0;
  virtual mode_t setUmask(mode_t mask) = 0;
  virtual int setPriority(int nice) = 0;
  virtual int changeRoot(const char *path) = 0;
  virtual int changeDirectory(const char *path) = 0;
  virtual int setGroups(const gid_t *groups, size_t count) = 0;
  virtual int setGroup(gid_t group) = 0;
  virtual int setUser(uid_t user) = 0;
  /// execve: \p path is not searched for. Only returns to fail.
  virtual int executeFile(const char *path, char *const *argv,
                          char *const *env) = 0;
  [[noreturn]] virtual void exit(int status) = 0;

protected:
  constexpr ChildCalls() = default;
  ~ChildCalls() = default; // never deleted through this class
};

/// A process that starts in the memory of this one.
struct SharingChild {
  void *stackTop = nullptr;
  int (*main)(void *argument) = nullptr; ///< does not return
  void *argument = nullptr;
  /// Its pid from before it runs until it needs the memory no more, because it
  /// has executed a program or is dead; then 0.
  pid_t *running = nullptr;
};

class Sys : public ChildCalls {
public:
  // --- Files.
  int open(const char *path, int flags, mode_t mode = 0) override;
  void close(int descriptor) override;
  ssize_t read(int descriptor, void *buffer, size_t size) override;
  ssize_t write(int descriptor, const void *buffer, size_t size) override;
  virtual int seekStart(int descriptor);
  virtual ssize_t writeAt(int descriptor, const void *buffer, size_t size,
                          uint64_t offset);
  virtual int setSize(int descriptor, off_t size);
  int statDescriptor(int descriptor, struct stat &status) override;
  int access(const char *path, int mode) override;
  virtual int makeDirectory(const char *path, mode_t mode);
  virtual int rename(const char *from, const char *to);
  virtual int unlink(const char *path);
  /// getdents64: 0 at the end.
  virtual ssize_t listDirectory(int descriptor, void *buffer, size_t size);
  virtual ssize_t readLink(const char *path, char *buffer, size_t size);

  // --- Descriptors.
  virtual int pipe(int (&ends)[2], int flags);
  int memoryFile(const char *name, unsigned flags) override;
  int control(int descriptor, int command, int argument) override;
  int deviceControl(int descriptor, unsigned long request,
                    unsigned long argument) override;
  int duplicate(int from, int to, int flags) override;
  int closeRange(unsigned first, unsigned last, int flags) override;
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
  pid_t fork() override;
  virtual int waitAny(siginfo_t &info);
  virtual int waitFor(pid_t pid, siginfo_t &info);
  int awaitChild(pid_t pid, siginfo_t &info) override;
  /// Whether startSharing() can be had and is safe here.
  virtual bool sharesMemory();
  /// Like fork, but the child runs beside us in our memory, with its own
  /// descriptors, directories, limits and dispositions of signals.
  virtual pid_t startSharing(const SharingChild &child);
  virtual int processDescriptor(pid_t pid);
  int kill(pid_t pid, int signal) override;
  virtual pid_t groupOf(pid_t pid);
  long trace(int request, pid_t pid, unsigned long argument) override;
  int signalMask(int how, const sigset_t *mask, sigset_t *old) override;
  int signalDefault(int signal) override;
  virtual int signalIgnore(int signal);
  /// Neither ignored nor handled.
  virtual bool signalIsDefault(int signal);
  virtual int getLimit(int resource, struct rlimit &limit);
  int setLimit(int resource, const struct rlimit &limit) override;
  virtual int processControl(int option, unsigned long argument);
  pid_t pid() override;
  uid_t user() override;
  virtual gid_t group();

  // --- What a child does to itself (Child.cpp).
  int newSession() override;
  mode_t setUmask(mode_t mask) override;
  int setPriority(int nice) override;
  int changeRoot(const char *path) override;
  int changeDirectory(const char *path) override;
  int setGroups(const gid_t *groups, size_t count) override;
  int setGroup(gid_t group) override;
  int setUser(uid_t user) override;
  /// Memory for a stack at its low end, where one page cannot be touched.
  virtual void *mapStack(size_t size);
  virtual void unmapPages(void *pages, size_t size);
  /// Unmaps what is mapped of the program's and libc's files and can be mapped
  /// again: code and constants. The pages stay in the page cache; those still
  /// in use come back by themselves, those that the start or a client needed
  /// do not.
  virtual void dropFilePages();
  /// Gives back the pages of the heap that nothing uses.
  virtual void trimHeap();
  int executeFile(const char *path, char *const *argv,
                  char *const *env) override;
  /// Searches the PATH of \p env. Only returns to fail.
  virtual int execute(const char *file, char *const *argv, char *const *env);
  [[noreturn]] void exit(int status) final;

protected:
  Sys() = default;
  ~Sys() = default; // never deleted through this class
  friend Sys &realSystem();
};

/// The one real system of the process.
Sys &realSystem();

/// The same for a child in shared memory: it leaves errno alone, which belongs
/// to the daemon. Null: there is none for this machine.
ChildCalls *rawSystem();

} // namespace starton::host

#endif // STARTON_RUNTIME_HOST_SYS_H
