// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Check/Context.h"
#include "starton/Check/Variables.h"

namespace starton::check {

namespace {

/// Whether there may be several of the event, each about one instance: another
/// job with instances, or a variable that this job's instance is made of.
bool isPerInstance(const Context &context, const Leaf &leaf,
                   const std::vector<VariableReference> &key) {
  if (leaf.jobEvent)
    return leaf.target != System::NoJob && leaf.target != leaf.job &&
           !variableReferences(context.jobs()[leaf.target].instance.value)
                .empty();
  return llvm::any_of(key, [&](const VariableReference &use) {
    return carries(context.system(), leaf, use.name) == Carries::Yes;
  });
}

/// Whether any operand but that of the job restricts the event.
bool isNarrowed(const Context &context, const Leaf &leaf) {
  size_t own = leaf.operand == JobOperand::None ? 0 : 1;
  return context.graph().nodeOf(leaf).operands.size() > own;
}

void run(Context &context) {
  for (uint32_t index = 0; index != context.jobs().size(); ++index) {
    const sema::Job &job = context.jobs()[index];
    std::vector<VariableReference> key = variableReferences(job.instance.value);
    if (key.empty())
      continue;
    for (const Leaf &leaf : context.graph().leavesOf(index, true)) {
      if (isNarrowed(context, leaf) || !isPerInstance(context, leaf, key))
        continue;
      std::string operand =
          (leaf.jobEvent ? std::string("INSTANCE") : key.front().name.str()) +
          "=$" + key.front().name.str();
      context
          .report(placeOf(context.graph().nodeOf(leaf).origin),
                  "this stops all instances of the job; add '" +
                      printable(operand) + "' for the one it is about")
          .note(context.system(), placeOf(job.instance.origin),
                "the job has an instance for each of these");
    }
  }
}

} // namespace

STARTON_CHECK(wideInstanceStop) = {
    .name = "wide-instance-stop",
    .summary = "an event about one instance stops all of them",
    .needs = NeedGraph | NeedCatalogue,
    .doc = R"(
The job has instances, and its `stop on` waits for an event that comes once for each of them (it carries the variable that the instances are named by, or is of a job with instances itself), without saying which one is meant.
The end of one then stops all.

Repeat the key: in `stop on` the variables of the running instance can be used, as in `stop on net-device-down IFACE=$IFACE`.
)",
    .bad = R"(
start on net-device-up
stop on «net-device-down»
instance $IFACE
exec /usr/sbin/watch-interface $IFACE
)",
    .good = R"(
start on net-device-up
stop on net-device-down IFACE=$IFACE
instance $IFACE
exec /usr/sbin/watch-interface $IFACE
)",
    .run = run};

} // namespace starton::check
