// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The configuration over a system of which the n-th call fails, with compilers
// that give nothing: it must come to an end, say no to nobody and leave nothing
// behind. What good compilers give is tested with a daemon (test/Runtime).

#include "starton/Runtime/Host/Configuration.h"
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <sys/wait.h>

using namespace starton;
using namespace starton::host;
namespace fs = std::filesystem;

namespace {

/// The real system, of which call number `failing` does not succeed.
class FaultySys : public Sys {
public:
  unsigned calls = 0;
  unsigned failing = 0; ///< 0: none
  bool failed = false;

  int open(const char *path, int flags, mode_t mode) override {
    return fails() ? -EMFILE : Sys::open(path, flags, mode);
  }
  ssize_t read(int descriptor, void *buffer, size_t size) override {
    return fails() ? -EIO : Sys::read(descriptor, buffer, size);
  }
  int setSize(int descriptor, off_t size) override {
    return fails() ? -ENOMEM : Sys::setSize(descriptor, size);
  }
  int statDescriptor(int descriptor, struct stat &status) override {
    return fails() ? -EIO : Sys::statDescriptor(descriptor, status);
  }
  int access(const char *path, int mode) override {
    return fails() ? -EACCES : Sys::access(path, mode);
  }
  int memoryFile(const char *name, unsigned flags) override {
    return fails() ? -EMFILE : Sys::memoryFile(name, flags);
  }
  int control(int descriptor, int command, int argument) override {
    return fails() ? -EPERM : Sys::control(descriptor, command, argument);
  }
  ssize_t listDirectory(int descriptor, void *buffer, size_t size) override {
    return fails() ? -EIO : Sys::listDirectory(descriptor, buffer, size);
  }
  int changesCreate() override {
    return fails() ? -EMFILE : Sys::changesCreate();
  }
  int changesAdd(int descriptor, const char *path, uint32_t mask) override {
    return fails() ? -ENOSPC : Sys::changesAdd(descriptor, path, mask);
  }
  int changesRemove(int descriptor, int watch) override {
    return fails() ? -EINVAL : Sys::changesRemove(descriptor, watch);
  }
  pid_t fork() override { return fails() ? -EAGAIN : Sys::fork(); }

private:
  bool fails() {
    if (++calls != failing)
      return false;
    failed = true;
    return true;
  }
};

class HostConfiguration : public testing::Test {
protected:
  void SetUp() override {
    char name[] = "/tmp/configuration.XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    top = name;
    fs::create_directories(top + "/jobs/net");
    std::ofstream(top + "/jobs/a.conf") << "exec true\n";
    std::ofstream(top + "/compiler") << "#!/bin/sh\n"
                                        "test -e "
                                     << top
                                     << "/hang && exec sleep 1000\n"
                                        "echo nonsense >&3\n";
    fs::permissions(top + "/compiler", fs::perms::owner_all);
    directory = top + "/jobs";
    compiler = top + "/compiler";
    options.directories.paths[options.directories.count++] = directory.c_str();
    options.compiler = compiler.c_str();
  }
  void TearDown() override { fs::remove_all(top); }

  static size_t descriptors() {
    return static_cast<size_t>(
        std::distance(fs::directory_iterator("/proc/self/fd"), {}));
  }

  /// A start that has to fail; the number of calls it took.
  unsigned bootOnce(unsigned failing) {
    FaultySys sys;
    Loop loop(sys);
    Messages messages(sys);
    messages.setPriority(static_cast<engine::Priority>(99));
    int error = 0;
    EXPECT_TRUE(loop.open(error));
    char *environment[] = {nullptr};
    Configuration configuration(
        sys, loop, messages, options, environment,
        {nullptr,
         [](void *, const table::JobTable &, uint32_t, engine::SwitchKind,
            Span<const engine::Text>) { return engine::SwitchResult::Done; },
         [](void *, uint64_t) {}, [](void *, uint64_t, const char *) {}});
    sigset_t mask;
    sigemptyset(&mask);
    sys.calls = 0;
    sys.failing = failing;
    bool booting = configuration.boot(mask);
    for (unsigned i = 0; booting && configuration.isBooting() && i < 20000;
         ++i) {
      (void)configuration.work();
      siginfo_t end = {};
      if (waitid(P_ALL, 0, &end, WEXITED | WNOHANG) == 0 && end.si_pid > 0)
        EXPECT_TRUE(configuration.childEnded(end));
      else
        usleep(500);
    }
    EXPECT_FALSE(configuration.isBooting()) << "call " << failing;
    EXPECT_TRUE(!booting || configuration.hasFailed());
    return sys.failed || failing == 0 ? sys.calls : 0;
  }

  Options options;
  std::string top, directory, compiler;
};

TEST_F(HostConfiguration, AStartEndsWhateverFails) {
  size_t before = descriptors();
  unsigned calls = bootOnce(0);
  unsigned faults = 0;
  for (unsigned failing = 1; failing <= calls; ++failing)
    faults += bootOnce(failing) > 0;
  EXPECT_GE(faults, 10u);
  EXPECT_EQ(descriptors(), before);
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1); // no child is left
}

TEST_F(HostConfiguration, ACompilerThatHangsGoesWithUs) {
  std::ofstream(top + "/hang") << "";
  size_t before = descriptors();
  {
    Loop loop(realSystem());
    Messages messages(realSystem());
    int error = 0;
    ASSERT_TRUE(loop.open(error));
    char *environment[] = {nullptr};
    Configuration configuration(realSystem(), loop, messages, options,
                                environment, {});
    sigset_t mask;
    sigemptyset(&mask);
    ASSERT_TRUE(configuration.boot(mask));
    while (configuration.work())
      ;
    EXPECT_TRUE(configuration.isBooting());
    configuration.stop();
  }
  EXPECT_EQ(descriptors(), before);
  int status = 0;
  EXPECT_GT(waitpid(-1, &status, 0), 0);
  EXPECT_TRUE(WIFSIGNALED(status));
}

TEST(HostChangedJobs, TooManyAreAll) {
  ChangedJobs jobs, taken;
  EXPECT_TRUE(jobs.empty());
  for (size_t i = 0; i < ChangedJobs::MaxNames; ++i) {
    std::string name = "job" + std::to_string(i);
    jobs.add({name.data(), name.size()});
    jobs.add({name.data(), name.size()});
  }
  EXPECT_EQ(jobs.list().size(), ChangedJobs::MaxNames);
  EXPECT_TRUE(jobs.contains(textOf("job7")));
  EXPECT_FALSE(jobs.contains(textOf("job")));
  taken.takeFrom(jobs);
  EXPECT_TRUE(jobs.empty());
  EXPECT_TRUE(taken.contains(textOf("job7")));
  taken.add(textOf("one more"));
  EXPECT_TRUE(taken.all());
  EXPECT_TRUE(taken.contains(textOf("anything")));
  EXPECT_TRUE(taken.list().empty());
  taken.clear();
  EXPECT_TRUE(taken.empty());
}

} // namespace
