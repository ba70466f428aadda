// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Runtime/Host/Orphans.h"
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>

namespace starton::host {

namespace {

constexpr size_t MaxEnvironment = size_t(1) << 20;
/// Tokens of /proc/PID/stat, counted from the state as 0.
constexpr unsigned ParentToken = 1;
constexpr unsigned SessionToken = 3;
constexpr unsigned StartToken = 19;
constexpr unsigned CodeToken = 23;
constexpr unsigned EnvironmentToken = 47; ///< its start, then its end

int openOf(Sys &sys, pid_t pid, const char *name) {
  char path[40];
  std::snprintf(path, sizeof path, "/proc/%d/%s", static_cast<int>(pid), name);
  return sys.open(path, O_RDONLY | O_CLOEXEC);
}

/// Waits in a stream of NUL-terminated entries for one of them.
class EntryMatch {
public:
  EntryMatch(Span<const char> entryKey, Span<const char> entryValue)
      : key(entryKey), value(entryValue) {}

  void take(char c) {
    if (c == '\0') {
      found = found || (alive && at == key.size() + value.size());
      alive = true;
      at = 0;
      return;
    }
    alive = alive && at < key.size() + value.size() && c == expected();
    ++at;
  }
  bool seen() const { return found; }

private:
  char expected() const {
    return at < key.size() ? key[at] : value[at - key.size()];
  }

  Span<const char> key, value;
  size_t at = 0;
  bool alive = true;
  bool found = false;
};

} // namespace

bool isShortage(int error) {
  return error != ENOENT && error != ESRCH && error != EACCES && error != EPERM;
}

int readFacts(Sys &sys, pid_t pid, ProcessFacts &facts) {
  int file = openOf(sys, pid, "stat");
  if (file < 0)
    return -file;
  char text[1024];
  ssize_t got = sys.read(file, text, sizeof text - 1);
  sys.close(file);
  if (got <= 0)
    return got < 0 ? static_cast<int>(-got) : ESRCH;
  text[got] = '\0';
  // The name before the state may hold anything, parentheses too.
  const char *at = std::strrchr(text, ')');
  if (!at || at[1] != ' ')
    return EINVAL;
  facts = {};
  facts.state = at[2];
  ++at;
  bool complete = false;
  uint64_t environment = 0;
  bool hasCode = false;
  for (unsigned token = 0; *at == ' '; ++token) {
    ++at;
    uint64_t number = 0;
    for (; *at && *at != ' '; ++at)
      number = number * 10 + static_cast<uint64_t>(*at - '0');
    if (token == ParentToken) {
      facts.parent = static_cast<pid_t>(number);
    } else if (token == SessionToken) {
      facts.session = static_cast<pid_t>(number);
    } else if (token == StartToken) {
      facts.started = number;
      complete = true;
    } else if (token == CodeToken) {
      hasCode = number != 0;
    } else if (token == EnvironmentToken) {
      environment = number;
    } else if (token == EnvironmentToken + 1) {
      // An exec tells where the environment begins, then where it ends, and
      // where the code is when all that is done.
      facts.hasEmptyEnvironment =
          hasCode && number != 0 && number == environment;
    }
  }
  return complete ? 0 : EINVAL;
}

// The kernel reads a process's anonymous memory only for this, so that neither
// a file system nor an unprivileged process's page faults can keep us waiting.
Claim startedBy(Sys &sys, pid_t pid, Span<const char> job,
                Span<const char> instance) {
  int file = openOf(sys, pid, "environ");
  if (file < 0) // ESRCH: it ends, but its children may not be ours yet
    return isShortage(-file) || file == -ESRCH ? Claim::Unknown : Claim::No;
  EntryMatch jobMatch(textOf("UPSTART_JOB="), job);
  EntryMatch instanceMatch(textOf("UPSTART_INSTANCE="), instance);
  char buffer[4096];
  size_t total = 0;
  while (total < MaxEnvironment && !(jobMatch.seen() && instanceMatch.seen())) {
    ssize_t got = sys.read(file, buffer, sizeof buffer);
    if (got <= 0)
      break;
    for (ssize_t i = 0; i < got; ++i) {
      jobMatch.take(buffer[i]);
      instanceMatch.take(buffer[i]);
    }
    total += static_cast<size_t>(got);
  }
  bool claims = jobMatch.seen() && instanceMatch.seen();
  // After an exec the file still is about the memory of before, and has an end
  // where that is gone.
  bool cut = total >= sizeof buffer && !claims &&
             (sys.seekStart(file) < 0 || sys.read(file, buffer, 1) <= 0);
  sys.close(file);
  if (cut)
    return Claim::Unknown;
  if (total == 0) {
    ProcessFacts facts;
    return readFacts(sys, pid, facts) == 0 && facts.hasEmptyEnvironment
               ? Claim::No
               : Claim::Unknown;
  }
  return claims ? Claim::Yes : Claim::No;
}

// We have one thread, so its children are all of ours.
ChildWalk::ChildWalk(Sys &system)
    : sys(system),
      file(system.open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC)),
      broken(file < 0 && isShortage(-file)) {}

ChildWalk::~ChildWalk() {
  if (file >= 0)
    sys.close(file);
}

bool ChildWalk::nextByte(char &byte) {
  if (at == filled) {
    ssize_t got = file < 0 ? 0 : sys.read(file, buffer, sizeof buffer);
    at = 0;
    filled = got > 0 ? static_cast<size_t>(got) : 0;
    broken = broken || got < 0;
    if (filled == 0)
      return false;
  }
  byte = buffer[at++];
  return true;
}

bool ChildWalk::next(pid_t &pid) {
  pid = 0;
  for (char c = 0; nextByte(c);) {
    if (c >= '0' && c <= '9')
      pid = pid * 10 + (c - '0');
    else if (pid > 0)
      return true;
  }
  return pid > 0;
}

} // namespace starton::host
