// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The way of a new process to its exec (spec/runtime §4.1-4.3).
//
// The daemon lays a ChildPlan out in memory that is the child's alone, and
// starts the child (Launcher.h). The child carries the plan out without the
// heap, stdio or NSS, and writes to nothing but its stack and its plan: it may
// run in the daemon's memory, beside the daemon.

#ifndef STARTON_RUNTIME_HOST_CHILD_H
#define STARTON_RUNTIME_HOST_CHILD_H

#include "starton/Runtime/Engine/Engine.h"
#include "starton/Runtime/Host/Sys.h"

namespace starton::table {
struct Job;
struct Process;
} // namespace starton::table

namespace starton::host {

/// What can fail between start and exec. The texts are in SpawnSteps.def.
enum class SpawnStep : uint8_t {
#define SPAWN_STEP(NAME, TEXT) NAME,
#include "starton/Runtime/Host/SpawnSteps.def"
};

/// What a child that fails (or has something to say) writes to its error pipe.
/// A pipe closed without a fatal record means that the exec succeeded.
struct SpawnRecord {
  SpawnStep step{};
  bool fatal = true;
  uint8_t argument = 0; ///< ResourceLimit: table::Resource
  int32_t error = 0;    ///< an errno; 0: the text says all
};

/// "unable to set "nofile" resource limit", without the error's text.
void spawnStepText(const SpawnRecord &record, char (&buffer)[80]);

/// Numbered as in the table; the daemon's default is already put in.
enum class Console : uint8_t { None, Output, Owner, Log };

/// Descriptors of events are not below this, so that none is in a child's way.
constexpr int FirstEventDescriptor = 10;
/// More are refused: they are kept for as long as somebody holds the event.
constexpr unsigned MaxEventDescriptors = 64;

/// What all processes of one daemon have in common.
struct ChildDefaults {
  bool userMode = false;
  bool traceStanzas = false; ///< --debug: honour the `debug` stanza
  mode_t umask = 022;
  const char *tmpfilesProgram = nullptr; ///< run for `tmpfiles`
  gid_t group = 0;                       ///< the daemon's
  sigset_t signalMask{};
  /// Signals that are ignored or handled in the daemon.
  sigset_t changedSignals{};
  rlimit openFiles{};
};

/// What to start: views of the engine and the table, nothing is owned.
struct ChildRequest {
  const ChildDefaults *defaults = nullptr;
  const table::Job *job = nullptr;
  /// Null: only what comes before pre-start is done.
  const table::Process *process = nullptr;
  engine::Slot slot{};
  Console console{};
  Span<const engine::Text> env;
  /// The profile of `apparmor switch`, expanded; null: it cannot be expanded.
  const char *profile = "";
  /// Descriptors of events, ascending, all above the ones used here.
  Span<const int32_t> events;
  int errorPipe = -1;
  int terminal = -1; ///< Console::Log: pty master
  int logPipe = -1;  ///< Console::Log without a pty: write end of a pipe
};

struct ChildLimit {
  uint8_t resource; ///< table::Resource
  rlimit value;
};

/// The same as the child needs it. All that it points at is in the same memory
/// as the plan itself, or is never changed.
struct ChildPlan {
  ChildDefaults defaults;
  Console console{};
  int errorPipe = -1;
  int terminal = -1;
  int logPipe = -1;
  bool asDaemon = false; ///< keeps limits, directories and identity
  bool confined = false; ///< `profile` is to be switched to
  bool stops = false;    ///< the debug stanza, honoured
  bool traced = false;
  bool hasNice = false;
  int nice = 0;
  int oomScore = 0;
  mode_t umask = 0;
  const char *profile = nullptr;
  const char *root = nullptr;      ///< null: not changed
  const char *directory = nullptr; ///< null: not changed
  Span<const char> user;           ///< no data: not changed
  Span<const char> group;          ///< the same
  Span<const char> script;         ///< no data: none
  Span<const ChildLimit> limits;
  Span<const int32_t> events;
  char **tmpfiles = nullptr; ///< the words of the tmpfiles program, or null
  char **argv = nullptr;     ///< null: nothing to execute; one before is free
  char **env = nullptr;
};

/// How much memory, aligned for a pointer, a plan needs.
size_t planSize(const ChildRequest &request);
ChildPlan &writePlan(const ChildRequest &request, void *memory);

/// Whether the child must not run in the daemon's memory: what it changes would
/// be the daemon's, or it stays there for long, or it becomes another user, who
/// must not get at us through it.
bool needsOwnMemory(const ChildRequest &request);

/// Everything up to and with the exec; returns only when a step failed, or with
/// a record that is not fatal when there is nothing to exec. Warns through the
/// error pipe where a failure is not fatal.
SpawnRecord executePlan(ChildCalls &sys, ChildPlan &plan);

/// The child's main(): executePlan, then the record, then exit(255); or exit(0)
/// when there was nothing to exec.
[[noreturn]] void runChild(ChildCalls &sys, ChildPlan &plan);

} // namespace starton::host

#endif // STARTON_RUNTIME_HOST_CHILD_H
