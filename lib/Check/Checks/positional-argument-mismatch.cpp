// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Check/Context.h"
#include "starton/Check/Variables.h"

namespace starton::check {

namespace {

/// `stopped web failed`: the second place is the instance's.
bool isResultInPlaceOfInstance(const Leaf &leaf, size_t position,
                               llvm::StringRef value) {
  bool ends = leaf.jobEvent && (*leaf.jobEvent == JobEvent::Stopping ||
                                *leaf.jobEvent == JobEvent::Stopped);
  return ends && position == 1 && (value == "ok" || value == "failed");
}

std::string listOf(const std::vector<std::string> &names) {
  std::string text;
  for (const std::string &name : names)
    text += (text.empty() ? "" : ", ") + name;
  return text;
}

void checkLeaf(Context &context, const Leaf &leaf) {
  const EventVariables &variables = variablesOf(context.system(), leaf);
  if (!variables.known)
    return;
  std::vector<Operand> operands =
      context.system().operands(context.graph().nodeOf(leaf));
  const std::string &event = context.graph().events()[leaf.event].name;
  for (size_t i = 0; i != operands.size() && !operands[i].named; ++i) {
    const Operand &operand = operands[i];
    if (isResultInPlaceOfInstance(leaf, i, operand.value)) {
      context.report(operand.place,
                     quoted(operand.value) +
                         " is compared with INSTANCE, the second variable of " +
                         quoted(event) +
                         "; write 'RESULT=" + printable(operand.value) + "'");
      continue;
    }
    if (variables.more || i < variables.names.size())
      continue;
    context.report(operand.place,
                   "the event " + quoted(event) +
                       (variables.names.empty()
                            ? std::string(" has no variables")
                            : " has no variable at this position, only " +
                                  listOf(variables.names)) +
                       ": this never matches");
    return;
  }
}

void run(Context &context) {
  for (const Leaf &leaf : context.graph().leaves())
    checkLeaf(context, leaf);
}

} // namespace

STARTON_CHECK(positionalArgumentMismatch) = {
    .name = "positional-argument-mismatch",
    .summary = "an operand without a name meets the wrong variable",
    .needs = NeedGraph | NeedCatalogue,
    .doc = R"(
An operand without `NAME=` is compared with the variable at its position in the event, whatever that is called.
Reported are operands behind the last variable of an event, which never match, and `ok` or `failed` where the instance stands: `stopped web failed` is about an instance named `failed`.

Give the variable by its name: `stopped web RESULT=failed`.
)",
    .bad = R"(
#--- web.conf
start on runlevel [2345]
stop on runlevel [016]
exec /usr/sbin/webd
#--- alarm.conf
start on stopped web «failed»
task
exec /usr/sbin/alarm
)",
    .good = R"(
#--- web.conf
start on runlevel [2345]
stop on runlevel [016]
exec /usr/sbin/webd
#--- alarm.conf
start on stopped web RESULT=failed
task
exec /usr/sbin/alarm
)",
    .run = run};

} // namespace starton::check
