// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the control interface asks of the daemon.

#include "starton/Runtime/Host/Daemon.h"
#include "starton/Runtime/Host/StateText.h"
#include <cerrno>

namespace starton::host {

void Daemon::setBusHooks(control::DaemonHooks &hooks) {
  hooks.joinBus = [](void *context, engine::Text bus) {
    auto &self = *static_cast<Daemon *>(context);
    // Without a bus there is nothing to do about one.
    return self.options.noBus ? EALREADY : self.busRelay.join(bus);
  };
  hooks.isRelay = [](void *self, int32_t pid) {
    return static_cast<Daemon *>(self)->busRelay.isRelay(pid);
  };
  hooks.relayTold = [](void *self, bool connected, engine::Text why) {
    static_cast<Daemon *>(self)->busRelay.told(connected, why);
  };
}

control::DaemonHooks Daemon::daemonHooks() {
  control::DaemonHooks hooks;
  hooks.context = this;
  hooks.feed = [](void *self, engine::Input &input) {
    return static_cast<Daemon *>(self)->feed(input);
  };
  hooks.logPriority = [](void *self) {
    return static_cast<Daemon *>(self)->messages.priority();
  };
  hooks.setLogPriority = [](void *self, engine::Priority priority) {
    static_cast<Daemon *>(self)->setPriority(priority);
  };
  hooks.log = [](void *self, engine::Priority priority, engine::Text text) {
    static_cast<Daemon *>(self)->messages.log(priority, text);
  };
  setBusHooks(hooks);
  hooks.wallTime = [](void *self) {
    return static_cast<Daemon *>(self)->sys.wallTime();
  };
  hooks.logPath = [](void *context, engine::ClassIndex job,
                     engine::Text instance, Vector<char> &path) {
    auto &self = *static_cast<Daemon *>(context);
    return self.processes.appendLogPath(job, instance, path);
  };
  hooks.gateTicket = [](void *self, engine::Text job) {
    return static_cast<Daemon *>(self)->configuration.ticketFor(job);
  };
  hooks.reload = [](void *self, uint64_t &ticket) {
    return static_cast<Daemon *>(self)->reloadConfiguration(ticket);
  };
  hooks.outdated = [](void *self) {
    return static_cast<Daemon *>(self)->configuration.outdated();
  };
  hooks.rejected = [](void *self, engine::Text name) {
    return static_cast<Daemon *>(self)->configuration.rejections().why(name);
  };
  hooks.rejectedLater = [](void *self, engine::Text name) {
    return static_cast<Daemon *>(self)->configuration.rejections().isLater(
        name);
  };
  hooks.rejectedAt = [](void *self, uint32_t index, engine::Text &name,
                        engine::Text &message) {
    return static_cast<Daemon *>(self)->configuration.rejections().at(
        index, name, message);
  };
  hooks.state = [](void *context, Vector<char> &json) {
    auto &self = *static_cast<Daemon *>(context);
    return writeStateText(self.engine, textOf(self.busRelay.address()),
                          self.configuration.sources(), json);
  };
  hooks.restart = [](void *self) {
    return static_cast<Daemon *>(self)->requestRestart();
  };
  hooks.diskWriteable = [](void *self) {
    return static_cast<Daemon *>(self)->logs.writeEarly();
  };
  hooks.logError = [](void *self, int32_t pid) {
    return static_cast<Daemon *>(self)->processes.logError(pid);
  };
  hooks.leftOver = [](void *self, engine::Text job, engine::Text instance,
                      int32_t *pids, size_t capacity) {
    return static_cast<Daemon *>(self)->processes.leftOver(job, instance, pids,
                                                           capacity);
  };
  return hooks;
}

} // namespace starton::host
