// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A re-exec whose every system call and allocation fails in turn: it is refused
// with a reason, once, no descriptor is lost, and the next one is tried anew.

#include "AllocationFaults.h"
#include "starton/Runtime/Host/Reexec.h"
#include "gtest/gtest.h"
#include <cerrno>
#include <fcntl.h>
#include <string>
#include <unistd.h>
#include <vector>

using namespace starton;
using namespace starton::host;
using namespace starton::test;

namespace {

/// The real system, but that nothing is forked or executed, and the n-th of the
/// calls that may fail does.
class FailingSys : public Sys {
public:
  unsigned failAt = 0;
  unsigned made = 0;
  int verdictPipe = -1;
  int opened = 0; ///< descriptors less those closed
  std::string executed;
  std::vector<int> inherited;

  int memoryFile(const char *name, unsigned flags) override {
    return fails() ? -ENFILE : count(Sys::memoryFile(name, flags));
  }
  ssize_t write(int descriptor, const void *buffer, size_t size) override {
    return fails() ? -ENOSPC : Sys::write(descriptor, buffer, size);
  }
  int control(int descriptor, int command, int argument) override {
    if (command == F_SETFD && argument == 0)
      inherited.push_back(descriptor);
    if (command == F_ADD_SEALS && fails())
      return -EPERM;
    return Sys::control(descriptor, command, argument);
  }
  int seekStart(int descriptor) override {
    return fails() ? -EIO : Sys::seekStart(descriptor);
  }
  int pipe(int (&ends)[2], int flags) override {
    if (fails())
      return -EMFILE;
    int result = Sys::pipe(ends, flags);
    opened += 2;
    verdictPipe = ::dup(ends[1]);
    return result;
  }
  int epollControl(int epoll, int operation, int descriptor,
                   epoll_event &event) override {
    if (operation == EPOLL_CTL_ADD && fails())
      return -ENOSPC;
    return Sys::epollControl(epoll, operation, descriptor, event);
  }
  pid_t fork() override { return fails() ? -EAGAIN : 4242; }
  int kill(pid_t, int) override { return 0; }
  int execute(const char *file, char *const *argv, char *const *) override {
    executed = file;
    for (char *const *word = argv + 1; *word; ++word)
      executed += std::string(" ") + *word;
    return -ENOENT;
  }
  void close(int descriptor) override {
    if (descriptor >= 0)
      --opened;
    Sys::close(descriptor);
  }

private:
  bool fails() { return ++made == failAt; }
  int count(int descriptor) {
    opened += descriptor >= 0;
    return descriptor;
  }
};

struct Asked {
  std::vector<std::string> refusals;
  unsigned leavings = 0;
  const char *defect = nullptr;
};

Reexec::Hooks hooksOf(Asked &asked) {
  Reexec::Hooks hooks;
  hooks.context = &asked;
  hooks.save = [](void *, StateWriter &out) {
    out.part("HOST");
    out.text(textOf("all there is"));
    out.descriptor(5);
  };
  hooks.verify = [](void *context, Span<const uint8_t>) {
    return static_cast<Asked *>(context)->defect;
  };
  hooks.leaving = [](void *context) {
    ++static_cast<Asked *>(context)->leavings;
  };
  hooks.refused = [](void *context, const char *why) {
    static_cast<Asked *>(context)->refusals.emplace_back(why);
  };
  return hooks;
}

class HostReexec : public testing::Test {
protected:
  HostReexec() {
    int error = 0;
    EXPECT_TRUE(loop.open(error));
    messages.setPriority(engine::Priority::Fatal);
    sigset_t none;
    sigemptyset(&none);
    reexec.setProgram(arguments, environment, none);
  }

  /// The child says \p verdict and ends.
  void run(const std::string &verdict) {
    reexec.request();
    reexec.work();
    if (system.verdictPipe >= 0) {
      bool waits = asked.refusals.empty(); // else nobody reads
      if (waits) {
        EXPECT_EQ(::write(system.verdictPipe, verdict.data(), verdict.size()),
                  static_cast<ssize_t>(verdict.size()));
      }
      ::close(system.verdictPipe);
      system.verdictPipe = -1;
      if (waits)
        loop.runOnce(false);
    }
    if (reexec.isDue())
      reexec.work();
  }

  FailingSys system;
  Loop loop{system};
  Messages messages{system};
  Asked asked;
  Reexec reexec{system, loop, messages, hooksOf(asked)};
  char program[8] = "initd", user[8] = "--user", old[16] = "--state-fd=7",
       again[12] = "--restart", split[12] = "--state-fd", number[4] = "8";
  char *arguments[7] = {program, old, user, again, split, number, nullptr};
  char *environment[1] = {nullptr};
};

TEST_F(HostReexec, ExecutesWithWhatItWasStartedWith) {
  run("ok\n");
  EXPECT_EQ(system.executed.find("initd --user --restart --state-fd "), 0U);
  EXPECT_EQ(system.inherited.size(), 2U); // the state and what it names
  EXPECT_EQ(system.inherited.back(), 5);
  EXPECT_EQ(asked.leavings, 1U);
  // There is no such program: the daemon goes on.
  ASSERT_EQ(asked.refusals.size(), 1U);
  EXPECT_NE(asked.refusals[0].find("No such file"), std::string::npos);
  EXPECT_EQ(system.opened, 0);
  EXPECT_FALSE(reexec.isDue());
}

TEST_F(HostReexec, TheNewProgramHasTheLastWord) {
  for (const char *verdict :
       {"", "a state of another version\n", "ok", "ok\nok\n"}) {
    asked.refusals.clear();
    run(verdict);
    ASSERT_EQ(asked.refusals.size(), 1U) << verdict;
    EXPECT_EQ(asked.refusals[0].find("the new program refuses"), 0U);
  }
  EXPECT_EQ(system.executed, "");
  EXPECT_EQ(system.opened, 0);
}

TEST_F(HostReexec, AStateThatCannotBeReadBackIsNotUsed) {
  asked.defect = "an event without a name";
  run("ok\n");
  ASSERT_EQ(asked.refusals.size(), 1U);
  EXPECT_EQ(asked.refusals[0], "an event without a name");
  EXPECT_EQ(system.executed, "");
  EXPECT_EQ(asked.leavings, 0U);
}

TEST_F(HostReexec, EverySystemCallMayFail) {
  unsigned injected = 0;
  for (unsigned n = 1; system.executed.empty(); ++n, ++injected) {
    asked.refusals.clear();
    system.made = 0;
    system.failAt = n;
    run("ok\n");
    ASSERT_EQ(asked.refusals.size(), 1U) << n;
    EXPECT_EQ(system.opened, 0) << n;
    EXPECT_FALSE(reexec.isDue()) << n;
  }
  EXPECT_GT(injected, 9U);
}

TEST_F(HostReexec, EveryAllocationMayFail) {
  unsigned injected = untilMemorySuffices([this] {
    asked.refusals.clear();
    run("ok\n");
    EXPECT_EQ(asked.refusals.size(), 1U);
    EXPECT_EQ(system.opened, 0);
    return !system.executed.empty();
  });
  EXPECT_GT(injected, 3U);
}

} // namespace
