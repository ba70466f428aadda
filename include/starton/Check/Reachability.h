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
  /// what is outside of the system.
  std::vector<uint32_t> jobsBehind(const Leaf &leaf) const;
  /// Indices into graph().leaves(): why a job that cannot start does not. Of
  /// an `and` one side that fails, of an `or` both.
  std::vector<uint32_t> missingLinks(uint32_t job) const;

private:
  void addLeaf(uint32_t index);
  void starts(uint32_t job);
  void settle();
  bool evaluate(uint32_t job) const;

  const System &system;
  const Graph &graph;
  std::vector<bool> startable; ///< by job
  std::vector<bool> happened;  ///< by leaf
  /// By job: the leaves that become true when it can start.
  std::vector<std::vector<uint32_t>> waiters;
  /// Script of this job starts that one; sorted.
  std::vector<std::pair<uint32_t, uint32_t>> requests;
  std::vector<uint32_t> pending; ///< jobs just found to start
};

} // namespace starton::check

#endif // STARTON_CHECK_REACHABILITY_H
