// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Upstart's order of steps is kept where it can be seen. Two things come
// earlier. All but two of the daemon's descriptors are closed first, because
// the daemon may have used up its limit, and the job's own may be far lower;
// and the script is opened before that limit is in force, so that descriptor 9
// exists whatever it is.

#include "starton/Runtime/Host/Child.h"
#include "starton/Runtime/Host/Accounts.h"
#include "starton/Runtime/Host/AppArmor.h"
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <unistd.h>

namespace starton::host {

namespace {

constexpr int ErrorDescriptor = 3;  ///< where the error pipe is moved
constexpr int LogDescriptor = 1;    ///< where the log's end is moved
constexpr int ScriptDescriptor = 9; ///< fixed by runtime §4.1
constexpr char ScriptHead[] = "exec 9<&-\n";
constexpr char ShellPath[] = "/bin/sh";
constexpr char DefaultPath[] = "/bin:/usr/bin"; ///< as execvp's
constexpr size_t MaxGroups = 4096;

struct ResourceRow {
  int resource;
  const char *name;
};
/// In the order of table::Resource.
constexpr ResourceRow Resources[] = {{RLIMIT_AS, "as"},
                                     {RLIMIT_CORE, "core"},
                                     {RLIMIT_CPU, "cpu"},
                                     {RLIMIT_DATA, "data"},
                                     {RLIMIT_FSIZE, "fsize"},
                                     {RLIMIT_MEMLOCK, "memlock"},
                                     {RLIMIT_MSGQUEUE, "msgqueue"},
                                     {RLIMIT_NICE, "nice"},
                                     {RLIMIT_NOFILE, "nofile"},
                                     {RLIMIT_NPROC, "nproc"},
                                     {RLIMIT_RSS, "rss"},
                                     {RLIMIT_RTPRIO, "rtprio"},
                                     {RLIMIT_SIGPENDING, "sigpending"},
                                     {RLIMIT_STACK, "stack"}};

const char *const StepTexts[] = {
#define SPAWN_STEP(NAME, TEXT) TEXT,
#include "starton/Runtime/Host/SpawnSteps.def"
};

/// One child's run through its plan. Each step returns 0 or a negative errno
/// after noting itself in `record`.
class PlanRunner {
public:
  PlanRunner(ChildCalls &system, ChildPlan &childPlan)
      : sys(system), plan(childPlan) {}

  SpawnRecord run();

private:
  bool failed(SpawnStep step, int result, uint8_t argument = 0) {
    if (result >= 0)
      return false;
    record = {step, true, argument, -result};
    return true;
  }

  bool closeOthers();
  bool openStandardDescriptors();
  bool openConsole(int flags);
  bool openLog();
  bool openScript();
  bool makeTemporaryFiles();
  bool setSecurityProfile();
  bool setLimits();
  bool setPriorities();
  bool enterDirectories();
  bool setIdentity();
  bool resetSignals();
  void startTrace();
  void warn();
  int execute();
  int executeFile(const char *path);

