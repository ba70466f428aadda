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
#include "starton/Table/JobTable_generated.h"
#include <cerrno>
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
constexpr char ScriptPath[] = "/proc/self/fd/9";
constexpr char ShellPath[] = "/bin/sh";
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

Span<const char> textOf(const flatbuffers::String *string) {
  return string ? Span<const char>(string->c_str(), string->size())
                : Span<const char>();
}

/// Bytes handed out of one mapping that is as large as the plan needs.
class Arena {
public:
  Arena(Sys &sys, size_t size) : at(static_cast<char *>(sys.mapPages(size))) {}
  bool valid() const { return at != nullptr; }

  char **pointers(size_t count) {
    auto *result = reinterpret_cast<char **>(at);
    at += count * sizeof(char *);
    return result;
  }
  char *copy(Span<const char> text) {
    char *result = at;
    if (!text.empty())
      std::memcpy(result, text.data(), text.size());
    result[text.size()] = '\0';
    at += text.size() + 1;
    return result;
  }

private:
  char *at;
};

/// One child's run through its plan. Each step returns 0 or a negative errno
/// after noting itself in `record`.
class PlanRunner {
public:
  PlanRunner(Sys &system, ChildPlan &childPlan)
      : sys(system), plan(childPlan), job(*childPlan.job),
        process(childPlan.process) {}

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
  bool prepareArguments();
  void listVariables(char **list) const;
  bool makeTemporaryFiles();
  bool setSecurityProfile();
  bool setLimits();
  bool setPriorities();
  bool enterDirectories();
  bool setIdentity();
  bool resetSignals();
  void startTrace();
  void warn();

  bool usesScript() const;
  Span<const char> shellText() const;

  Sys &sys;
  ChildPlan &plan;
  const table::Job &job;
  const table::Process *process;
  SpawnRecord record;
  char **argv = nullptr;
  char **env = nullptr;
};

/// The text for the shell without its trailing newlines.
Span<const char> PlanRunner::shellText() const {
  Span<const char> text = textOf(process->text());
  while (!text.empty() && text[text.size() - 1] == '\n')
    text = text.slice(0, text.size() - 1);
  return text;
}

