// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Classes that come and go (runtime §1.2, §6.5).

#include "Switch.h"

namespace starton::engine {

SwitchResult Engine::Impl::switchTable(const table::JobTable &jobs, uint32_t id,
                                       SwitchKind kind,
                                       Span<const Text> removed) {
  Plan plan;
  plan.jobs = &jobs;
  plan.whole = kind == SwitchKind::Whole;
  plan.table = addTable(id);
  if (plan.table == None)
    return SwitchResult::Refused;
  if (!makePlan(plan, removed)) {
    dropPlan(plan);
    return SwitchResult::Refused;
  }
  applyPlan(plan);
  return SwitchResult::Done;
}

// --- The plan

bool Engine::Impl::makePlan(Plan &plan, Span<const Text> removed) {
  // The last memory is kept for what ends things.
  if (!refillReserve())
    return false;
  uint32_t count = plan.jobs->jobs()->size();
  size_t most = count + (plan.whole ? order.size() : removed.size());
  if (!plan.changes.reserveExactly(most) ||
      !plan.appended.reserveExactly(count) ||
      !sortByRegistration(*plan.jobs, plan.registered) ||
      (plan.whole && !plan.baseSlots.resize(count)))
    return false;
  for (uint32_t index : plan.registered)
    planJob(plan, index);
  for (Text name : removed)
    planRemoval(plan, findClass(name));
  if (plan.whole)
    for (ClassIndex job : order)
      planRemoval(plan, job);
  for (const Change &change : plan.changes)
    if (change.job != None)
      classes[change.job].planned = false;
  for (Change &change : plan.changes)
    if (!reserveChange(plan, change))
      return false;
  return reserveClasses(plan.added) && reserveNames(0);
}

void Engine::Impl::planJob(Plan &plan, uint32_t index) {
  const table::Job *next = plan.jobs->jobs()->Get(index);
  ClassIndex job = findClass(textOf(next->name()));
  Change::Kind kind = Change::Kind::Add;
  if (job != None) {
    classes[job].planned = true;
    kind = sameDefinition(jobOf(job), *next) ? Change::Kind::Same
                                             : Change::Kind::Replace;
  }
  if (plan.whole)
    plan.baseSlots[index] = job;
  plan.changes.pushReserved({kind, job, next});
}

void Engine::Impl::planRemoval(Plan &plan, ClassIndex job) {
  if (job == None || classes[job].planned)
    return;
  classes[job].planned = true;
  (void)jobOf(job); // nobody vouches for it any more afterwards
  plan.changes.pushReserved({Change::Kind::Remove, job, nullptr});
}

/// Takes what applyChange() will need.
bool Engine::Impl::reserveChange(Plan &plan, Change &change) {
  if (change.kind == Change::Kind::Same)
    return true;
  bool isNew = change.kind == Change::Kind::Add;
  plan.added += isNew;
  if (const table::Job *next = change.next) {
    uint32_t start = nodeCount(next->start_on());
    uint32_t stop = nodeCount(next->stop_on());
    if (!reserveNodes(start > stop ? start : stop))
      return false;
    uint32_t room = isNew ? 0 : classes[change.job].latchRoom;
    if (start > room) {
      size_t bytes = start * sizeof(uint32_t);
      change.latches = static_cast<uint32_t *>(allocate(bytes));
      if (!change.latches)
        return false;
    }
    if (!plan.whole && !leafIndex.make(*next, change.job, change.leaves))
      return false;
    size_t length = next->name()->size();
    longestClassName = length > longestClassName ? length : longestClassName;
  }
  if (isNew || classes[change.job].first == None)
    return true;
  change.successor = successors.take();
  bool leavesBase = plan.whole && classes[change.job].table == base;
  return change.successor != None &&
         (!leavesBase ||
          leafIndex.make(jobOf(change.job), change.job, change.staying));
}

void Engine::Impl::dropPlan(Plan &plan) {
  for (Change &change : plan.changes) {
    release(change.latches);
    leafIndex.drop(change.leaves);
    leafIndex.drop(change.staying);
    if (change.successor != None)
      successors.give(change.successor);
  }
  tables.give(plan.table);
}

// --- Its application, which cannot fail

void Engine::Impl::applyPlan(Plan &plan) {
  tables[plan.table].uses = 1;
  growClassTable(order.size() + plan.added);
  uint32_t oldBase = base;
  if (plan.whole) {
    base = plan.table;
    baseJobs = plan.jobs;
    limitsImports = baseJobs->dialect() == table::Dialect::ChromeOS;
  }
  for (Change &change : plan.changes)
    applyChange(plan, change);
  reorder(plan.appended.span(), plan.touched);
  if (!plan.whole) {
    dropTable(plan.table);
    return;
  }
  // The changes begin with the table's jobs, in order of registration.
  for (size_t i = 0; i < plan.registered.size(); ++i)
    plan.baseSlots[plan.registered[i]] = plan.changes[i].job;
  baseSlots.swap(plan.baseSlots);
  verification = nullptr; // every class was looked at
  dropTable(oldBase);
}

void Engine::Impl::applyChange(Plan &plan, Change &change) {
  if (change.kind != Change::Kind::Add)
    dropSuccessor(change.job);
  if (change.kind == Change::Kind::Same) {
    if (!plan.whole)
      return;
    leafIndex.drop(classes[change.job].leaves);
    bind(change.job, change.next, plan.table);
    return;
  }
  if (change.kind == Change::Kind::Add) {
    change.job = addClass(plan, change);
    plan.appended.pushReserved(change.job);
    return;
  }
  if (change.successor != None) {
    setSuccessor(plan, change);
    return;
  }
  plan.touched |= 1U << classes[change.job].nameHash % NumBuckets;
  if (!change.next) {
    removeClass(change.job);
    return;
  }
  replaceClass(change.job, change.next, plan.table, change.latches,
               change.leaves, true);
  plan.appended.pushReserved(change.job);
}

ClassIndex Engine::Impl::addClass(Plan &plan, const Change &change) {
  ClassIndex job = takeSlot();
  JobClass &jobClass = classes[job];
  bind(job, change.next, plan.table);
  insertName(job, hashName(textOf(classes[job].job->name())));
  jobClass.latches = change.latches;
  jobClass.latchRoom = nodeCount(change.next->start_on());
  jobClass.ownsLatches = true;
  for (uint32_t i = 0; i < jobClass.latchRoom; ++i)
    jobClass.latches[i] = None;
  jobClass.leaves = change.leaves;
  leafIndex.assign(change.leaves, job);
  leafIndex.insert(change.leaves);
  addNews(job);
  return job;
}

void Engine::Impl::setSuccessor(Plan &plan, const Change &change) {
  JobClass &jobClass = classes[change.job];
  if (change.staying != None) {
    jobClass.leaves = change.staying;
    leafIndex.insert(change.staying);
  }
  Successor &successor = successors[change.successor];
  successor.job = change.next;
  successor.latches = change.latches;
  successor.leaves = change.leaves;
  if (change.next) {
    successor.table = plan.table;
    ++tables[plan.table].uses;
  }
  jobClass.successor = change.successor;
}

void Engine::Impl::dropSuccessor(ClassIndex job) {
  uint32_t index = classes[job].successor;
  if (index == None)
    return;
  classes[job].successor = None;
  leafIndex.drop(successors[index].leaves);
  release(successors[index].latches);
  if (successors[index].job)
    dropTable(successors[index].table);
  successors.give(index);
}

/// The class has no instances any more.
void Engine::Impl::takeSuccessor(ClassIndex job) {
  uint32_t index = classes[job].successor;
  Successor successor = successors[index];
  classes[job].successor = None;
  successors.give(index);
  uint32_t bucket = 1U << classes[job].nameHash % NumBuckets;
  if (successor.job) {
    replaceClass(job, successor.job, successor.table, successor.latches,
                 successor.leaves, false);
    dropTable(successor.table);
    reorder({&job, 1}, bucket);
    return;
  }
  removeClass(job);
  reorder({}, bucket);
}

/// \p latches: null when those that are there suffice. \p carry: what the start
/// condition holds is latched to the new one too.
void Engine::Impl::replaceClass(ClassIndex job, const table::Job *next,
                                uint32_t tableIndex, uint32_t *newLatches,
                                uint32_t leaves, bool carry) {
  JobClass &jobClass = classes[job];
  bool retries = jobClass.retryStart;
  carried.clear();
  for (uint32_t i = 0; i < nodeCount(jobOf(job).start_on()); ++i)
    if (jobClass.latches[i] != None)
      carried.pushReserved(jobClass.latches[i]);
  if (newLatches) {
    if (jobClass.ownsLatches)
      release(jobClass.latches);
    jobClass.latches = newLatches;
    jobClass.latchRoom = nodeCount(next->start_on());
    jobClass.ownsLatches = true;
  }
  leafIndex.drop(jobClass.leaves);
  bind(job, next, tableIndex);
  ++jobClass.generation;
  jobClass.leaves = leaves;
  leafIndex.insert(leaves);
  forgetMarks(job);
  carryLatches(job, carry, retries);
  jobClass.displaced = true;
  jobClass.renewed = jobClass.announced;
  addNews(job);
}

/// `carried` are the events that the old start condition holds. A condition
/// that the change alone makes true is not acted upon: no job starts because
/// of a switch. It gives its events back, or it would never be tried again.
void Engine::Impl::carryLatches(ClassIndex job, bool carry, bool retries) {
  Tree tree = startTree(job);
  uint32_t count = nodeCount(tree.condition);
  for (uint32_t i = 0; i < count; ++i)
    tree.latches[i] = None;
  if (carry)
    for (uint32_t event : carried)
      (void)latch(tree, event, {});
  for (uint32_t event : carried)
    unblock(event);
  bool fulfilled = isTrue(tree);
  classes[job].retryStart = fulfilled && retries;
  if (fulfilled && !retries)
    resetTree(tree);
}

void Engine::Impl::removeClass(ClassIndex job) {
  JobClass &jobClass = classes[job];
  resetTree(startTree(job));
  jobClass.retryStart = false;
  leafIndex.drop(jobClass.leaves);
  eraseName(job);
  forgetMarks(job);
  jobClass.gone = jobClass.displaced = true;
  addNews(job);
}

/// The event being handled came before what takes this class's place.
void Engine::Impl::forgetMarks(ClassIndex job) {
  classes[job].startMarked = classes[job].stopMarked = false;
  if (poll.job == job)
    poll.job = NoClass;
}

} // namespace starton::engine
