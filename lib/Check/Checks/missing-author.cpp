// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Check/Context.h"

namespace starton::check {

namespace {

void run(Context &context) {
  for (const sema::Job &job : context.jobs())
    if (!job.author.isSet() &&
        context.set().files[job.confFile].role == sema::FileRole::Conf)
      context.report({job.confFile, {}}, "the job has no 'author'");
}

} // namespace

STARTON_CHECK(missingAuthor) = {.name = "missing-author",
                                .summary = "a job without 'author'",
                                .profiles = ChromeOS,
                                .dialect = Dialect::ChromeOS,
                                .doc = R"(
ChromiumOS wants every job to name in `author` whom to ask about it.
Jobs of many packages lie in one directory; without an address a failure at boot is handed to whoever looks after `init`, and waits there.

Add it behind the description: `author "chromium-os-dev@chromium.org"`.
)",
                                .bad = R"(
«»description "Start the food daemon"
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
