// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Check/Graph.h"
#include "GlobIndex.h"
#include "RootScan.h"
#include "ShellEmissions.h"
#include "starton/Shell/ShellTexts.h"
#include <algorithm>

namespace starton::check {

namespace {

constexpr llvm::StringLiteral jobEventNames[NumJobEvents] = {
    "starting", "started", "stopping", "stopped"};
constexpr llvm::StringLiteral failedSuffix = "/failed";

/// The operand that says which JOB a job event is about: the first positional
/// one, or the last of that key, which then counts as well.
const Operand *jobOperandOf(const std::vector<Operand> &operands) {
  for (const Operand &operand : operands)
    if (operand.named ? operand.key == "JOB" : &operand == &operands.front())
      return &operand;
  return nullptr;
}

JobOperand classify(const Operand &operand) {
  if (operand.hasVariable())
    return JobOperand::Variable;
  if (operand.negated)
    return JobOperand::Negated;
  return isPattern(operand.value) ? JobOperand::Pattern : JobOperand::Literal;
}

} // namespace

llvm::StringRef jobEventName(JobEvent event) {
  return jobEventNames[static_cast<size_t>(event)];
}

std::optional<JobEvent> jobEventOf(llvm::StringRef name) {
  const auto *found = llvm::find(jobEventNames, name);
  if (found == std::end(jobEventNames))
    return std::nullopt;
  return static_cast<JobEvent>(found - std::begin(jobEventNames));
}

Graph::Graph(const System &system)
    : system(system), globIndex(std::make_unique<GlobIndex>()) {
  llvm::ArrayRef<sema::Job> jobs = system.set().jobs;
  firstLeaf.reserve(2 * jobs.size() + 1);
  requested.resize(jobs.size());
  for (uint32_t job = 0; job != jobs.size(); ++job) {
    addLeaves(job, false);
    addLeaves(job, true);
    addStanzas(job);
    byName.push_back(job);
  }
  firstLeaf.push_back(static_cast<uint32_t>(allLeaves.size()));
  addScripts();
  if (system.root().isGiven())
    addRoot();
  for (EventNode &event : nodes)
    event.globs = globIndex->matching(event.name);
  std::sort(byName.begin(), byName.end(), [&](uint32_t left, uint32_t right) {
    return jobs[left].name < jobs[right].name;
  });
}

Graph::~Graph() = default;

uint32_t Graph::intern(llvm::StringRef event) {
  auto [entry, isNew] =
      indices.try_emplace(event, static_cast<uint32_t>(nodes.size()));
  if (isNew) {
    EventNode &node = nodes.emplace_back();
    node.name = event.str();
    node.known = system.catalogue().find(event);
  }
  return entry->second;
}

void Graph::addLeaves(uint32_t job, bool stops) {
  firstLeaf.push_back(static_cast<uint32_t>(allLeaves.size()));
  const sema::Job &owner = system.set().jobs[job];
  const sema::Condition &condition = stops ? owner.stopOn : owner.startOn;
  for (uint32_t i = 0; i != condition.nodes.size(); ++i) {
    const sema::ConditionNode &node = condition.nodes[i];
    if (node.kind != ast::NodeKind::Match)
      continue;
    uint32_t event = intern(node.name);
    nodes[event].leaves.push_back(static_cast<uint32_t>(allLeaves.size()));
    Leaf &leaf = allLeaves.emplace_back();
    leaf.job = job;
    leaf.stops = stops;
    leaf.node = i;
    leaf.event = event;
    leaf.jobEvent = jobEventOf(node.name);
    if (!leaf.jobEvent)
      continue;
    std::vector<Operand> operands = system.operands(node);
    if (const Operand *operand = jobOperandOf(operands)) {
      leaf.operand = classify(*operand);
      leaf.jobName = *operand;
      // The text of the tree lives as long as the system; that of the node,
      // too, but may be in a small string.
      if (leaf.operand == JobOperand::Literal)
        leaf.target = system.jobNamed(operand->value);
    }
  }
}

void Graph::addStanzas(uint32_t job) {
  for (const sema::Text &event : system.set().jobs[job].emits) {
    Emission emission;
    emission.job = job;
    emission.name = event.value;
    emission.isGlob = isPattern(event.value);
    emission.place = placeOf(event.origin);
    addEmission(std::move(emission));
  }
}

void Graph::addEmission(Emission emission) {
  auto index = static_cast<uint32_t>(allEmissions.size());
  if (emission.isGlob) {
    uint32_t glob = globIndex->add(emission.name);
    if (glob == globNodes.size())
      globNodes.push_back({emission.name, {}});
    globNodes[glob].emissions.push_back(index);
  } else {
    nodes[intern(emission.name)].emissions.push_back(index);
  }
  allEmissions.push_back(std::move(emission));
}

/// Without a parser every word of a script may be an event that it emits.
void Graph::addWords() {
  llvm::StringSet<> wanted = awaited();
  for (uint32_t job = 0; job != system.set().jobs.size(); ++job)
    for (unsigned slot = 0; slot != sema::NumProcessSlots; ++slot) {
      const sema::Process &process = system.set().jobs[job].processes[slot];
      std::vector<Emission> found;
      scanWords(process.text, wanted, EmitterKind::Script, found);
      addPossible(job, static_cast<sema::ProcessSlot>(slot), found);
    }
}

/// What a process may emit: nothing is known of how.
void Graph::addPossible(uint32_t job, sema::ProcessSlot slot,
                        std::vector<Emission> &found) {
  const sema::Process &process =
      system.set().jobs[job].processes[static_cast<unsigned>(slot)];
  for (Emission &emission : found) {
    emission.job = job;
    emission.slot = slot;
    emission.place = placeOf(process.origin);
    emission.waits = false;
    addEmission(std::move(emission));
  }
}

/// Where no call emits an event, a string that holds one may.
void Graph::addStrings() {
  llvm::StringSet<> wanted = awaited();
  if (wanted.empty())
    return;
  for (const shell::ShellText &text : system.shell().all()) {
    std::vector<Emission> found;
    addPossibleEmissions(text.facts, wanted, found);
    addPossible(text.job, text.slot, found);
  }
}

llvm::StringSet<> Graph::awaited() const {
  llvm::StringSet<> wanted;
  for (const EventNode &event : nodes)
    if (!event.leaves.empty() && !isEmitted(event.name))
      wanted.insert(event.name);
  return wanted;
}

void Graph::addScripts() {
  if (!shell::isAvailable())
    return addWords();
  for (const shell::ShellText &text : system.shell().all()) {
    llvm::StringSet<> functions;
    if (text.facts.controlCalls.empty())
      continue;
    for (const shell::Function &function : text.facts.functions)
      functions.insert(function.name);
    uint32_t firstExit = firstExitOf(text.facts);
    for (const shell::ControlCall &call : text.facts.controlCalls) {
      Place place{text.file, text.inFile(call.nameRange)};
      if (std::optional<Emission> emission = emissionOf(text.facts, call)) {
        emission->job = text.job;
        emission->slot = text.slot;
        emission->place = place;
        addEmission(std::move(*emission));
      }
      if (std::optional<Request> request =
              requestOf(text.facts, functions, firstExit, call)) {
        request->job = text.job;
        request->slot = text.slot;
        request->place = place;
        if (!request->isGlob)
          request->target = system.jobNamed(request->name);
        anyRequested |= request->isGlob;
        if (request->target != System::NoJob)
          requested[request->target] = true;
        allRequests.push_back(std::move(*request));
      }
    }
  }
  addStrings();
}

void Graph::addRoot() {
  std::vector<Emission> found;
  scanRules(system.root(), found);
  for (Emission &emission : found)
    addEmission(std::move(emission));
  found.clear();
  scanPrograms(system.root(), awaited(), found);
  for (Emission &emission : found)
    addEmission(std::move(emission));
}

const EventNode *Graph::find(llvm::StringRef event) const {
  auto found = indices.find(event);
  return found == indices.end() ? nullptr : &nodes[found->second];
}

llvm::ArrayRef<Leaf> Graph::leavesOf(uint32_t job, bool stops) const {
  size_t slot = 2 * size_t(job) + (stops ? 1 : 0);
  return llvm::ArrayRef<Leaf>(allLeaves).slice(
      firstLeaf[slot], firstLeaf[slot + 1] - firstLeaf[slot]);
}

const sema::ConditionNode &Graph::nodeOf(const Leaf &leaf) const {
  const sema::Job &job = system.set().jobs[leaf.job];
  return (leaf.stops ? job.stopOn : job.startOn).nodes[leaf.node];
}

bool Graph::isEmitted(llvm::StringRef event) const {
  // A chain of such suffixes never happens: the event of a failure has none of
  // its own (runtime §3.1).
  event.consume_back(failedSuffix);
  if (jobEventOf(event) || system.catalogue().find(event))
    return true;
  const EventNode *node = find(event);
  return (node && !node->emissions.empty()) ||
         !globIndex->matching(event).empty();
}

void Graph::forEachTarget(const Leaf &leaf,
                          llvm::function_ref<void(uint32_t job)> visit) const {
  llvm::ArrayRef<sema::Job> jobs = system.set().jobs;
  switch (leaf.operand) {
  case JobOperand::Variable:
    return;
  case JobOperand::Literal:
    if (leaf.target != System::NoJob)
      visit(leaf.target);
    return;
  case JobOperand::None:
  case JobOperand::Negated:
    for (uint32_t job : byName)
      if (leaf.operand == JobOperand::None ||
          !matchesPattern(leaf.jobName.value, jobs[job].name))
        visit(job);
    return;
  case JobOperand::Pattern:
    break;
  }
  llvm::StringRef prefix = literalPrefix(leaf.jobName.value);
  auto first = std::lower_bound(
      byName.begin(), byName.end(), prefix,
      [&](uint32_t job, llvm::StringRef key) { return jobs[job].name < key; });
  for (; first != byName.end(); ++first) {
    if (!llvm::StringRef(jobs[*first].name).starts_with(prefix))
      break;
    if (matchesPattern(leaf.jobName.value, jobs[*first].name))
      visit(*first);
  }
}

} // namespace starton::check
