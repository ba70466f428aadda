// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Runtime/Host/Messages.h"
#include <cerrno>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <string>
#include <unistd.h>

using namespace starton;
using namespace starton::host;
using engine::Priority;

namespace {

/// Standard output and error as strings that can be full.
class PortSys : public Sys {
public:
  std::string output, error;
  bool full = false;

  int statDescriptor(int, struct stat &status) override {
    status.st_mode = S_IFREG;
    return 0;
  }
  int poll(int, short, int) override { return full ? 0 : 1; }
  ssize_t write(int descriptor, const void *buffer, size_t size) override {
    (descriptor == 1 ? output : error)
        .append(static_cast<const char *>(buffer), size);
    return static_cast<ssize_t>(size);
  }
};

TEST(HostMessages, GoWhereTheirPrioritySends) {
  PortSys sys;
  Messages messages(sys);
  messages.setPriority(Priority::Info);
  messages.log(Priority::Debug, textOf("debug"));
  messages.log(Priority::Info, textOf("info"));
  messages.log(Priority::Warn, textOf("warn about it"));
  messages.log(Priority::Error, textOf("/etc/init/x.conf:3: Unknown stanza"));
  messages.log(Priority::Error, textOf("no colon: before the blank"));
  EXPECT_EQ(sys.output, "info\n");
  EXPECT_EQ(sys.error, "init: warn about it\n"
                       "init:/etc/init/x.conf:3: Unknown stanza\n"
                       "init: no colon: before the blank\n");
}

TEST(HostMessages, AreOneLineEach) {
  PortSys sys;
  Messages messages(sys);
  messages.log(Priority::Warn, textOf("job x\ninit: \033[2J\ty \xe9\x7f"));
  EXPECT_EQ(sys.error, "init: job x?init: ?[2J\ty \xe9?\n");
}

TEST(HostMessages, NeverWaitAndSayHowManyWereLost) {
  PortSys sys;
  Messages messages(sys);
  messages.log(Priority::Warn, textOf("a"));
  sys.full = true;
  messages.log(Priority::Warn, textOf("b"));
  messages.log(Priority::Warn, textOf("c"));
  sys.full = false;
  messages.log(Priority::Warn, textOf("d"));
  EXPECT_EQ(sys.error, "init: a\ninit: 2 messages were lost: nobody read "
                       "them\ninit: d\n");
}

TEST(HostMessages, AreCutAtALine) {
  PortSys sys;
  Messages messages(sys);
  std::string text(10000, 'x');
  messages.log(Priority::Warn, {text.data(), text.size()});
  messages.format(Priority::Warn, "%s", text.c_str());
  EXPECT_LE(sys.error.size(), 2 * 4096U);
  EXPECT_EQ(sys.error.back(), '\n');
}

TEST(HostMessages, DoNotBlockOnAFullPipe) {
  Messages messages(realSystem());
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  int saved = dup(STDERR_FILENO);
  dup2(ends[1], STDERR_FILENO);
  close(ends[1]);
  std::string text(4000, 'y');
  for (int i = 0; i < 100; ++i) // far beyond what a pipe holds
    messages.log(Priority::Warn, {text.data(), text.size()});
  dup2(saved, STDERR_FILENO);
  close(saved);
  // The pipe of others was not made non-blocking.
  EXPECT_EQ(fcntl(ends[0], F_GETFL) & O_NONBLOCK, 0);
  close(ends[0]);
}

} // namespace
