// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Interfaces.h"
#include "starton/Runtime/Control/Upstart.h"

namespace starton::control {

static constexpr Face Manager = Face::Manager;
static constexpr Face Job = Face::Job;
static constexpr Face Instance = Face::Instance;
static constexpr Face Init1 = Face::Init1;

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
     "emit an event", emitEventWithFile, Gated},
    {Manager, "GetEnv", "ass", "job_details name", "s", "value",
     QueryEnvironment, getEnv},
    {Manager, "SetEnv", "assb", "job_details var replace", "", "",
     ModifyEnvironment, setEnv},
    {Manager, "SetEnvList", "asasb", "job_details vars replace", "", "",
     ModifyEnvironment, setEnvList},
    {Manager, "UnsetEnv", "ass", "job_details name", "", "", ModifyEnvironment,
     unsetEnv},
    {Manager, "UnsetEnvList", "asas", "job_details names", "", "",
     ModifyEnvironment, unsetEnvList},
    {Manager, "ListEnv", "as", "job_details", "as", "env", QueryEnvironment,
     listEnv},
    {Manager, "ResetEnv", "as", "job_details", "", "", ModifyEnvironment,
     resetEnv},
    {Manager, "NotifyDiskWriteable", "", "", "", "", "notify disk is writeable",
     notifyDiskWriteable},
    {Manager, "NotifyDBusAddress", "s", "address", "", "",
     "notify D-Bus address", notifyDBusAddress},
    {Manager, "NotifyCGroupManagerAddress", "s", "address", "", "",
     "notify cgroup manager address", notifyCGroupManagerAddress},
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

    {Init1, "ListAll", "", "", "ta(ssssa(si))", "sequence rows", nullptr,
     listAll, Gated},
    {Init1, "ListConfig", "s", "after", "a(sasaasaas)", "rows", nullptr,
     listConfig, Gated},
    {Init1, "GetDetails", "ss", "job instance", "a{sv}", "details", nullptr,
     getDetails, Gated},
    {Init1, "ListBlocked", "", "", "a(sasa(sss))", "events", nullptr,
     listBlocked},
    {Init1, "GetRejected", "", "", "a(ss)", "rejected", nullptr, getRejected,
     Gated},
};

static constexpr PropertyRow Properties[] = {
    {ObjectKind::Manager, "version", "s", writeVersion, false},
    {ObjectKind::Manager, "log_priority", "s", writeLogPriority, true},

    {ObjectKind::Job, "name", "s", writeJobName, false},
    {ObjectKind::Job, "description", "s", writeDescription, false},
    {ObjectKind::Job, "author", "s", writeAuthor, false},
    {ObjectKind::Job, "version", "s", writeJobVersion, false},
    {ObjectKind::Job, "start_on", "aas", writeStartOn, false},
    {ObjectKind::Job, "stop_on", "aas", writeStopOn, false},
    {ObjectKind::Job, "emits", "as", writeEmits, false},
    {ObjectKind::Job, "usage", "s", writeUsage, false},

    {ObjectKind::Instance, "name", "s", writeInstanceName, false},
    {ObjectKind::Instance, "goal", "s", writeGoal, false},
    {ObjectKind::Instance, "state", "s", writeState, false},
    {ObjectKind::Instance, "processes", "a(si)", writeProcesses, false},
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
    {Init1, "Changed", "tssss", "sequence job instance goal state"},
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

const char *interfaceName(Face face) {
  static constexpr const char *Names[] = {ManagerInterface, JobInterface,
                                          InstanceInterface, Init1Interface};
  return Names[static_cast<unsigned>(face)];
}

ObjectKind objectOf(Face face) {
  return face == Face::Init1 ? ObjectKind::Manager
                             : static_cast<ObjectKind>(face);
}

Face faceOf(ObjectKind kind) { return static_cast<Face>(kind); }

} // namespace starton::control
