// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which events can ever happen, and which jobs can ever start: from `startup`,
// the catalogues, and jobs that are started by hand. Computed once, on demand,
// in time linear in the graph.
//
// In doubt everything can: what another check reports (an unknown event, a job
// that does not exist) is taken to happen, so that one slip gives one finding.

#ifndef STARTON_CHECK_REACHABILITY_H
#define STARTON_CHECK_REACHABILITY_H

#include "starton/Check/Graph.h"
#include "llvm/ADT/DenseMap.h"

namespace starton::check {

class Reachability {
public:
  explicit Reachability(const System &system);

  /// Whether anything can start the job: its condition, a script of a job that
  /// can start, or (without a condition) somebody.
  bool canStart(uint32_t job) const { return startable[job]; }
  /// Whether what this leaf waits for can happen.
  bool canHappen(const Leaf &leaf) const;
  /// The jobs one of which must start for \p leaf to happen; NoJob stands for
  /// what is outside of the system. At most MaxBehind of them: an event that
  /// thousands wait for may have thousands of emitters.
  static constexpr size_t MaxBehind = 64;
  std::vector<uint32_t> jobsBehind(const Leaf &leaf) const;
  /// Indices into graph().leaves(): why a job that cannot start does not. Of
  /// an `and` one side that fails, of an `or` both.
  llvm::ArrayRef<uint32_t> missingLinks(uint32_t job) const;

private:
  static constexpr uint32_t NoParent = ~uint32_t(0);
  /// A node of a `start on`, on the way from its leaves to its root.
  struct Step {
    uint32_t parent;  ///< of the same condition
    uint32_t missing; ///< so many sides have to become true yet
  };
  enum class EdgeKind : uint8_t { Job, Leaf, Event, Glob };
  /// When the job can start, the target happens (a job: can start).
  struct Edge {
    uint32_t job;
    EdgeKind kind;
    uint32_t target;
    friend auto operator<=>(const Edge &, const Edge &) = default;
  };

  void addConditions();
  void addEdges();
  bool isOneJobs(const Leaf &leaf) const;
  bool isFromOutside(const EventNode &event) const;
  void findFirst();
  void starts(uint32_t job);
  void happens(const Edge &edge);
  void eventComes(uint32_t event);
  void leafComesTrue(uint32_t index);
  void settle();

  const System &system;
  const Graph &graph;
  std::vector<bool> startable; ///< by job
  std::vector<bool> leafHappens, eventHappens, globHappens;
  std::vector<Step> steps;
  std::vector<uint32_t> firstStep; ///< by job
  std::vector<Edge> edges;         ///< sorted
  std::vector<std::vector<uint32_t>> globEvents;
  std::vector<uint32_t> pending; ///< jobs just found to start
  mutable llvm::DenseMap<uint32_t, std::vector<uint32_t>> missing;
};

} // namespace starton::check

#endif // STARTON_CHECK_REACHABILITY_H
