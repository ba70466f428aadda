// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "ControlDaemon.h"
#include "starton/Table/JobTable_generated.h"
#include <chrono>
#include <condition_variable>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace starton::test {

static uint64_t clockNow() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

control::LoopHooks TestDaemon::loopHooks() {
  control::LoopHooks hooks;
  hooks.context = this;
  hooks.watch = [](void *context, int fd, unsigned events) {
    auto &self = *static_cast<TestDaemon *>(context);
    if (!self.refuseWatches)
      self.watched[fd] = events;
    return !self.refuseWatches;
  };
  hooks.unwatch = [](void *context, int fd) {
    static_cast<TestDaemon *>(context)->watched.erase(fd);
  };
  hooks.wakeAt = [](void *context, uint64_t at) {
    static_cast<TestDaemon *>(context)->deadline = at;
  };
  hooks.now = [](void *context) {
    return clockNow() + static_cast<TestDaemon *>(context)->clockOffset;
  };
  return hooks;
}

static void setOptionalHooks(control::DaemonHooks &hooks) {
  hooks.gateTicket = [](void *context, engine::Text job) {
    return static_cast<TestDaemon *>(context)->ticketFor(job);
  };
  hooks.reload = [](void *context, uint64_t &ticket) {
    return static_cast<TestDaemon *>(context)->reload(ticket);
  };
  hooks.state = [](void *context, Vector<char> &json) {
    for (char byte : static_cast<TestDaemon *>(context)->state)
      if (!json.push(byte))
        return false;
    return !json.empty();
  };
  hooks.rejected = [](void *context, engine::Text name) {
    return static_cast<TestDaemon *>(context)->rejection(name);
  };
  hooks.outdated = [](void *context) {
    const std::string &why = static_cast<TestDaemon *>(context)->outdated;
    return engine::Text{why.data(), why.size()};
  };
  hooks.rejectedAt = [](void *context, uint32_t index, engine::Text &name,
                        engine::Text &message) {
    auto &list = static_cast<TestDaemon *>(context)->rejectedFiles;
    if (index >= list.size())
      return false;
    name = {list[index].first.data(), list[index].first.size()};
    message = {list[index].second.data(), list[index].second.size()};
    return true;
  };
  hooks.wallTime = [](void *) { return uint64_t(2'000'000'000'000'000'000); };
  hooks.logPath = [](void *, engine::ClassIndex, engine::Text instance,
                     Vector<char> &path) {
    for (char byte : std::string("/log/"))
      if (!path.push(byte))
        return false;
    for (char byte : instance)
      if (!path.push(byte))
        return false;
    return true;
  };
  hooks.joinBus = [](void *context, engine::Text) {
    return static_cast<TestDaemon *>(context)->joinError;
  };
  hooks.isRelay = [](void *context, int32_t pid) {
    return static_cast<TestDaemon *>(context)->relay && pid == getpid();
  };
  hooks.relayTold = [](void *context, bool connected, engine::Text why) {
    static_cast<TestDaemon *>(context)->told =
        connected ? "connected" : std::string(why.begin(), why.end());
  };
  hooks.restart = [](void *context) {
    auto &self = *static_cast<TestDaemon *>(context);
    ++self.restarts;
    return self.restartError;
  };
}

engine::Text TestDaemon::rejection(engine::Text name) const {
  for (const auto &[file, message] : rejectedFiles)
    if (file == std::string(name.begin(), name.end()))
      return {message.data(), message.size()};
  return {};
}

const char *TestDaemon::reload(uint64_t &wanted) {
  ++reloads;
  gateClosed = reloadRefusal.empty();
  ticket += gateClosed;
  wanted = ticket;
  return gateClosed ? nullptr : reloadRefusal.c_str();
}

void TestDaemon::endReload(const char *why) {
  run([&] {
    gateClosed = false;
    server.reloadEnded(ticket, why);
    server.gateOpened(ticket);
  });
}

void TestDaemon::setGate(bool closed) {
  run([&] {
    gateClosed = closed;
    if (closed)
      ++ticket;
    else
      server.gateOpened(ticket);
  });
}

uint64_t TestDaemon::ticketFor(engine::Text job) const {
  bool about = job.empty() || gatedJob.empty() ||
               gatedJob == std::string(job.data(), job.size());
  return gateClosed && about ? ticket : 0;
}

control::DaemonHooks TestDaemon::daemonHooks(bool bare) {
  control::DaemonHooks hooks;
  if (!bare)
    setOptionalHooks(hooks);
  hooks.context = this;
  hooks.feed = [](void *context, engine::Input &input) {
    return static_cast<TestDaemon *>(context)->feed(input);
  };
  hooks.logPriority = [](void *context) {
    return static_cast<TestDaemon *>(context)->priority;
  };
  hooks.setLogPriority = [](void *context, engine::Priority priority) {
    static_cast<TestDaemon *>(context)->priority = priority;
  };
  hooks.log = [](void *, engine::Priority, engine::Text) {};
  hooks.diskWriteable = [](void *context) {
    return static_cast<TestDaemon *>(context)->diskError;
  };
  return hooks;
}

