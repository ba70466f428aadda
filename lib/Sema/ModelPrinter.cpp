// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The model as YAML. Every value stands beside the place it was written at, as
// `{ value: V, at: 'FILE:LINE' }`; what no file says is left out. Bytes that
// are no UTF-8 go through printable().

#include "ModelYaml.h"
#include "starton/Sema/JobSet.h"

namespace starton::sema {

using namespace modelyaml;

namespace {

std::string place(const JobSet &set, Origin origin) {
  if (!origin.known())
    return "";
  return printable(set.files[origin.file].path) + ":" +
         std::to_string(origin.line);
}

/// What Upstart reports first about a rejected file.
RejectedView viewOf(const JobSet &set, const Rejected &rejected) {
  const SourceFile &file = set.files[rejected.file];
  RejectedView view{printable(rejected.jobName), printable(file.path), 0,
                    file.readError};
  if (file.readError.empty() && !file.parse.accepted()) {
    const SyntaxDiag &first =
        file.parse.diagnostics[static_cast<size_t>(file.parse.firstError)];
    view.line = first.upstartLine;
    view.error = upstartText(first.upstartError).str();
  }
  return view;
}

const char *kindName(ProcessKind kind) {
  switch (kind) {
  case ProcessKind::None:
    return "none";
  case ProcessKind::Command:
    return "command";
  case ProcessKind::Script:
    return "script";
  case ProcessKind::Broken:
    return "broken";
  }
  return "none";
}

/// Writes the fields of one job in the order of the specification.
class JobMapping {
public:
  JobMapping(llvm::yaml::IO &io, const JobView &view)
      : io(io), set(*view.set), job(*view.job) {}
  void map();

private:
  void documentation();
  void environment();
  void events();
  void processes();
  void lifeCycle();
  void surroundings();

  template <typename T> void entry(const char *key, T value) {
    io.mapRequired(key, value);
  }
  void text(const char *key, const Text &value);
  void texts(const char *key, const std::vector<Text> &values);
  void number(const char *key, const Number &value);
  void flag(const char *key, const Located<bool> &value);
  void bare(const char *key, llvm::StringRef word, Origin origin);
  void condition(const char *key, const Condition &condition);

