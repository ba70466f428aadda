// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//   bench-shell DIRECTORY
// Parses the shell texts of all jobs of a directory, over and over: the time of
// the syntax trees with what is told of them, on one thread.

#include "starton/Sema/JobSet.h"
#include "starton/Shell/Shell.h"
#include <algorithm>
#include <chrono>
#include <cstdio>

using namespace starton;

namespace {

constexpr unsigned Rounds = 31;

double parseAll(const sema::JobSet &set, size_t &commands, size_t &bytes) {
  commands = bytes = 0;
  auto begin = std::chrono::steady_clock::now();
  shell::ShellParser parser;
  for (const sema::Job &job : set.jobs)
    for (const sema::Process &process : job.processes) {
      shell::ShellFacts facts = parser.parse(process);
      commands += facts.commands.size();
      bytes += process.text.size();
    }
  std::chrono::duration<double, std::milli> time =
      std::chrono::steady_clock::now() - begin;
  return time.count();
}

} // namespace

int main(int argc, char **argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: bench-shell DIRECTORY\n");
    return 2;
  }
  sema::SystemOptions options;
  options.directories = {argv[1]};
  options.dialect = Dialect::ChromeOS;
  sema::JobSet set = sema::loadSystem(options);
  std::vector<double> times;
  size_t commands = 0, bytes = 0;
  for (unsigned round = 0; round != Rounds; ++round)
    times.push_back(parseAll(set, commands, bytes));
  std::sort(times.begin(), times.end());
  std::printf("%zu jobs, %zu bytes of shell, %zu commands: min %.2f ms, "
              "median %.2f ms\n",
              set.jobs.size(), bytes, commands, times.front(),
              times[Rounds / 2]);
  return 0;
}
