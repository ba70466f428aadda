/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * Preloaded into the daemon: makes requests for memory (FAIL_KIND=memory, the
 * default) or system calls (FAIL_KIND=call) fail, the FAIL_AT-th of the process
 * and the FAIL_MORE after it, libdbus's included. At the end their number is
 * written to the file COUNT_FILE; a line with its name goes to HIT_FILE for
 * each that failed. Other programs, and the daemon's children, are left alone.
 *
 * Calls that the kernel cannot fail for good arguments (close, a timer's
 * setting, a signal mask, a descriptor's flags, an end of watching or of
 * tracing) are not among them, and the
 * errors are ones that it may give.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

enum kind { Memory, Call };

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);

static pid_t owner;
static enum kind kind;
static long asked, from = -1, to = -1;

static long number(const char *name) {
  const char *value = getenv(name);
  return value ? strtol(value, NULL, 10) : 0;
}

/* Past the wrappers below. */
static void put(const char *variable, int flags, const char *text) {
  const char *path = getenv(variable);
  if (!path)
    return;
  long file =
      syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | flags, 0600);
  if (file < 0)
    return;
  if (syscall(SYS_write, file, text, strlen(text)) < 0)
    _exit(9);
  syscall(SYS_close, file);
}

__attribute__((constructor)) static void begin(void) {
  const char *name = getenv("FAIL_KIND");
  if (strcmp(program_invocation_short_name, "initd") != 0)
    return;
  kind = name && strcmp(name, "call") == 0 ? Call : Memory;
  from = number("FAIL_AT");
  to = from + number("FAIL_MORE");
  owner = getpid();
}

__attribute__((destructor)) static void end(void) {
  char text[32];
  if (owner != getpid())
    return;
  snprintf(text, sizeof text, "%ld\n", asked);
  put("COUNT_FILE", O_TRUNC, text);
}

static int refused(enum kind what, const char *name) {
  if (!owner || what != kind || getpid() != owner)
    return 0;
  ++asked;
  if (from <= 0 || asked < from || asked > to)
    return 0;
  put("HIT_FILE", O_APPEND, name);
  put("HIT_FILE", O_APPEND, "\n");
  return 1;
}

static void *memory(size_t size, void *(*take)(size_t)) {
  if (!refused(Memory, "memory"))
    return take(size);
  errno = ENOMEM;
  return NULL;
}

void *malloc(size_t size) { return memory(size, __libc_malloc); }

void *calloc(size_t count, size_t size) {
  if (!refused(Memory, "memory"))
    return __libc_calloc(count, size);
  errno = ENOMEM;
  return NULL;
}

void *realloc(void *old, size_t size) {
  if (!refused(Memory, "memory"))
    return __libc_realloc(old, size);
  errno = ENOMEM;
  return NULL;
}

