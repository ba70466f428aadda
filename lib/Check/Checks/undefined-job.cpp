// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Basic/Stanzas.h"
#include "starton/Check/Context.h"
#include "llvm/ADT/StringSet.h"

namespace starton::check {

namespace {

constexpr size_t MaxSuggestions = 200;

std::string jobNames(const Context &context) {
  std::string words;
  for (const sema::Job &job : context.jobs())
    words += job.name + " ";
  return words;
}

void run(Context &context) {
  // Jobs of other packages are unknown.
  if (context.system().isPartial())
    return;
  // A file with errors makes no job; those errors are what is to be mended.
  llvm::StringSet<> rejected;
  for (const sema::Rejected &job : context.set().rejected)
    rejected.insert(job.jobName);
  std::string names;
  size_t asked = 0;
  for (const Leaf &leaf : context.graph().leaves()) {
    if (leaf.operand != JobOperand::Literal || leaf.target != System::NoJob ||
        rejected.contains(leaf.jobName.value) ||
        context.system().catalogue().hasJob(leaf.jobName.value))
      continue;
    if (names.empty())
      names = jobNames(context);
    std::string_view near = asked++ < MaxSuggestions
                                ? suggestWord(leaf.jobName.value, names)
                                : std::string_view();
    std::string what = leaf.stops ? "is never true" : "never happens";
    context.report(leaf.jobName.place,
                   "there is no job " + quoted(leaf.jobName.value) + ", so '" +
                       jobEventName(*leaf.jobEvent) + "' of it " + what +
                       didYouMean(near));
  }
}

} // namespace

STARTON_CHECK(undefinedJob) = {
    .name = "undefined-job",
    .summary = "a condition waits for a job that does not exist",
    .needs = NeedGraph,
    .doc = R"(
A condition waits for `starting`, `started`, `stopping` or `stopped` of a job that the system does not have.
In `start on` the job never starts for this reason, in `stop on` it is never stopped.

Most often the name is misspelt, or the other job was renamed.
A job that another package has may be named in the `jobs` of an event catalogue.
Where the other job is a package of its own that need not be there, `--partial` is the right mode.
)",
    .bad = R"(
#--- web.conf
start on started «databse»
stop on stopping database
exec /usr/sbin/webd
#--- database.conf
start on startup
exec /usr/sbin/databased
)",
    .good = R"(
#--- web.conf
start on started database
stop on stopping database
exec /usr/sbin/webd
#--- database.conf
start on startup
exec /usr/sbin/databased
)",
    .run = run};

} // namespace starton::check
