// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// ChildCalls straight to the kernel. Nothing here touches memory that is not
// the caller's, errno least of all.

#include "RawCalls.h"
#include "starton/Runtime/Host/Sys.h"
#include <cerrno>
#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace starton::host {

#if STARTON_RAW_CALLS

namespace {

/// The kernel's set of signals; the C library's begins with it.
constexpr size_t SignalSetSize = 8;

/// What a signal does, in the kernel's layout. All zero: the default.
struct KernelAction {
  unsigned long fields[4] = {};
};

/// For calls that a stop may interrupt before they did anything.
template <typename... T> long rawUninterrupted(long number, T... arguments) {
  for (;;) {
    long result = rawCall(number, arguments...);
    if (result != -EINTR)
      return result;
  }
}

class RawSys final : public ChildCalls {
public:
  int open(const char *path, int flags, mode_t mode) override {
    return static_cast<int>(
        rawUninterrupted(SYS_openat, AT_FDCWD, path, flags, mode));
  }
  void close(int descriptor) override { (void)rawCall(SYS_close, descriptor); }
  ssize_t read(int descriptor, void *buffer, size_t size) override {
    return rawUninterrupted(SYS_read, descriptor, buffer, size);
  }
  ssize_t write(int descriptor, const void *buffer, size_t size) override {
    return rawUninterrupted(SYS_write, descriptor, buffer, size);
  }
  int statDescriptor(int descriptor, struct stat &status) override {
    return static_cast<int>(rawCall(SYS_fstat, descriptor, &status));
  }
  int access(const char *path, int mode) override {
    return static_cast<int>(rawCall(SYS_faccessat, AT_FDCWD, path, mode));
  }
  int memoryFile(const char *name, unsigned flags) override {
    return static_cast<int>(rawCall(SYS_memfd_create, name, flags));
  }
  int control(int descriptor, int command, int argument) override {
    return static_cast<int>(rawCall(SYS_fcntl, descriptor, command, argument));
  }
  int deviceControl(int descriptor, unsigned long request,
                    unsigned long argument) override {
    return static_cast<int>(rawCall(SYS_ioctl, descriptor, request, argument));
  }
  int duplicate(int from, int to, int flags) override {
    return static_cast<int>(rawUninterrupted(SYS_dup3, from, to, flags));
  }
  int closeRange(unsigned first, unsigned last, int flags) override {
    return static_cast<int>(rawCall(SYS_close_range, first, last, flags));
  }
  /// Not from here: who needs children of its own has memory of its own.
  pid_t fork() override { return -ENOSYS; }
  int awaitChild(pid_t, siginfo_t &) override { return -ECHILD; }
  int kill(pid_t pid, int signal) override {
    return static_cast<int>(rawCall(SYS_kill, pid, signal));
  }
  long trace(int request, pid_t pid, unsigned long argument) override {
    return rawCall(SYS_ptrace, request, pid, 0, argument);
  }
  int signalMask(int how, const sigset_t *mask, sigset_t *old) override {
    return static_cast<int>(
        rawCall(SYS_rt_sigprocmask, how, mask, old, SignalSetSize));
  }
  int signalDefault(int signal) override {
    KernelAction action;
    return static_cast<int>(
        rawCall(SYS_rt_sigaction, signal, &action, 0, SignalSetSize));
  }
  int setLimit(int resource, const struct rlimit &limit) override {
    return static_cast<int>(rawCall(SYS_prlimit64, 0, resource, &limit, 0));
  }
  pid_t pid() override { return static_cast<pid_t>(rawCall(SYS_getpid)); }
  uid_t user() override { return static_cast<uid_t>(rawCall(SYS_geteuid)); }
  int newSession() override { return static_cast<int>(rawCall(SYS_setsid)); }
  mode_t setUmask(mode_t mask) override {
    return static_cast<mode_t>(rawCall(SYS_umask, mask));
  }
  int setPriority(int nice) override {
    return static_cast<int>(rawCall(SYS_setpriority, PRIO_PROCESS, 0, nice));
  }
  int changeRoot(const char *path) override {
    return static_cast<int>(rawCall(SYS_chroot, path));
  }
  int changeDirectory(const char *path) override {
    return static_cast<int>(rawCall(SYS_chdir, path));
  }
  int setGroups(const gid_t *groups, size_t count) override {
    return static_cast<int>(rawCall(SYS_setgroups, count, groups));
  }
  int setGroup(gid_t group) override {
    return static_cast<int>(rawCall(SYS_setgid, group));
  }
  int setUser(uid_t user) override {
    return static_cast<int>(rawCall(SYS_setuid, user));
  }
  int executeFile(const char *path, char *const *argv,
                  char *const *env) override {
    return static_cast<int>(rawCall(SYS_execve, path, argv, env));
  }
  [[noreturn]] void exit(int status) override {
    for (;;)
      (void)rawCall(SYS_exit_group, status);
  }
};

constinit RawSys raw;

} // namespace

ChildCalls *rawSystem() { return &raw; }

#else

ChildCalls *rawSystem() { return nullptr; }

#endif

} // namespace starton::host
