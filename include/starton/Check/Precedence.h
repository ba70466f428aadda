// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What must have happened before a job can start, or before a condition can
// become true: for jobs that wait for each other in a circle.

#ifndef STARTON_CHECK_PRECEDENCE_H
#define STARTON_CHECK_PRECEDENCE_H

#include "starton/Check/Graph.h"

namespace starton::check {

/// How far a job got, whatever the outcome.
enum class Step : uint8_t {
  Begun,   ///< past its event `starting`
  Started, ///< past its pre-start
  Ended,   ///< past its main process and pre-stop
  Stopped, ///< past its event `stopping`
  Gone,    ///< past its post-stop
};

struct Milestone {
  uint32_t job = 0;
  Step step = Step::Begun;
  friend auto operator<=>(const Milestone &, const Milestone &) = default;
};

/// Sorted, each once.
using Milestones = std::vector<Milestone>;

/// Asked job by job and remembered. Only what is certain: where a job may also
/// be started by a script, or an event has several emitters, what is common to
/// all ways.
class Precedence {
public:
  explicit Precedence(const System &system);

  /// What must have happened before the job's condition starts it.
  const Milestones &beforeStart(uint32_t job);
  /// Before what \p leaf waits for can happen.
  Milestones before(const Leaf &leaf);
  /// Before the condition can be true. \p leaves are those of the condition.
  Milestones before(const sema::Condition &condition,
                    llvm::ArrayRef<Leaf> leaves);

  /// The script of \p job that, in any case, starts \p target and waits for
  /// that; null: none does.
  const Request *waitingStart(uint32_t job, uint32_t target) const;
  /// Whether the main process of the job ends by itself alone: no condition and
  /// no script stops the job.
  bool endsByItself(uint32_t job) const;

private:
  static constexpr unsigned MaxDepth = 64;
  /// Of more milestones the rest is forgotten.
  static constexpr size_t MaxSize = 256;

  static Milestones unite(const Milestones &left, const Milestones &right);
  void findRequests();
  static void addUpTo(uint32_t job, Step step, Milestones &milestones);
  Milestones reached(uint32_t job, Step step);
  Milestones beforeEmission(uint32_t event);
  const Milestones &beforeAll(llvm::ArrayRef<uint32_t> emissions,
                              std::optional<Milestones> &found);

  const System &system;
  const Graph &graph;
  enum class State : uint8_t { Unknown, Computing, Known };
  std::vector<State> states;
  std::vector<Milestones> known;
  std::vector<bool> requested; ///< jobs that a script may start
  std::vector<bool> stopped;   ///< jobs that a script may stop
  /// By job: the jobs without a condition that it alone starts and waits for.
  std::vector<std::vector<const Request *>> starts;
  /// By job: the jobs that are started by its `starting` and nothing else, so
  /// that it waits for them.
  std::vector<std::vector<uint32_t>> hooks;
  /// What all emissions of an event, or of a glob, have in common.
  std::vector<std::optional<Milestones>> knownOfEvents, knownOfGlobs;
  unsigned depth = 0;
};

} // namespace starton::check

#endif // STARTON_CHECK_PRECEDENCE_H
