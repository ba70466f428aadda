// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Times whole processes, exec to exit, interleaved so that a noisy machine
// disturbs all of them alike.
//
//   bench-cold RUNS -- COMMAND... [-- COMMAND...]...
//
// Output of the commands is discarded. Prints one line a command: minimum and
// median in milliseconds, peak memory in kB, ratio of the median to that of
// the first command.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace {

struct Command {
  std::vector<char *> arguments; ///< null-terminated
  std::vector<double> times;
  long peak = 0;
};

double now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<double>(time.tv_sec) * 1e3 +
         static_cast<double>(time.tv_nsec) / 1e6;
}

bool runOnce(Command &command) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
  pid_t pid = 0;
  double start = now();
  int error = posix_spawn(&pid, command.arguments[0], &actions, nullptr,
                          command.arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) {
    std::fprintf(stderr, "bench-cold: %s: %s\n", command.arguments[0],
                 std::strerror(error));
    return false;
  }
  int status = 0;
  rusage usage{};
  wait4(pid, &status, 0, &usage);
  command.times.push_back(now() - start);
  command.peak = std::max(command.peak, usage.ru_maxrss);
  if (WIFSIGNALED(status)) {
    std::fprintf(stderr, "bench-cold: %s was killed by signal %d\n",
                 command.arguments[0], WTERMSIG(status));
    return false;
  }
  return true;
}

} // namespace

int main(int argc, char **argv) {
  int runs = argc > 1 ? std::atoi(argv[1]) : 0;
  std::vector<Command> commands;
  for (int i = 2; i < argc; ++i) {
    if (std::strcmp(argv[i], "--") == 0)
      commands.emplace_back();
    else if (!commands.empty())
      commands.back().arguments.push_back(argv[i]);
  }
  if (runs <= 0 || commands.empty()) {
    std::fprintf(stderr,
                 "usage: bench-cold RUNS -- COMMAND... [-- COMMAND...]...\n");
    return 2;
  }
  for (Command &command : commands) {
    if (command.arguments.empty())
      return 2;
    command.arguments.push_back(nullptr);
  }
  for (int round = 0; round < runs; ++round)
    for (Command &command : commands)
      if (!runOnce(command))
        return 1;
  double reference = 0;
  for (Command &command : commands) {
    std::sort(command.times.begin(), command.times.end());
    double median = command.times[command.times.size() / 2];
    if (reference == 0)
      reference = median;
    std::printf("%8.2f %8.2f %8ld kB %6.2f x ", command.times.front(), median,
                command.peak, median / reference);
    for (size_t i = 0; command.arguments[i]; ++i)
      std::printf(" %.40s%s", command.arguments[i], i == 5 ? " ..." : "");
    std::printf("\n");
  }
  return 0;
}
