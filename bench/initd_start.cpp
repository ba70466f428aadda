// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Time from the exec of a daemon to the first byte that a task on `startup`
// writes, and the daemon's memory a moment later.
//
//   bench-initd-start RUNS FIFO -- COMMAND...
//
// The command is a daemon with a table in which one task writes a byte to
// FIFO. Prints minimum and median in milliseconds, and PSS and private dirty
// memory in kB.

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <poll.h>
#include <string>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace {

constexpr int TimeLimit = 5000; // milliseconds
/// Until the daemon has reaped the task, read all of the table, compared it
/// with its sources, and rests.
constexpr useconds_t Rest = 400'000; // microseconds

double now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<double>(time.tv_sec) * 1e3 +
         static_cast<double>(time.tv_nsec) / 1e6;
}

struct Sample {
  double time = 0;
  long pss = 0;
  long dirty = 0;
};

void readMemory(pid_t pid, Sample &sample) {
  std::string path = "/proc/" + std::to_string(pid) + "/smaps_rollup";
  FILE *file = std::fopen(path.c_str(), "r");
  if (!file)
    return;
  char line[256];
  while (std::fgets(line, sizeof line, file)) {
    if (std::strncmp(line, "Pss:", 4) == 0)
      sample.pss = std::atol(line + 4);
    else if (std::strncmp(line, "Private_Dirty:", 14) == 0)
      sample.dirty = std::atol(line + 14);
  }
  std::fclose(file);
}

bool runOnce(int fifo, char **command, Sample &sample) {
  char byte = 0;
  while (read(fifo, &byte, 1) == 1) {
  } // of an earlier run
  volatile double start = 0;
  // Not posix_spawn: the clock starts at the exec, in the child, which runs in
  // our memory until then.
  pid_t pid = vfork(); // NOLINT(bugprone-unsafe-functions)
  if (pid == 0) {
    start = now();
    execv(command[0], command);
    _exit(127);
  }
  if (pid < 0) {
    std::perror("vfork");
    return false;
  }
  pollfd entry = {fifo, POLLIN, 0};
  bool arrived = poll(&entry, 1, TimeLimit) == 1 && read(fifo, &byte, 1) == 1;
  sample.time = now() - start;
  usleep(Rest);
  readMemory(pid, sample);
  kill(pid, SIGKILL);
  // What it left behind must not run beside the next one.
  while (waitpid(-1, nullptr, 0) > 0) {
  }
  if (!arrived)
    std::fprintf(stderr, "%s: no byte came\n", command[0]);
  return arrived;
}

} // namespace

int main(int argc, char **argv) {
  int runs = argc > 4 ? std::atoi(argv[1]) : 0;
  if (runs <= 0 || std::strcmp(argv[3], "--") != 0) {
    std::fprintf(stderr, "usage: bench-initd-start RUNS FIFO -- COMMAND...\n");
    return 2;
  }
  if (mkfifo(argv[2], 0600) != 0 && errno != EEXIST) {
    std::perror(argv[2]);
    return 2;
  }
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  // Both ends, so that the task finds a reader and reading never ends.
  int fifo = open(argv[2], O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (fifo < 0) {
    std::perror(argv[2]);
    return 2;
  }
  std::vector<Sample> samples(static_cast<size_t>(runs));
  for (Sample &sample : samples)
    if (!runOnce(fifo, argv + 4, sample))
      return 1;
  std::sort(samples.begin(), samples.end(),
            [](const Sample &a, const Sample &b) { return a.time < b.time; });
  const Sample &median = samples[samples.size() / 2];
  std::printf("%8.2f %8.2f %8ld kB PSS %8ld kB dirty\n", samples[0].time,
              median.time, median.pss, median.dirty);
  return 0;
}
