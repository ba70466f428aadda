// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Who waits for which event, and who makes it happen, over a whole system.
// Nodes are jobs and events; a Leaf is an edge from an event into a condition,
// an Emission one from a job (or from outside) to an event, a Request one from
// a script to a job. Built in one pass, linear in the jobs and their edges.

#ifndef STARTON_CHECK_GRAPH_H
#define STARTON_CHECK_GRAPH_H

#include "starton/Check/System.h"
#include <optional>

namespace llvm {
class raw_ostream;
} // namespace llvm

namespace starton::check {

/// The events that every job emits by itself (runtime §2.4).
enum class JobEvent : uint8_t { Starting, Started, Stopping, Stopped };
constexpr unsigned NumJobEvents = 4;
llvm::StringRef jobEventName(JobEvent event);
std::optional<JobEvent> jobEventOf(llvm::StringRef name);

/// What a leaf on a job event says of the JOB it is about.
enum class JobOperand : uint8_t {
  None,     ///< nothing: every job's
  Literal,  ///< this job alone
  Pattern,  ///< those that match
  Negated,  ///< those that do not match
  Variable, ///< holds a `$VARIABLE`: not known beforehand
};

/// A Match node of a condition.
struct Leaf {
  uint32_t job = 0;   ///< whose condition
  bool stops = false; ///< of `stop on`, otherwise of `start on`
  uint32_t node = 0;  ///< index into the condition's nodes
  uint32_t event = 0; ///< index into Graph::events()
  std::optional<JobEvent> jobEvent;
  JobOperand operand = JobOperand::None; ///< with jobEvent only
  /// Text and place of the operand, where there is one.
  Operand jobName;
  /// Literal: the job of that name, or System::NoJob.
  uint32_t target = System::NoJob;
};

enum class EmitterKind : uint8_t {
  Stanza,    ///< `emits`: says so, its variables are not known
  Script,    ///< a call of `initctl emit` or the like in a process of the job
  Udev,      ///< a rule file below --root
  DBusCaller ///< a program below --root that calls EmitEvent
};

/// Something that emits an event, beyond job events and catalogues.
struct Emission {
  EmitterKind kind = EmitterKind::Stanza;
  uint32_t job = System::NoJob;                     ///< NoJob: Udev, DBusCaller
  sema::ProcessSlot slot = sema::ProcessSlot::Main; ///< Script
  std::string name; ///< the event; a glob where isGlob
  bool isGlob = false;
  Place place;      ///< of the name; without meaning when there is no job
  std::string file; ///< Udev, DBusCaller: where it was seen
  /// The variables it carries, in order; with `more` there may be others.
  std::vector<std::string> variables;
  bool more = true;
  bool waits = true; ///< Script: goes on when the event is over
};

enum class RequestKind : uint8_t { Start, Stop, Restart };

/// A script that starts or stops a job by name.
struct Request {
  RequestKind kind = RequestKind::Start;
  uint32_t job = 0; ///< whose script
  sema::ProcessSlot slot = sema::ProcessSlot::Main;
  std::string name; ///< of the job asked for; a glob where isGlob
  bool isGlob = false;
  uint32_t target = System::NoJob; ///< the job of that name
  /// The script fails when there is no such job.
  bool mustExist = false;
  /// It is made whenever the script gets to its end, and waited for.
  bool isCertain = false;
  Place place;
};

/// An event that some condition waits for or some job emits. Job events are
/// here by their bare name.
struct EventNode {
  std::string name;
  std::vector<uint32_t> leaves;      ///< indices into Graph::leaves()
  std::vector<uint32_t> emissions;   ///< exact ones, into Graph::emissions()
  std::vector<uint32_t> globs;       ///< that match it, into Graph::globs()
  const KnownEvent *known = nullptr; ///< the catalogues' entry
};

/// All emissions of one glob (`emits *-device-added`): many jobs may share it,
/// and it may match many events.
struct GlobNode {
  std::string pattern;
  std::vector<uint32_t> emissions; ///< into Graph::emissions()
};

class GlobIndex;

class Graph {
public:
  explicit Graph(const System &system);
  ~Graph();
  Graph(const Graph &) = delete;
  Graph &operator=(const Graph &) = delete;

  llvm::ArrayRef<EventNode> events() const { return nodes; }
  /// Null: nobody waits for it and nobody emits it by this very name.
  const EventNode *find(llvm::StringRef event) const;

  /// Those of one job's condition lie together, in the order of its nodes.
  llvm::ArrayRef<Leaf> leaves() const { return allLeaves; }
  llvm::ArrayRef<Leaf> leavesOf(uint32_t job, bool stops) const;
  /// The condition a leaf is of, and its node there.
  const sema::ConditionNode &nodeOf(const Leaf &leaf) const;

  llvm::ArrayRef<Emission> emissions() const { return allEmissions; }
  llvm::ArrayRef<Request> requests() const { return allRequests; }
  /// Whether a script starts, stops or restarts the job, or one that is not
  /// known by name.
  bool mayBeRequested(uint32_t job) const {
    return anyRequested || requested[job];
  }
  llvm::ArrayRef<GlobNode> globs() const { return globNodes; }

  /// Whether anything is known that emits \p event: a job of the system, a
  /// catalogue, a rule or program of the root. The event of a failure
  /// (`NAME/failed`) is one where NAME is.
  bool isEmitted(llvm::StringRef event) const;

  /// The jobs that the job operand of \p leaf lets through; none for Variable.
  void forEachTarget(const Leaf &leaf,
                     llvm::function_ref<void(uint32_t job)> visit) const;

private:
  uint32_t intern(llvm::StringRef event);
  void addLeaves(uint32_t job, bool stops);
  void addStanzas(uint32_t job);
  void addScripts();
  void addWords();
  void addStrings();
  void addPossible(uint32_t job, sema::ProcessSlot slot,
                   std::vector<Emission> &found);
  void addRoot();
  void addEmission(Emission emission);
  /// The events that something waits for and nothing emits so far.
  llvm::StringSet<> awaited() const;

  const System &system;
  std::vector<EventNode> nodes;
  llvm::StringMap<uint32_t> indices;
  std::vector<Leaf> allLeaves;
  std::vector<uint32_t> firstLeaf; ///< per job and condition, and the end
  std::vector<Emission> allEmissions;
  std::vector<GlobNode> globNodes;
  std::unique_ptr<GlobIndex> globIndex; ///< its numbers are those of globNodes
  std::vector<Request> allRequests;
  std::vector<bool> requested; ///< by job: the target of one
  bool anyRequested = false;
  std::vector<uint32_t> byName; ///< jobs sorted by name, for patterns
};

/// --emit=graph (docs/json.md): jobs with their conditions, events, emissions
/// and requests, in the order of the graph.
void printGraphJson(const System &system, llvm::raw_ostream &os);
/// --emit=graph-dot: solid edges start, dashed ones stop, bold ones emit.
/// Conditions on the events of no single job are left out.
void printGraphDot(const System &system, llvm::raw_ostream &os);

} // namespace starton::check

#endif // STARTON_CHECK_GRAPH_H
