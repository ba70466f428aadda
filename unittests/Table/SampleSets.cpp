// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "TestTables.h"
#include "llvm/Support/FormatVariadic.h"

namespace starton::test {

using namespace sema;

Text text(std::string value, uint32_t line, uint32_t file) {
  return {std::move(value), {file, line}};
}

void addMatch(Condition &condition, std::string name,
              std::vector<std::string> operands, uint32_t line, uint32_t file) {
  Origin here{file, line};
  if (condition.nodes.empty())
    condition.origin = here;
  condition.nodes.push_back(
      {ast::NodeKind::Match, 0, std::move(name), std::move(operands), 0, here});
}

void addOperator(Condition &condition, ast::NodeKind kind, uint32_t left) {
  condition.nodes.push_back(
      {kind, left, {}, {}, 0, condition.nodes.back().origin});
}

static SourceFile &addFile(JobSet &set, const std::string &path,
                           std::string source) {
  SourceFile &file = set.files.emplace_back();
  file.path = file.relative = path;
  file.source = std::make_unique<SourceBuffer>(path, std::move(source));
  return file;
}

Job &addJob(JobSet &set, const std::string &name, std::string source) {
  Job &job = set.jobs.emplace_back();
  job.name = name;
  job.confFile = static_cast<uint32_t>(set.files.size());
  addFile(set, "/etc/init/" + name + ".conf", std::move(source)).jobName = name;
  return job;
}

static void setProcess(Job &job, ProcessSlot slot, ProcessKind kind,
                       std::string text, uint32_t line) {
  job.processes[static_cast<unsigned>(slot)] = {
      kind, std::move(text), {}, {job.confFile, line}};
}

static void fillEverything(Job &job) {
  uint32_t file = job.confFile;
  job.description = text("does everything, caf\xe9 included", 1, file);
  job.author = text("somebody", 2, file);
  job.version = text("1.0", 3, file);
  job.usage = text("N=number", 4, file);
  job.instance = text("$N", 5, file);
  job.emits = {text("up-*", 6, file), text("down", 6, file)};
  job.env = {text("A=1", 7, file), text("B=two words", 8, file),
             text("HOME", 9, file)};
  job.exports = {text("A", 10, file)};
  job.imports = {text("IFACE", 11, file)};
  job.hasImport = true;
  job.tmpfiles = {text("/usr/lib/tmpfiles.d/x.conf", 12, file)};
  addMatch(job.startOn, "starting", {"db", "RESULT!=failed"}, 13, file);
  addMatch(job.startOn, "stopped", {"JOB=web"}, 14, file);
  addOperator(job.startOn, ast::NodeKind::And, 0);
  addMatch(job.startOn, "runlevel", {"[2345]"}, 15, file);
  addOperator(job.startOn, ast::NodeKind::Or, 2);
  addMatch(job.stopOn, "runlevel", {"[!2345]"}, 16, file);
  job.task = job.respawn = job.debug = job.manual = {true, {file, 17}};
  setProcess(job, ProcessSlot::Main, ProcessKind::Command,
             "/usr/sbin/demo -f  --fast\tx", 18);
  setProcess(job, ProcessSlot::PreStart, ProcessKind::Script,
             "mkdir -p /run/demo\ntest -x \"$0\" || exit 0\n", 19);
  setProcess(job, ProcessSlot::PostStart, ProcessKind::Command,
             "echo $A > /dev/null", 23);
  setProcess(job, ProcessSlot::PreStop, ProcessKind::Broken, "", 24);
  setProcess(job, ProcessSlot::PostStop, ProcessKind::Script, "", 25);
  setProcess(job, ProcessSlot::Security, ProcessKind::Command,
             "/sbin/apparmor_parser -r -W /etc/p", 27);
  job.respawnLimit = {3, {file, 28}};
  job.respawnInterval = {60, {file, 28}};
  job.normalExit = {{0, {file, 29}}, {15 * 256, {file, 29}}};
  job.expect = {Expect::Daemon, {file, 30}};
  job.killTimeout = {20, {file, 31}};
  job.killSignal = {2, {file, 32}};
  job.reloadSignal = {10, {file, 33}};
  job.console = {Console::Output, {file, 34}};
  job.umask = {027, {file, 35}};
  job.nice = {-5, {file, 36}};
  job.oomScore = {-941, {file, 37}};
  job.limits[static_cast<unsigned>(Resource::Core)] = {
      0, LimitInfinity, {file, 38}};
  job.limits[static_cast<unsigned>(Resource::Nofile)] = {
      1024, 4096, {file, 39}};
  job.chroot = text("srv", 40, file);
  job.chdir = text("/", 41, file);
  job.setuid = text("daemon", 42, file);
  job.setgid = text("adm", 43, file);
  job.apparmorSwitch = text("profile-$N", 44, file);
  job.cgroups.resize(2);
  job.cgroups[0] = {"cpu", {}, {}, {}, {file, 45}};
  job.cgroups[1] = {"memory",
                    text("n", 46, file),
                    text("limit", 46, file),
                    text("1", 46, file),
                    {file, 46}};
}

JobSet sampleSet() {
  JobSet set;
  fillEverything(addJob(set, "net/everything", "# much\n"));
  Job &web = addJob(set, "web", "start on started db\n");
  addMatch(web.startOn, "started", {"db"}, 1, web.confFile);
  addMatch(web.stopOn, "stopping", {"db"}, 2, web.confFile);
  addMatch(web.stopOn, "session-end", {}, 2, web.confFile);
  addOperator(web.stopOn, ast::NodeKind::Or, 0);
  web.overrideFile = static_cast<int64_t>(set.files.size());
  addFile(set, "/etc/init/web.override", "nice 5\n").role = FileRole::Override;
  web.nice = {5, {static_cast<uint32_t>(web.overrideFile), 1}};
  set.rejectedInPart.push_back(
      {"web", static_cast<uint32_t>(web.overrideFile)});
  addJob(set, "plain");
  SourceFile &broken = addFile(set, "/etc/init/unreadable.conf", "");
  broken.source = nullptr;
  broken.readError = "Permission denied";
  set.rejected.push_back(
      {"unreadable", static_cast<uint32_t>(set.files.size() - 1)});
  set.dialect = Dialect::ChromeOS;
  set.directories = {"/etc/init", "/usr/share/init"};
  return set;
}

JobSet largeSet(uint32_t count) {
  JobSet set;
  for (uint32_t i = 0; i != count; ++i) {
    std::string number = std::to_string(i);
    std::string previous = "job" + std::to_string(i == 0 ? count - 1 : i - 1);
    Job &job =
        addJob(set, "job" + number, "# the source of job " + number + "\n");
    uint32_t file = job.confFile;
    job.description = text("job number " + number, 1, file);
    job.author = text("somebody <" + number + "@example.org>", 2, file);
    addMatch(job.startOn, "started", {previous}, 3, file);
    addMatch(job.startOn, "runlevel", {"[2345]"}, 3, file);
    addOperator(job.startOn, ast::NodeKind::And, 0);
    addMatch(job.stopOn, "stopping", {"JOB=" + previous}, 4, file);
    addMatch(job.stopOn, "runlevel", {"[!2345]"}, 4, file);
    addOperator(job.stopOn, ast::NodeKind::Or, 0);
    job.env = {text("NUMBER=" + number, 5, file),
               text("LOG=/var/log/job" + number, 6, file)};
    job.respawn = {true, {file, 7}};
    std::string script;
    for (int line = 0; line != 12; ++line)
      script += llvm::formatv("test -d /run/job{0}/{1} || mkdir /run/job{0}\n",
                              number, line)
                    .str();
    setProcess(job, ProcessSlot::PreStart, ProcessKind::Script, script, 8);
    setProcess(
        job, ProcessSlot::Main, ProcessKind::Command,
        llvm::formatv("/usr/sbin/job{0} --foreground -n {0}", number).str(),
        30);
    if (i % 3 == 0)
      job.limits[static_cast<unsigned>(Resource::Nofile)] = {
          1024 + i, 4096 + i, {file, 31}};
  }
  return set;
}

} // namespace starton::test