  ChildCalls &sys;
  ChildPlan &plan;
  SpawnRecord record;
};

/// No descriptor is needed for this but those that are there: the two that
/// stay go to standard ones for a moment, which are replaced in any case.
bool PlanRunner::closeOthers() {
  int log = plan.terminal >= 0 ? plan.terminal : plan.logPipe;
  if (failed(SpawnStep::OpenConsole,
             sys.duplicate(plan.errorPipe, 0, O_CLOEXEC)) ||
      (log >= 0 && failed(SpawnStep::OpenConsole,
                          sys.duplicate(log, LogDescriptor, O_CLOEXEC))))
    return false;
  plan.errorPipe = 0;
  unsigned from = ErrorDescriptor;
  for (int32_t kept : plan.events) {
    (void)sys.closeRange(from, static_cast<unsigned>(kept) - 1, 0);
    (void)sys.control(kept, F_SETFD, 0);
    from = static_cast<unsigned>(kept) + 1;
  }
  (void)sys.closeRange(from, ~0U, 0);
  if (failed(SpawnStep::OpenConsole,
             sys.duplicate(0, ErrorDescriptor, O_CLOEXEC)))
    return false;
  plan.errorPipe = ErrorDescriptor;
  (plan.terminal >= 0 ? plan.terminal : plan.logPipe) =
      log >= 0 ? LogDescriptor : -1;
  if (plan.defaults.openFiles.rlim_max > 0) // else it is not known
    (void)sys.setLimit(RLIMIT_NOFILE, plan.defaults.openFiles);
  return true;
}

bool PlanRunner::openConsole(int flags) {
  int descriptor = sys.open("/dev/console", flags);
  if (descriptor < 0 && plan.console == Console::Output) {
    record = {SpawnStep::OpenConsole, true, 0, -descriptor};
    warn();
    descriptor = sys.open("/dev/null", O_RDWR | O_CLOEXEC);
  }
  if (failed(SpawnStep::OpenConsole, descriptor))
    return false;
  if (plan.console == Console::Owner) // by force: take it from its session
    (void)sys.deviceControl(descriptor, TIOCSCTTY, 1);
  for (int standard = 0; standard <= 2; ++standard)
    if (failed(SpawnStep::OpenConsole, sys.duplicate(descriptor, standard, 0)))
      return false;
  return true;
}

/// 1 and 2 to the log; 0 is /dev/null.
bool PlanRunner::openLog() {
  int null = sys.open("/dev/null", O_RDWR | O_CLOEXEC);
  if (failed(SpawnStep::OpenConsole, null) ||
      failed(SpawnStep::OpenConsole, sys.duplicate(null, 0, 0)))
    return false;
  int output = plan.logPipe;
  if (plan.terminal >= 0) {
    // The peer by descriptor: no path, so no dependence on what is mounted
    // where, and nothing for granpt to do on devpts.
    output = sys.deviceControl(plan.terminal, TIOCGPTPEER,
                               O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (failed(SpawnStep::Terminal, output))
      return false;
  }
  if (output < 0)
    output = null;
  // In this order: a pipe is still at 1, and closed by an exec there.
  return !failed(SpawnStep::Terminal, sys.duplicate(output, 2, 0)) &&
         !failed(SpawnStep::Terminal, sys.duplicate(2, 1, 0));
}

bool PlanRunner::openStandardDescriptors() {
  switch (plan.console) {
  case Console::Output:
  case Console::Owner:
    return openConsole(O_RDWR | O_NOCTTY | O_CLOEXEC);
  case Console::None:
  case Console::Log:
    break;
  }
  return openLog(); // None has neither terminal nor pipe: all /dev/null
}

/// The script as a sealed file in memory: the shell opens it by name, so its
/// position starts at 0, and nothing has to be fed to it.
bool PlanRunner::openScript() {
  if (!plan.script.data())
    return true;
  int script = sys.memoryFile("script", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (failed(SpawnStep::ScriptDescriptor, script))
    return false;
  const Span<const char> parts[] = {{ScriptHead, sizeof ScriptHead - 1},
                                    plan.script};
  for (Span<const char> part : parts)
    while (!part.empty()) {
      ssize_t written = sys.write(script, part.data(), part.size());
      if (failed(SpawnStep::ScriptDescriptor,
                 written == 0 ? -EIO : static_cast<int>(written)))
        return false;
      auto count = static_cast<size_t>(written);
      part = part.slice(count, part.size() - count);
    }
  (void)sys.control(script, F_ADD_SEALS,
                    F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL);
  if (script == ScriptDescriptor)
    return !failed(SpawnStep::ScriptDescriptor,
                   sys.control(script, F_SETFD, 0));
  if (failed(SpawnStep::ScriptDescriptor,
             sys.duplicate(script, ScriptDescriptor, 0)))
    return false;
  sys.close(script);
  return true;
}

/// Main only. Confinement that was asked for and cannot be had is an error;
/// a kernel without AppArmor is not (runtime §2.1, §4.2).
bool PlanRunner::setSecurityProfile() {
  if (!plan.confined || !appArmorUsable(sys))
    return true;
  char command[4096];
  int length = plan.profile ? std::snprintf(command, sizeof command, "exec %s",
                                            plan.profile)
                            : -1;
  int target = sys.open("/proc/self/attr/exec", O_WRONLY | O_CLOEXEC);
  if (failed(SpawnStep::SecurityProfile, target))
    return false;
  bool fits = length > 0 && static_cast<size_t>(length) < sizeof command;
  ssize_t written =
      fits ? sys.write(target, command, static_cast<size_t>(length)) : -EINVAL;
  sys.close(target);
  return !failed(SpawnStep::SecurityProfile, static_cast<int>(written));
}

/// Dialect chromeos: the system's tmpfiles program on the files named, as the
/// daemon's user, before pre-start.
bool PlanRunner::makeTemporaryFiles() {
  if (!plan.tmpfiles)
    return true;
  const char *program = plan.tmpfiles[0];
  if (failed(SpawnStep::TemporaryFiles, sys.access(program, X_OK)))
    return false;
  pid_t child = sys.fork();
  if (failed(SpawnStep::TemporaryFiles, child))
    return false;
  if (child == 0) {
    (void)resetSignals();
    (void)sys.executeFile(program, plan.tmpfiles, plan.env);
    sys.exit(255);
  }
  siginfo_t end = {};
  int waited = sys.awaitChild(child, end);
  if (failed(SpawnStep::TemporaryFiles, waited))
    return false;
  if (end.si_code == CLD_EXITED && end.si_status == 0)
    return true;
  record = {SpawnStep::TemporaryFiles, true, 0, 0};
  return false;
}

bool PlanRunner::setLimits() {
  for (const ChildLimit &limit : plan.limits)
    if (failed(SpawnStep::ResourceLimit,
               sys.setLimit(Resources[limit.resource].resource, limit.value),
               limit.resource))
      return false;
  return true;
}

bool PlanRunner::setPriorities() {
  sys.setUmask(plan.umask);
  if (plan.hasNice && failed(SpawnStep::Priority, sys.setPriority(plan.nice)))
    return false;
  if (plan.oomScore == 0)
    return true;
  char text[16];
  int length = std::snprintf(text, sizeof text, "%d\n", plan.oomScore);
  int target = sys.open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (failed(SpawnStep::OomAdjustment, target))
    return false;
  ssize_t written = sys.write(target, text, static_cast<size_t>(length));
  sys.close(target);
  return !failed(SpawnStep::OomAdjustment, static_cast<int>(written));
}

bool PlanRunner::enterDirectories() {
  return !(plan.root &&
           failed(SpawnStep::ChangeRoot, sys.changeRoot(plan.root))) &&
         !(plan.directory && failed(SpawnStep::ChangeDirectory,
                                    sys.changeDirectory(plan.directory)));
}

bool PlanRunner::setIdentity() {
  bool root = sys.user() == 0;
  bool setsUser = plan.user.data() != nullptr;
  bool setsGroup = plan.group.data() != nullptr;
  if (!setsUser && !setsGroup && !root)
    return true;
  uid_t user = 0;
  gid_t group = plan.defaults.group;
  Span<const char> name = setsUser ? plan.user : textOf("root");
  if (setsUser) {
    int found = findUser(sys, name, user, group);
    if (failed(SpawnStep::ReadUsers, found))
      return false;
    if (found == AccountUnknown) {
      record = {SpawnStep::FindUser, true, 0, 0};
      return false;
    }
  }
  if (setsGroup) {
    int found = findGroup(sys, plan.group, group);
    if (failed(SpawnStep::ReadGroups, found))
      return false;
    if (found == AccountUnknown) {
      record = {SpawnStep::FindGroup, true, 0, 0};
      return false;
    }
  }
  if (root) {
    gid_t groups[MaxGroups];
    ssize_t count = groupsOf(sys, name, group, groups, MaxGroups);
    if (failed(SpawnStep::InitGroups, static_cast<int>(count)) ||
        failed(SpawnStep::InitGroups,
               sys.setGroups(groups, static_cast<size_t>(count))))
      return false;
  }
  if ((setsUser || setsGroup) &&
      failed(SpawnStep::SetGroup, sys.setGroup(group)))
    return false;
  if (!setsUser)
    return true;
  if (failed(SpawnStep::SetUser, sys.setUser(user)))
    return false;
  // What was dropped must be gone for good.
  return user == 0 || sys.setUser(0) < 0 || !failed(SpawnStep::SetUser, -EPERM);
}

/// What is ignored would stay so; and what is handled must not be handled here
/// once signals are let in, in what may be the daemon's memory.
bool PlanRunner::resetSignals() {
  for (int signal = 1; signal < NSIG; ++signal)
    if (sigismember(&plan.defaults.changedSignals, signal) == 1 &&
        failed(SpawnStep::SignalHandler, sys.signalDefault(signal)))
      return false;
  (void)sys.signalMask(SIG_SETMASK, &plan.defaults.signalMask, nullptr);
  return true;
}

/// Without a trace the job is still started: who is left of it is found when
/// this process ends.
void PlanRunner::startTrace() {
  if (plan.stops) {
    sys.close(plan.errorPipe); // nobody must wait for one who waits
    plan.errorPipe = -1;
    (void)sys.kill(sys.pid(), SIGSTOP);
  }
  if (plan.traced && failed(SpawnStep::Trace,
                            static_cast<int>(sys.trace(PTRACE_TRACEME, 0, 0))))
    warn();
}

/// Tells what failed, and goes on.
void PlanRunner::warn() {
  record.fatal = false;
  (void)sys.write(plan.errorPipe, &record, sizeof record);
}

/// What has no program's format is read by the shell.
int PlanRunner::executeFile(const char *path) {
  int result = sys.executeFile(path, plan.argv, plan.env);
  if (result != -ENOEXEC)
    return result;
  char *name = plan.argv[0];
  char **words = plan.argv - 1;
  words[0] = const_cast<char *>(ShellPath);
  words[1] = const_cast<char *>(path);
  result = sys.executeFile(ShellPath, words, plan.env);
  plan.argv[0] = name;
  return result;
}

/// As execvp, with the PATH of the job: a directory where the program is not,
/// or may not be executed, is passed over.
int PlanRunner::execute() {
  const char *name = plan.argv[0];
  size_t length = std::strlen(name);
  if (length == 0)
    return -ENOENT;
  if (std::strchr(name, '/'))
    return executeFile(name);
  if (length > NAME_MAX)
    return -ENAMETOOLONG;
  const char *rest = DefaultPath;
  for (char **entry = plan.env; *entry; ++entry)
    if (std::strncmp(*entry, "PATH=", 5) == 0) {
      rest = *entry + 5;
      break;
    }
  char path[PATH_MAX + NAME_MAX + 2];
  int denied = 0, result = -ENOENT;
  for (const char *end = rest; end; rest = end + 1) {
    end = std::strchr(rest, ':');
    size_t size = end ? static_cast<size_t>(end - rest) : std::strlen(rest);
    if (size < PATH_MAX) {
      std::memcpy(path, rest, size);
      if (size > 0) // an empty one is the working directory
        path[size++] = '/';
      std::memcpy(path + size, name, length);
      path[size + length] = '\0';
      result = executeFile(path);
      if (result == -EACCES)
        denied = result;
      else if (result != -ENOENT && result != -ENOTDIR && result != -ESTALE &&
               result != -ENODEV && result != -ETIMEDOUT)
        return result;
    }
    if (!end)
      break;
  }
  return denied ? denied : result;
}

SpawnRecord PlanRunner::run() {
  (void)sys.newSession();
  if (closeOthers() && openStandardDescriptors() && openScript() &&
      makeTemporaryFiles() && setSecurityProfile() &&
      (plan.asDaemon || (setLimits() && setPriorities() && enterDirectories() &&
                         setIdentity())) &&
      resetSignals()) {
    if (!plan.argv)
      return {SpawnStep::TemporaryFiles, false, 0, 0}; // all there was to do
    startTrace();
    (void)failed(SpawnStep::Execute, execute());
  }
  return record;
}

} // namespace

void spawnStepText(const SpawnRecord &record, char (&buffer)[80]) {
  auto step = static_cast<size_t>(record.step);
  if (step >= sizeof StepTexts / sizeof *StepTexts)
    step = static_cast<size_t>(SpawnStep::Execute);
  size_t row = record.argument;
  if (row >= sizeof Resources / sizeof *Resources)
    row = 0;
  // Only ResourceLimit's text takes an argument.
  std::snprintf(buffer, sizeof buffer, StepTexts[step], Resources[row].name);
}

SpawnRecord executePlan(ChildCalls &sys, ChildPlan &plan) {
  return PlanRunner(sys, plan).run();
}

void runChild(ChildCalls &sys, ChildPlan &plan) {
  SpawnRecord record = executePlan(sys, plan);
  if (!record.fatal)
    sys.exit(0);
  if (plan.errorPipe >= 0)
    (void)sys.write(plan.errorPipe, &record, sizeof record);
  for (;;)
    sys.exit(255);
}

} // namespace starton::host