/// One line goes to `sh -c`, more go through descriptor 9.
bool PlanRunner::usesScript() const {
  if (!process || process->kind() == table::ProcessKind::Argv)
    return false;
  Span<const char> text = shellText();
  return !text.empty() &&
         std::memchr(text.data(), '\n', text.size()) != nullptr;
}

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
  if (plan.defaults->openFiles.rlim_max > 0) // else it is not known
    (void)sys.setLimit(RLIMIT_NOFILE, plan.defaults->openFiles);
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
  if (!usesScript())
    return true;
  int script = sys.memoryFile("script", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (failed(SpawnStep::ScriptDescriptor, script))
    return false;
  const Span<const char> parts[] = {{ScriptHead, sizeof ScriptHead - 1},
                                    textOf(process->text())};
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

bool PlanRunner::prepareArguments() {
  if (!process)
    return true;
  const auto *words = process->argv();
  bool shell = process->kind() != table::ProcessKind::Argv;
  size_t count = shell ? 5 : words->size();
  size_t size = (count + 1 + plan.env.size() + 1) * sizeof(char *) +
                shellText().size() + 1;
  Arena arena(sys, size);
  if (!arena.valid())
    return !failed(SpawnStep::Allocate, -ENOMEM);

  argv = arena.pointers(count + 1);
  env = arena.pointers(plan.env.size() + 1);
  // exec does not write through these; its type is older than const.
  auto literal = [](const char *text) { return const_cast<char *>(text); };
  size_t at = 0;
  if (!shell) {
    for (const auto *word : *words)
      argv[at++] = literal(word->c_str());
  } else {
    argv[at++] = literal(ShellPath);
    argv[at++] = literal("-e");
    if (usesScript()) {
      argv[at++] = literal(ScriptPath);
    } else {
      argv[at++] = literal("-c");
      argv[at++] = arena.copy(shellText());
      argv[at++] = literal(ShellPath);
    }
  }
  argv[at] = nullptr;
  listVariables(env);
  return true;
}

void PlanRunner::listVariables(char **list) const {
  for (const engine::Text &entry : plan.env)
    *list++ = const_cast<char *>(entry.data()); // a NUL follows each
  *list = nullptr;
}

/// Main only. Confinement that was asked for and cannot be had is an error;
/// a kernel without AppArmor is not (runtime §2.1, §4.2).
bool PlanRunner::setSecurityProfile() {
  bool wanted = plan.slot == engine::Slot::Main && job.apparmor_switch() &&
                job.apparmor_switch()->size() > 0;
  if (!wanted || !appArmorUsable(sys))
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
  const auto *files = job.tmpfiles();
  if (plan.slot != engine::Slot::PreStart || !files || files->size() == 0)
    return true;
  const char *program = plan.defaults->tmpfilesProgram;
  if (failed(SpawnStep::TemporaryFiles, sys.access(program, X_OK)))
    return false;
  Arena arena(sys, (files->size() + 3 + plan.env.size() + 1) * sizeof(char *));
  if (!arena.valid())
    return !failed(SpawnStep::Allocate, -ENOMEM);
  char **words = arena.pointers(files->size() + 3);
  char **variables = arena.pointers(plan.env.size() + 1);
  size_t at = 0;
  words[at++] = const_cast<char *>(program);
  words[at++] = const_cast<char *>("--create");
  for (const auto *file : *files)
    words[at++] = const_cast<char *>(file->c_str());
  words[at] = nullptr;
  listVariables(variables);
  pid_t child = sys.fork();
  if (failed(SpawnStep::TemporaryFiles, child))
    return false;
  if (child == 0) {
    (void)resetSignals();
    (void)sys.execute(program, words, variables);
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
  const auto *limits = job.limits();
  for (size_t i = 0; limits && i < limits->size(); ++i) {
    const table::Limit *limit = limits->Get(static_cast<uint32_t>(i));
    auto index = static_cast<uint8_t>(limit->resource());
    rlimit value = {limit->soft(), limit->hard()};
    if (failed(SpawnStep::ResourceLimit,
               sys.setLimit(Resources[index].resource, value), index))
      return false;
  }
  return true;
}

bool PlanRunner::setPriorities() {
  sys.setUmask(job.has_umask() ? static_cast<mode_t>(job.umask())
                               : plan.defaults->umask);
  if (job.has_nice() &&
      failed(SpawnStep::Priority, sys.setPriority(job.nice())))
    return false;
  if (job.oom_score() == 0)
    return true;
  char text[16];
  int length = std::snprintf(text, sizeof text, "%d\n", job.oom_score());
  int target = sys.open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (failed(SpawnStep::OomAdjustment, target))
    return false;
  ssize_t written = sys.write(target, text, static_cast<size_t>(length));
  sys.close(target);
  return !failed(SpawnStep::OomAdjustment, static_cast<int>(written));
}

bool PlanRunner::enterDirectories() {
  if (job.chroot() &&
      failed(SpawnStep::ChangeRoot, sys.changeRoot(job.chroot()->c_str())))
    return false;
  const char *directory = nullptr;
  if (job.chdir())
    directory = job.chdir()->c_str();
  else if (!plan.defaults->userMode || job.chroot())
    directory = "/";
  return !directory ||
         !failed(SpawnStep::ChangeDirectory, sys.changeDirectory(directory));
}

bool PlanRunner::setIdentity() {
  bool root = sys.user() == 0;
  if (!job.setuid() && !job.setgid() && !root)
    return true;
  uid_t user = 0;
  gid_t group = plan.defaults->group;
  Span<const char> name =
      job.setuid() ? textOf(job.setuid()) : starton::textOf("root");
  if (job.setuid()) {
    int found = findUser(sys, name, user, group);
    if (failed(SpawnStep::ReadUsers, found))
      return false;
    if (found == AccountUnknown) {
      record = {SpawnStep::FindUser, true, 0, 0};
      return false;
    }
  }
  if (job.setgid()) {
    int found = findGroup(sys, textOf(job.setgid()), group);
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
  if ((job.setuid() || job.setgid()) &&
      failed(SpawnStep::SetGroup, sys.setGroup(group)))
    return false;
  if (!job.setuid())
    return true;
  if (failed(SpawnStep::SetUser, sys.setUser(user)))
    return false;
  // What was dropped must be gone for good.
  return user == 0 || sys.setUser(0) < 0 || !failed(SpawnStep::SetUser, -EPERM);
}

/// Handlers go with the exec; what is ignored would stay so.
bool PlanRunner::resetSignals() {
  for (int signal = 1; signal < NSIG; ++signal)
    if (sigismember(&plan.defaults->ignoredSignals, signal) == 1 &&
        failed(SpawnStep::SignalHandler, sys.signalDefault(signal)))
      return false;
  (void)sys.signalMask(SIG_SETMASK, &plan.defaults->signalMask, nullptr);
  return true;
}

/// Without a trace the job is still started: who is left of it is found when
/// this process ends.
void PlanRunner::startTrace() {
  if (job.debug() && plan.defaults->traceStanzas) {
    sys.close(plan.errorPipe); // nobody must wait for one who waits
    plan.errorPipe = -1;
    (void)sys.kill(sys.pid(), SIGSTOP);
  }
  if (plan.slot != engine::Slot::Main ||
      (job.expect() != table::Expect::Fork &&
       job.expect() != table::Expect::Daemon))
    return;
  if (failed(SpawnStep::Trace,
             static_cast<int>(sys.trace(PTRACE_TRACEME, 0, 0))))
    warn();
}

/// Tells what failed, and goes on.
void PlanRunner::warn() {
  record.fatal = false;
  (void)sys.write(plan.errorPipe, &record, sizeof record);
}

SpawnRecord PlanRunner::run() {
  (void)sys.newSession();
  // The security process only loads a profile: it runs as the daemon does.
  bool security = plan.slot == engine::Slot::Security;
  if (closeOthers() && openStandardDescriptors() && openScript() &&
      prepareArguments() && makeTemporaryFiles() && setSecurityProfile() &&
      (security || (setLimits() && setPriorities() && enterDirectories() &&
                    setIdentity())) &&
      resetSignals()) {
    if (!process)
      return {SpawnStep::TemporaryFiles, false, 0, 0}; // all there was to do
    startTrace();
    (void)failed(SpawnStep::Execute, sys.execute(argv[0], argv, env));
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

SpawnRecord executePlan(Sys &sys, ChildPlan &plan) {
  return PlanRunner(sys, plan).run();
}

void runChild(Sys &sys, ChildPlan &plan) {
  SpawnRecord record = executePlan(sys, plan);
  if (!record.fatal)
    sys.exit(0);
  if (plan.errorPipe >= 0)
    (void)sys.write(plan.errorPipe, &record, sizeof record);
  for (;;)
    sys.exit(255);
}

} // namespace starton::host
