// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The server without memory: the n-th allocation of its thread fails, libdbus's
// own included, for every n. A client must always get an answer, an error or a
// closed connection, soon; and the server must serve the next one.

#include "ControlDaemon.h"
#include "ControlPeer.h"
#include "starton/Runtime/Control/Upstart.h"
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

/// Of the thread that is short of memory.
struct Shortage {
  long left = -1; ///< allocations that still succeed; -1: all
  bool lasting = false;
  long seen = 0;
};

} // namespace

static thread_local Shortage shortage;

static bool refused() {
  if (shortage.left < 0)
    return false;
  ++shortage.seen;
  if (shortage.left > 0) {
    --shortage.left;
    return false;
  }
  if (!shortage.lasting)
    shortage.left = -1;
  errno = ENOMEM;
  return true;
}

// The linker leads every call of the daemon's code and of libdbus here, and the
// real functions stay those of the sanitizer where there is one (see
// CMakeLists.txt). What the test and its fake engine allocate with operator new
// comes from the C++ library, which is not led here.
extern "C" {
// NOLINTBEGIN(readability-identifier-naming): the linker's names.
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);

void *__wrap_malloc(size_t size) {
  return refused() ? nullptr : __real_malloc(size);
}
void *__wrap_calloc(size_t count, size_t size) {
  return refused() ? nullptr : __real_calloc(count, size);
}
void *__wrap_realloc(void *old, size_t size) {
  return refused() ? nullptr : __real_realloc(old, size);
}
// NOLINTEND(readability-identifier-naming)
}

using namespace starton::control;
using namespace starton::test;

/// One of everything; the answers do not matter.
static std::vector<Call> someCalls() {
  std::string foo = "/com/ubuntu/Upstart/jobs/foo";
  std::string instance = foo + "/_";
  std::string all;
  return {
      {ManagerPath, ManagerInterface, "GetAllJobs"},
      {ManagerPath, ManagerInterface, "GetJobByName", {std::string("foo")}},
      {foo, JobInterface, "Start", {Strings{"A=1"}, true}},
      {foo, JobInterface, "GetAllInstances"},
      {instance, PropertiesInterface, "GetAll", {all}},
      {foo, PropertiesInterface, "GetAll", {all}},
      {foo, JobInterface, "GetInstance", {Strings{}}},
      {instance, IntrospectableInterface, "Introspect"},
      {ManagerPath,
       ManagerInterface,
       "EmitEvent",
       {std::string("ev"), Strings{"A=1", "B=2"}, true}},
      {ManagerPath, ManagerInterface, "GetState"},
      {ManagerPath,
       ManagerInterface,
       "SetEnvList",
       {Strings{"foo"}, Strings{"A=1", "B=2"}, true}},
      {ManagerPath, ManagerInterface, "ListEnv", {Strings{"foo", ""}}},
      {ManagerPath, Init1Interface, "ListAll"},
      {ManagerPath, Init1Interface, "GetDetails", {std::string("foo"), all}},
      {ManagerPath, Init1Interface, "ListBlocked"},
      {ManagerPath, Init1Interface, "ListConfig", {std::string()}},
      {instance, InstanceInterface, "Stop", {true}},
      {foo, JobInterface, "Stop", {Strings{}, true}},
  };
}

static void expectSurvival(TestDaemon &daemon, long succeeding, bool lasting) {
  daemon.run([&] { shortage = {succeeding, lasting, 0}; });
  auto start = std::chrono::steady_clock::now();
  CallError error;
  if (auto client = Client::connect(daemon.address(), error))
    client->callAll(someCalls());
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(4))
      << "nobody answered after " << succeeding << " allocations";
  daemon.run([] { shortage.left = -1; });

  auto client = daemon.connect();
  ASSERT_TRUE(client);
  EXPECT_EQ(
      errorOf(client->call({ManagerPath, ManagerInterface, "GetAllJobs"})), "");
  client->call({"/com/ubuntu/Upstart/jobs/foo",
                JobInterface,
                "Stop",
                {Strings{}, true}});
}

TEST(ControlMemory, EveryAllocationMayFail) {
  TestDaemon daemon;
  // How many there are when all succeed.
  daemon.run([] { shortage = {1'000'000, false, 0}; });
  daemon.connect()->callAll(someCalls());
  long count = 0;
  daemon.run([&] {
    count = shortage.seen;
    shortage.left = -1;
  });
  ASSERT_GT(count, 50);
  for (long n = 0; n < count && !HasFatalFailure(); ++n) {
    expectSurvival(daemon, n, false);
    if (n % 8 == 0)
      expectSurvival(daemon, n, true);
  }
}

/// A signal while a client authenticates: one that has said who it is, one that
/// has also begun and called.
static void announceToHalf(TestDaemon &daemon, long succeeding, bool begun) {
  RawPeer peer(daemon.address());
  ASSERT_TRUE(peer.greet());
  std::string rest =
      "BEGIN\r\n" + rawCall(1, ManagerPath, ManagerInterface, "GetAllJobs");
  daemon.run([&] {
    if (begun)
      peer.send(rest);
    shortage = {succeeding, false, 0};
    for (int i = 0; i < 3; ++i) {
      starton::engine::Action action;
      action.kind = starton::engine::Action::Kind::Announce;
      action.announce = starton::engine::Action::Announcement::EventEmitted;
      action.text = starton::textOf("signal");
      daemon.perform(action);
    }
  });
  if (!begun)
    peer.send(rest);
  // An answer or the end of the connection, whichever comes.
  auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  std::string all;
  bool closed = false;
  while (!closed && all.find("jobs/foo") == std::string::npos &&
         std::chrono::steady_clock::now() < end) {
    all += peer.receiveAvailable();
    char next = 0;
    closed = recv(peer.descriptor(), &next, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
    usleep(500);
  }
  EXPECT_LT(std::chrono::steady_clock::now(), end)
      << "nobody answered after " << succeeding << " allocations";
  daemon.run([] { shortage.left = -1; });
}

TEST(ControlMemory, SignalsWhileAClientAuthenticates) {
  TestDaemon daemon;
  for (long n = 0; n < 60 && !HasFatalFailure(); ++n)
    for (bool begun : {false, true})
      announceToHalf(daemon, n, begun);
  EXPECT_EQ(errorOf(daemon.connect()->call(
                {ManagerPath, ManagerInterface, "GetAllJobs"})),
            "");
}
