// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The interfaces of runtime §7.2-§7.4 and docs/dbus.md as tables: argument
// checks, dispatch, permissions, Properties and the introspection data all
// derive from one row for each method, property and signal.

#ifndef STARTON_LIB_RUNTIME_CONTROL_INTERFACES_H
#define STARTON_LIB_RUNTIME_CONTROL_INTERFACES_H

#include "ServerImpl.h"

namespace starton::control {

struct MethodRow {
  Face face;
  const char *name;
  const char *in;      ///< signature
  const char *inNames; ///< of the arguments, separated by blanks
  const char *out;
  const char *outNames;
  /// What a caller without permission may not do; null: anybody may.
  const char *privilege;
  void (*run)(Request &request);
  /// Its outcome depends on what job files there are: see Gate.cpp.
  bool gated = false;
};

struct PropertyRow {
  ObjectKind object;
  const char *name;
  const char *signature;
  void (*write)(Request &request, wire::Writer &writer);
  bool writable;
};

struct SignalRow {
  Face face;
  const char *name;
  const char *signature;
  const char *names;
};

/// com.ubuntu.Upstart0_6, ...Job, ...Instance or org.starton.Init1.
const char *interfaceName(Face face);
/// Where it is served.
ObjectKind objectOf(Face face);
/// The one of com.ubuntu.Upstart0_6 that an object has.
Face faceOf(ObjectKind kind);

Span<const MethodRow> methods();
Span<const PropertyRow> properties();
Span<const SignalRow> signals();
const SignalRow &signalRow(engine::Action::Announcement announcement);

/// Whether the caller may do what \p privilege names; answers the call with
/// the refusal if not.
bool checkPrivilege(Request &request, const char *privilege);

/// The name behind an element of an object path; false: none, or no memory.
bool readElement(Text element, Vector<char> &name);

/// Appends the introspection data of an object, or of one of the nodes above
/// them; false: no memory, or \p path is neither (\p known false).
bool introspect(Server::Impl &server, Text path, const Object *object,
                Vector<char> &out, bool &known);

// --- Gate.cpp
void reloadConfiguration(Request &request);

// --- Manager.cpp
void getJobByName(Request &request);
void getAllJobs(Request &request);
void emitEvent(Request &request);
void emitEventWithFile(Request &request);
void endSession(Request &request);
void notifyDiskWriteable(Request &request);
void notSupported(Request &request);
void getState(Request &request);
void restartDaemon(Request &request);
void writeVersion(Request &request, wire::Writer &writer);
void writeLogPriority(Request &request, wire::Writer &writer);
void setLogPriority(Request &request, wire::Reader &value);

// --- Environment.cpp
void getEnv(Request &request);
void setEnv(Request &request);
void setEnvList(Request &request);
void unsetEnv(Request &request);
void unsetEnvList(Request &request);
void listEnv(Request &request);
void resetEnv(Request &request);

// --- Job.cpp
void getInstance(Request &request);
void getInstanceByName(Request &request);
void getAllInstances(Request &request);
void startJob(Request &request);
void stopJob(Request &request);
void restartJob(Request &request);
void writeJobName(Request &request, wire::Writer &writer);
void writeDescription(Request &request, wire::Writer &writer);
void writeAuthor(Request &request, wire::Writer &writer);
void writeJobVersion(Request &request, wire::Writer &writer);
void writeUsage(Request &request, wire::Writer &writer);
void writeStartOn(Request &request, wire::Writer &writer);
void writeStopOn(Request &request, wire::Writer &writer);
void writeEmits(Request &request, wire::Writer &writer);

// --- Instance.cpp
void startInstance(Request &request);
void stopInstance(Request &request);
void restartInstance(Request &request);
void reloadInstance(Request &request);
void writeInstanceName(Request &request, wire::Writer &writer);
void writeGoal(Request &request, wire::Writer &writer);
void writeState(Request &request, wire::Writer &writer);
void writeProcesses(Request &request, wire::Writer &writer);
void writeProcessList(const engine::InstanceView &view, wire::Writer &writer);

// --- Bus.cpp
void notifyDBusAddress(Request &request);
void notifyCGroupManagerAddress(Request &request);
/// Of ":UID.NUMBERS": a hash of NUMBERS, never 0.
uint64_t senderHash(Text sender);

// --- Init1.cpp
void listAll(Request &request);
void getDetails(Request &request);
void listBlocked(Request &request);
void getRejected(Request &request);
void listConfig(Request &request);

/// The class of that name, or of that name as clients see it.
engine::ClassIndex findJob(engine::Engine &engine, Text name);
void failUnknownJob(Request &request, Text name);
/// Likewise; NoInstance, or one that is not live: there is none.
engine::InstanceId findInstance(engine::Engine &engine, engine::ClassIndex job,
                                Text name);

/// Reads an array of KEY=VALUE; answers the call itself when it is no such
/// thing, or without memory, and returns false.
bool readEnvironment(Request &request, wire::Reader &reader,
                     Vector<Text> &environment);

} // namespace starton::control

#endif // STARTON_LIB_RUNTIME_CONTROL_INTERFACES_H
