// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The floor under the shell check: `sh -n` on every file of a directory, by
// posix_spawn and a pipe each, as many at once as there are processors.
//
//   bench-shells DIRECTORY

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <sched.h>
#include <spawn.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace {

std::vector<std::string> readAll(const char *directory) {
  std::vector<std::string> texts;
  DIR *stream = opendir(directory);
  while (dirent *entry = stream ? readdir(stream) : nullptr) {
    if (entry->d_name[0] == '.')
      continue;
    std::ifstream file(std::string(directory) + "/" + entry->d_name,
                       std::ios::binary);
    texts.emplace_back(std::istreambuf_iterator<char>(file),
                       std::istreambuf_iterator<char>());
  }
  if (stream)
    closedir(stream);
  return texts;
}

bool spawnShell(const std::string &text) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0)
    return false;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[0], 0);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, 1, 2);
  char shell[] = "/bin/sh", check[] = "-n";
  char *arguments[] = {shell, check, nullptr};
  pid_t pid = 0;
  int error = posix_spawn(&pid, shell, &actions, nullptr, arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[0]);
  const char *at = text.data(), *end = at + text.size();
  while (error == 0 && at != end) {
    ssize_t written = write(ends[1], at, static_cast<size_t>(end - at));
    if (written <= 0)
      break;
    at += written;
  }
  close(ends[1]);
  return error == 0;
}

} // namespace

int main(int argc, char **argv) {
  if (argc != 2)
    return 2;
  cpu_set_t processors;
  sched_getaffinity(0, sizeof processors, &processors);
  int most = std::max(1, CPU_COUNT(&processors)), running = 0;
  std::vector<std::string> texts = readAll(argv[1]);
  for (const std::string &text : texts) {
    if (running == most) {
      wait(nullptr);
      --running;
    }
    if (!spawnShell(text))
      return 1;
    ++running;
  }
  while (wait(nullptr) > 0) {
  }
  std::printf("%zu shells\n", texts.size());
  return 0;
}
