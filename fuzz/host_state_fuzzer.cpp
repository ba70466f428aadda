// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Bytes as the host's part of a saved state, their checksum made right so that
// what is behind it is reached. Whole states are judged as the new program of a
// re-exec does it. Timers, logs and processes alone are read dry and for use,
// over a system in which nothing exists; what is accepted can be saved and read
// again, and goes on: descriptors are ready, processes are gone, time passes.
// Begins with states of its own: give it -max_len=8192 and no corpus.

#include "CompiledJobs.h"
#include "Samples.h"
#include "starton/Runtime/Host/Daemon.h"
#include "starton/Runtime/Host/Sys.h"
#include "starton/Runtime/Support/StateStream.h"
#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <map>
#include <random>
#include <string>

using namespace starton;
using namespace starton::host;

namespace {

using Random = std::minstd_rand;

/// No file, no process; every descriptor is ready once, with a line to read.
class NoSys : public Sys {
public:
  int open(const char *path, int, mode_t) override {
    return path[0] == '/' ? -EACCES : -ENOENT;
  }
  void close(int) override {}
  ssize_t read(int, void *buffer, size_t size) override {
    if (reads++ % 2)
      return -EAGAIN;
    std::fill_n(static_cast<char *>(buffer), std::min<size_t>(size, 5), 'x');
    return ssize_t(std::min<size_t>(size, 5));
  }
  ssize_t write(int, const void *, size_t size) override {
    return ssize_t(size);
  }
  int statDescriptor(int, struct stat &) override { return -EBADF; }
  int access(const char *, int) override { return -ENOENT; }
  int makeDirectory(const char *, mode_t) override { return -EACCES; }
  int rename(const char *, const char *) override { return -ENOENT; }
  int unlink(const char *) override { return -ENOENT; }
  ssize_t listDirectory(int, void *, size_t) override { return 0; }
  ssize_t readLink(const char *, char *, size_t) override { return -ENOENT; }
  int pipe(int (&)[2], int) override { return -EMFILE; }
  int memoryFile(const char *, unsigned) override { return -EMFILE; }
  int control(int, int, int) override { return 0; }
  int deviceControl(int, unsigned long, unsigned long) override { return 0; }
  int duplicate(int, int to, int) override { return to; }
  int closeRange(unsigned, unsigned, int) override { return 0; }
  bool isListening(int) override { return false; }
  int poll(int, short, int) override { return 0; }

  int epollCreate() override { return 3; }
  int epollControl(int, int operation, int descriptor,
                   epoll_event &event) override {
    if (operation == EPOLL_CTL_DEL)
      return watched.erase(descriptor) ? 0 : -ENOENT;
    if (descriptor < 0)
      return -EBADF;
    if (operation == EPOLL_CTL_ADD && watched.count(descriptor))
      return -EEXIST;
    watched[descriptor] = event;
    return 0;
  }
  int epollWait(int, epoll_event *events, int count, int) override {
    int ready = 0;
    for (const auto &[descriptor, event] : watched)
      if (ready < count && event.data.ptr)
        events[ready++] = event;
    return ready;
  }
  int timerCreate() override { return 4; }
  int timerSet(int, uint64_t) override { return 0; }
  int signalDescriptor(const sigset_t &) override { return 5; }
  uint64_t now() override { return time; }
  uint64_t wallTime() override { return time; }
  int changesCreate() override { return -EMFILE; }

  pid_t fork() override { return -EAGAIN; }
  int waitAny(siginfo_t &) override { return -ECHILD; }
  int waitFor(pid_t, siginfo_t &) override { return -ECHILD; }
  int awaitChild(pid_t, siginfo_t &) override { return -ECHILD; }
  int processDescriptor(pid_t) override { return -ESRCH; }
  int kill(pid_t, int) override { return -ESRCH; }
  pid_t groupOf(pid_t) override { return -ESRCH; }
  long trace(int, pid_t, unsigned long) override { return -ESRCH; }
  int signalMask(int, const sigset_t *, sigset_t *) override { return 0; }
  int signalDefault(int) override { return 0; }
  int signalIgnore(int) override { return 0; }
  bool signalIsDefault(int) override { return true; }
  int setLimit(int, const struct rlimit &) override { return 0; }
  int processControl(int, unsigned long) override { return 0; }
  mode_t setUmask(mode_t) override { return 022; }
  void dropFilePages() override {}

  uint64_t time = 1'000'000'000'000;

private:
  std::map<int, epoll_event> watched;
  unsigned reads = 0;
};

const test::Compiled &jobs() {
  static const test::Compiled compiled(
      test::Files{{"foo", "start on startup\nexec run\n"}});
  return compiled;
}

void begin(engine::Engine &engine) {
  if (!engine.init(jobs().table(), {}))
    std::abort();
}

/// What the host itself saves, without a daemon around it.
struct Parts {
  Parts()
      : loop(sys), messages(sys), logs(sys, loop, messages),
        processes(sys, loop, messages, logs, engine,
                  {nullptr, [](void *, engine::Input &) {}}),
        timers(loop, engine, [](void *, engine::InstanceId) {}, nullptr) {
    int error = 0;
    if (!loop.open(error))
      std::abort();
    begin(engine);
    messages.setPriority(engine::Priority::Fatal);
  }
  bool load(StateReader &in, bool dry) {
    timers.load(in);
    logs.load(in, dry);
    processes.load(in, dry);
    in.part("END.");
    return in.require(in.atEnd(), "something behind its end");
  }
  void save(StateWriter &out) const {
    timers.save(out);
    logs.save(out);
    processes.save(out);
    out.part("END.");
  }
  void goOn() {
    constexpr uint64_t Second = 1'000'000'000;
    for (unsigned round = 0; round < 8; ++round) {
      loop.runOnce(false);
      sys.time += Second;
    }
    (void)logs.writeEarly();
    for (unsigned round = 0; round < 8; ++round)
      loop.runOnce(false);
  }

