// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Check/Variables.h"
#include "llvm/ADT/DenseSet.h"
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

/// Whether nothing but init emits the job event of \p leaf, for a job that is
/// known: a script may emit `started JOB=...` by hand.
bool isOneJobs(const System &system, const Leaf &leaf) {
  return leaf.operand == JobOperand::Literal && leaf.target != System::NoJob &&
         system.graph().events()[leaf.event].emissions.empty();
}

Carries jobEventCarries(const System &system, const Leaf &leaf,
                        llvm::StringRef variable) {
  if (variablesOf(system, leaf).contains(variable))
    return Carries::Yes;
  if (!isOneJobs(system, leaf))
    return Carries::Unknown;
  return system.variables().exportsOf(leaf.target).contains(variable)
             ? Carries::Yes
             : Carries::No;
}

/// Several emitters may each have an order of their own.
EventVariables emittedVariables(const Graph &graph, const EventNode &event) {
  EventVariables result;
  const Emission *first = nullptr;
  auto add = [&](llvm::ArrayRef<uint32_t> emissions) {
    for (uint32_t index : emissions) {
      const Emission &emission = graph.emissions()[index];
      if (!first) {
        first = &emission;
        result.names = emission.variables;
        result.known = true;
        result.more = false;
      }
      result.more = result.more || emission.more ||
                    emission.variables != first->variables;
      if (result.more)
        return;
    }
  };
  add(event.emissions);
  for (uint32_t glob : event.globs)
    if (!first || !result.more)
      add(graph.globs()[glob].emissions);
  return result;
}

EventVariables findVariables(const Graph &graph, const EventNode &event) {
  EventVariables result;
  if (std::optional<JobEvent> kind = jobEventOf(event.name)) {
    result.names = ownVariables(*kind);
    result.known = event.emissions.empty();
    return result;
  }
  if (!event.known)
    return emittedVariables(graph, event);
  result.names = event.known->variables;
  result.more = event.known->more || !event.emissions.empty();
  result.known = true;
  return result;
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
    return jobEventCarries(system, leaf, variable);
  const EventVariables &variables = variablesOf(system, leaf);
  if (variables.contains(variable))
    return Carries::Yes;
  return variables.known && !variables.more ? Carries::No : Carries::Unknown;
}

const EventVariables &VariableTable::ofEvent(uint32_t event) {
  std::unique_ptr<EventVariables> &entry = events[event];
  if (!entry) {
    const Graph &graph = system.graph();
    entry = std::make_unique<EventVariables>(
        findVariables(graph, graph.events()[event]));
    for (const std::string &name : entry->names)
      entry->set.insert(name);
  }
  return *entry;
}

const llvm::StringSet<> &VariableTable::exportsOf(uint32_t job) {
  std::unique_ptr<llvm::StringSet<>> &entry = exports[job];
  if (!entry) {
    entry = std::make_unique<llvm::StringSet<>>();
    for (const sema::Text &name : system.set().jobs[job].exports)
      entry->insert(name.value);
  }
  return *entry;
}

const EventVariables &variablesOf(const System &system, const Leaf &leaf) {
  return system.variables().ofEvent(leaf.event);
}

ComingVariables::ComingVariables(const System &system,
                                 llvm::ArrayRef<Leaf> leaves)
    : system(system) {
  llvm::DenseSet<uint32_t> seenEvents, seenJobs;
  for (const Leaf &leaf : leaves) {
    const EventVariables &variables = variablesOf(system, leaf);
    bool isOneJob = leaf.jobEvent && isOneJobs(system, leaf);
    anything |= leaf.jobEvent ? !isOneJob : !variables.known || variables.more;
    if (seenEvents.insert(leaf.event).second && !variables.names.empty())
      events.push_back(&variables);
    if (isOneJob && seenJobs.insert(leaf.target).second &&
        !system.set().jobs[leaf.target].exports.empty())
      jobs.push_back(leaf.target);
  }
}

bool ComingVariables::isKnown(llvm::StringRef name) const {
  return llvm::any_of(events,
                      [&](const EventVariables *event) {
                        return event->contains(name);
                      }) ||
         llvm::any_of(jobs, [&](uint32_t job) {
           return system.variables().exportsOf(job).contains(name);
         });
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