#define WRAP_AS(type, failed, error, name, parameters, arguments)              \
  type name parameters {                                                       \
    static type(*real) parameters;                                             \
    if (!real)                                                                 \
      *(void **)&real = dlsym(RTLD_NEXT, #name);                               \
    if (!refused(Call, #name))                                                 \
      return real arguments;                                                   \
    errno = error;                                                             \
    return failed;                                                             \
  }
#define WRAP(type, error, name, parameters, arguments)                         \
  WRAP_AS(type, -1, error, name, parameters, arguments)

/* The variadic ones are not declared so: they take what they may be given. */
#define WRAP_IF(condition, error, name, c1, c2)                                \
  int fault_##name(c1 a, c2 b, long c, long d, long e) __asm__(#name);         \
  int fault_##name(c1 a, c2 b, long c, long d, long e) {                       \
    static int (*real)(c1, c2, long, long, long);                              \
    if (!real)                                                                 \
      *(void **)&real = dlsym(RTLD_NEXT, #name);                               \
    if (!(condition) || !refused(Call, #name))                                 \
      return real(a, b, c, d, e);                                              \
    errno = error;                                                             \
    return -1;                                                                 \
  }
WRAP_IF(1, EMFILE, open, const char *, int)
WRAP_IF(1, EIO, ioctl, int, unsigned long)
WRAP_IF(1, EPERM, prctl, int, unsigned long)
WRAP_IF(a == PTRACE_SEIZE || a == PTRACE_ATTACH, EPERM, ptrace, long, long)
WRAP_IF(b != EPOLL_CTL_DEL, ENOMEM, epoll_ctl, int, int)
WRAP_IF(b == F_DUPFD || b == F_DUPFD_CLOEXEC || b == F_ADD_SEALS, EMFILE, fcntl,
        int, int)

WRAP(ssize_t, EIO, read, (int fd, void *data, size_t size), (fd, data, size))
WRAP(ssize_t, ENOSPC, write, (int fd, const void *data, size_t size),
     (fd, data, size))
WRAP(ssize_t, ENOSPC, writev, (int fd, const struct iovec *parts, int count),
     (fd, parts, count))
WRAP(int, EIO, fstat, (int fd, struct stat *status), (fd, status))
WRAP(int, EIO, stat, (const char *path, struct stat *status), (path, status))
WRAP(int, EIO, lstat, (const char *path, struct stat *status), (path, status))
WRAP(int, EIO, access, (const char *path, int mode), (path, mode))
WRAP(int, ENOSPC, mkdir, (const char *path, mode_t mode), (path, mode))
WRAP(int, EIO, rename, (const char *old, const char *path), (old, path))
WRAP(int, EIO, unlink, (const char *path), (path))
WRAP(ssize_t, EIO, readlink, (const char *path, char *text, size_t size),
     (path, text, size))
WRAP_AS(DIR *, NULL, EMFILE, opendir, (const char *path), (path))
WRAP(int, EMFILE, pipe2, (int ends[2], int flags), (ends, flags))
WRAP(int, EMFILE, memfd_create, (const char *name, unsigned flags),
     (name, flags))
WRAP(int, EMFILE, dup3, (int old, int fd, int flags), (old, fd, flags))
WRAP(int, ENOMEM, poll, (struct pollfd * fds, nfds_t count, int time),
     (fds, count, time))
WRAP(int, EMFILE, epoll_create1, (int flags), (flags))
WRAP(int, EINTR, epoll_wait,
     (int epoll, struct epoll_event *events, int count, int time),
     (epoll, events, count, time))
WRAP(int, EMFILE, timerfd_create, (int clock, int flags), (clock, flags))
WRAP(int, EMFILE, signalfd, (int fd, const sigset_t *mask, int flags),
     (fd, mask, flags))
WRAP(int, EMFILE, inotify_init1, (int flags), (flags))
WRAP(int, ENOSPC, inotify_add_watch, (int fd, const char *path, unsigned mask),
     (fd, path, mask))
WRAP(pid_t, EAGAIN, fork, (void), ())
WRAP(pid_t, EAGAIN, _Fork, (void), ())
WRAP(int, EINTR, waitid, (idtype_t type, id_t id, siginfo_t *info, int options),
     (type, id, info, options))
WRAP(pid_t, EINTR, waitpid, (pid_t pid, int *status, int options),
     (pid, status, options))
WRAP(int, EPERM, kill, (pid_t pid, int signal), (pid, signal))
WRAP(pid_t, EPERM, getpgid, (pid_t pid), (pid))
WRAP(int, EPERM, getrlimit, (__rlimit_resource_t what, struct rlimit *limit),
     (what, limit))
WRAP(int, EPERM, setrlimit,
     (__rlimit_resource_t what, const struct rlimit *limit), (what, limit))
WRAP_AS(void *, MAP_FAILED, ENOMEM, mmap,
        (void *at, size_t size, int protection, int flags, int fd,
         off_t offset),
        (at, size, protection, flags, fd, offset))
WRAP(int, ENOMEM, mprotect, (void *at, size_t size, int protection),
     (at, size, protection))
WRAP(int, EMFILE, socket, (int domain, int type, int protocol),
     (domain, type, protocol))
WRAP(int, EADDRINUSE, bind,
     (int fd, const struct sockaddr *address, socklen_t size),
     (fd, address, size))
WRAP(int, EADDRINUSE, listen, (int fd, int count), (fd, count))
WRAP(int, EMFILE, accept, (int fd, struct sockaddr *address, socklen_t *size),
     (fd, address, size))
WRAP(int, EMFILE, accept4,
     (int fd, struct sockaddr *address, socklen_t *size, int flags),
     (fd, address, size, flags))
WRAP(ssize_t, ENOBUFS, send, (int fd, const void *data, size_t size, int flags),
     (fd, data, size, flags))
WRAP(ssize_t, ENOBUFS, sendmsg,
     (int fd, const struct msghdr *message, int flags), (fd, message, flags))
WRAP(ssize_t, ENOMEM, recvmsg, (int fd, struct msghdr *message, int flags),
     (fd, message, flags))
WRAP(int, ENOBUFS, getsockopt,
     (int fd, int level, int option, void *value, socklen_t *size),
     (fd, level, option, value, size))
WRAP(int, ENOBUFS, setsockopt,
     (int fd, int level, int option, const void *value, socklen_t size),
     (fd, level, option, value, size))
WRAP(ssize_t, ENOSYS, getrandom, (void *data, size_t size, unsigned flags),
     (data, size, flags))

/* pidfd_open has no wrapper in libc. */
long syscall(long which, ...) {
  static long (*real)(long, long, long, long, long, long, long);
  long a[6];
  __builtin_va_list list;
  __builtin_va_start(list, which);
  for (int i = 0; i < 6; ++i)
    a[i] = __builtin_va_arg(list, long);
  __builtin_va_end(list);
  if (!real)
    *(void **)&real = dlsym(RTLD_NEXT, "syscall");
  if (which != SYS_pidfd_open || !refused(Call, "pidfd_open"))
    return real(which, a[0], a[1], a[2], a[3], a[4], a[5]);
  errno = EMFILE;
  return -1;
}
