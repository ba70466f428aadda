// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Runtime/Host/Daemon.h"
#include <cstring>
#include <unistd.h>

using namespace starton;

namespace {

int print(const char *text) {
  size_t left = std::strlen(text);
  while (left > 0) {
    ssize_t written = ::write(STDOUT_FILENO, text, left);
    if (written <= 0)
      return 1;
    text += written;
    left -= static_cast<size_t>(written);
  }
  return 0;
}

} // namespace

int main(int argc, char **argv) {
  host::Sys &sys = host::realSystem();
  // Static: too large for a stack that jobs' environments also go through,
  // and never destroyed, because the process ends with it.
  static host::Options options;
  char error[160];
  if (!host::parseOptions(argc, argv, options, error)) {
    host::Messages(sys).log(engine::Priority::Fatal, textOf(error));
    return 1;
  }
  if (options.help)
    return print(host::HelpText);
  if (options.version)
    return print(host::VersionText);
  host::Daemon daemon(sys, options, environ);
  if (options.checkState)
    daemon.checkState();
  daemon.setArguments(argv);
  return daemon.run();
}
