// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Check/Context.h"

namespace starton::check {

namespace {

void run(Context &context) {
  for (const sema::Job &job : context.jobs())
    if (!job.description.isSet() &&
        context.set().files[job.confFile].role == sema::FileRole::Conf)
      context.report({job.confFile, {}}, "the job has no 'description'");
}

} // namespace

STARTON_CHECK(missingDescription) = {.name = "missing-description",
                                     .summary = "a job without 'description'",
                                     .profiles = ChromeOS,
                                     .dialect = Dialect::ChromeOS,
                                     .doc = R"(
ChromiumOS wants every job to say in a `description` what it is for.
Nothing else tells it to whoever reads a boot log or the output of `initctl show-config`, and a job that nobody can name the purpose of is never removed.

Add one line, as the first stanza: `description "Start the power daemon"`.
)",
                                     .bad = R"(
«»author "chromium-os-dev@chromium.org"
start on startup
oom score -100
exec /usr/bin/food
)",
                                     .good = R"(
description "Start the food daemon"
author "chromium-os-dev@chromium.org"
start on startup
oom score -100
exec /usr/bin/food
)",
                                     .run = run};

} // namespace starton::check
