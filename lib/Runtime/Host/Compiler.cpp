// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Runtime/Host/Compiler.h"
#include "starton/Table/JobTable_generated.h"
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

namespace starton::host {

namespace {

constexpr int TableDescriptor = 3; ///< in the compiler
constexpr char TablePath[] = "/dev/fd/3";
constexpr char CompilerName[] = "init-checkconf";
/// init-checkconf: clean, or findings in some job files. Both have a table.
constexpr int MaxGoodStatus = 1;

} // namespace

bool Compiler::fail(const char *what, int error) {
  messages.format(engine::Priority::Error,
                  error ? "Unable to compile the job files: %s: %s"
                        : "Unable to compile the job files: %s",
                  what, std::strerror(error));
  return false;
}

/// --compiler, or beside the running binary, or in libexec.
bool Compiler::findCompiler(char (&path)[PATH_MAX]) {
  if (options.compiler) {
    if (static_cast<size_t>(std::snprintf(path, sizeof path, "%s",
                                          options.compiler)) >= sizeof path)
      return fail(options.compiler, ENAMETOOLONG);
    int result = sys.access(path, X_OK);
    return result == 0 || fail(path, -result);
  }
  ssize_t length = sys.readLink("/proc/self/exe", path,
                                sizeof path - sizeof CompilerName - 1);
  if (length > 0) {
    path[length] = '\0';
    char *slash = std::strrchr(path, '/');
    std::memcpy(slash ? slash + 1 : path, CompilerName, sizeof CompilerName);
    if (sys.access(path, X_OK) == 0)
      return true;
  }
  std::snprintf(path, sizeof path, "%s/%s", STARTON_LIBEXEC_DIR, CompilerName);
  int result = sys.access(path, X_OK);
  return result == 0 || fail(path, -result);
}

void Compiler::addDirectories(const char *option, const PathList &list) {
  for (unsigned i = 0; i < list.count; ++i) {
    words[wordCount++] = option;
    words[wordCount++] = list.paths[i];
  }
}

void Compiler::buildArguments(const char *path) {
  wordCount = 0;
  words[wordCount++] = path;
  words[wordCount++] = "--emit=table";
  words[wordCount++] = "--noscript"; // a shell's syntax is no matter for us
  words[wordCount++] = "-o";
  words[wordCount++] = TablePath;
  if (options.dialect) {
    words[wordCount++] = "--dialect";
    words[wordCount++] = options.dialect;
  }
  addDirectories("--confdir", options.prepended);
  addDirectories("--confdir", options.directories);
  if (options.directories.count == 0)
    words[wordCount++] = "--user-session";
  addDirectories("--confdir", options.appended);
  words[wordCount] = nullptr;
}

void Compiler::childMain(int output, int diagnostics) {
  int null = sys.open("/dev/null", O_RDWR | O_CLOEXEC);
  // Descriptors of ours are above 2, so nothing is overwritten too early.
  if (null >= 0 && sys.duplicate(null, 0, 0) >= 0 &&
      sys.duplicate(null, 1, 0) >= 0 && sys.duplicate(diagnostics, 2, 0) >= 0) {
    int result = output == TableDescriptor
                     ? sys.control(output, F_SETFD, 0)
                     : sys.duplicate(output, TableDescriptor, 0);
    (void)sys.signalMask(SIG_SETMASK, &mask, nullptr);
    (void)sys.signalDefault(SIGPIPE);
    if (result >= 0)
      (void)sys.execute(words[0], const_cast<char *const *>(words), environ);
  }
  for (;;)
    sys.exit(127);
}

/// False: the time was up, and the compiler is gone.
bool Compiler::await(pid_t pid, siginfo_t &end) {
  int process = sys.processDescriptor(pid);
  bool inTime =
      process >= 0 && sys.poll(process, POLLIN, TimeLimitMilliseconds) > 0;
  if (process >= 0)
    sys.close(process);
  if (!inTime)
    (void)sys.kill(pid, SIGKILL);
  while (sys.waitFor(pid, end) == 0 && end.si_pid == 0)
    (void)sys.poll(-1, 0, 1);
  return inTime;
}

bool Compiler::run(int output, int diagnostics) {
  pid_t pid = sys.fork();
  if (pid == 0)
    childMain(output, diagnostics);
  if (pid < 0)
    return fail("fork", -pid);
  siginfo_t end = {};
  if (!await(pid, end))
    return fail("the compiler did not end in time", 0);
  if (end.si_code == CLD_EXITED && end.si_status <= MaxGoodStatus)
    return true;
  relay(diagnostics);
  char what[80];
  std::snprintf(what, sizeof what,
                end.si_code == CLD_EXITED
                    ? "the compiler terminated with status %d"
                    : "the compiler was killed by signal %d",
                end.si_status);
  return fail(what, 0);
}

/// What a failing compiler had to say, line by line.
void Compiler::relay(int diagnostics) {
  char text[2048];
  (void)sys.seekStart(diagnostics);
  ssize_t got = sys.read(diagnostics, text, sizeof text - 1);
  for (ssize_t start = 0; start < got;) {
    ssize_t end = start;
    while (end < got && text[end] != '\n')
      ++end;
    if (end > start)
      messages.log(engine::Priority::Error,
                   {text + start, static_cast<size_t>(end - start)});
    start = end + 1;
  }
}

bool Compiler::compile(table::LoadedTable &table) {
  char path[PATH_MAX];
  if (!findCompiler(path))
    return false;
  buildArguments(path);
  int output = sys.memoryFile("jobs.table", MFD_CLOEXEC);
  if (output < 0)
    return fail("memfd_create", -output);
  int diagnostics = sys.memoryFile("diagnostics", MFD_CLOEXEC);
  if (diagnostics < 0) {
    sys.close(output);
    return fail("memfd_create", -diagnostics);
  }
  bool good = run(output, diagnostics);
  table::LoadError error;
  if (good && !table.loadDescriptor(output, error))
    good = fail(error.message, 0);
  sys.close(diagnostics);
  sys.close(output);
  if (good)
    logRejected(*table.get(), messages);
  return good;
}

void logRejected(const table::JobTable &table, Messages &messages) {
  for (const table::Rejected *rejected : *table.rejected()) {
    const char *path = table.files()->Get(rejected->file())->path()->c_str();
    const char *message = rejected->message()->c_str();
    if (rejected->upstart_line())
      messages.format(engine::Priority::Warn, "%s:%u: %s", path,
                      static_cast<unsigned>(rejected->upstart_line()), message);
    else
      messages.format(engine::Priority::Warn,
                      "%s: Error while loading configuration file: %s", path,
                      message);
  }
}

} // namespace starton::host
