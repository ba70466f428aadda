// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Check/StartCircles.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/STLExtras.h"
#include <algorithm>

namespace starton::check {

namespace {

/// A job that cannot start waits for another one.
struct Edge {
  uint32_t leaf = 0; ///< by this leaf
  uint32_t target = 0;
};

class Search {
public:
  explicit Search(const System &system);

  std::vector<StartCircle> circles();

private:
  void addEdges(uint32_t job);
  void findKnots();
  void closeKnot(uint32_t root);
  StartCircle circleOf(llvm::ArrayRef<uint32_t> knot);
  std::vector<uint32_t> dependentsOf(llvm::ArrayRef<uint32_t> knot,
                                     llvm::ArrayRef<uint32_t> circle);

  const Graph &graph;
  const Reachability &reach;
  std::vector<std::vector<Edge>> edges;       ///< by job
  std::vector<std::vector<uint32_t>> origins; ///< by job: who waits for it
  /// Strongly connected components: a job's, counted from one in the order in
  /// which they are complete; 0: none yet, or the job can start.
  std::vector<uint32_t> knotOf;
  std::vector<std::vector<uint32_t>> knots;
  /// Tarjan's numbers.
  std::vector<uint32_t> number, lowest;
  std::vector<uint32_t> open;
  std::vector<bool> counted; ///< a dependent, or on a circle
};

Search::Search(const System &system)
    : graph(system.graph()), reach(system.reachability()),
      edges(system.set().jobs.size()), origins(edges.size()),
      knotOf(edges.size()), number(edges.size()), lowest(edges.size()),
      counted(edges.size()) {
  for (uint32_t job = 0; job != edges.size(); ++job)
    if (!reach.canStart(job))
      addEdges(job);
  findKnots();
}

void Search::addEdges(uint32_t job) {
  for (uint32_t index : reach.missingLinks(job))
    for (uint32_t target : reach.jobsBehind(graph.leaves()[index])) {
      edges[job].push_back({index, target});
      origins[target].push_back(job);
    }
}

/// Tarjan's algorithm with a stack of its own.
void Search::findKnots() {
  struct Visit {
    uint32_t job;
    size_t next = 0; ///< edge to look at
  };
  std::vector<Visit> path;
  uint32_t last = 0;
  auto enter = [&](uint32_t job) {
    number[job] = lowest[job] = ++last;
    open.push_back(job);
    path.push_back({job});
  };
  for (uint32_t start = 0; start != edges.size(); ++start) {
    if (!edges[start].empty() && number[start] == 0)
      enter(start);
    while (!path.empty()) {
      Visit &visit = path.back();
      uint32_t job = visit.job;
      if (visit.next != edges[job].size()) {
        uint32_t target = edges[job][visit.next++].target;
        if (number[target] == 0)
          enter(target);
        else if (knotOf[target] == 0)
          lowest[job] = std::min(lowest[job], number[target]);
        continue;
      }
      if (lowest[job] == number[job])
        closeKnot(job);
      path.pop_back();
      if (!path.empty()) {
        uint32_t &above = lowest[path.back().job];
        above = std::min(above, lowest[job]);
      }
    }
  }
}

void Search::closeKnot(uint32_t root) {
  std::vector<uint32_t> &knot = knots.emplace_back();
  uint32_t job;
  do {
    job = open.back();
    open.pop_back();
    knotOf[job] = static_cast<uint32_t>(knots.size());
    knot.push_back(job);
  } while (job != root);
  llvm::sort(knot);
}

/// The shortest way from the job that most others wait for back to itself.
StartCircle Search::circleOf(llvm::ArrayRef<uint32_t> knot) {
  uint32_t first = knot.front();
  for (uint32_t job : knot)
    if (origins[job].size() > origins[first].size())
      first = job;
  // In breadth; `from` has the job and the leaf by which each was reached.
  struct Step {
    uint32_t job, leaf;
  };
  llvm::DenseMap<uint32_t, Step> from;
  std::vector<uint32_t> queue = {first};
  for (size_t at = 0; at != queue.size() && !from.contains(first); ++at)
    for (const Edge &edge : edges[queue[at]])
      if (knotOf[edge.target] == knotOf[first] &&
          from.try_emplace(edge.target, Step{queue[at], edge.leaf}).second)
        queue.push_back(edge.target);
  StartCircle circle;
  uint32_t job = first;
  do {
    const Step &step = from[job];
    circle.leaves.push_back(step.leaf);
    job = step.job;
  } while (job != first);
  std::reverse(circle.leaves.begin(), circle.leaves.end());
  circle.dependents = dependentsOf(knot, circle.leaves);
  return circle;
}

/// Whoever waits for a job of \p knot, directly or not, and the knot itself,
/// without the jobs of \p circle.
std::vector<uint32_t> Search::dependentsOf(llvm::ArrayRef<uint32_t> knot,
                                           llvm::ArrayRef<uint32_t> circle) {
  std::vector<uint32_t> queue(knot.begin(), knot.end());
  for (uint32_t job : knot)
    counted[job] = true;
  for (size_t at = 0; at != queue.size(); ++at)
    for (uint32_t job : origins[queue[at]])
      if (!counted[job]) {
        counted[job] = true;
        queue.push_back(job);
      }
  llvm::DenseSet<uint32_t> shown;
  for (uint32_t leaf : circle)
    shown.insert(graph.leaves()[leaf].job);
  llvm::erase_if(queue, [&](uint32_t job) { return shown.contains(job); });
  llvm::sort(queue);
  return queue;
}

std::vector<StartCircle> Search::circles() {
  std::vector<StartCircle> result;
  for (size_t index = 0; index != knots.size(); ++index) {
    llvm::ArrayRef<uint32_t> knot = knots[index];
    bool waitsOutside = llvm::any_of(knot, [&](uint32_t job) {
      return llvm::any_of(edges[job], [&](const Edge &edge) {
        return knotOf[edge.target] != index + 1;
      });
    });
    if (!waitsOutside)
      result.push_back(circleOf(knot));
  }
  return result;
}

} // namespace

std::vector<StartCircle> findStartCircles(const System &system) {
  return Search(system).circles();
}

} // namespace starton::check
