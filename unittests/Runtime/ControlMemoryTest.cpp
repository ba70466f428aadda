// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The server without memory: the n-th allocation of its thread fails, libdbus's
// own included, for every n. A client must always get an answer, an error or a
// closed connection, soon; and the server must serve the next one.

#include "ControlDaemon.h"
#include "starton/Runtime/Control/Upstart.h"
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <gtest/gtest.h>
#include <new>

#if defined(__SANITIZE_ADDRESS__)
#define STARTON_OWN_MALLOC 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define STARTON_OWN_MALLOC 0
#endif
#endif
#ifndef STARTON_OWN_MALLOC
#define STARTON_OWN_MALLOC 1
#endif

#if STARTON_OWN_MALLOC

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

extern "C" {
// NOLINTBEGIN(readability-identifier-naming): glibc's own names.
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
// NOLINTEND(readability-identifier-naming)

void *malloc(size_t size) { return refused() ? nullptr : __libc_malloc(size); }
void *calloc(size_t count, size_t size) {
  return refused() ? nullptr : __libc_calloc(count, size);
}
void *realloc(void *old, size_t size) {
  return refused() ? nullptr : __libc_realloc(old, size);
}
}

// The test and its fake engine may throw; they always have memory.
void *operator new(size_t size) {
  if (void *memory = __libc_malloc(size))
    return memory;
  throw std::bad_alloc();
}
void operator delete(void *memory) noexcept { free(memory); }
void operator delete(void *memory, size_t) noexcept { free(memory); }

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

#endif // STARTON_OWN_MALLOC
