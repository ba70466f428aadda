// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Where each value of a job was written, for the messages of the daemon.

#include "Lower.h"
#include <algorithm>

namespace starton::table {
namespace {

class OriginList {
public:
  explicit OriginList(const sema::Job &job) : job(job) {}

  /// A list's values all have an entry, so that the n-th entry is the n-th
  /// value's; a single value has one when it was written at all.
  void addValue(Stanza stanza, unsigned part, const sema::Origin &origin) {
    bool fromOverride = job.overrideFile >= 0 && origin.known() &&
                        origin.file == job.overrideFile;
    origins.emplace_back(stanza, static_cast<uint8_t>(part), fromOverride,
                         origin.line);
  }
  void add(Stanza stanza, unsigned part, const sema::Origin &origin) {
    if (origin.known())
      addValue(stanza, part, origin);
  }
  template <typename List> void addList(Stanza stanza, const List &list) {
    for (const auto &value : list)
      addValue(stanza, 0, value.origin);
  }
  std::vector<Origin> take() {
    std::stable_sort(origins.begin(), origins.end(),
                     [](const Origin &a, const Origin &b) {
                       return a.stanza() != b.stanza() ? a.stanza() < b.stanza()
                                                       : a.part() < b.part();
                     });
    return std::move(origins);
  }

private:
  const sema::Job &job;
  std::vector<Origin> origins;
};

Stanza stanzaOf(sema::ProcessSlot slot, sema::ProcessKind kind) {
  switch (slot) {
  case sema::ProcessSlot::Main:
    return kind == sema::ProcessKind::Script ? Stanza::Script : Stanza::Exec;
  case sema::ProcessSlot::PreStart:
    return Stanza::PreStart;
  case sema::ProcessSlot::PostStart:
    return Stanza::PostStart;
  case sema::ProcessSlot::PreStop:
    return Stanza::PreStop;
  case sema::ProcessSlot::PostStop:
    return Stanza::PostStop;
  case sema::ProcessSlot::Security:
    break;
  }
  return Stanza::AppArmor;
}

void addTexts(OriginList &list, const sema::Job &job) {
  list.add(Stanza::Description, 0, job.description.origin);
  list.add(Stanza::Author, 0, job.author.origin);
  list.add(Stanza::Version, 0, job.version.origin);
  list.add(Stanza::Usage, 0, job.usage.origin);
  list.add(Stanza::Instance, 0, job.instance.origin);
  list.add(Stanza::Chroot, 0, job.chroot.origin);
  list.add(Stanza::Chdir, 0, job.chdir.origin);
  list.add(Stanza::Setuid, 0, job.setuid.origin);
  list.add(Stanza::Setgid, 0, job.setgid.origin);
  list.add(Stanza::AppArmor, 1, job.apparmorSwitch.origin);
  list.addList(Stanza::Emits, job.emits);
  list.addList(Stanza::Env, job.env);
  list.addList(Stanza::Export, job.exports);
  list.addList(Stanza::Import, job.imports);
  list.addList(Stanza::Tmpfiles, job.tmpfiles);
  list.addList(Stanza::Normal, job.normalExit);
  list.addList(Stanza::Cgroup, job.cgroups);
}

void addScalars(OriginList &list, const sema::Job &job) {
  list.add(Stanza::Manual, 0, job.manual.origin);
  list.add(Stanza::Task, 0, job.task.origin);
  list.add(Stanza::Respawn, 0, job.respawn.origin);
  list.add(Stanza::Respawn, 1, job.respawnLimit.origin);
  list.add(Stanza::Respawn, 2, job.respawnInterval.origin);
  list.add(Stanza::Debug, 0, job.debug.origin);
  list.add(Stanza::Expect, 0, job.expect.origin);
  list.add(Stanza::Kill, 0, job.killTimeout.origin);
  list.add(Stanza::Kill, 1, job.killSignal.origin);
  list.add(Stanza::Reload, 0, job.reloadSignal.origin);
  list.add(Stanza::Console, 0, job.console.origin);
  list.add(Stanza::Umask, 0, job.umask.origin);
  list.add(Stanza::Nice, 0, job.nice.origin);
  list.add(Stanza::Oom, 0, job.oomScore.origin);
}

} // namespace

std::vector<Origin> lowerOrigins(const sema::Job &job) {
  OriginList list(job);
  addTexts(list, job);
  addScalars(list, job);
  list.add(Stanza::Start, 0, job.startOn.origin);
  list.add(Stanza::Stop, 0, job.stopOn.origin);
  for (unsigned slot = 0; slot != sema::NumProcessSlots; ++slot) {
    const sema::Process &process = job.processes[slot];
    if (process.kind != sema::ProcessKind::None)
      list.add(stanzaOf(static_cast<sema::ProcessSlot>(slot), process.kind), 0,
               process.origin);
  }
  for (unsigned resource = 0; resource != sema::NumResources; ++resource)
    list.add(Stanza::Limit, resource, job.limits[resource].origin);
  return list.take();
}

} // namespace starton::table
