// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Runtime/Host/Sys.h"
#include <cerrno>
#include <cstdio>
#include <ctime>
#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <iterator>
#include <link.h>
#include <malloc.h>
#include <poll.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

namespace starton::host {

namespace {

/// Result of a libc wrapper, errno folded in.
template <typename T> T folded(T result) {
  return result < 0 ? static_cast<T>(-errno) : result;
}

/// The same for calls that a signal may interrupt before they did anything.
/// Signals come through signalfd, so this only matters for the ones that a
/// debugger or a stop causes.
template <typename Call> auto uninterrupted(Call call) {
  for (;;) {
    auto result = call();
    if (result >= 0)
      return result;
    if (errno != EINTR)
      return static_cast<decltype(result)>(-errno);
  }
}

constexpr uint64_t NanosecondsPerSecond = 1'000'000'000;

} // namespace

Sys &realSystem() {
  static Sys system;
  return system;
}

// --- Files.

int Sys::open(const char *path, int flags, mode_t mode) {
  return uninterrupted([&] { return ::open(path, flags, mode); });
}

void Sys::close(int descriptor) { ::close(descriptor); }

ssize_t Sys::read(int descriptor, void *buffer, size_t size) {
  return uninterrupted([&] { return ::read(descriptor, buffer, size); });
}

ssize_t Sys::write(int descriptor, const void *buffer, size_t size) {
  return uninterrupted([&] { return ::write(descriptor, buffer, size); });
}

ssize_t Sys::writeAt(int descriptor, const void *buffer, size_t size,
                     uint64_t offset) {
  return uninterrupted([&] {
    return ::pwrite(descriptor, buffer, size, static_cast<off_t>(offset));
  });
}

int Sys::seekStart(int descriptor) {
  return static_cast<int>(folded(::lseek(descriptor, 0, SEEK_SET)));
}

int Sys::setSize(int descriptor, off_t size) {
  return uninterrupted([&] { return ::ftruncate(descriptor, size); });
}

int Sys::statDescriptor(int descriptor, struct stat &status) {
  return folded(::fstat(descriptor, &status));
}

int Sys::access(const char *path, int mode) {
  return folded(::access(path, mode));
}

int Sys::makeDirectory(const char *path, mode_t mode) {
  return folded(::mkdir(path, mode));
}

int Sys::rename(const char *from, const char *to) {
  return folded(::rename(from, to));
}

int Sys::unlink(const char *path) { return folded(::unlink(path)); }

ssize_t Sys::readLink(const char *path, char *buffer, size_t size) {
  return folded(::readlink(path, buffer, size));
}

ssize_t Sys::listDirectory(int descriptor, void *buffer, size_t size) {
  return folded(::getdents64(descriptor, buffer, size));
}

// --- Descriptors.

int Sys::pipe(int (&ends)[2], int flags) {
  return folded(::pipe2(ends, flags));
}

int Sys::memoryFile(const char *name, unsigned flags) {
  return folded(::memfd_create(name, flags));
}

int Sys::control(int descriptor, int command, int argument) {
  return folded(::fcntl(descriptor, command, argument));
}

int Sys::deviceControl(int descriptor, unsigned long request,
                       unsigned long argument) {
  return folded(::ioctl(descriptor, request, argument));
}

int Sys::duplicate(int from, int to, int flags) {
  return uninterrupted([&] { return ::dup3(from, to, flags); });
}

int Sys::closeRange(unsigned first, unsigned last, int flags) {
  return folded(::close_range(first, last, flags));
}

bool Sys::isListening(int descriptor) {
  int accepts = 0;
  socklen_t size = sizeof accepts;
  return ::getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &accepts, &size) ==
             0 &&
         accepts != 0;
}

int Sys::poll(int descriptor, short events, int milliseconds) {
  struct pollfd entry = {descriptor, events, 0};
  return folded(::poll(&entry, 1, milliseconds));
}

// --- Waiting.

int Sys::epollCreate() { return folded(::epoll_create1(EPOLL_CLOEXEC)); }

