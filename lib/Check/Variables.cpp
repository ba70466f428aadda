// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Check/Variables.h"
#include "llvm/ADT/StringExtras.h"

namespace starton::check {

namespace {

bool isNameByte(char byte) { return llvm::isAlnum(byte) || byte == '_'; }

/// What the daemon puts in front (runtime §3.6), in order.
std::vector<std::string> ownVariables(JobEvent event) {
  std::vector<std::string> names = {"JOB", "INSTANCE"};
  if (event == JobEvent::Stopping || event == JobEvent::Stopped)
    names.insert(names.end(),
                 {"RESULT", "PROCESS", "EXIT_STATUS", "EXIT_SIGNAL"});
  return names;
}

bool exportsVariable(const sema::Job &job, llvm::StringRef variable) {
  return llvm::any_of(job.exports, [&](const sema::Text &name) {
    return name.value == variable;
  });
}

Carries jobEventCarries(const System &system, JobEvent kind, const Leaf &leaf,
                        llvm::StringRef variable) {
  if (llvm::is_contained(ownVariables(kind), variable))
    return Carries::Yes;
  // A script may emit `started JOB=...` by hand.
  const EventNode &event = system.graph().events()[leaf.event];
  if (leaf.operand != JobOperand::Literal || leaf.target == System::NoJob ||
      !event.emissions.empty())
    return Carries::Unknown;
  return exportsVariable(system.set().jobs[leaf.target], variable)
             ? Carries::Yes
             : Carries::No;
}

} // namespace

std::vector<VariableReference> variableReferences(llvm::StringRef text) {
  std::vector<VariableReference> result;
  for (size_t at = text.find('$'); at != llvm::StringRef::npos;
       at = text.find('$', at)) {
    auto begin = static_cast<uint32_t>(at++);
    bool braces = at < text.size() && text[at] == '{';
    llvm::StringRef rest = text.drop_front(at + (braces ? 1 : 0));
    size_t length = braces ? std::min(rest.find_first_of("}:-+$"), rest.size())
                           : rest.take_while(isNameByte).size();
    at += length + (braces ? 1 : 0);
    llvm::StringRef name = rest.take_front(length);
    bool nested = at < text.size() && braces && text[at] == '$';
    if (name.empty() || nested || (!braces && llvm::isDigit(name.front())))
      continue;
    bool optional = braces && at < text.size() && text[at] != '}';
    result.push_back({name, {begin, static_cast<uint32_t>(at)}, optional});
  }
  return result;
}

Carries carries(const System &system, const Leaf &leaf,
                llvm::StringRef variable) {
  if (leaf.jobEvent)
    return jobEventCarries(system, *leaf.jobEvent, leaf, variable);
  EventVariables variables = variablesOf(system, leaf);
  if (llvm::is_contained(variables.names, variable))
    return Carries::Yes;
  return variables.known && !variables.more ? Carries::No : Carries::Unknown;
}

EventVariables variablesOf(const System &system, const Leaf &leaf) {
  const Graph &graph = system.graph();
  const EventNode &event = graph.events()[leaf.event];
  EventVariables result;
  if (leaf.jobEvent) {
    result.names = ownVariables(*leaf.jobEvent);
    result.known = event.emissions.empty();
    return result;
  }
  if (event.known) {
    result.names = event.known->variables;
    result.more = event.known->more || !event.emissions.empty();
    result.known = true;
    return result;
  }
  // Several emitters may each have an order of their own.
  std::vector<uint32_t> emitters = event.emissions;
  for (uint32_t index : graph.globEmissionsOf(event.name))
    emitters.push_back(index);
  if (emitters.empty())
    return result;
  const Emission &first = graph.emissions()[emitters.front()];
  result.names = first.variables;
  result.known = true;
  result.more = llvm::any_of(emitters, [&](uint32_t index) {
    const Emission &emission = graph.emissions()[index];
    return emission.more || emission.variables != first.variables;
  });
  return result;
}

bool isAlwaysSet(const sema::Job &job, llvm::StringRef variable) {
  if (variable == "PATH" || variable == "TERM" || variable == "UPSTART_EVENTS")
    return true;
  return llvm::any_of(job.env, [&](const sema::Text &setting) {
    auto [name, value] = llvm::StringRef(setting.value).split('=');
    return name == variable;
  });
}

} // namespace starton::check
