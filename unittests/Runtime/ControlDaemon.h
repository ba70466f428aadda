// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A daemon for tests of the server: a poll() loop in a thread of its own, a
// job table built here, and an engine that does what a script tells it. The
// engine is a fake by linking: ControlFakeEngine.cpp defines engine::Engine.

#ifndef STARTON_UNITTESTS_RUNTIME_CONTROLDAEMON_H
#define STARTON_UNITTESTS_RUNTIME_CONTROLDAEMON_H

#include "ControlFakeEngine.h"
#include "starton/Runtime/Control/Client.h"
#include "starton/Runtime/Control/Server.h"
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace starton::test {

struct DaemonOptions {
  std::vector<FakeJob> jobs = {{.name = "foo"}};
  bool userMode = true;
  uint32_t user = ~0U; ///< ~0: the real one
  bool bare = false;   ///< without the hooks that may be null
};

/// Starts in the constructor, stops in the destructor.
class TestDaemon {
public:
  explicit TestDaemon(const DaemonOptions &options = {});
  ~TestDaemon();
  TestDaemon(const TestDaemon &) = delete;
  TestDaemon &operator=(const TestDaemon &) = delete;

  const std::string &address() const { return socketAddress; }
  /// A fresh connection; fails the test when there is none.
  std::unique_ptr<control::Client> connect();

  /// Runs \p work in the daemon's thread and waits for it.
  void run(const std::function<void()> &work);
  /// In the daemon's thread: hands an action to the server.
  void perform(const engine::Action &action) { server.perform(action); }
  unsigned connectionCount();
  /// Closes the gate, or opens it as a daemon does.
  void setGate(bool closed);
  uint64_t ticketFor(engine::Text job) const;
  const char *reload(uint64_t &wanted);
  /// Null \p why: it went well. Opens the gate too.
  void endReload(const char *why);
  engine::Text rejection(engine::Text name) const;
  /// In the daemon's thread.
  control::Server &controlServer() { return server; }
  engine::Engine::Impl &fakeEngine();

  std::atomic<uint64_t> clientsGone{0};
  std::atomic<uint64_t> inputs{0};
  std::atomic<unsigned> wakeUps{0}; ///< rounds of the loop
  std::string lastShutdown;         ///< used with run(), as what follows
  int diskError = 0;
  std::string reloadRefusal; ///< "": a reload closes the gate
  std::string outdated;      ///< why the definitions are
  int restartError = 0;
  std::string gatedJob; ///< not empty: the only job that the gate is about
  unsigned reloads = 0;
  bool relay = false; ///< who connects now is the relay
  int joinError = 0;
  std::string told; ///< by the relay
  unsigned restarts = 0;
  std::string state; ///< "": no memory for it
  /// Name and message.
  std::vector<std::pair<std::string, std::string>> rejectedFiles;
  bool refuseWatches = false;
  engine::Priority priority = engine::Priority::Message;
  /// The present time of the server, moved by tests.
  std::atomic<uint64_t> clockOffset{0};

private:
  control::LoopHooks loopHooks();
  control::DaemonHooks daemonHooks(bool bare);
  engine::FeedResult feed(engine::Input &input);
  void loop();
  void poke();

  bool gateClosed = false;
  uint64_t ticket = 0;
  std::string table;
  std::string socketAddress;
  engine::Engine engine;
  control::Server server;
  std::map<int, unsigned> watched;
  uint64_t deadline = ~uint64_t(0);
  std::mutex mutex;
  std::function<void()> work;
  bool stopping = false;
  int pokeDescriptor = -1;
  std::thread thread;
};

/// "NAME: MESSAGE", or "" for success.
std::string errorOf(const control::Reply &reply);
/// See control::CallError::is(); false for success.
bool isError(const control::Reply &reply, const char *suffix);

} // namespace starton::test

#endif // STARTON_UNITTESTS_RUNTIME_CONTROLDAEMON_H
