// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A client that has authenticated and now sends anything at all, through a
// real socket into the real server; the engine is the tests' fake one.
//
// The first byte chooses: raw bytes, or a well-formed header of one of the
// methods with the rest as its body, so that the reading of arguments is
// reached as well.

#include "../unittests/Runtime/ControlFakeEngine.h"
#include "../unittests/Runtime/ControlMarshal.h"
#include "starton/Runtime/Control/Relay.h"
#include "starton/Runtime/Control/Server.h"
#include "starton/Runtime/Control/Upstart.h"
#include "starton/Table/JobTable_generated.h"
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

using namespace starton;
using namespace starton::control;

namespace {

struct Target {
  const char *path;
  const char *interface;
  const char *member;
  const char *signature;
};

constexpr char JobPath[] = "/com/ubuntu/Upstart/jobs/foo";
constexpr char InstancePath[] = "/com/ubuntu/Upstart/jobs/tty/1";

constexpr Target Targets[] = {
    {ManagerPath, ManagerInterface, "GetJobByName", "s"},
    {ManagerPath, ManagerInterface, "EmitEvent", "sasb"},
    {ManagerPath, ManagerInterface, "ListEnv", "as"},
    {ManagerPath, ManagerInterface, "SetEnvList", "asasb"},
    {ManagerPath, ManagerInterface, "SetEnv", "assb"},
    {ManagerPath, ManagerInterface, "UnsetEnvList", "asas"},
    {ManagerPath, ManagerInterface, "EmitEventWithFile", "sasbh"},
    {ManagerPath, ManagerInterface, "NotifyDBusAddress", "s"},
    {ManagerPath, ManagerInterface, "ReloadConfiguration", ""},
    {ManagerPath, ManagerInterface, "Restart", ""},
    {ManagerPath, Init1Interface, "ListAll", ""},
    {ManagerPath, Init1Interface, "GetDetails", "ss"},
    {ManagerPath, Init1Interface, "ListConfig", "s"},
    {ManagerPath, RelayInterface, "ClientGone", "s"},
    {ManagerPath, PropertiesInterface, "Set", "ssv"},
    {ManagerPath, PropertiesInterface, "GetAll", "s"},
    {JobPath, JobInterface, "Start", "asb"},
    {JobPath, JobInterface, "Stop", "asb"},
    {JobPath, JobInterface, "GetInstance", "as"},
    {JobPath, JobInterface, "GetInstanceByName", "s"},
    {JobPath, PropertiesInterface, "Get", "ss"},
    {InstancePath, InstanceInterface, "Stop", "b"},
    {InstancePath, PropertiesInterface, "GetAll", "s"},
};

/// The server and the loop it lives in, for the whole life of the program.
class Daemon {
public:
  Daemon()
      : table(test::buildTable({{.name = "foo"},
                                {.name = "tty", .instance = "$N"},
                                {.name = "hold\xE9"}})) {
    std::snprintf(address, sizeof(address),
                  "unix:abstract=/starton-wire-fuzzer/%d", getpid());
    LoopHooks loop;
    loop.context = this;
    loop.watch = [](void *context, int fd, unsigned events) {
      static_cast<Daemon *>(context)->watched[fd] = events;
      return true;
    };
    loop.unwatch = [](void *context, int fd) {
      static_cast<Daemon *>(context)->watched.erase(fd);
    };
    loop.wakeAt = [](void *context, uint64_t at) {
      static_cast<Daemon *>(context)->deadline = at;
    };
    loop.now = [](void *context) {
      return ++static_cast<Daemon *>(context)->clock;
    };
    DaemonHooks hooks;
    hooks.context = this;
    hooks.feed = [](void *context, engine::Input &input) {
      auto &self = *static_cast<Daemon *>(context);
      engine::FeedResult result = self.engine.feed(input);
      if (result == engine::FeedResult::Taken && input.descriptor >= 0)
        ::close(input.descriptor);
      engine::Action action;
      while (self.engine.next(action))
        self.server.perform(action);
      return result;
    };
    hooks.logPriority = [](void *) { return engine::Priority::Message; };
    hooks.setLogPriority = [](void *, engine::Priority) {};
    hooks.log = [](void *, engine::Priority, engine::Text) {};
    hooks.gateTicket = [](void *context, engine::Text) {
      auto &self = *static_cast<Daemon *>(context);
      return self.closed ? self.ticket : 0;
    };
    hooks.reload = [](void *context, uint64_t &ticket) -> const char * {
      auto &self = *static_cast<Daemon *>(context);
      self.closed = true;
      ticket = self.ticket;
      return nullptr;
    };
    hooks.restart = [](void *) { return 0; };
    hooks.joinBus = [](void *, engine::Text) { return 0; };
    hooks.isRelay = [](void *context, int32_t) {
      return static_cast<Daemon *>(context)->relayed;
    };
    hooks.relayTold = [](void *, bool, engine::Text) {};
    ServerOptions options;
    options.address = address;
    options.userMode = true;
    options.daemonUser = geteuid();
    char error[160];
    if (!engine.init(*flatbuffers::GetRoot<table::JobTable>(table.data()),
                     {}) ||
        !server.listen(options, loop, hooks, engine, error))
      abort();
  }

