// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Basic/Stanzas.h"
#include "starton/Check/Context.h"
#include "llvm/ADT/StringSet.h"

namespace starton::check {

namespace {

// Of many unknown names the first few are enough to see what is wrong.
constexpr size_t MaxSuggestions = 20;

class Search {
public:
  explicit Search(Context &context) : context(context) {
    // A file with errors makes no job; those errors are what is to be mended.
    for (const sema::Rejected &job : context.set().rejected)
      rejected.insert(job.jobName);
  }

  void lookAt(const Leaf &leaf) {
    if (!leaf.jobEvent || leaf.operand != JobOperand::Literal ||
        leaf.target != System::NoJob || isElsewhere(leaf.jobName.value))
      return;
    std::string what = leaf.stops ? "is never true" : "never happens";
    context.report(leaf.jobName.place,
                   "there is no job " + quoted(leaf.jobName.value) + ", so '" +
                       jobEventName(*leaf.jobEvent) + "' of it " + what +
                       suggestion(leaf.jobName.value));
  }

  void lookAt(const Request &request) {
    if (!request.mustExist || request.target != System::NoJob ||
        isElsewhere(request.name))
      return;
    context.report(request.place, "there is no job " + quoted(request.name) +
                                      ": this command fails" +
                                      suggestion(request.name));
  }

private:
  bool isElsewhere(llvm::StringRef job) const {
    return rejected.contains(job) || context.system().catalogue().hasJob(job);
  }

  std::string suggestion(llvm::StringRef job) {
    if (names.empty())
      for (const sema::Job &each : context.jobs())
        names += each.name + " ";
    if (asked++ >= MaxSuggestions)
      return {};
    std::string_view near = suggestWord(job, names);
    return didYouMean({near.data(), near.size()});
  }

  Context &context;
  llvm::StringSet<> rejected;
  std::string names;
  size_t asked = 0;
};

void run(Context &context) {
  // Jobs of other packages are unknown.
  if (context.system().isPartial())
    return;
  Search search(context);
  for (const Leaf &leaf : context.graph().leaves())
    search.lookAt(leaf);
  for (const Request &request : context.graph().requests())
    search.lookAt(request);
}

} // namespace

STARTON_CHECK(undefinedJob) = {
    .name = "undefined-job",
    .summary = "a condition or a script names a job that does not exist",
    .needs = NeedGraph,
    .doc = R"(
A condition waits for `starting`, `started`, `stopping` or `stopped` of a job that the system does not have.
In `start on` the job never starts for this reason, in `stop on` it is never stopped.
Or a script starts or stops a job by a name that there is not, and would fail on it.

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
