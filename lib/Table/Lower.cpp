// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One job as the daemon wants it: commands split or given to the shell, numbers
// in the ranges the reader demands.
//
// A failing override leaves numbers behind that no valid file can give
// (language §6.5). Where Upstart's behaviour with such a number equals that
// with a valid one, the valid one is stored; oom_score and console keep theirs.

#include "Lower.h"
#include "starton/Table/Reader.h"
#include "starton/Table/Writer.h"
#include <algorithm>

namespace starton::table {

using flatbuffers::Offset;
using flatbuffers::Vector;

TableBuilder::StringOffset TableBuilder::string(llvm::StringRef text) {
  // FlatBuffers asserts beyond 2 GiB; the reader's limit comes long before.
  full |= builder.GetSize() + text.size() > MaxTableSize;
  return full ? StringOffset()
              : builder.CreateSharedString(text.data(), text.size());
}

uint32_t TableBuilder::embed(llvm::StringRef bytes) {
  full |= builder.GetSize() + bytes.size() > MaxTableSize;
  if (full)
    return 0;
  builder.Align(8);
  builder.PushBytes(reinterpret_cast<const uint8_t *>(bytes.data()),
                    bytes.size());
  return builder.GetSize();
}

std::string TableBuilder::takeBytes() {
  builder.Align(8);
  return {reinterpret_cast<const char *>(builder.GetCurrentBufferPointer()),
          builder.GetSize()};
}

TableBuilder::StringOffset TableBuilder::string(const sema::Text &text) {
  return text.isSet() ? string(llvm::StringRef(text.value)) : StringOffset();
}

TableBuilder::Strings
TableBuilder::strings(const std::vector<sema::Text> &list) {
  std::vector<llvm::StringRef> texts;
  texts.reserve(list.size());
  for (const sema::Text &text : list)
    texts.push_back(text.value);
  return strings(texts);
}

TableBuilder::Strings
TableBuilder::strings(const std::vector<llvm::StringRef> &list) {
  if (list.empty())
    return {};
  std::vector<StringOffset> offsets;
  offsets.reserve(list.size());
  for (llvm::StringRef text : list)
    offsets.push_back(string(text));
  full |= builder.GetSize() + list.size() * sizeof(StringOffset) > MaxTableSize;
  return full ? Strings() : builder.CreateVector(offsets);
}

namespace {

int32_t clamp32(int64_t value, int64_t low, int64_t high) {
  return static_cast<int32_t>(std::clamp(value, low, high));
}

Offset<Condition> lowerCondition(TableBuilder &builder,
                                 const sema::Condition &condition) {
  if (condition.empty())
    return {};
  std::vector<Node> nodes;
  std::vector<llvm::StringRef> words;
  nodes.reserve(condition.nodes.size());
  for (const sema::ConditionNode &node : condition.nodes) {
    if (node.kind != ast::NodeKind::Match) {
      NodeKind kind =
          node.kind == ast::NodeKind::And ? NodeKind::And : NodeKind::Or;
      nodes.emplace_back(kind, node.left, 0, 0, node.origin.line);
      continue;
    }
    nodes.emplace_back(NodeKind::Match, 0, static_cast<uint32_t>(words.size()),
                       static_cast<uint32_t>(node.operands.size() + 1),
                       node.origin.line);
    words.push_back(node.name);
    words.insert(words.end(), node.operands.begin(), node.operands.end());
  }
  auto wordOffsets = builder.strings(words);
  if (builder.overflowed())
    return {};
  return CreateCondition(
      builder.fbb(), builder.fbb().CreateVectorOfStructs(nodes), wordOffsets);
}

Offset<Process> lowerProcess(TableBuilder &builder, Slot slot,
                             const sema::Process &process) {
  TableBuilder::StringOffset text;
  TableBuilder::Strings argv;
  ProcessKind kind = ProcessKind::Broken;
  if (process.kind == sema::ProcessKind::Script) {
    kind = ProcessKind::Script;
    text = builder.string(llvm::StringRef(process.text));
  } else if (process.kind == sema::ProcessKind::Command) {
    std::vector<llvm::StringRef> words = sema::splitCommand(process.text);
    bool shell = words.empty() || sema::commandNeedsShell(process.text);
    kind = shell ? ProcessKind::Shell : ProcessKind::Argv;
    if (shell)
      text = builder.string("exec " + process.text);
    else
      argv = builder.strings(words);
  }
  return CreateProcess(builder.fbb(), slot, kind, text, argv);
}

Offset<Vector<Offset<Process>>> lowerProcesses(TableBuilder &builder,
                                               const sema::Job &job) {
  std::vector<Offset<Process>> processes;
  for (unsigned slot = 0; slot != sema::NumProcessSlots; ++slot)
    if (job.processes[slot].kind != sema::ProcessKind::None)
      processes.push_back(
          lowerProcess(builder, static_cast<Slot>(slot), job.processes[slot]));
  if (processes.empty())
    return {};
  return builder.fbb().CreateVector(processes);
}

Offset<Vector<const Limit *>> lowerLimits(TableBuilder &builder,
                                          const sema::Job &job) {
  std::vector<Limit> limits;
  for (unsigned resource = 0; resource != sema::NumResources; ++resource) {
    const sema::Limit &limit = job.limits[resource];
    if (limit.origin.known())
      limits.emplace_back(static_cast<Resource>(resource), limit.soft,
                          limit.hard);
  }
  if (limits.empty())
    return {};
  return builder.fbb().CreateVectorOfStructs(limits);
}

Offset<Vector<Offset<Cgroup>>> lowerCgroups(TableBuilder &builder,
                                            const sema::Job &job) {
  std::vector<Offset<Cgroup>> cgroups;
  for (const sema::CgroupEntry &entry : job.cgroups) {
    auto controller = builder.string(llvm::StringRef(entry.controller));
    auto name = builder.string(entry.name);
    auto key = builder.string(entry.key);
    auto value = builder.string(entry.value);
    cgroups.push_back(
        CreateCgroup(builder.fbb(), controller, name, key, value));
  }
  if (cgroups.empty())
    return {};
  return builder.fbb().CreateVector(cgroups);
}

Offset<Vector<int32_t>> lowerExits(TableBuilder &builder,
                                   const sema::Job &job) {
  std::vector<int32_t> exits;
  exits.reserve(job.normalExit.size());
  for (const sema::Number &status : job.normalExit)
    exits.push_back(clamp32(status.value, 0, INT32_MAX));
  if (exits.empty())
    return {};
  return builder.fbb().CreateVector(exits);
}

/// With a negative limit Upstart stops at the second respawn in the interval,
/// as with 1; with a negative interval it never does, as with 0.
void addNumbers(JobBuilder &out, const sema::Job &job) {
  int64_t limit = job.respawnLimit.value;
  out.add_respawn_limit(clamp32(limit < 0 ? 1 : limit, 0, INT32_MAX));
  out.add_respawn_interval(clamp32(job.respawnInterval.value, 0, INT32_MAX));
  out.add_kill_timeout(clamp32(job.killTimeout.value, 0, INT32_MAX));
  out.add_kill_signal(clamp32(job.killSignal.value, 0, INT32_MAX));
  out.add_reload_signal(clamp32(job.reloadSignal.value, 0, INT32_MAX));
  out.add_umask(static_cast<uint32_t>(job.umask.value) & 0777);
  out.add_has_umask(job.umask.isSet());
  out.add_nice(clamp32(job.nice.value, -20, 19)); // as setpriority() does
  out.add_has_nice(job.nice.isSet());
  out.add_oom_score(clamp32(job.oomScore.value, INT32_MIN, INT32_MAX));
}

void addFlags(JobBuilder &out, const sema::Job &job) {
  out.add_has_import(job.hasImport);
  out.add_task(job.task.value);
  out.add_respawn(job.respawn.value);
  out.add_debug(job.debug.value);
  out.add_manual(job.manual.value);
  out.add_expect(static_cast<Expect>(job.expect.value));
  out.add_console(static_cast<Console>(job.console.value));
}

struct Texts {
  TableBuilder::StringOffset name, description, author, version, usage,
      instance;
  TableBuilder::StringOffset chroot, chdir, setuid, setgid, apparmorSwitch;
  TableBuilder::Strings emits, env, exports, imports, tmpfiles;

