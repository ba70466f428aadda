// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Check/Context.h"

namespace starton::check {

namespace {

/// The files of one name, in order of their directories.
struct Namesakes {
  llvm::SmallVector<uint32_t, 1> confs, overrides;
};

void run(Context &context) {
  // The job may be of another package.
  if (context.system().isPartial())
    return;
  llvm::ArrayRef<sema::SourceFile> files = context.set().files;
  llvm::StringMap<Namesakes> names;
  for (uint32_t i = 0; i != files.size(); ++i) {
    if (files[i].role == sema::FileRole::Conf)
      names[files[i].jobName].confs.push_back(i);
    else if (files[i].role == sema::FileRole::Override)
      names[files[i].jobName].overrides.push_back(i);
  }
  for (uint32_t i = 0; i != files.size(); ++i) {
    if (files[i].role != sema::FileRole::Override)
      continue;
    const Namesakes &same = names[files[i].jobName];
    // It may apply to a conf of its own directory and of later ones, and the
    // first override does (language §6.5).
    bool hasConf = llvm::any_of(same.confs, [&](uint32_t conf) {
      return files[conf].directory >= files[i].directory;
    });
    uint32_t first = same.overrides.front();
    if (hasConf && first == i)
      continue;
    std::string job = printable(files[i].jobName);
    context.report({i, {}},
                   hasConf ? "override is ignored because '" +
                                 printable(files[first].path) + "' comes first"
                           : "override is ignored because there is no '" + job +
                                 ".conf' in its directory or a later one");
  }
}

} // namespace

STARTON_CHECK(orphanOverride) = {
    .name = "orphan-override",
    .summary = "an override file that applies to no job",
    .doc = R"(
`NAME.override` is applied to the job `NAME` of its own directory or of one that comes later, and of several overrides only the first counts.
Any other is ignored without a message, and what it was to change stays as it was.

Name the file after the job it is for, put it into the right directory, or remove it.
An override is often left over when its package goes.
)",
    .bad = R"(
#--- web.conf
start on runlevel [2345]
stop on runlevel [016]
exec /usr/sbin/webd
#--- webd.override
«»manual
)",
    .good = R"(
#--- web.conf
start on runlevel [2345]
stop on runlevel [016]
exec /usr/sbin/webd
#--- web.override
manual
)",
    .run = run};

} // namespace starton::check
