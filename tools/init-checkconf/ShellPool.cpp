// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A text of up to a page goes into its pipe before the shell starts, which is
// the usual case and costs one write. Larger ones are fed as the shell reads,
// and its messages drained as it writes, so that neither side can wait for the
// other for ever.

#include "ShellPool.h"
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace starton::checkconf;

const char *const starton::checkconf::ShellPath = "/bin/sh";

namespace {

/// What an empty pipe always takes in one go.
constexpr size_t SafeWrite = 4096;

int64_t milliseconds() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return int64_t(time.tv_sec) * 1000 + time.tv_nsec / 1000000;
}

void closeDescriptor(int &descriptor) {
  if (descriptor >= 0)
    close(descriptor);
  descriptor = -1;
}

/// The caller's environment without what makes a shell read further files,
/// translates its messages or gives ShellCheck options.
class ShellEnvironment {
public:
  explicit ShellEnvironment(const char *locale)
      : language(std::string("LC_ALL=") + locale) {
    for (char **entry = environ; *entry; ++entry)
      if (!isDropped(*entry))
        entries.push_back(*entry);
    entries.push_back(language.data());
    entries.push_back(nullptr);
  }
  char **get() { return entries.data(); }

private:
  static bool isDropped(llvm::StringRef entry) {
    llvm::StringRef name = entry.split('=').first;
    return name == "ENV" || name == "BASH_ENV" || name == "LANGUAGE" ||
           name == "LC_ALL" || name == "SHELLCHECK_OPTS";
  }

  std::string language;
  std::vector<char *> entries;
};

/// A shell that runs.
struct Running {
  size_t input = 0;
  pid_t pid = -1;
  int handle = -1; ///< pidfd; -1 where the kernel has none
  int text = -1;   ///< write end of its standard input, -1: all written
  int messages = -1;
  unsigned part = 0; ///< what is still to be written
  size_t offset = 0;
  int64_t deadline = 0;
  bool done = false;
  ShellAnswer answer;
};

class Pool {
public:
  Pool(const ShellProgram &program, llvm::ArrayRef<ShellInput> inputs)
      : program(program), inputs(inputs), environment(program.locale) {
    words = program.command;
    for (std::string &word : words)
      arguments.push_back(word.data());
    arguments.push_back(nullptr);
    cpu_set_t processors;
    size_t count = sched_getaffinity(0, sizeof processors, &processors) == 0
                       ? static_cast<size_t>(CPU_COUNT(&processors))
                       : 1;
    limit = std::max<size_t>(1, count);
    // A shell that stops reading must not kill this process, and a caller that
    // ignores SIGCHLD must not take the exit statuses away.
    struct sigaction action{};
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, &oldPipe);
    action.sa_handler = SIG_DFL;
    sigaction(SIGCHLD, &action, &oldChild);
    posix_spawnattr_init(&attributes);
    sigset_t defaults;
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    sigaddset(&defaults, SIGXFSZ);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  }
  Pool(const Pool &) = delete;
  Pool &operator=(const Pool &) = delete;
  ~Pool() {
    posix_spawnattr_destroy(&attributes);
    sigaction(SIGPIPE, &oldPipe, nullptr);
    sigaction(SIGCHLD, &oldChild, nullptr);
  }

  ShellAnswers run() {
    while (next != inputs.size() || !running.empty()) {
      while (next != inputs.size() && running.size() < limit)
        startNext();
      if (!running.empty())
        serve();
    }
    std::sort(result.answers.begin(), result.answers.end(),
              [](const ShellAnswer &left, const ShellAnswer &right) {
                return left.input < right.input;
              });
    return std::move(result);
  }

private:
  void startNext();
  int start(size_t input);
  int spawn(Running &shell, int text, int messages);
  void feed(Running &shell);
  void listen(Running &shell);
  void serve();
  void expire(Running &shell, int64_t now);
  void finish(Running &shell);

  const ShellProgram &program;
  llvm::ArrayRef<ShellInput> inputs;
  std::vector<std::string> words;
  std::vector<char *> arguments; ///< of words
  size_t next = 0, limit = 1;
  std::vector<Running> running;
  ShellAnswers result;
  ShellEnvironment environment;
  posix_spawnattr_t attributes{};
  struct sigaction oldPipe{}, oldChild{};
};

/// Writes until all is written or the pipe is full. A shell that reads no more
/// has made up its mind.
void Pool::feed(Running &shell) {
  const ShellInput &input = inputs[shell.input];
  while (shell.part != std::size(input.parts)) {
    llvm::StringRef rest = input.parts[shell.part].substr(shell.offset);
    if (rest.empty()) {
      ++shell.part;
      shell.offset = 0;
      continue;
    }
    ssize_t written = write(shell.text, rest.data(), rest.size());
    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0 && errno == EAGAIN)
      return;
    if (written < 0)
      break;
    shell.offset += static_cast<size_t>(written);
  }
  closeDescriptor(shell.text);
}