  Texts(TableBuilder &b, const sema::Job &job)
      : name(b.string(llvm::StringRef(job.name))),
        description(b.string(job.description)), author(b.string(job.author)),
        version(b.string(job.version)), usage(b.string(job.usage)),
        instance(b.string(job.instance)), chroot(b.string(job.chroot)),
        chdir(b.string(job.chdir)), setuid(b.string(job.setuid)),
        setgid(b.string(job.setgid)),
        apparmorSwitch(b.string(job.apparmorSwitch)),
        emits(b.strings(job.emits)), env(b.strings(job.env)),
        exports(b.strings(job.exports)), imports(b.strings(job.imports)),
        tmpfiles(b.strings(job.tmpfiles)) {}

  void addTo(JobBuilder &out) const {
    out.add_name(name);
    out.add_description(description);
    out.add_author(author);
    out.add_version(version);
    out.add_usage(usage);
    out.add_instance(instance);
    out.add_emits(emits);
    out.add_env(env);
    out.add_exports(exports);
    out.add_imports(imports);
    out.add_tmpfiles(tmpfiles);
    out.add_chroot(chroot);
    out.add_chdir(chdir);
    out.add_setuid(setuid);
    out.add_setgid(setgid);
    out.add_apparmor_switch(apparmorSwitch);
  }
};

} // namespace

Offset<Job> lowerJob(TableBuilder &builder, const sema::Job &job,
                     uint32_t order, const std::vector<uint32_t> &fileIndex) {
  // Children first: FlatBuffers builds from the leaves up.
  Texts texts(builder, job);
  auto startOn = lowerCondition(builder, job.startOn);
  auto stopOn = lowerCondition(builder, job.stopOn);
  auto processes = lowerProcesses(builder, job);
  auto exits = lowerExits(builder, job);
  auto limits = lowerLimits(builder, job);
  auto cgroups = lowerCgroups(builder, job);
  std::vector<Origin> origins = lowerOrigins(job);
  if (builder.overflowed())
    return {};
  auto originVector = builder.fbb().CreateVectorOfStructs(origins);

  JobBuilder out(builder.fbb());
  texts.addTo(out);
  addNumbers(out, job);
  addFlags(out, job);
  out.add_order(order);
  out.add_conf_file(fileIndex[job.confFile]);
  out.add_override_file(
      job.overrideFile < 0 ? -1
                           : static_cast<int32_t>(fileIndex[job.overrideFile]));
  out.add_start_on(startOn);
  out.add_stop_on(stopOn);
  out.add_processes(processes);
  out.add_normal_exit(exits);
  out.add_limits(limits);
  out.add_cgroups(cgroups);
  out.add_origins(originVector);
  return out.Finish();
}

} // namespace starton::table