  /// What the next client meets: a gate that is closed, a bus behind it.
  void begin(uint8_t choice) {
    closed = choice & 64;
    ++ticket;
    relayed = choice & 128;
  }

  /// What waits for something gets it.
  void finish() {
    closed = false;
    server.reloadEnded(ticket, ticket % 2 ? nullptr : "no");
    server.gateOpened(ticket);
    server.busSettled(nullptr);
    server.refuseRestart(textOf("no"));
    server.expire();
    settle();
  }

  /// Serves until nothing is left to do.
  void settle() {
    for (bool busy = true; busy;) {
      std::vector<pollfd> polled;
      polled.reserve(watched.size());
      for (auto [fd, events] : watched)
        polled.push_back(
            {fd,
             static_cast<short>((events & EventReadable ? POLLIN : 0) |
                                (events & EventWritable ? POLLOUT : 0)),
             0});
      busy = poll(polled.data(), polled.size(), 0) > 0;
      for (const pollfd &item : polled)
        if (item.revents && watched.count(item.fd))
          server.ready(
              item.fd,
              (item.revents & POLLIN ? EventReadable : 0) |
                  (item.revents & POLLOUT ? EventWritable : 0) |
                  (item.revents & (POLLHUP | POLLERR) ? EventHangup : 0));
      if (deadline == 0) {
        server.expire();
        busy = true;
      }
    }
  }

  int connectClient() const {
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockaddr_un to = {};
    to.sun_family = AF_UNIX;
    std::string name = std::string(address).substr(14);
    name.copy(to.sun_path + 1, name.size());
    socklen_t size = offsetof(sockaddr_un, sun_path) + 1 + name.size();
    if (connect(fd, reinterpret_cast<sockaddr *>(&to), size) != 0)
      abort();
    return fd;
  }

  unsigned clients() const { return server.connectionCount(); }

private:
  char address[96];
  std::string table;
  engine::Engine engine;
  std::map<int, unsigned> watched;
  uint64_t deadline = ~uint64_t(0);
  uint64_t clock = 1;
  uint64_t ticket = 0; ///< of the gate
  bool closed = false;
  bool relayed = false;
  Server server; ///< uses all of these to its end
};

} // namespace

static void write(Daemon &daemon, int fd, const std::string &bytes) {
  for (size_t sent = 0; sent < bytes.size();) {
    ssize_t now =
        send(fd, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    daemon.settle();
    char dropped[65536];
    while (read(fd, dropped, sizeof(dropped)) > 0)
      continue;
    if (now < 0)
      return;
    sent += static_cast<size_t>(now);
  }
}

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static Daemon daemon;
  if (size < 1)
    return 0;
  std::string bytes(reinterpret_cast<const char *>(data + 1), size - 1);
  daemon.begin(data[0]);
  if (data[0] % 32 < std::size(Targets)) {
    const Target &target = Targets[data[0] % 32];
    bytes = test::rawCall(1, target.path, target.interface, target.member,
                          target.signature, bytes);
  }
  std::string identity;
  for (char digit : std::to_string(geteuid())) {
    identity += '3';
    identity += digit;
  }
  int fd = daemon.connectClient();
  write(daemon, fd,
        std::string(1, '\0') + "AUTH EXTERNAL " + identity + "\r\nBEGIN\r\n");
  write(daemon, fd, bytes);
  daemon.finish();
  close(fd);
  daemon.settle();
  if (daemon.clients() != 0)
    abort(); // A client that is gone was kept.
  return 0;
}
