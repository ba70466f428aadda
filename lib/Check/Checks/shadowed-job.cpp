// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Check/Context.h"

namespace starton::check {

namespace {

void run(Context &context) {
  llvm::ArrayRef<sema::SourceFile> files = context.set().files;
  for (uint32_t i = 0; i != files.size(); ++i) {
    if (files[i].role != sema::FileRole::Conf || !files[i].source)
      continue;
    uint32_t job = context.system().jobNamed(files[i].jobName);
    if (job == System::NoJob)
      continue;
    uint32_t used = context.jobs()[job].confFile;
    // One of a higher directory that was rejected says so itself.
    if (used == i || files[used].directory >= files[i].directory ||
        files[used].role != sema::FileRole::Conf)
      continue;
    bool isSame = files[used].source->text() == files[i].source->text();
    context
        .report({i, {}}, "file is ignored because " + quoted(files[used].path) +
                             (isSame ? ", which is the same, comes first"
                                     : " comes first"))
        .note(context.system(), {used, {}}, "the job is defined here");
  }
}

} // namespace

STARTON_CHECK(shadowedJob) = {
    .name = "shadowed-job",
    .summary = "a job file is hidden by one of the same name",
    .doc = R"(
Of several files of one name in different configuration directories only that of the directory with the highest precedence is used.
The others are ignored wholly, without a message: nothing of them is merged, and a mended version of the package in a lower directory never takes effect.

Remove the copy that is not meant.
Where only some stanzas are to differ, put them into `NAME.override` in the directory of higher precedence, so that the rest goes on following the package.
)",
    .bad = R"(
#--- @local/web.conf
start on runlevel [2345]
stop on runlevel [016]
exec /usr/sbin/webd --debug
#--- @vendor/web.conf
«»start on filesystem
stop on runlevel [016]
exec /usr/sbin/webd
)",
    .good = R"(
#--- @local/web.override
exec /usr/sbin/webd --debug
#--- @vendor/web.conf
start on filesystem
stop on runlevel [016]
exec /usr/sbin/webd
)",
    .run = run};

} // namespace starton::check
