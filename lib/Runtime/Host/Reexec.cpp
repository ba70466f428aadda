// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Runtime/Host/Reexec.h"
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <initializer_list>
#include <sys/mman.h>

namespace starton::host {

namespace {

constexpr char RestartOption[] = "--restart";
constexpr char StateOption[] = "--state-fd";
constexpr char CheckOption[] = "--check-state";
/// A larger one is not ours.
constexpr uint64_t MaxStateSize = uint64_t(1) << 30;

/// What an earlier exec has added to the command line.
bool isOurs(const char *argument, bool &hasValue) {
  size_t length = sizeof StateOption - 1;
  hasValue = std::strcmp(argument, StateOption) == 0;
  return hasValue || std::strcmp(argument, RestartOption) == 0 ||
         (std::strncmp(argument, StateOption, length) == 0 &&
          argument[length] == '=');
}

} // namespace

Reexec::Reexec(Sys &system, Loop &eventLoop, Messages &out, Hooks who)
    : sys(system), loop(eventLoop), messages(out), hooks(who) {
  watch.context = limit.context = this;
  watch.events = EPOLLIN;
  watch.handler = [](Watch &ready, uint32_t) {
    static_cast<Reexec *>(ready.context)->takeVerdict();
  };
  limit.handler = [](Timer &due) {
    auto *self = static_cast<Reexec *>(due.context);
    (void)self->sys.kill(self->child, SIGKILL);
    self->endCheck();
    self->fail("The new program does not judge the state", ETIMEDOUT);
  };
}

Reexec::~Reexec() { endCheck(); }

void Reexec::setProgram(char *const *argumentList, char *const *environmentList,
                        const sigset_t &mask) {
  arguments = argumentList;
  environment = environmentList;
  originalMask = mask;
}

void Reexec::fail(const char *what, int error) {
  wanted = approved = false;
  char text[256];
  std::snprintf(text, sizeof text, "%s%s%s", what, error ? ": " : "",
                error ? std::strerror(error) : "");
  messages.format(engine::Priority::Error, "Unable to re-execute: %s", text);
  hooks.refused(hooks.context, text);
}

void Reexec::work() {
  if (approved)
    replace();
  else if (wanted && child == 0)
    check();
}

// --- The new program looks at the state.

void Reexec::check() {
  StateWriter state;
  hooks.save(hooks.context, state);
  state.finish();
  if (!state.good())
    return fail("the state cannot be saved", ENOMEM);
  int file = write(state);
  if (file < 0)
    return fail("the state cannot be written", -file);
  int ends[2];
  int result = sys.pipe(ends, O_CLOEXEC | O_NONBLOCK);
  if (result < 0) {
    sys.close(file);
    return fail("no pipe", -result);
  }
  watch.descriptor = ends[0];
  verdictSize = 0;
  result = -loop.add(watch);
  if (result == 0) {
    result = sys.fork();
    if (result == 0)
      childMain(file, ends[1]);
  }
  sys.close(ends[1]);
  sys.close(file);
  if (result > 0) {
    child = result;
    loop.armAfter(limit, TimeLimit);
    return;
  }
  endCheck();
  fail("the new program cannot be tried", -result);
}

/// Between fork and exec: no heap.
void Reexec::childMain(int state, int verdictPipe) {
  (void)sys.control(state, F_SETFD, 0);
  for (int standard : {1, 2})
    (void)sys.duplicate(verdictPipe, standard, 0);
  (void)sys.signalMask(SIG_SETMASK, &originalMask, nullptr);
  std::snprintf(number, sizeof number, "%d", state);
  const char *words[] = {arguments[0], CheckOption, StateOption, number,
                         nullptr};
  int error =
      sys.execute(arguments[0], const_cast<char *const *>(words), environment);
  char text[MaxVerdict];
  int length = std::snprintf(text, sizeof text, "%.80s: %s\n", arguments[0],
                             std::strerror(-error));
  (void)sys.write(1, text, static_cast<size_t>(length));
  sys.exit(1);
}

/// All it says up to its end is the verdict: nothing but "ok" is good.
void Reexec::takeVerdict() {
  for (;;) {
    char rest[MaxVerdict];
    ssize_t got = sys.read(watch.descriptor, rest, sizeof rest);
    if (got == -EAGAIN)
      return;
    if (got <= 0)
      break;
    size_t room = sizeof verdict - 1 - verdictSize;
    size_t size =
        static_cast<size_t>(got) < room ? static_cast<size_t>(got) : room;
    std::memcpy(verdict + verdictSize, rest, size);
    verdictSize += size;
  }
  endCheck();
  judge();
}

void Reexec::endCheck() {
  loop.cancel(limit);
  loop.remove(watch);
  if (watch.descriptor >= 0)
    sys.close(watch.descriptor);
  watch.descriptor = -1;
  child = 0;
}

void Reexec::judge() {
  verdict[verdictSize] = 0;
  if (std::strcmp(verdict, "ok\n") == 0) {
    approved = true;
    return;
  }
  verdict[std::strcspn(verdict, "\n")] = 0;
  char text[MaxVerdict + 64];
  std::snprintf(text, sizeof text, "the new program refuses the state: %s",
                verdictSize ? verdict : "it ended without a word");
  fail(text, 0);
}

// --- The exec.

void Reexec::replace() {
  approved = false;
  StateWriter state;
  hooks.save(hooks.context, state);
  state.finish();
  if (!state.good())
    return fail("the state cannot be saved", ENOMEM);
  if (const char *why = hooks.verify(hooks.context, state.bytes()))
    return fail(why, 0);
  int file = write(state);
  if (file < 0)
    return fail("the state cannot be written", -file);
  Vector<char *> list;
  int error = ENOMEM;
  if (buildArguments(file, list)) {
    messages.format(engine::Priority::Info, "Re-executing %s", arguments[0]);
    hooks.leaving(hooks.context);
    (void)sys.control(file, F_SETFD, 0);
    allowInheritance(state, true);
    error = -sys.execute(arguments[0], list.data(), environment);
    allowInheritance(state, false);
  }
  sys.close(file);
  fail(arguments[0], error);
}

void Reexec::allowInheritance(const StateWriter &state, bool on) {
  for (int descriptor : state.descriptors())
    (void)sys.control(descriptor, F_SETFD, on ? 0 : FD_CLOEXEC);
}

bool Reexec::buildArguments(int state, Vector<char *> &list) {
  for (char *const *argument = arguments; *argument; ++argument) {
    bool hasValue = false;
    if (argument != arguments && isOurs(*argument, hasValue)) {
      argument += hasValue && argument[1];
      continue;
    }
    if (!list.push(*argument))
      return false;
  }
  std::snprintf(number, sizeof number, "%d", state);
  const char *words[] = {RestartOption, StateOption, number, nullptr};
  for (const char *word : words)
    if (!list.push(const_cast<char *>(word)))
      return false;
  return true;
}

int Reexec::write(const StateWriter &state) {
  int file = sys.memoryFile("state", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (file < 0)
    return file;
  Span<const uint8_t> bytes = state.bytes();
  int result = 0;
  for (size_t done = 0; done < bytes.size() && result == 0;) {
    ssize_t written = sys.write(file, bytes.data() + done, bytes.size() - done);
    if (written > 0)
      done += static_cast<size_t>(written);
    else
      result = written < 0 ? static_cast<int>(written) : -ENOSPC;
  }
  if (result == 0)
    result =
        sys.control(file, F_ADD_SEALS,
                    F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL);
  if (result == 0)
    result = sys.seekStart(file);
  if (result == 0)
    return file;
  sys.close(file);
  return result;
}

int readState(Sys &sys, int descriptor, Vector<uint8_t> &bytes) {
  struct stat status = {};
  int result = sys.statDescriptor(descriptor, status);
  if (result < 0)
    return result;
  if (!S_ISREG(status.st_mode) || status.st_size < 0 ||
      static_cast<uint64_t>(status.st_size) > MaxStateSize)
    return -EINVAL;
  auto size = static_cast<size_t>(status.st_size);
  if (!bytes.resize(size))
    return -ENOMEM;
  result = sys.seekStart(descriptor);
  for (size_t done = 0; done < size && result == 0;) {
    ssize_t got = sys.read(descriptor, bytes.data() + done, size - done);
    if (got <= 0)
      return got < 0 ? static_cast<int>(got) : -EIO;
    done += static_cast<size_t>(got);
  }
  return result;
}

} // namespace starton::host
