// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Check/Condition.h"
#include "starton/Check/Context.h"

namespace starton::check {

namespace {

/// Whether what \p leaf waits for happens once while the system is up.
bool happensOnce(const Context &context, const Leaf &leaf) {
  const EventNode &event = context.graph().events()[leaf.event];
  return !leaf.jobEvent && event.known && event.known->once &&
         event.emissions.empty();
}

/// The first leaf of `stop on` that alone ends the job together with another
/// one, and the leaf of `start on` that waits for that to run. What surrounds a
/// task is not meant to come back with it.
const Leaf *stopWithCounterpart(const Context &context, uint32_t job,
                                const Leaf *&counterpart) {
  llvm::StringMap<const Leaf *> starts;
  for (const Leaf &start : context.graph().leavesOf(job, false))
    if (start.jobEvent == JobEvent::Started &&
        start.operand == JobOperand::Literal)
      starts.try_emplace(start.jobName.value, &start);
  if (starts.empty())
    return nullptr;
  llvm::ArrayRef<Leaf> stops = context.graph().leavesOf(job, true);
  std::vector<bool> alone = sufficientLeaves(context.jobs()[job].stopOn);
  for (size_t i = 0; i != stops.size(); ++i) {
    const Leaf &stop = stops[i];
    if (!stop.jobEvent || stop.target == job ||
        stop.operand != JobOperand::Literal ||
        (stop.target != System::NoJob &&
         context.jobs()[stop.target].task.isSet()))
      continue;
    counterpart = starts.lookup(stop.jobName.value);
    if (counterpart && alone[i])
      return &stop;
  }
  return nullptr;
}

void run(Context &context) {
  for (uint32_t job = 0; job != context.jobs().size(); ++job) {
    if (context.jobs()[job].task.isSet())
      continue;
    const Leaf *counterpart = nullptr;
    const Leaf *stop = stopWithCounterpart(context, job, counterpart);
    if (!stop)
      continue;
    llvm::ArrayRef<Leaf> starts = context.graph().leavesOf(job, false);
    std::vector<size_t> missing =
        falseLeaves(context.jobs()[job].startOn, [&](size_t leaf) {
          return !happensOnce(context, starts[leaf]);
        });
    if (missing.empty())
      continue;
    const sema::ConditionNode &once =
        context.graph().nodeOf(starts[missing.front()]);
    const System &system = context.system();
    std::string other = quoted(stop->jobName.value);
    context
        .report(placeOf(once.origin), "the job does not come back with job " +
                                          other + ": " + quoted(once.name) +
                                          " happens only once")
        .note(system, placeOf(context.graph().nodeOf(*stop).origin),
              "when " + other + " is restarted, this stops the job")
        .note(system, placeOf(context.graph().nodeOf(*counterpart).origin),
              "this happens again, but the condition has forgotten the rest");
  }
}

} // namespace

STARTON_CHECK(conditionNeverRefires) = {
    .name = "condition-never-refires",
    .summary = "a job that stops with another one does not start with it again",
    .needs = NeedCatalogue,
    .doc = R"(
`start on A and started B` starts the job once A and B have happened, and then forgets both.
When the job stops with B (`stop on stopping B`) and B starts again, the condition waits for A once more; where A is an event that happens only once, such as `filesystem`, the job stays down until the next boot.

Leave A out when B itself waits for it, or make a job of A that stays: a job without a process that starts on A is a state, and B can start on that.
)",
    .bad = R"(
#--- dbus.conf
start on local-filesystems
stop on runlevel [016]
exec /usr/bin/dbus-daemon --system
#--- manager.conf
start on «filesystem» and started dbus
stop on stopping dbus
exec /usr/sbin/managerd
)",
    .good = R"(
#--- dbus.conf
start on local-filesystems
stop on runlevel [016]
exec /usr/bin/dbus-daemon --system
#--- manager.conf
start on started dbus
stop on stopping dbus
exec /usr/sbin/managerd
)",
    .run = run};

} // namespace starton::check
