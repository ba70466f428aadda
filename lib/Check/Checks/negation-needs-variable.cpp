// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Check/Context.h"

namespace starton::check {

namespace {

/// Variables that `stopping` and `stopped` carry only after a failure (runtime
/// §3.6).
constexpr llvm::StringLiteral ofFailure[] = {"PROCESS", "EXIT_STATUS",
                                             "EXIT_SIGNAL"};

bool isEnd(const Leaf &leaf) {
  return leaf.jobEvent == JobEvent::Stopping ||
         leaf.jobEvent == JobEvent::Stopped;
}

/// Whether the condition says itself that only failures are meant: by name,
/// or as the third value.
bool asksForFailure(llvm::ArrayRef<Operand> operands) {
  for (size_t i = 0; i != operands.size(); ++i)
    if ((operands[i].named ? operands[i].key == "RESULT" : i == 2) &&
        !operands[i].negated && matchesPattern(operands[i].value, "failed") &&
        !matchesPattern(operands[i].value, "ok"))
      return true;
  return false;
}

void runOn(Context &context, const Leaf &leaf) {
  std::vector<Operand> operands =
      context.system().operands(context.graph().nodeOf(leaf));
  bool toldSo = asksForFailure(operands);
  for (const Operand &operand : operands) {
    // `EXIT_STATUS!=0` asks for a failure, too.
    if (!operand.negated || toldSo ||
        !llvm::is_contained(ofFailure, operand.key) ||
        (operand.key == "EXIT_STATUS" && matchesPattern(operand.value, "0")))
      continue;
    context.report(operand.place,
                   "'" + operand.key +
                       "' is set only when the job has failed, and '!=' does "
                       "not match an event without it; add 'RESULT=failed' if "
                       "that is meant");
  }
}

void run(Context &context) {
  for (const Leaf &leaf : context.graph().leaves())
    if (isEnd(leaf))
      runOn(context, leaf);
}

} // namespace

STARTON_CHECK(negationNeedsVariable) = {
    .name = "negation-needs-variable",
    .summary = "'!=' on a variable that the event does not always have",
    .needs = NeedGraph,
    .doc = R"(
`KEY!=VALUE` matches an event that has `KEY` with another value.
An event without `KEY` does not match, which few expect: `stopped web PROCESS!=respawn` is never true when `web` is simply stopped, because `PROCESS`, `EXIT_STATUS` and `EXIT_SIGNAL` are there only when the job has failed.

Where failures alone are meant, say so: `RESULT=failed PROCESS!=respawn`.
Otherwise wait for the event twice: `stopped web RESULT=ok or stopped web PROCESS!=respawn`.
`EXIT_STATUS!=0` is no finding.
Variables that an event never has are reported by `unexported-variable`.
)",
    .bad = R"(
#--- web.conf
start on runlevel [2345]
stop on runlevel [016]
respawn
exec /usr/sbin/webd
#--- cleanup.conf
start on stopped web «PROCESS!=respawn»
task
exec /usr/sbin/clean-up
)",
    .good = R"(
#--- web.conf
start on runlevel [2345]
stop on runlevel [016]
respawn
exec /usr/sbin/webd
#--- cleanup.conf
start on stopped web RESULT=ok or stopped web RESULT=failed PROCESS!=respawn
task
exec /usr/sbin/clean-up
)",
    .run = run};

} // namespace starton::check