  llvm::yaml::IO &io;
  const JobSet &set;
  const Job &job;
};

void JobMapping::text(const char *key, const Text &value) {
  if (value.isSet())
    entry(key, Entry{printable(value.value), place(set, value.origin)});
}

void JobMapping::texts(const char *key, const std::vector<Text> &values) {
  std::vector<Entry> entries;
  entries.reserve(values.size());
  for (const Text &value : values)
    entries.push_back({printable(value.value), place(set, value.origin)});
  if (!entries.empty())
    entry(key, std::move(entries));
}

void JobMapping::bare(const char *key, llvm::StringRef word, Origin origin) {
  entry(key, Entry{word.str(), place(set, origin), true});
}

void JobMapping::number(const char *key, const Number &value) {
  if (value.isSet())
    bare(key, std::to_string(value.value), value.origin);
}

void JobMapping::flag(const char *key, const Located<bool> &value) {
  if (value.isSet())
    bare(key, value.value ? "true" : "false", value.origin);
}

void JobMapping::condition(const char *key, const Condition &condition) {
  if (condition.empty())
    return;
  ConditionEntry lowered{
      printable(conditionText(condition)), place(set, condition.origin), {}};
  for (const ConditionNode &node : condition.nodes)
    lowered.nodes.push_back({&node, place(set, node.origin)});
  entry(key, std::move(lowered));
}

void JobMapping::map() {
  entry("name", Quoted{printable(job.name)});
  entry("conf", Quoted{printable(set.files[job.confFile].path)});
  if (job.overrideFile >= 0)
    entry("override",
          Quoted{printable(
              set.files[static_cast<size_t>(job.overrideFile)].path)});
  documentation();
  environment();
  events();
  processes();
  lifeCycle();
  surroundings();
}

void JobMapping::documentation() {
  text("description", job.description);
  text("author", job.author);
  text("version", job.version);
  text("usage", job.usage);
  texts("emits", job.emits);
}

void JobMapping::environment() {
  texts("env", job.env);
  texts("export", job.exports);
  if (job.hasImport)
    texts("import", job.imports);
  text("instance", job.instance);
}

void JobMapping::events() {
  condition("start-on", job.startOn);
  condition("stop-on", job.stopOn);
  flag("manual", job.manual);
}

void JobMapping::processes() {
  for (unsigned i = 0; i != NumProcessSlots; ++i) {
    const Process &process = job.processes[i];
    if (process.kind != ProcessKind::None)
      entry(processSlotName(static_cast<ProcessSlot>(i)),
            ProcessEntry{kindName(process.kind), printable(process.text),
                         place(set, process.origin)});
  }
  text("apparmor-switch", job.apparmorSwitch);
  texts("tmpfiles", job.tmpfiles);
}

void JobMapping::lifeCycle() {
  flag("task", job.task);
  flag("respawn", job.respawn);
  number("respawn-limit", job.respawnLimit);
  number("respawn-interval", job.respawnInterval);
  std::vector<Entry> statuses;
  statuses.reserve(job.normalExit.size());
  for (const Number &status : job.normalExit)
    statuses.push_back(
        {std::to_string(status.value), place(set, status.origin), true});
  if (!statuses.empty())
    entry("normal-exit", std::move(statuses));
  if (job.expect.isSet())
    bare("expect", expectName(job.expect.value), job.expect.origin);
  number("kill-timeout", job.killTimeout);
  number("kill-signal", job.killSignal);
  number("reload-signal", job.reloadSignal);
  flag("debug", job.debug);
}

void JobMapping::surroundings() {
  if (job.console.isSet())
    bare("console", consoleName(job.console.value), job.console.origin);
  if (job.umask.isSet()) {
    char octal[24];
    std::snprintf(octal, sizeof octal, "0%llo",
                  static_cast<unsigned long long>(job.umask.value));
    entry("umask", Entry{octal, place(set, job.umask.origin)});
  }
  number("nice", job.nice);
  number("oom-score", job.oomScore);
  std::vector<LimitEntry> limits;
  auto amount = [](uint64_t value) {
    return Entry{value == LimitInfinity ? "unlimited" : std::to_string(value),
                 ""};
  };
  for (unsigned i = 0; i != NumResources; ++i)
    if (const Limit &limit = job.limits[i]; limit.origin.known())
      limits.push_back({resourceName(static_cast<Resource>(i)),
                        amount(limit.soft), amount(limit.hard),
                        place(set, limit.origin)});
  if (!limits.empty())
    entry("limit", std::move(limits));
  text("chroot", job.chroot);
  text("chdir", job.chdir);
  text("setuid", job.setuid);
  text("setgid", job.setgid);
  std::vector<CgroupView> cgroups;
  for (const CgroupEntry &cgroup : job.cgroups) {
    CgroupView view{{{"controller", printable(cgroup.controller)}},
                    place(set, cgroup.origin)};
    for (auto [key, part] :
         {std::pair("name", &cgroup.name), std::pair("key", &cgroup.key),
          std::pair("value", &cgroup.value)})
      if (part->isSet())
        view.parts.emplace_back(key, printable(part->value));
    cgroups.push_back(std::move(view));
  }
  if (!cgroups.empty())
    entry("cgroup", std::move(cgroups));
}

} // namespace

void printModel(const JobSet &set, llvm::raw_ostream &os) {
  SetView view;
  view.dialect = dialectName(set.dialect);
  for (uint32_t index : set.listOrder())
    view.jobs.push_back({&set, &set.jobs[index]});
  for (const Rejected &rejected : set.rejected)
    view.rejected.push_back(viewOf(set, rejected));
  llvm::yaml::Output output(os, nullptr, /*WrapColumn=*/0);
  output << view;
}

void printModelJob(const JobSet &set, const Job &job, llvm::raw_ostream &os) {
  JobView view{&set, &job};
  llvm::yaml::Output output(os, nullptr, /*WrapColumn=*/0);
  output << view;
}

} // namespace starton::sema

void llvm::yaml::MappingTraits<starton::sema::modelyaml::JobView>::mapping(
    IO &io, starton::sema::modelyaml::JobView &view) {
  starton::sema::JobMapping(io, view).map();
}