engine::FeedResult TestDaemon::feed(engine::Input &input) {
  ++inputs;
  if (input.kind == engine::Input::Kind::ClientGone)
    ++clientsGone;
  if (input.kind == engine::Input::Kind::Shutdown)
    lastShutdown.assign(input.name.begin(), input.name.end());
  if (engine.feed(input) == engine::FeedResult::Refused)
    return engine::FeedResult::Refused;
  if (input.descriptor >= 0)
    ::close(input.descriptor);
  engine::Action action;
  while (engine.next(action))
    server.perform(action);
  return engine::FeedResult::Taken;
}

TestDaemon::TestDaemon(const DaemonOptions &options)
    : table(buildTable(options.jobs)),
      pokeDescriptor(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  static std::atomic<unsigned> counter{0};
  socketAddress = "unix:abstract=/starton-test/" + std::to_string(getpid()) +
                  "/" + std::to_string(counter++);
  EXPECT_TRUE(
      engine.init(*flatbuffers::GetRoot<table::JobTable>(table.data()), {}));
  control::ServerOptions serverOptions;
  serverOptions.address = socketAddress.c_str();
  serverOptions.userMode = options.userMode;
  serverOptions.daemonUser = options.user == ~0U ? geteuid() : options.user;
  char error[160] = "";
  EXPECT_TRUE(server.listen(serverOptions, loopHooks(),
                            daemonHooks(options.bare), engine, error))
      << error;
  thread = std::thread([this] { loop(); });
}

engine::Engine::Impl &TestDaemon::fakeEngine() {
  return engine::Inside::of(engine);
}

TestDaemon::~TestDaemon() {
  {
    std::lock_guard<std::mutex> lock(mutex);
    stopping = true;
  }
  poke();
  thread.join();
  server.close();
  EXPECT_TRUE(watched.empty()) << "a watch outlived its server";
  ::close(pokeDescriptor);
}

void TestDaemon::poke() {
  uint64_t one = 1;
  EXPECT_EQ(write(pokeDescriptor, &one, sizeof(one)), ssize_t(sizeof(one)));
}

void TestDaemon::loop() {
  for (;;) {
    ++wakeUps;
    std::vector<pollfd> polled = {{pokeDescriptor, POLLIN, 0}};
    for (auto [fd, events] : watched)
      polled.push_back(
          {fd,
           static_cast<short>((events & control::EventReadable ? POLLIN : 0) |
                              (events & control::EventWritable ? POLLOUT : 0)),
           0});
    uint64_t now = clockNow() + clockOffset;
    int timeout = -1;
    if (deadline != ~uint64_t(0))
      timeout = deadline <= now ? 0 : (deadline - now) / 1'000'000 + 1;
    poll(polled.data(), polled.size(), timeout);
    uint64_t ignored = 0;
    (void)!read(pokeDescriptor, &ignored, sizeof(ignored));
    {
      std::unique_lock<std::mutex> lock(mutex);
      if (stopping)
        return;
      if (work) {
        work();
        work = nullptr;
      }
    }
    for (size_t i = 1; i < polled.size(); ++i) {
      unsigned ready =
          (polled[i].revents & POLLIN ? control::EventReadable : 0) |
          (polled[i].revents & POLLOUT ? control::EventWritable : 0) |
          (polled[i].revents & (POLLHUP | POLLERR) ? control::EventHangup : 0);
      if (ready && watched.count(polled[i].fd))
        server.ready(polled[i].fd, ready);
    }
    if (deadline <= clockNow() + clockOffset)
      server.expire();
  }
}

void TestDaemon::run(const std::function<void()> &task) {
  std::atomic<bool> done{false};
  {
    std::lock_guard<std::mutex> lock(mutex);
    work = [&] {
      task();
      done = true;
    };
  }
  poke();
  while (!done)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

unsigned TestDaemon::connectionCount() {
  unsigned count = 0;
  run([&] { count = server.connectionCount(); });
  return count;
}

std::unique_ptr<control::Client> TestDaemon::connect() {
  control::CallError error;
  auto client = control::Client::connect(socketAddress, error);
  EXPECT_TRUE(client) << error.message;
  return client;
}

std::string errorOf(const control::Reply &reply) {
  return reply.error ? reply.error->name + ": " + reply.error->message : "";
}

bool isError(const control::Reply &reply, const char *suffix) {
  return reply.error && reply.error->is(suffix);
}

} // namespace starton::test
