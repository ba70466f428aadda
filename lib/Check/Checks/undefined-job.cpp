// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Basic/Stanzas.h"
#include "starton/Check/Condition.h"
#include "starton/Check/Context.h"
#include "llvm/ADT/BitVector.h"
#include "llvm/ADT/StringSet.h"

namespace starton::check {

namespace {

// A name is held against all others. Of many unknown names in a large system
// the first few are enough to see what is wrong.
constexpr size_t MaxCompared = 200000, MinSuggestions = 20;

class Search {
public:
  explicit Search(Context &context) : context(context) {
    // A file with errors makes no job; those errors are what is to be mended.
    for (const sema::Rejected &job : context.set().rejected)
      rejected.insert(job.jobName);
  }

  void lookAt(uint32_t job, bool stops) {
    const sema::Job &owner = context.jobs()[job];
    llvm::ArrayRef<Leaf> leaves = context.graph().leavesOf(job, stops);
    if (llvm::none_of(leaves, [&](const Leaf &leaf) { return lacks(leaf); }))
      return;
    llvm::BitVector isNeeded(static_cast<unsigned>(leaves.size()));
    for (size_t leaf :
         falseLeaves(stops ? owner.stopOn : owner.startOn,
                     [&](size_t index) { return !lacks(leaves[index]); }))
      isNeeded.set(static_cast<unsigned>(leaf));
    for (size_t index = 0; index != leaves.size(); ++index)
      if (lacks(leaves[index]))
        report(leaves[index], isNeeded[static_cast<unsigned>(index)]);
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
  bool lacks(const Leaf &leaf) const {
    return leaf.jobEvent && leaf.operand == JobOperand::Literal &&
           leaf.target == System::NoJob && !isElsewhere(leaf.jobName.value);
  }

  /// An alternative may be of a package that need not be there; then only what
  /// looks like a slip is certain.
  void report(const Leaf &leaf, bool isNeeded) {
    std::string near = suggestion(leaf.jobName.value);
    if (!isNeeded && near.empty())
      return;
    std::string what = leaf.stops ? "is never true" : "never happens";
    context.report(leaf.jobName.place,
                   "there is no job " + quoted(leaf.jobName.value) + ", so '" +
                       context.graph().nodeOf(leaf).name + "' of it " + what +
                       near);
  }

  bool isElsewhere(llvm::StringRef job) const {
    return rejected.contains(job) || context.system().catalogue().hasJob(job);
  }

  std::string suggestion(llvm::StringRef job) {
    if (names.empty())
      for (const sema::Job &each : context.jobs())
        names += each.name + " ";
    if (asked++ >=
        std::max(MinSuggestions, MaxCompared / context.jobs().size()))
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
  for (uint32_t job = 0; job != context.jobs().size(); ++job) {
    search.lookAt(job, false);
    search.lookAt(job, true);
  }
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
An alternative is let pass: `starting gdm or starting kdm` names what may be installed, and is no finding while one of them is (unless the name is nearly that of a job).
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
