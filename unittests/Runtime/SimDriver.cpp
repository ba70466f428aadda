// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "SimDriver.h"
#include "starton/Table/JobTable_generated.h"
#include <cerrno>
#include <csignal>
#include <iterator>
#include <random>

namespace starton::test {

using engine::Input;
using engine::Slot;

const Files DriverJobs = {
    {"svc", "start on go\nstop on halt\nrespawn\npre-start exec run\n"
            "exec run\npost-stop exec exit 0\nexport A\n"},
    {"task", "start on go or stopped svc\ntask\nexec run\n"},
    {"inst", "instance $N\nstart on plug\nstop on unplug N=$N\n"
             "exec run\npre-stop exec run\n"},
    {"fork", "expect fork\nrespawn\nexec run\n"},
    {"daemon", "expect daemon\nexec stubborn\nkill timeout 2\n"},
    {"stop", "expect stop\nexec run\npost-start exec run\n"},
    {"state", "start on started svc\nstop on stopping svc\n"},
    {"hook", "start on starting svc and x\ntask\nexec exit 1\n"},
    {"pair", "start on x and y\nstop on stopped task and x\nexec run\n"},
    {"bad", "start on go\npre-start exec missing\nexec run\n"},
    {"loop", "start on stopped loop and y\ntask\nexec exit 0\n"},
    {"post", "exec run\npost-start exec exit 1\npost-stop exec run\n"},
};

const Files DriverSwitches[5] = {
    {{"svc", "start on go and x\nstop on halt\nexec run\nenv B=class\n"},
     {"new", "start on go or started svc\nstop on y\nexec run\n"}},
    {{"task", "start on y\ntask\nexec exit 0\n"},
     {"inst", "instance $A\nstart on plug\nstop on unplug\nexec run\n"},
     {"hook", "start on starting svc and y\ntask\nexec exit 0\n"}},
    {{"state", "start on started svc\nstop on stopping svc\n"},
     {"pair", "start on (x and y) or (go and halt)\nexec run\n"},
     {"new", "start on stopped svc\ntask\nexec exit 1\n"}},
    {{"daemon", "expect stop\nexec run\nexport A B\nenv A=1\n"},
     {"other", "start on x and y\nstop on x\nexec run\n"}},
    {},
};

namespace {

const char *const Events[] = {"go", "halt", "plug", "unplug", "x", "y", "none"};

} // namespace

void SimDriver::step() {
  switch (pick(16)) {
  case 14:
    switchTable();
    break;
  case 15:
    environment();
    break;
  case 0:
  case 1:
    host.start(job(), variables(), pick(2));
    break;
  case 2:
    host.stop(job(), variables(), pick(2));
    break;
  case 3:
    host.restart(job(), variables(), pick(2));
    break;
  case 4:
    host.onInstance(Input::Kind(unsigned(Input::Kind::Reload) + pick(4)), job(),
                    pick(2) ? "" : "1", pick(2));
    break;
  case 5:
  case 6:
  case 7:
    event();
    break;
  case 8:
    host.pass(pick(4));
    break;
  default:
    process();
    break;
  }
}

std::string SimDriver::end() {
  host.pass(3);
  host.shutdown(pick(2) ? "logout" : "shutdown");
  for (int round = 0; round < 40; ++round) {
    // What half-true conditions hold is let go, which starts some jobs.
    for (const char *event : {"x", "y"})
      if (round < 20)
        host.emit(event, {}, false);
    stopAll();
    endAll();
    host.pass(1);
    if (host.leftOver().empty())
      break;
  }
  return host.leftOver();
}

SimDriver::Source SimDriver::seeded(unsigned seed) {
  return [random = std::mt19937(seed)](unsigned below) mutable {
    return unsigned(random() % below);
  };
}

std::string SimDriver::job() {
  auto at = DriverJobs.begin();
  std::advance(at, pick(unsigned(DriverJobs.size())));
  return at->first;
}

Strings SimDriver::variables() {
  Strings all;
  if (pick(3))
    all.push_back("N=" + std::to_string(pick(5)));
  if (pick(2))
    all.push_back("A=" + std::string(pick(300), 'a'));
  return all;
}

/// Nobody waits for x and y, which a half-true condition may hold for ever.
void SimDriver::event() {
  unsigned which = pick(std::size(Events));
  bool wait = pick(2) && which != 4 && which != 5;
  host.emit(Events[which], variables(), wait);
}

/// Refused or not: the tables that the driver knows, and names to be removed.
void SimDriver::switchTable() {
  static const std::vector<Compiled> tables(std::begin(DriverSwitches),
                                            std::end(DriverSwitches));
  unsigned which = pick(unsigned(tables.size()) + 1);
  if (which == tables.size())
    return void(host.switchTo(Compiled(DriverJobs), engine::SwitchKind::Whole));
  bool whole = pick(4) == 0;
  Strings removed;
  while (!whole && removed.size() < 3 && pick(2))
    if (std::string name = job(); !DriverSwitches[which].count(name))
      removed.push_back(name);
  (void)host.switchTo(
      tables[which],
      whole ? engine::SwitchKind::Whole : engine::SwitchKind::Overlay, removed);
}

void SimDriver::environment() {
  Strings names;
  while (names.size() < 3 && pick(3))
    names.push_back(std::string(1, char('A' + pick(5))));
  auto kind = Input::Kind(unsigned(Input::Kind::SetEnv) + pick(3));
  if (kind == Input::Kind::SetEnv)
    for (std::string &name : names)
      name += pick(2) ? "=" + std::string(pick(300), 'e') : "";
  if (kind == Input::Kind::ResetEnv)
    names.clear();
  engine::InstanceId instance = engine::NoInstance;
  if (engine::ClassIndex at = host.engine.findClass(textOf("svc"));
      pick(2) && at != engine::NoClass)
    instance = host.engine.findInstance(at, {});
  host.environment(kind, names, pick(2), instance);
}

/// A pid that may be a process's.
int32_t SimDriver::pid() {
  int32_t found = host.pid(job(), Slot(pick(5)), pick(2) ? "" : "1");
  return found ? found : int32_t(1000 + pick(400));
}

/// The host finds another process for a tracked one only; what a switch has
/// made of the job counts.
bool SimDriver::tracked(const SimProcess *process) const {
  if (!process || process->slot != Slot::Main)
    return false;
  engine::ClassIndex at = host.engine.findClass(textOf(process->job.c_str()));
  if (at == engine::NoClass)
    return false;
  table::Expect expect = host.engine.classJob(at).expect();
  return expect == table::Expect::Fork || expect == table::Expect::Daemon;
}

/// The host reports forks of traced processes only.
bool SimDriver::follows(const SimProcess *process) const {
  return tracked(process) &&
         host.status(process->job).find("/spawned") != std::string::npos;
}

void SimDriver::process() {
  int32_t at = pid();
  switch (pick(10)) {
  case 0:
    host.exit(at, 0);
    break;
  case 1:
    host.exit(at, int(pick(256)));
    break;
  case 2:
    host.kill(at, int(1 + pick(40)));
    break;
  case 3:
    host.stopped(at, pick(2) ? SIGSTOP : SIGTSTP);
    break;
  case 4:
  case 5:
    if (follows(host.process(at)))
      host.forks(at);
    break;
  case 6:
    host.executes(at);
    break;
  case 7:
    host.spawnErrors = {pick(2) ? EAGAIN : EPERM};
    break;
  case 8:
    if (tracked(host.process(at)))
      host.replaced(at);
    break;
  default:
    host.lose(at);
    lost.push_back(at);
    break;
  }
}

void SimDriver::stopAll() {
  for (const std::string &name : host.classes())
    for (const std::string &instance : host.instances(name))
      if (host.status(name, instance) != "stop/waiting")
        host.onInstance(Input::Kind::StopInstance, name, instance, false);
}

void SimDriver::endAll() {
  for (const std::string &name : host.classes())
    for (unsigned slot = 0; slot < engine::NumSlots; ++slot)
      for (const std::string &instance : host.instances(name))
        if (int32_t at = host.pid(name, Slot(slot), instance);
            at && slot != unsigned(Slot::Main))
          host.exit(at, 0);
  for (int32_t at : lost)
    host.kill(at, SIGKILL); // they are reaped in the end
  lost.clear();
}

} // namespace starton::test
