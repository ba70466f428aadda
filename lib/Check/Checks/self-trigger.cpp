// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Check/Context.h"

namespace starton::check {

namespace {

/// Whether the rest of the operands cannot be told to keep the job's own event
/// out: an instance, a result, an exported variable.
bool isPlain(const Context &context, const Leaf &leaf) {
  return context.graph().nodeOf(leaf).operands.size() == 1;
}

llvm::StringRef consequence(JobEvent event, bool stops) {
  if (!stops)
    return event == JobEvent::Stopped
               ? "it starts again whenever it has stopped, and can only be "
                 "stopped for good by removing it"
               : "it has to be started by something else first";
  switch (event) {
  case JobEvent::Starting:
  case JobEvent::Started:
    return "it stops as soon as it starts";
  case JobEvent::Stopping:
  case JobEvent::Stopped:
    break;
  }
  return "it is already stopping then";
}

void run(Context &context) {
  for (const Leaf &leaf : context.graph().leaves()) {
    if (!leaf.jobEvent || leaf.operand != JobOperand::Literal ||
        leaf.target != leaf.job || !isPlain(context, leaf))
      continue;
    const sema::ConditionNode &node = context.graph().nodeOf(leaf);
    context.report(placeOf(node.origin),
                   "the job waits for an event of its own: " +
                       consequence(*leaf.jobEvent, leaf.stops));
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
