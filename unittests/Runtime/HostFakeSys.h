// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A system that does nothing but note what it is asked for, and fails where a
// test wants it to.

#ifndef STARTON_UNITTESTS_RUNTIME_HOSTFAKESYS_H
#define STARTON_UNITTESTS_RUNTIME_HOSTFAKESYS_H

#include "starton/Runtime/Host/Sys.h"
#include "starton/Table/JobTable_generated.h"
#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace starton::host {

/// Notes what a child does to itself; files are those of `files`.
class ChildSys : public Sys {
public:
  std::vector<std::string> calls;
  std::map<std::string, int> failures; ///< call to errno
  std::map<std::string, std::string> files;
  std::map<int, std::string> written; ///< by descriptor
  std::vector<std::string> argv, env;
  uid_t runningAs = 0;
  std::map<std::string, mode_t> modes; ///< of files; regular ones are not here
  siginfo_t childEnd{};                ///< for awaitChild()

  bool did(const std::string &call) const {
    return std::find(calls.begin(), calls.end(), call) != calls.end();
  }
  /// Position of a call, or past the end.
  size_t when(const std::string &call) const {
    return static_cast<size_t>(std::find(calls.begin(), calls.end(), call) -
                               calls.begin());
  }

  int open(const char *path, int, mode_t) override {
    int result = note(std::string("open ") + path);
    if (result < 0)
      return result;
    ++next;
    names[next] = path;
    if (auto file = files.find(path); file != files.end())
      reading[next] = file->second;
    return next;
  }
  void close(int descriptor) override {
    calls.push_back("close " + std::to_string(descriptor));
  }
  ssize_t read(int descriptor, void *buffer, size_t size) override {
    std::string &left = reading[descriptor];
    size_t count = std::min(size, left.size());
    left.copy(static_cast<char *>(buffer), count);
    left.erase(0, count);
    return static_cast<ssize_t>(count);
  }
  ssize_t write(int descriptor, const void *buffer, size_t size) override {
    if (int result = note("write"); result < 0)
      return result;
    written[descriptor].append(static_cast<const char *>(buffer), size);
    return static_cast<ssize_t>(size);
  }
  int access(const char *path, int) override {
    return note(std::string("access ") + path);
  }
  int statDescriptor(int descriptor, struct stat &status) override {
    status = {};
    auto found = modes.find(names[descriptor]);
    status.st_mode = found == modes.end() ? S_IFREG : found->second;
    return 0;
  }
  ssize_t writeAt(int descriptor, const void *buffer, size_t size,
                  uint64_t offset) override {
    calls.push_back("pwrite " + std::to_string(offset));
    return write(descriptor, buffer, size);
  }
  uint64_t wallTime() override { return 7'000'008'000; }
  pid_t fork() override { return note("fork") < 0 ? -EAGAIN : 77; }
  int awaitChild(pid_t pid, siginfo_t &info) override {
    info = childEnd;
    return note("await " + std::to_string(pid));
  }
  int memoryFile(const char *, unsigned) override {
    int result = note("memfd");
    return result < 0 ? result : ++next;
  }
  int control(int descriptor, int command, int) override {
    int result = note("fcntl");
    if (result == 0 && command == F_SETFD)
      calls.push_back("keep " + std::to_string(descriptor));
    return result;
  }
  int deviceControl(int, unsigned long, unsigned long) override {
    int result = note("ioctl");
    return result < 0 ? result : ++next;
  }
  int duplicate(int from, int to, int) override {
    if (from == to)
      return -EINVAL; // as the kernel
    int result = note("dup " + std::to_string(to));
    if (result == 0)
      written[to] = written[from];
    return result < 0 ? result : to;
  }
  int closeRange(unsigned first, unsigned last, int) override {
    calls.push_back("close " + std::to_string(first) + "-" +
                    (last == ~0U ? "" : std::to_string(last)));
    return note("close_range");
  }
  int newSession() override { return note("setsid"); }
  int setLimit(int resource, const struct rlimit &limit) override {
    return note("setrlimit " + std::to_string(resource) + " " +
                std::to_string(limit.rlim_cur));
  }
  mode_t setUmask(mode_t mask) override {
    calls.push_back("umask " + std::to_string(mask));
    return 0;
  }
  int setPriority(int nice) override {
    return note("nice " + std::to_string(nice));
  }
  int changeRoot(const char *path) override {
    return note(std::string("chroot ") + path);
  }
  int changeDirectory(const char *path) override {
    return note(std::string("chdir ") + path);
  }
  int setGroups(const gid_t *groups, size_t count) override {
    std::string call = "setgroups";
    for (size_t i = 0; i < count; ++i)
      call.append(" ").append(std::to_string(groups[i]));
    return note(call);
  }
  int setGroup(gid_t group) override {
    return note("setgid " + std::to_string(group));
  }
  int setUser(uid_t user) override {
    return note("setuid " + std::to_string(user));
  }
  uid_t user() override { return runningAs; }
  pid_t pid() override { return 4321; }
  int kill(pid_t pid, int signal) override {
    return note("kill " + std::to_string(pid) + " " + std::to_string(signal));
  }
  long trace(int, pid_t, unsigned long) override { return note("ptrace"); }
  int signalMask(int, const sigset_t *, sigset_t *) override {
    return note("sigprocmask");
  }
  int signalDefault(int signal) override {
    return note("default " + std::to_string(signal));
  }
  int executeFile(const char *path, char *const *words,
                  char *const *variables) override {
    argv.clear();
    env.clear();
    for (; *words; ++words)
      argv.emplace_back(*words);
    for (; *variables; ++variables)
      env.emplace_back(*variables);
    int result = note(std::string("exec ") + path);
    return result < 0 ? result : -ENOENT;
  }

private:
  /// The first word of a failure's name is enough to match.
  int note(const std::string &call) {
    calls.push_back(call);
    for (const auto &[name, error] : failures)
      if (call == name || call.rfind(name + " ", 0) == 0)
        return -error;
    return 0;
  }

  int next = 20;
  std::map<int, std::string> reading, names;
};

/// A job with one process, as a table holds it.
class OneJob {
public:
  table::ProcessKind kind = table::ProcessKind::Shell;
  table::Slot slot = table::Slot::Main;
  std::string text = "exec true";
  std::vector<std::string> argv, tmpfiles;
  std::string chroot, chdir, setuid, setgid, profile;
  int umask = -1, nice = 100, oom = 0;
  bool debug = false;
  table::Expect expect = table::Expect::None;
  std::vector<table::Limit> limits;

