// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// init-checkconf: checks Upstart job files and compiles them to a job table.

#include "Check.h"
#include <csignal>
#include <cstdio>
#include <unistd.h>

using namespace starton::checkconf;

static int run(int argc, char **argv) {
  Options options;
  if (std::optional<int> status = parseCommandLine(argc, argv, options))
    return *status;
  if (options.dropIn)
    return runDropIn(options);
  if (options.listChecks)
    return runListChecks(options);
  if (!options.explain.empty())
    return runExplain(options);
  if (!options.dumpTable.empty())
    return runDumpTable(options);
  return runCheck(options);
}

int main(int argc, char **argv) {
  reserveStandardStreams();
  // What is too large for the limit on files is an error of its write, after
  // which what was written is removed.
  std::signal(SIGXFSZ, SIG_IGN);
  int status = run(argc, argv);
  std::fflush(nullptr);
  // Taking trees of ten thousand files apart would cost more than making them.
  _exit(status);
}
