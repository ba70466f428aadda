// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A job of `expect fork` with a log, led astray and stopped, with every call to
// the system failing in turn: it ends, and no descriptor is left.

#include "HostProcessesFixture.h"
#include <filesystem>
#include <unistd.h>

using namespace starton;
using namespace starton::host;

namespace {

namespace fs = std::filesystem;

constexpr pid_t Helper = 300;
constexpr pid_t Real = 400;

size_t openDescriptors() {
  size_t count = 0;
  for ([[maybe_unused]] const auto &entry :
       fs::directory_iterator("/proc/self/fd"))
    ++count;
  return count;
}

class OneLife : public HostProcesses {
public:
  OneLife(std::string logs, bool shares) : directory(std::move(logs)) {
    sys.shares = shares;
  }
  void TestBody() override {}

  /// How many calls there were.
  unsigned live(unsigned faultAt) {
    SetUp();
    define(table::Expect::Fork);
    logs.setDirectory(directory.c_str());
    processes.setConsole(Console::Log);
    sys.addProcess(Real, Real, 60, "foo");
    runEngine();
    sys.callCount = 0;
    sys.faultAt = faultAt;

    request(Kind::Start);
    closeChild();
    news(FirstPid, CLD_TRAPPED, SIGTRAP);
    sys.eventMessage = Helper;
    news(FirstPid, CLD_TRAPPED, SIGTRAP | PTRACE_EVENT_FORK << 8);
    if (sys.ended.count(Helper))
      sys.end(Helper);
    turn();
    if (!status().empty())
      request(Kind::Stop);
    turn();
    // Whatever it was that was done: what runs is killed now.
    for (int round = 0; round < 3; ++round) {
      engine::InstanceView seen;
      if (view(seen) && seen.pids[0])
        news(seen.pids[0], CLD_KILLED, SIGKILL);
      turn();
    }
    unsigned calls = sys.callCount;
    sys.faultAt = 0;
    EXPECT_EQ(status(), "") << "call " << faultAt;
    closeChild();
    return calls;
  }

private:
  void news(pid_t pid, int code, int result) {
    sys.report(pid, code, result);
    processes.reap();
  }
  void turn() {
    for (int round = 0; round < 3; ++round) {
      sys.clock += 2'000'000'000;
      loop.runOnce(false);
    }
  }

  std::string directory;
};

TEST(HostFaults, NoFailingCallHoldsAJobOrADescriptor) {
  fs::path directory =
      fs::temp_directory_path() / ("faults-" + std::to_string(getpid()));
  fs::create_directories(directory);
  size_t before = openDescriptors();
  unsigned injected = 0;
  for (bool shares : {false, true}) {
    for (unsigned faultAt = 0;; ++faultAt) {
      unsigned calls = OneLife(directory, shares).live(faultAt);
      EXPECT_EQ(openDescriptors(), before) << "call " << faultAt;
      if (faultAt > calls)
        break;
      injected += faultAt > 0;
    }
  }
  EXPECT_GT(injected, 40U);
  fs::remove_all(directory);
}

} // namespace