  const table::Job &get() {
    builder.Clear();
    auto string = [&](const std::string &value) {
      return value.empty() ? flatbuffers::Offset<flatbuffers::String>()
                           : builder.CreateString(value);
    };
    std::vector<flatbuffers::Offset<flatbuffers::String>> words;
    for (const std::string &word : argv)
      words.push_back(builder.CreateString(word));
    auto process = table::CreateProcess(builder, slot, kind, string(text),
                                        builder.CreateVector(words));
    auto processes = builder.CreateVector(&process, 1);
    auto limitList = builder.CreateVectorOfStructs(limits);
    auto name = builder.CreateString("foo");
    auto root = string(chroot), directory = string(chdir);
    auto user = string(setuid), group = string(setgid);
    auto apparmor = string(profile);
    auto temporary = builder.CreateVectorOfStrings(tmpfiles);
    table::JobBuilder job(builder);
    job.add_name(name);
    job.add_processes(processes);
    job.add_limits(limitList);
    job.add_chroot(root);
    job.add_chdir(directory);
    job.add_setuid(user);
    job.add_setgid(group);
    job.add_apparmor_switch(apparmor);
    job.add_has_umask(umask >= 0);
    job.add_umask(umask >= 0 ? static_cast<uint32_t>(umask) : 18);
    job.add_has_nice(nice != 100);
    job.add_nice(nice != 100 ? nice : 0);
    job.add_oom_score(oom);
    job.add_debug(debug);
    job.add_expect(expect);
    job.add_tmpfiles(temporary);
    builder.Finish(job.Finish());
    return *flatbuffers::GetRoot<table::Job>(builder.GetBufferPointer());
  }

private:
  flatbuffers::FlatBufferBuilder builder;
};

} // namespace starton::host

#endif // STARTON_UNITTESTS_RUNTIME_HOSTFAKESYS_H
