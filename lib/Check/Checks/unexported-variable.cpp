// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Check/Condition.h"
#include "starton/Check/Context.h"
#include "starton/Check/Variables.h"

namespace starton::check {

namespace {

std::string eventName(const Context &context, const Leaf &leaf) {
  std::string event = context.graph().events()[leaf.event].name;
  if (leaf.target != System::NoJob)
    event += " " + context.jobs()[leaf.target].name;
  return quoted(event);
}

void noteTarget(Context &context, Finding finding, const Leaf &leaf,
                llvm::StringRef variable) {
  if (leaf.target == System::NoJob)
    return;
  const sema::Job &target = context.jobs()[leaf.target];
  if (target.exports.empty())
    finding.note("job " + quoted(target.name) + " exports nothing; 'export " +
                 printable(variable) + "' is missing there");
  else
    finding.note(context.system(), placeOf(target.exports.back().origin),
                 "job " + quoted(target.name) + " exports other variables");
}

/// KEY=VALUE of an event that has no KEY: never true, also with `!=`.
void checkOperands(Context &context, const Leaf &leaf) {
  const sema::ConditionNode &node = context.graph().nodeOf(leaf);
  for (const Operand &operand : context.system().operands(node)) {
    if (!operand.named ||
        carries(context.system(), leaf, operand.key) != Carries::No)
      continue;
    Finding finding = context.report(
        operand.place, "the event " + eventName(context, leaf) +
                           " has no variable " + quoted(operand.key) +
                           ", so this never matches");
    noteTarget(context, finding, leaf, operand.key);
  }
}

/// An event that lets the job start without the variable; null: it is there
/// whichever way the condition becomes true.
const Leaf *lackingLeaf(const Context &context, uint32_t job,
                        llvm::StringRef variable) {
  llvm::ArrayRef<Leaf> leaves = context.graph().leavesOf(job, false);
  std::optional<size_t> lacking =
      trueLeaf(context.jobs()[job].startOn, [&](size_t index) {
        return carries(context.system(), leaves[index], variable) ==
               Carries::No;
      });
  return lacking ? &leaves[*lacking] : nullptr;
}

/// Whether any event that may start the job brings the variable. Of one that
/// none does undefined-variable tells.
bool isCarriedAtAll(const Context &context, uint32_t job,
                    llvm::StringRef variable) {
  return llvm::any_of(
      context.graph().leavesOf(job, false), [&](const Leaf &leaf) {
        return carries(context.system(), leaf, variable) != Carries::No;
      });
}

void checkInstance(Context &context, uint32_t index) {
  const sema::Job &job = context.jobs()[index];
  // A job without a condition is started with the variables it needs.
  if (!job.instance.isSet() || job.startOn.empty())
    return;
  for (const VariableReference &use : variableReferences(job.instance.value)) {
    if (use.optional || isAlwaysSet(job, use.name) ||
        !isCarriedAtAll(context, index, use.name))
      continue;
    const Leaf *lacking = lackingLeaf(context, index, use.name);
    if (!lacking)
      continue;
    Finding finding =
        context.report(placeOf(job.instance.origin),
                       "the instance needs the variable " + quoted(use.name) +
                           ", which the event " + eventName(context, *lacking) +
                           " does not have: the job does not start");
    finding.note(context.system(),
                 placeOf(context.graph().nodeOf(*lacking).origin),
                 "it is started by this event");
    noteTarget(context, finding, *lacking, use.name);
  }
}

void run(Context &context) {
  for (const Leaf &leaf : context.graph().leaves())
    checkOperands(context, leaf);
  for (uint32_t job = 0; job != context.jobs().size(); ++job)
    checkInstance(context, job);
}

} // namespace

STARTON_CHECK(unexportedVariable) = {
    .name = "unexported-variable",
    .summary = "a variable is used that the event does not carry",
    .needs = NeedGraph | NeedCatalogue,
    .doc = R"(
A condition asks for a variable of an event (`started web PORT=80`), or `instance` is made of one, but the event does not carry it.
A job's events carry `JOB`, `INSTANCE`, those about its end `RESULT`, `PROCESS` and `EXIT_STATUS` or `EXIT_SIGNAL`, and else only what the job names in `export`; other events carry what their catalogue or the `initctl emit` of a script says.
Such an operand never matches, not even with `!=`; an instance whose name cannot be made does not start, and Upstart then forgets the event for all jobs it has not come to.

Name the variable in `export` of the other job, or correct its name.
)",
    .bad = R"(
#--- web.conf
start on runlevel [2345]
stop on runlevel [016]
env PORT=80
exec /usr/sbin/webd
#--- watch.conf
start on started web «PORT=80»
stop on stopping web
exec /usr/sbin/watchd
)",
    .good = R"(
#--- web.conf
start on runlevel [2345]
stop on runlevel [016]
env PORT=80
export PORT
exec /usr/sbin/webd
#--- watch.conf
start on started web PORT=80
stop on stopping web
exec /usr/sbin/watchd
)",
    .run = run};

} // namespace starton::check
