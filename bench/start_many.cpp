// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Time until N services run: a daemon that starts them all on `startup`,
// against a serial posix_spawn loop over the same N programs, interleaved.
//
//   bench-start-many ROUNDS N FIFO PROGRAM -- COMMAND...
//
// PROGRAM FIFO writes a byte to FIFO and stays; COMMAND is a daemon that starts
// N of them. Prints minimum and median in milliseconds of both, and the ratio
// of the minima and of the medians. The daemon's time includes its own start.

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <string>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace {

constexpr int TimeLimit = 20'000; // milliseconds

double now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<double>(time.tv_sec) * 1e3 +
         static_cast<double>(time.tv_nsec) / 1e6;
}

bool launch(char *const *words, pid_t &pid) {
  int error = posix_spawn(&pid, words[0], nullptr, nullptr, words, environ);
  if (error)
    std::fprintf(stderr, "%s: %s\n", words[0], std::strerror(error));
  return error == 0;
}

bool awaitBytes(int fifo, int count) {
  char bytes[4096];
  pollfd entry = {fifo, POLLIN, 0};
  while (count > 0 && poll(&entry, 1, TimeLimit) == 1) {
    ssize_t got = read(fifo, bytes, sizeof bytes);
    count -= got > 0 ? static_cast<int>(got) : 0;
  }
  if (count > 0)
    std::fprintf(stderr, "%d services did not start\n", count);
  return count <= 0;
}

/// Everything that is a child of ours, or has become one.
void killChildren(pid_t first) {
  kill(first, SIGKILL);
  waitpid(first, nullptr, 0);
  for (;;) {
    std::string path =
        "/proc/self/task/" + std::to_string(getpid()) + "/children";
    FILE *file = std::fopen(path.c_str(), "r");
    int pid = 0, found = 0;
    while (file && std::fscanf(file, "%d", &pid) == 1) {
      kill(pid, SIGKILL);
      ++found;
    }
    if (file)
      std::fclose(file);
    while (waitpid(-1, nullptr, found ? 0 : WNOHANG) > 0) {
    }
    if (!found)
      return;
  }
}

struct Setting {
  int count;
  int fifo;
  char **program; ///< PROGRAM FIFO
  char **daemon;
};

bool timeLoop(const Setting &setting, double &time) {
  double start = now();
  pid_t pid = 0;
  for (int i = 0; i < setting.count; ++i)
    if (!launch(setting.program, pid))
      return false;
  bool good = awaitBytes(setting.fifo, setting.count);
  time = now() - start;
  killChildren(pid);
  return good;
}

bool timeDaemon(const Setting &setting, double &time) {
  double start = now();
  pid_t pid = 0;
  if (!launch(setting.daemon, pid))
    return false;
  bool good = awaitBytes(setting.fifo, setting.count);
  time = now() - start;
  killChildren(pid);
  return good;
}

} // namespace

int main(int argc, char **argv) {
  int rounds = argc > 6 ? std::atoi(argv[1]) : 0;
  Setting setting = {};
  setting.count = argc > 6 ? std::atoi(argv[2]) : 0;
  if (rounds <= 0 || setting.count <= 0 || std::strcmp(argv[5], "--") != 0) {
    std::fprintf(stderr, "usage: bench-start-many ROUNDS N FIFO PROGRAM -- "
                         "COMMAND...\n");
    return 2;
  }
  if (mkfifo(argv[3], 0600) != 0 && errno != EEXIST) {
    std::perror(argv[3]);
    return 2;
  }
  // Both ends, so that the services find a reader and reading never ends.
  setting.fifo = open(argv[3], O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (setting.fifo < 0 || prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) {
    std::perror(argv[3]);
    return 2;
  }
  char *program[] = {argv[4], argv[3], nullptr};
  setting.program = program;
  setting.daemon = argv + 6;
  std::vector<double> loop(static_cast<size_t>(rounds)), daemon(loop);
  for (size_t i = 0; i < loop.size(); ++i)
    if (!timeLoop(setting, loop[i]) || !timeDaemon(setting, daemon[i]))
      return 1;
  std::sort(loop.begin(), loop.end());
  std::sort(daemon.begin(), daemon.end());
  size_t middle = loop.size() / 2;
  std::printf("  %5d services: loop %8.2f %8.2f ms, daemon %8.2f %8.2f ms, "
              "ratio %.2f (minimum) %.2f (median)\n",
              setting.count, loop[0], loop[middle], daemon[0], daemon[middle],
              daemon[0] / loop[0], daemon[middle] / loop[middle]);
  return 0;
}