int Sys::epollControl(int epoll, int operation, int descriptor,
                      epoll_event &event) {
  return folded(::epoll_ctl(epoll, operation, descriptor, &event));
}

int Sys::epollWait(int epoll, epoll_event *events, int count,
                   int milliseconds) {
  return folded(::epoll_wait(epoll, events, count, milliseconds));
}

int Sys::timerCreate() {
  return folded(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
}

int Sys::timerSet(int descriptor, uint64_t deadline) {
  itimerspec spec = {};
  spec.it_value.tv_sec = static_cast<time_t>(deadline / NanosecondsPerSecond);
  spec.it_value.tv_nsec = static_cast<long>(deadline % NanosecondsPerSecond);
  return folded(
      ::timerfd_settime(descriptor, TFD_TIMER_ABSTIME, &spec, nullptr));
}

int Sys::signalDescriptor(const sigset_t &mask) {
  return folded(::signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK));
}

uint64_t Sys::now() {
  timespec time = {};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<uint64_t>(time.tv_sec) * NanosecondsPerSecond +
         static_cast<uint64_t>(time.tv_nsec);
}

uint64_t Sys::wallTime() {
  timespec time = {};
  ::clock_gettime(CLOCK_REALTIME, &time);
  return static_cast<uint64_t>(time.tv_sec) * NanosecondsPerSecond +
         static_cast<uint64_t>(time.tv_nsec);
}

int Sys::changesCreate() {
  return folded(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
}

int Sys::changesAdd(int descriptor, const char *path, uint32_t mask) {
  return folded(::inotify_add_watch(descriptor, path, mask));
}

int Sys::changesRemove(int descriptor, int watch) {
  return folded(::inotify_rm_watch(descriptor, watch));
}

// --- Processes.

// _Fork, not fork: no fork handlers run and no lock is taken, which is all a
// single-threaded process needs.
pid_t Sys::fork() { return folded(::_Fork()); }

// Before 5.16 a process that dies with a core takes all with it that share its
// memory, and the child's signals are no concern of the daemon's.
bool Sys::sharesMemory() {
  utsname system = {};
  unsigned major = 0, minor = 0;
  return rawSystem() && ::uname(&system) == 0 &&
         std::sscanf(system.release, "%u.%u", &major, &minor) == 2 &&
         (major > 5 || (major == 5 && minor >= 16));
}

// Not CLONE_VFORK: a child that hangs on its way must not hold us up.
pid_t Sys::startSharing(const SharingChild &child) {
  return folded(
      ::clone(child.main, child.stackTop,
              CLONE_VM | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID | SIGCHLD,
              child.argument, child.running, nullptr, child.running));
}

int Sys::waitAny(siginfo_t &info) {
  info.si_pid = 0;
  return uninterrupted([&] {
    return ::waitid(P_ALL, 0, &info,
                    WEXITED | WSTOPPED | WCONTINUED | WNOHANG | __WALL);
  });
}

int Sys::waitFor(pid_t pid, siginfo_t &info) {
  info.si_pid = 0;
  return uninterrupted([&] {
    return ::waitid(P_PID, static_cast<id_t>(pid), &info,
                    WEXITED | WNOHANG | __WALL);
  });
}

int Sys::awaitChild(pid_t pid, siginfo_t &info) {
  return uninterrupted(
      [&] { return ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED); });
}

// Debian 12's C library has no wrapper with C++ linkage for it.
int Sys::processDescriptor(pid_t pid) {
  return static_cast<int>(folded(::syscall(SYS_pidfd_open, pid, 0)));
}

int Sys::kill(pid_t pid, int signal) { return folded(::kill(pid, signal)); }

pid_t Sys::groupOf(pid_t pid) { return folded(::getpgid(pid)); }

long Sys::trace(int request, pid_t pid, unsigned long argument) {
  return folded(
      ::ptrace(static_cast<__ptrace_request>(request), pid, nullptr, argument));
}

int Sys::signalMask(int how, const sigset_t *mask, sigset_t *old) {
  return folded(::sigprocmask(how, mask, old));
}

