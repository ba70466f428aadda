// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Jobs with a value beyond what the reader of tables accepts. One of them must
// not keep all others from being compiled.

#include "PartChecker.h"
#include "starton/Table/Writer.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Twine.h"

namespace starton::table {
namespace {

constexpr llvm::StringLiteral Command = "exec ";
/// Each is a table of its own, of which FlatBuffers verifies a million.
constexpr size_t MaxCgroups = MaxTables / 2;

/// Looks at the values of one job until one does not fit.
class Fitter {
public:
  explicit Fitter(const sema::Job &job) : job(job) {}

  bool fits() {
    return texts() && lists() && condition(job.startOn, "start on") &&
           condition(job.stopOn, "stop on") && processes() &&
           few(job.normalExit, "normal exit", MaxList) && cgroups();
  }
  const sema::Origin &origin() const { return *place; }
  std::string message() const {
    return "'" + what.str() + "' " + problem + " a job table holds";
  }

private:
  bool fail(const sema::Origin &origin, llvm::StringRef name,
            const llvm::Twine &why) {
    place = &origin;
    what = name;
    problem = why.str();
    return false;
  }
  bool shorter(llvm::StringRef text, const sema::Origin &origin,
               llvm::StringRef name, size_t limit = MaxWord) {
    return text.size() <= limit ||
           fail(origin, name,
                "is longer than the " + llvm::Twine(limit >> 20) + " MiB that");
  }
  template <typename List>
  bool few(const List &list, llvm::StringRef name, size_t limit) {
    return list.size() <= limit ||
           fail(list[limit].origin, name,
                "has more than the " + llvm::Twine(limit) + " elements that");
  }
  bool texts() {
    const std::pair<const sema::Text &, llvm::StringRef> all[] = {
        {job.description, "description"},
        {job.author, "author"},
        {job.version, "version"},
        {job.usage, "usage"},
        {job.instance, "instance"},
        {job.chroot, "chroot"},
        {job.chdir, "chdir"},
        {job.setuid, "setuid"},
        {job.setgid, "setgid"},
        {job.apparmorSwitch, "apparmor"}};
    return llvm::all_of(all, [&](const auto &each) {
      return shorter(each.first.value, each.first.origin, each.second);
    });
  }
  bool lists() {
    const std::pair<const std::vector<sema::Text> &, llvm::StringRef> all[] = {
        {job.emits, "emits"},
        {job.env, "env"},
        {job.exports, "export"},
        {job.imports, "import"},
        {job.tmpfiles, "tmpfiles"}};
    size_t origins = 0;
    for (const auto &[list, name] : all) {
      if (!few(list, name, MaxList - origins))
        return false;
      origins += list.size();
      for (const sema::Text &text : list)
        if (!shorter(text.value, text.origin, name))
          return false;
    }
    return true;
  }
  bool condition(const sema::Condition &condition, llvm::StringRef name) {
    if (!few(condition.nodes, name, MaxList))
      return false;
    size_t words = 0;
    for (const sema::ConditionNode &node : condition.nodes) {
      words += node.operands.size() + 1;
      if (words > MaxList)
        return fail(node.origin, name,
                    "has more than the " + llvm::Twine(MaxList) +
                        " words that");
      for (const std::string &operand : node.operands)
        if (!shorter(operand, node.origin, name))
          return false;
      if (!shorter(node.name, node.origin, name))
        return false;
    }
    return true;
  }
  bool processes() {
    for (const sema::Process &process : job.processes)
      if (!fits(process))
        return false;
    return true;
  }
  bool fits(const sema::Process &process) {
    if (process.text.size() <= MaxWord) // nor has it more words than bytes
      return true;
    if (process.kind == sema::ProcessKind::Script)
      return shorter(process.text, process.origin, "script", MaxText);
    if (process.kind != sema::ProcessKind::Command)
      return true;
    if (sema::commandNeedsShell(process.text))
      return shorter(process.text, process.origin, "exec",
                     MaxText - Command.size());
    std::vector<llvm::StringRef> words = sema::splitCommand(process.text);
    if (words.size() > MaxList)
      return fail(process.origin, "exec",
                  "has more than the " + llvm::Twine(MaxList) + " words that");
    return llvm::all_of(words, [&](llvm::StringRef word) {
      return shorter(word, process.origin, "exec");
    });
  }
  bool cgroups() {
    return few(job.cgroups, "cgroup", MaxCgroups) &&
           llvm::all_of(job.cgroups, [&](const sema::CgroupEntry &entry) {
             return shorter(entry.controller, entry.origin, "cgroup") &&
                    shorter(entry.name.value, entry.origin, "cgroup") &&
                    shorter(entry.key.value, entry.origin, "cgroup") &&
                    shorter(entry.value.value, entry.origin, "cgroup");
           });
  }

  const sema::Job &job;
  const sema::Origin *place = nullptr;
  llvm::StringRef what;
  std::string problem;
};

} // namespace

std::vector<UnfitJob> findUnfitJobs(const sema::JobSet &set) {
  std::vector<UnfitJob> unfit;
  for (uint32_t index = 0; index != set.jobs.size(); ++index) {
    Fitter fitter(set.jobs[index]);
    if (!fitter.fits())
      unfit.push_back({index, fitter.origin(), fitter.message()});
  }
  return unfit;
}

} // namespace starton::table
