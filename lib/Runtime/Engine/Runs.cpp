// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How runs ended: a few records for each class, which outlive the instances.
// What there is no memory for is not remembered.

#include "Impl.h"

namespace starton::engine {

/// The record of that name; None: there is none.
uint32_t Engine::Impl::findRun(ClassIndex job, uint32_t hash,
                               size_t length) const {
  uint32_t at = classes[job].runs;
  while (at != None &&
         (runs[at].nameHash != hash || runs[at].nameLength != length))
    at = runs[at].link;
  return at;
}

/// A record of that name at the head of the class's list: its old one, a fresh
/// one, or the oldest when there are enough. None: no memory.
uint32_t Engine::Impl::takeRun(JobClass &jobClass, uint32_t hash,
                               uint32_t length) {
  uint32_t *from = &jobClass.runs;
  unsigned count = 0;
  for (uint32_t *at = from; *at != None; at = &runs[*at].link) {
    from = at;
    ++count;
    if (runs[*at].nameHash == hash && runs[*at].nameLength == length)
      break;
  }
  uint32_t record = *from;
  bool isOurs = record != None && runs[record].nameHash == hash &&
                runs[record].nameLength == length;
  if (isOurs || count >= MaxRunsPerClass)
    *from = runs[record].link;
  else if ((record = runs.take()) == None)
    return None;
  runs[record].nameHash = hash;
  runs[record].nameLength = length;
  runs[record].link = jobClass.runs;
  jobClass.runs = record;
  return record;
}

/// There are few of them, and they stay until the end.
Text Engine::Impl::keepStep(Text step) {
  constexpr size_t MaxSteps = 64;
  constexpr size_t MaxLength = 256;
  for (Text known : steps)
    if (equal(known, step))
      return known;
  if (step.empty() || step.size() > MaxLength || steps.size() >= MaxSteps ||
      !steps.reserve(steps.size() + 1))
    return {};
  auto *copy = static_cast<char *>(allocate(step.size()));
  if (!copy)
    return {};
  std::memcpy(copy, step.data(), step.size());
  steps.pushReserved({copy, step.size()});
  return steps.back();
}

void Engine::Impl::recordRun(uint32_t index, Slot slot, LastRun::Why why,
                             int32_t status, bool signalled, Text step) {
  const Instance &instance = instances[index];
  if (instance.failed)
    return; // what failed first has ended this run
  uint32_t record =
      takeRun(classes[instance.job], instance.nameHash, instance.nameLength);
  if (record == None)
    return;
  LastRun &run = runs[record].run;
  run.why = why;
  run.slot = slot;
  run.signalled = signalled;
  run.status = status;
  run.started = instance.started;
  run.ended = now;
  run.step = keepStep(step);
}

/// Main's end is always the end of a run; that of the others only when they
/// fail what they are part of.
void Engine::Impl::recordEnd(uint32_t index, Slot slot, const Operation &end) {
  bool decides = end.status != 0 || end.vanished;
  if (slot != Slot::Main &&
      !(decides && (slot == Slot::PreStart || slot == Slot::PostStop)))
    return;
  LastRun::Why why = LastRun::Why::Exited;
  if (slot == Slot::Main && instances[index].killed)
    why = LastRun::Why::Stopped;
  else if (end.vanished)
    why = LastRun::Why::Vanished;
  else if (end.signalled && slot == Slot::Main && instances[index].reloaded &&
           end.status == jobOf(instances[index]).reload_signal())
    why = LastRun::Why::ReloadSignal;
  else if (end.signalled)
    why = LastRun::Why::Killed;
  recordRun(index, slot, why, end.status, end.signalled);
}

bool Engine::lastRun(ClassIndex job, Text instance, LastRun &run) const {
  uint32_t at = impl->findRun(job, hashName(instance), instance.size());
  if (at == None)
    return false;
  run = impl->runs[at].run;
  return true;
}

} // namespace starton::engine