  NoSys sys;
  Loop loop;
  Messages messages;
  engine::Engine engine;
  JobLogs logs;
  Processes processes;
  InstanceTimers timers;
};

// --- Where it begins: what docs/state-format.md says.

void writeLog(StateWriter &out, Random &random, int &descriptor) {
  static const std::string output(300, 'o');
  out.text(textOf(random() % 4 ? "/tmp/log/foo.log" : ""));
  out.signed32(random() % 3 ? ++descriptor : -1);
  out.flag(random() % 2);
  out.signed32(random() % 2 ? EROFS : 0);
  out.text({output.data(), random() % output.size()});
}

void writeRecord(StateWriter &out, Random &random, int &descriptor,
                 int32_t pid) {
  constexpr unsigned Flags = 7;
  out.signed32(pid);
  out.number64(random() % 1000);
  out.number64(random() % 1000);
  out.number8(random() % 5);
  auto watching = uint8_t(random() % 3);
  out.number8(watching);
  out.number8(random() % 3);
  for (unsigned i = 0; i < Flags; ++i)
    out.flag(random() % 3 == 0);
  out.signed32(watching ? ++descriptor : -1);
  bool logged = random() % 2;
  out.flag(logged);
  if (logged)
    writeLog(out, random, descriptor);
}

void writeParts(StateWriter &out, Random &random) {
  int descriptor = 10;
  out.part("TIME");
  out.number64(random() % 2 ? random() : 0);
  out.number64(random() % 2 ? random() : 0);
  uint32_t count = random() % 5;
  out.number32(count);
  for (uint32_t i = 0; i < count; ++i) {
    out.number32(random() % 8);
    out.number32(random() % 8);
    out.number64(random() * uint64_t(1000));
  }
  out.part("LOGS");
  out.flag(random() % 2);
  out.number32(count = random() % 4);
  for (uint32_t i = 0; i < count; ++i)
    writeLog(out, random, descriptor);
  out.part("PROC");
  out.number32(022);
  out.number64(1024);
  out.number64(4096);
  out.number32(count = random() % 6);
  for (uint32_t i = 0; i < count; ++i)
    writeRecord(out, random, descriptor, int32_t(1000 + i * 256));
  out.number32(count = random() % 3);
  for (uint32_t i = 0; i < count; ++i)
    out.signed32(int32_t(2000 + i));
  out.number32(count = random() % 3);
  for (uint32_t i = 0; i < count; ++i)
    out.signed32(++descriptor);
  out.part("END.");
}

/// Everything, with an engine that has just begun.
void writeWhole(StateWriter &out, Random &random) {
  out.part("HOST");
  out.signed32(int32_t(random() % 1000));
  out.choice(engine::Priority::Message);
  out.number64(random());
  out.text(textOf("unix:abstract=/test"));
  out.signed32(3);
  out.number64(random());
  out.number64(random() % 2 ? random() : 0);
  out.number64(random() % 2 ? random() : 0);
  out.text(textOf(random() % 2 ? "/run/user/0/upstart/1.session" : ""));
  out.text(textOf(random() % 2 ? "unix:path=/run/bus" : ""));
  out.part("TABL");
  out.number32(1);
  out.number32(0);
  out.text({jobs().content().data(), jobs().content().size()});
  out.number32(1); // rejected
  out.text(textOf("broken"));
  out.text(textOf("/etc/init/broken.conf:1:1: unknown stanza 'x'"));
  out.flag(random() % 2);
  engine::Engine engine;
  begin(engine);
  engine.snapshot(out);
  writeParts(out, random);
}

std::string sampleState(unsigned seed) {
  Random random(seed);
  StateWriter out;
  if (random() % 4)
    writeParts(out, random);
  else
    writeWhole(out, random);
  out.finish();
  return {reinterpret_cast<const char *>(out.bytes().data()),
          out.bytes().size()};
}

// --- What is done with it.

/// As `initd --check-state` does it.
void judgeWhole(Span<const uint8_t> state) {
  NoSys sys;
  Options options;
  options.user = options.checkState = true;
  char *environment[] = {nullptr};
  Daemon daemon(sys, options, environment);
  (void)daemon.judgeState(state);
}

void readParts(Span<const uint8_t> state) {
  StateReader dry(state);
  bool accepted = Parts().load(dry, true);
  if (!accepted && !*dry.why())
    std::abort();
  Parts parts;
  StateReader in(state);
  if (parts.load(in, false)) {
    StateWriter out;
    parts.save(out);
    out.finish();
    StateReader again(out.bytes());
    if (!out.good() || !Parts().load(again, true))
      std::abort();
  }
  parts.goOn(); // with what there is: so does the daemon
}

} // namespace

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size,
                                          size_t maxSize, unsigned seed) {
  return mutateOrSample(data, size, maxSize, seed, 64, sampleState);
}

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  std::string state(reinterpret_cast<const char *>(data), size);
  Span<uint8_t> bytes{reinterpret_cast<uint8_t *>(state.data()), state.size()};
  repairStateChecksum(bytes);
  judgeWhole(bytes);
  readParts(bytes);
  return 0;
}