/// Where the system has no room for another shell, those that run must do.
void Pool::startNext() {
  int error = start(next);
  if (error == 0) {
    ++next;
  } else if (!running.empty()) {
    limit = running.size();
  } else {
    result.unavailable = std::strerror(error);
    next = inputs.size();
  }
}

int Pool::spawn(Running &shell, int text, int messages) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, text, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, messages, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, messages, STDERR_FILENO);
  int error = posix_spawnp(&shell.pid, arguments.front(), &actions, &attributes,
                           arguments.data(), environment.get());
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

/// 0, or why not.
int Pool::start(size_t index) {
  Running shell;
  shell.input = shell.answer.input = index;
  int text[2] = {-1, -1}, messages[2] = {-1, -1};
  if (pipe2(text, O_CLOEXEC) != 0)
    return errno;
  if (pipe2(messages, O_CLOEXEC) != 0) {
    int error = errno;
    closeDescriptor(text[0]);
    closeDescriptor(text[1]);
    return error;
  }
  shell.text = text[1];
  shell.messages = messages[0];
  size_t size = 0;
  for (llvm::StringRef part : inputs[index].parts)
    size += part.size();
  if (size > SafeWrite)
    (void)fcntl(shell.text, F_SETFL, O_NONBLOCK);
  feed(shell);
  int error = spawn(shell, text[0], messages[1]);
  close(text[0]);
  close(messages[1]);
  if (error != 0) {
    closeDescriptor(shell.text);
    closeDescriptor(shell.messages);
    return error;
  }
  shell.handle = static_cast<int>(syscall(SYS_pidfd_open, shell.pid, 0));
  int64_t seconds = program.seconds;
  if (program.bytesPerSecond != 0)
    seconds += static_cast<int64_t>(size / program.bytesPerSecond);
  shell.deadline = milliseconds() + seconds * 1000;
  running.push_back(std::move(shell));
  return 0;
}

void Pool::listen(Running &shell) {
  char buffer[4096];
  ssize_t count = read(shell.messages, buffer, sizeof buffer);
  if (count < 0 && errno == EINTR)
    return;
  if (count <= 0) {
    closeDescriptor(shell.messages);
    shell.done = shell.done || shell.handle < 0;
    return;
  }
  std::string &kept = shell.answer.messages;
  size_t room =
      program.maxMessages - std::min(program.maxMessages, kept.size());
  shell.answer.cut = shell.answer.cut || static_cast<size_t>(count) > room;
  kept.append(buffer, std::min(room, static_cast<size_t>(count)));
}

void Pool::expire(Running &shell, int64_t now) {
  if (shell.answer.timedOut || now < shell.deadline)
    return;
  shell.answer.timedOut = true;
  kill(shell.pid, SIGKILL);
}

/// Waits until a shell reads, writes, ends or takes too long.
void Pool::serve() {
  std::vector<pollfd> events;
  int64_t now = milliseconds(), wait = int64_t(program.seconds) * 1000;
  for (const Running &shell : running) {
    events.push_back({shell.handle, POLLIN, 0});
    events.push_back({shell.messages, POLLIN, 0});
    events.push_back({shell.text, POLLOUT, 0});
    wait = std::clamp<int64_t>(shell.deadline - now, 0, wait);
  }
  if (poll(events.data(), events.size(), static_cast<int>(wait)) < 0)
    return; // interrupted
  now = milliseconds();
  for (size_t i = 0; i != running.size(); ++i) {
    Running &shell = running[i];
    if (events[3 * i + 2].revents)
      feed(shell);
    if (events[3 * i + 1].revents)
      listen(shell);
    // Dead, and nothing left of what it said.
    if (events[3 * i].revents &&
        (shell.messages < 0 || !events[3 * i + 1].revents))
      shell.done = true;
    expire(shell, now);
    if (shell.done)
      finish(shell);
  }
  running.erase(std::remove_if(running.begin(), running.end(),
                               [](const Running &shell) { return shell.done; }),
                running.end());
}

void Pool::finish(Running &shell) {
  int status = 0;
  while (waitpid(shell.pid, &status, 0) < 0 && errno == EINTR)
    continue;
  closeDescriptor(shell.handle);
  closeDescriptor(shell.text);
  closeDescriptor(shell.messages);
  shell.answer.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  shell.answer.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  if (shell.answer.status != 0 || !shell.answer.messages.empty())
    result.answers.push_back(std::move(shell.answer));
}

} // namespace

ShellProgram starton::checkconf::shellSyntaxProgram() {
  ShellProgram program;
  program.command = {ShellPath, "-n"};
  return program;
}

ShellAnswers starton::checkconf::runShells(const ShellProgram &program,
                                           llvm::ArrayRef<ShellInput> inputs) {
  return Pool(program, inputs).run();
}