int Sys::signalDefault(int signal) {
  return ::signal(signal, SIG_DFL) == SIG_ERR ? -errno : 0;
}

int Sys::signalIgnore(int signal) {
  return ::signal(signal, SIG_IGN) == SIG_ERR ? -errno : 0;
}

bool Sys::signalIsDefault(int signal) {
  struct sigaction action = {};
  return ::sigaction(signal, nullptr, &action) != 0 ||
         action.sa_handler == SIG_DFL;
}

int Sys::getLimit(int resource, struct rlimit &limit) {
  return folded(::getrlimit(static_cast<__rlimit_resource>(resource), &limit));
}

int Sys::setLimit(int resource, const struct rlimit &limit) {
  return folded(::setrlimit(static_cast<__rlimit_resource>(resource), &limit));
}

int Sys::processControl(int option, unsigned long argument) {
  return folded(::prctl(option, argument, 0, 0, 0));
}

pid_t Sys::pid() { return ::getpid(); }

uid_t Sys::user() { return ::geteuid(); }

gid_t Sys::group() { return ::getegid(); }

// --- What a child does to itself.

int Sys::newSession() { return folded(::setsid()); }

mode_t Sys::setUmask(mode_t mask) { return ::umask(mask); }

int Sys::setPriority(int nice) {
  return folded(::setpriority(PRIO_PROCESS, 0, nice));
}

int Sys::changeRoot(const char *path) { return folded(::chroot(path)); }

int Sys::changeDirectory(const char *path) { return folded(::chdir(path)); }

int Sys::setGroups(const gid_t *groups, size_t count) {
  return folded(::setgroups(count, groups));
}

int Sys::setGroup(gid_t group) { return folded(::setgid(group)); }

int Sys::setUser(uid_t user) { return folded(::setuid(user)); }

void Sys::trimHeap() { (void)malloc_trim(0); }

namespace {

/// What of our files is mapped and cannot be written: more segments than these
/// are left alone.
struct FilePages {
  struct Range {
    void *begin;
    size_t size;
  };
  Range ranges[24];
  unsigned count;
  uintptr_t pageSize;
};

int addFilePages(dl_phdr_info *object, size_t, void *context) {
  auto &pages = *static_cast<FilePages *>(context);
  for (unsigned i = 0; i != object->dlpi_phnum; ++i) {
    const ElfW(Phdr) &segment = object->dlpi_phdr[i];
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) != 0 ||
        pages.count == std::size(pages.ranges))
      continue;
    uintptr_t begin = (object->dlpi_addr + segment.p_vaddr) & -pages.pageSize;
    uintptr_t end = object->dlpi_addr + segment.p_vaddr + segment.p_filesz;
    pages.ranges[pages.count++] = {reinterpret_cast<void *>(begin),
                                   end - begin};
  }
  return 0;
}

} // namespace

void Sys::dropFilePages() {
  FilePages pages;
  pages.count = 0;
  pages.pageSize = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  // The headers lie in the pages themselves: read them before any is dropped.
  (void)dl_iterate_phdr(addFilePages, &pages);
  for (unsigned i = 0; i != pages.count; ++i)
    (void)madvise(pages.ranges[i].begin, pages.ranges[i].size, MADV_DONTNEED);
}

void *Sys::mapStack(size_t size) {
  void *pages = ::mmap(nullptr, size, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
  if (pages == MAP_FAILED)
    return nullptr;
  auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  if (::mprotect(pages, page, PROT_NONE) == 0)
    return pages;
  ::munmap(pages, size);
  return nullptr;
}

void Sys::unmapPages(void *pages, size_t size) { ::munmap(pages, size); }

int Sys::executeFile(const char *path, char *const *argv, char *const *env) {
  return folded(::execve(path, argv, env));
}

int Sys::execute(const char *file, char *const *argv, char *const *env) {
  // execvpe searches the PATH of `environ`: the job's, not the daemon's.
  environ = const_cast<char **>(env);
  ::execvp(file, argv);
  return -errno;
}

void Sys::exit(int status) { ::_exit(status); }

} // namespace starton::host
