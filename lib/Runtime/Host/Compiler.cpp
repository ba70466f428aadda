// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Runtime/Host/Compiler.h"
#include "starton/Runtime/Host/OwnProgram.h"
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <initializer_list>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

namespace starton::host {

namespace {

constexpr int TableDescriptor = 3; ///< in the compiler
constexpr char TablePath[] = "/dev/fd/3";
constexpr char CompilerName[] = "init-checkconf";
/// init-checkconf: clean, findings in some job files, or files that could not
/// be read. All have a table.
constexpr int ExitFindings = 1;
constexpr int ExitInputOutput = 3;

} // namespace

Compiler::Compiler(Sys &system, Loop &eventLoop, Messages &out,
                   const Options &daemonOptions, Listener who)
    : sys(system), loop(eventLoop), messages(out), options(daemonOptions),
      listener(who) {
  limit.context = this;
  limit.handler = [](Timer &timer) {
    auto *self = static_cast<Compiler *>(timer.context);
    self->late = true;
    self->kill();
  };
}

bool Compiler::fail(const char *what, int error) {
  // Of a path no more than leaves room for the rest.
  std::snprintf(failure, sizeof failure,
                error ? "Unable to compile the job files: %.160s: %s"
                      : "Unable to compile the job files: %.160s",
                what, std::strerror(error));
  messages.log(engine::Priority::Error, textOf(failure));
  return false;
}

int Compiler::find() {
  if (options.compiler) {
    int length = std::snprintf(program, sizeof program, "%s", options.compiler);
    if (static_cast<size_t>(length) >= sizeof program)
      return ENAMETOOLONG;
    return -sys.access(program, X_OK);
  }
  return findOwnProgram(sys, CompilerName, {program, sizeof program});
}

// --- Starting.

bool Compiler::buildCommand(const Compilation &what) {
  constexpr size_t FixedWords = 16;
  words.clear();
  if (!words.reserve(FixedWords +
                     2 * (what.directories.size() + what.jobs.size())))
    return false;
  words.pushReserved(program);
  words.pushReserved("--emit=table");
  words.pushReserved("--noscript"); // a shell's syntax is no matter for us
  words.pushReserved("--color=never");
  words.pushReserved("-o");
  words.pushReserved(TablePath);
  if (options.dialect) {
    words.pushReserved("--dialect");
    words.pushReserved(options.dialect);
  }
  if (what.unlessCurrent) {
    words.pushReserved("--unless-current");
    words.pushReserved(what.unlessCurrent);
  }
  for (const char *directory : what.directories) {
    words.pushReserved("--confdir");
    words.pushReserved(directory);
  }
  if (what.directories.empty())
    words.pushReserved("--user-session");
  for (const char *job : what.jobs) {
    words.pushReserved("--job");
    words.pushReserved(job);
  }
  words.pushReserved(nullptr);
  return true;
}

/// The report may not grow: who has more to say fails to say it.
bool Compiler::openFiles() {
  output = sys.memoryFile("jobs.table", MFD_CLOEXEC);
  if (output < 0)
    return fail("memfd_create", -output);
  report = sys.memoryFile("report", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (report < 0)
    return fail("memfd_create", -report);
  int result = sys.setSize(report, MaxReport);
  if (result == 0)
    result = sys.control(report, F_ADD_SEALS, F_SEAL_GROW);
  return result >= 0 || fail("memfd_create", -result);
}

void Compiler::closeFiles() {
  for (int *file : {&output, &report}) {
    if (*file >= 0)
      sys.close(*file);
    *file = -1;
  }
}

void Compiler::childMain() {
  // Of its own session, so that all it starts can be killed with it.
  (void)sys.newSession();
  struct rlimit size = {table::MaxTableSize, table::MaxTableSize};
  (void)sys.setLimit(RLIMIT_FSIZE, size);
  int null = sys.open("/dev/null", O_RDWR | O_CLOEXEC);
  // Descriptors of ours are above 2, so nothing is overwritten too early.
  if (null >= 0 && sys.duplicate(null, 0, 0) >= 0 &&
      sys.duplicate(report, 1, 0) >= 0 && sys.duplicate(report, 2, 0) >= 0) {
    int result = output == TableDescriptor
                     ? sys.control(output, F_SETFD, 0)
                     : sys.duplicate(output, TableDescriptor, 0);
    (void)sys.signalMask(SIG_SETMASK, &originalMask, nullptr);
    for (int number : IgnoredSignals)
      (void)sys.signalDefault(number);
    if (result >= 0)
      (void)sys.execute(program, const_cast<char *const *>(words.data()),
                        environ);
  }
  for (;;)
    sys.exit(127);
}

bool Compiler::start(const Compilation &what) {
  if (int error = find())
    return fail(program, error);
  if (!buildCommand(what))
    return fail("no memory", 0);
  if (!openFiles()) {
    closeFiles();
    return false;
  }
  late = false;
  mayBeEmpty = what.unlessCurrent != nullptr;
  pid_t pid = sys.fork();
  if (pid == 0)
    childMain();
  if (pid < 0) {
    closeFiles();
    return fail("fork", -pid);
  }
  child = pid;
  loop.armAfter(limit, what.jobs.empty() ? TimeLimit : ShortTimeLimit);
  return true;
}

// --- Ending.

/// The group too, and the child alone in case that it has none yet.
void Compiler::kill() {
  if (child <= 0)
    return;
  (void)sys.kill(-child, SIGKILL);
  (void)sys.kill(child, SIGKILL);
}

void Compiler::cancel() {
  kill();
  child = 0;
  loop.cancel(limit);
  closeFiles();
}

bool Compiler::ended(const siginfo_t &end) {
  if (child <= 0 || end.si_pid != child)
    return false;
  child = 0;
  loop.cancel(limit);
  table::LoadedTable table;
  Result result = judge(end, table);
  closeFiles();
  listener.done(listener.context, result, table);
  return true;
}

Compiler::Result Compiler::judge(const siginfo_t &end,
                                 table::LoadedTable &table) {
  if (late) {
    relay();
    (void)fail("the compiler did not end in time", 0);
    return Result::Failed;
  }
  bool exited = end.si_code == CLD_EXITED;
  bool good = exited && (end.si_status == 0 || end.si_status == ExitFindings ||
                         end.si_status == ExitInputOutput);
  table::LoadError error;
  struct stat status = {};
  if (good && mayBeEmpty && sys.statDescriptor(output, status) == 0 &&
      status.st_size == 0)
    return Result::Current;
  if (good && table.loadDescriptor(output, error))
    return Result::Table;
  relay();
  char what[80];
  std::snprintf(what, sizeof what,
                exited ? "the compiler terminated with status %d"
                       : "the compiler was killed by signal %d",
                end.si_status);
  // What failed is the table only where all else is well.
  (void)fail(exited && end.si_status <= ExitFindings ? error.message : what, 0);
  return Result::Failed;
}

/// Nobody takes it for a message of ours.
void Compiler::relayLine(engine::Text said) {
  constexpr size_t MaxLine = 512;
  char line[MaxLine + 32] = "The compiler says: ";
  size_t size = std::strlen(line);
  size_t taken = said.size() < MaxLine ? said.size() : MaxLine;
  std::memcpy(line + size, said.data(), taken);
  messages.log(engine::Priority::Error, {line, size + taken});
}

/// What a failing compiler had to say, line by line.
void Compiler::relay() {
  constexpr unsigned MaxLines = 20;
  char text[4096];
  (void)sys.seekStart(report);
  ssize_t got = sys.read(report, text, sizeof text);
  auto size = static_cast<size_t>(got > 0 ? got : 0);
  // The file has its full size, whatever was written.
  while (size > 0 && text[size - 1] == '\0')
    --size;
  unsigned lines = 0;
  for (size_t start = 0; start < size && lines < MaxLines;) {
    size_t end = start;
    while (end < size && text[end] != '\n')
      ++end;
    if (end > start) {
      relayLine({text + start, end - start});
      ++lines;
    }
    start = end + 1;
  }
}

} // namespace starton::host
