// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Check/Condition.h"
#include "starton/Check/Context.h"

namespace starton::check {

namespace {

/// Whether the rest of the operands cannot be told to keep the job's own event
/// out: an instance, a result, an exported variable.
bool isPlain(const Context &context, const Leaf &leaf) {
  return context.graph().nodeOf(leaf).operands.size() == 1;
}

/// Whether the event alone makes the condition true. Beside an `and` it may
/// well be the other side that is waited for.
bool isEnough(const Context &context, const Leaf &leaf) {
  const sema::Job &job = context.jobs()[leaf.job];
  llvm::ArrayRef<Leaf> leaves = context.graph().leavesOf(leaf.job, leaf.stops);
  return evaluateCondition(
      leaf.stops ? job.stopOn : job.startOn,
      [&](size_t index) { return &leaves[index] == &leaf; });
}

/// What is wrong with it; empty: nothing.
llvm::StringRef consequence(const Context &context, const Leaf &leaf) {
  bool begins =
      leaf.jobEvent == JobEvent::Starting || leaf.jobEvent == JobEvent::Started;
  if (leaf.stops && !begins)
    return "it is already stopping then";
  if (!leaf.stops && leaf.jobEvent != JobEvent::Stopped)
    return "it has to be started by something else first";
  if (!isEnough(context, leaf))
    return {};
  return leaf.stops ? "it stops as soon as it starts"
                    : "it starts again whenever it has stopped, and can only "
                      "be stopped for good by removing it";
}

void run(Context &context) {
  for (const Leaf &leaf : context.graph().leaves()) {
    if (!leaf.jobEvent || leaf.operand != JobOperand::Literal ||
        leaf.target != leaf.job || !isPlain(context, leaf))
      continue;
    llvm::StringRef what = consequence(context, leaf);
    if (what.empty())
      continue;
    const sema::ConditionNode &node = context.graph().nodeOf(leaf);
    context.report(placeOf(node.origin),
                   "the job waits for an event of its own: " + what);
  }
}

} // namespace

STARTON_CHECK(selfTrigger) = {
    .name = "self-trigger",
    .summary = "a job's condition waits for the job itself",
    .needs = NeedGraph,
    .doc = R"(
`start on` or `stop on` names a job event of the very job it stands in.
A job that starts on its own `stopped` cannot be stopped; one that stops on its own `started` never stays up; one that starts on its own `started` waits for itself.

Beside another event (`stop on started web and net-device-up`) the first two are no finding: there the other one is waited for.

Name the job that is really meant, or use `respawn` where a job is to be started again.
)",
    .bad = R"(
#--- web.conf
start on runlevel [2345] or «stopped web»
stop on runlevel [016]
exec /usr/sbin/webd
)",
    .good = R"(
#--- web.conf
start on runlevel [2345]
stop on runlevel [016]
respawn
exec /usr/sbin/webd
)",
    .run = run};

} // namespace starton::check
