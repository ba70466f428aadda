// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Interfaces.h"
#include "starton/Runtime/Control/Upstart.h"

namespace starton::control {

static constexpr ObjectKind Manager = ObjectKind::Manager;
static constexpr ObjectKind Job = ObjectKind::Job;
static constexpr ObjectKind Instance = ObjectKind::Instance;

static constexpr char ModifyEnvironment[] = "modify job environment";
static constexpr char QueryEnvironment[] = "query job environment";

static constexpr bool Gated = true;

static constexpr MethodRow Methods[] = {
    {Manager, "ReloadConfiguration", "", "", "", "", "reload configuration",
     reloadConfiguration, Gated},
    {Manager, "GetJobByName", "s", "name", "o", "job", nullptr, getJobByName,
     Gated},
    {Manager, "GetAllJobs", "", "", "ao", "jobs", nullptr, getAllJobs, Gated},
    {Manager, "GetState", "", "", "s", "state", "request state", getState},
    {Manager, "Restart", "", "", "", "", "request restart", restartDaemon},
    {Manager, "EmitEvent", "sasb", "name env wait", "", "", "emit an event",
     emitEvent, Gated},
    {Manager, "EmitEventWithFile", "sasbh", "name env wait file", "", "",
     "emit an event", notSupported, Gated},
    {Manager, "GetEnv", "ass", "job_details name", "s", "value",
     QueryEnvironment, environmentMethod},
    {Manager, "SetEnv", "assb", "job_details var replace", "", "",
     ModifyEnvironment, environmentMethod},
    {Manager, "SetEnvList", "asasb", "job_details vars replace", "", "",
     ModifyEnvironment, environmentMethod},
    {Manager, "UnsetEnv", "ass", "job_details name", "", "", ModifyEnvironment,
     environmentMethod},
    {Manager, "UnsetEnvList", "asas", "job_details names", "", "",
     ModifyEnvironment, environmentMethod},
    {Manager, "ListEnv", "as", "job_details", "as", "env", QueryEnvironment,
     environmentMethod},
    {Manager, "ResetEnv", "as", "job_details", "", "", ModifyEnvironment,
     environmentMethod},
    {Manager, "NotifyDiskWriteable", "", "", "", "", "notify disk is writeable",
     notifyDiskWriteable},
    {Manager, "NotifyDBusAddress", "s", "address", "", "",
     "notify D-Bus address", notSupported},
    {Manager, "NotifyCGroupManagerAddress", "s", "address", "", "",
     "notify cgroup manager address", notSupported},
    {Manager, "EndSession", "", "", "", "", "end session", endSession},

    {Job, "GetInstance", "as", "env", "o", "instance", nullptr, getInstance,
     Gated},
    {Job, "GetInstanceByName", "s", "name", "o", "instance", nullptr,
     getInstanceByName, Gated},
    {Job, "GetAllInstances", "", "", "ao", "instances", nullptr,
     getAllInstances, Gated},
    {Job, "Start", "asb", "env wait", "o", "instance", nullptr, startJob,
     Gated},
    {Job, "Stop", "asb", "env wait", "", "", nullptr, stopJob},
    {Job, "Restart", "asb", "env wait", "o", "instance", nullptr, restartJob,
     Gated},

    {Instance, "Start", "b", "wait", "", "", nullptr, startInstance},
    {Instance, "Stop", "b", "wait", "", "", nullptr, stopInstance},
    {Instance, "Restart", "b", "wait", "", "", nullptr, restartInstance},
    {Instance, "Reload", "", "", "", "", nullptr, reloadInstance},
};

static constexpr PropertyRow Properties[] = {
    {Manager, "version", "s", writeVersion, false},
    {Manager, "log_priority", "s", writeLogPriority, true},

    {Job, "name", "s", writeJobName, false},
    {Job, "description", "s", writeDescription, false},
    {Job, "author", "s", writeAuthor, false},
    {Job, "version", "s", writeJobVersion, false},
    {Job, "start_on", "aas", writeStartOn, false},
    {Job, "stop_on", "aas", writeStopOn, false},
    {Job, "emits", "as", writeEmits, false},
    {Job, "usage", "s", writeUsage, false},

    {Instance, "name", "s", writeInstanceName, false},
    {Instance, "goal", "s", writeGoal, false},
    {Instance, "state", "s", writeState, false},
    {Instance, "processes", "a(si)", writeProcesses, false},
};

static constexpr SignalRow Signals[] = {
    // In the order of engine::Action::Announcement.
    {Job, "InstanceAdded", "o", "instance"},
    {Job, "InstanceRemoved", "o", "instance"},
    {Instance, "GoalChanged", "s", "goal"},
    {Instance, "StateChanged", "s", "state"},
    {Instance, "Failed", "i", "status"},
    {Manager, "EventEmitted", "sas", "name env"},
    {Manager, "JobAdded", "o", "job"},
    {Manager, "JobRemoved", "o", "job"},
    // Not announced by the engine.
    {Manager, "Restarted", "", ""},
};

template <typename Row, size_t Count>
static Span<const Row> spanOf(const Row (&rows)[Count]) {
  return {rows, Count};
}

Span<const MethodRow> methods() { return spanOf(Methods); }
Span<const PropertyRow> properties() { return spanOf(Properties); }
Span<const SignalRow> signals() { return spanOf(Signals); }

const SignalRow &signalRow(engine::Action::Announcement announcement) {
  return Signals[static_cast<unsigned>(announcement)];
}

const char *interfaceName(ObjectKind kind) {
  switch (kind) {
  case ObjectKind::Manager:
    return ManagerInterface;
  case ObjectKind::Job:
    return JobInterface;
  case ObjectKind::Instance:
    break;
  }
  return InstanceInterface;
}

} // namespace starton::control
