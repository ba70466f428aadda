// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The part of the semantic pass that looks at one job.

#include "TableChecker.h"
#include <cstdlib>

namespace starton::table {

constexpr int64_t MaxSeconds = INT32_MAX;

bool TableChecker::checkJobs() {
  list = "jobs";
  uint32_t count = table.jobs()->size();
  // One bit for each order of registration.
  auto *seen = static_cast<uint8_t *>(std::calloc(count / 8 + 1, 1));
  if (seen == nullptr)
    return outOfMemory();
  const flatbuffers::String *previous = nullptr;
  bool good = firstKey.push(0) || outOfMemory();
  for (position = 0; good && position != count; ++position) {
    const Job *job = table.jobs()->Get(position);
    good = (fewProcesses(*job) || overused()) &&
           (verifier.VerifyTable(job) || badElement()) &&
           sortedAfter(previous, job->name(), "name") && checkJob(*job) &&
           checkOrder(*job, seen);
    if (good)
      previous = job->name();
  }
  std::free(seen);
  return good;
}

/// FlatBuffers counts tables but not the strings of a vector: a million
/// processes that share one argv of a million strings would keep it busy for
/// days. Everything else that it verifies of one job is bounded by the size of
/// the table, and charged to MaxWork before the next job. Nothing of this job
/// has been verified yet; what lies outside the table reads as 0.
bool TableChecker::fewProcesses(const Job &job) const {
  auto number = [&](uint64_t at, auto zero) {
    return at + sizeof zero <= bytes.size()
               ? flatbuffers::ReadScalar<decltype(zero)>(bytes.data() + at)
               : zero;
  };
  auto at = static_cast<uint64_t>(reinterpret_cast<const uint8_t *>(&job) -
                                  bytes.data());
  uint64_t vtable = at - static_cast<uint64_t>(int64_t(number(at, int32_t(0))));
  if (vtable >= bytes.size() ||
      Job::VT_PROCESSES + 2 > number(vtable, uint16_t(0)))
    return true;
  uint64_t field = at + number(vtable + Job::VT_PROCESSES, uint16_t(0));
  return field == at ||
         number(field + number(field, uint32_t(0)), uint32_t(0)) <=
             static_cast<uint32_t>(Slot::MAX) + 1;
}

bool TableChecker::checkOrder(const Job &job, uint8_t *seen) {
  uint32_t order = job.order();
  auto bit = static_cast<uint8_t>(1u << (order % 8));
  if (order >= table.jobs()->size() || (seen[order / 8] & bit) != 0)
    return bad("order", "is not unique");
  seen[order / 8] |= bit;
  return true;
}

bool TableChecker::checkJob(const Job &job) {
  if (job.name()->size() == 0)
    return bad("name", "is empty");
  uint32_t files = table.files()->size();
  if (job.conf_file() >= files || job.override_file() < -1 ||
      (job.override_file() >= 0 &&
       static_cast<uint32_t>(job.override_file()) >= files))
    return bad("conf_file", "or override_file is out of range");
  return checkTexts(job) && checkNumbers(job) &&
         checkCondition(job.start_on(), "start_on") &&
         checkCondition(job.stop_on(), "stop_on") && checkProcesses(job) &&
         checkLimits(job) && checkCgroups(job) && checkOrigins(job);
}

bool TableChecker::checkTexts(const Job &job) {
  return text(job.name(), "name", MaxName) &&
         text(job.description(), "description") &&
         text(job.author(), "author") && text(job.version(), "version") &&
         text(job.usage(), "usage") && text(job.instance(), "instance") &&
         texts(job.emits(), "emits") && texts(job.env(), "env") &&
         texts(job.exports(), "exports") && texts(job.imports(), "imports") &&
         texts(job.tmpfiles(), "tmpfiles") && text(job.chroot(), "chroot") &&
         text(job.chdir(), "chdir") && text(job.setuid(), "setuid") &&
         text(job.setgid(), "setgid") &&
         text(job.apparmor_switch(), "apparmor_switch");
}

bool TableChecker::checkNumbers(const Job &job) {
  if (job.console() > Console::Log && job.console() < Console::Unset)
    return bad("console", "is out of range");
  if (job.normal_exit() != nullptr) {
    if (job.normal_exit()->size() > MaxList)
      return bad("normal_exit", "is too long");
    if (!charge(job.normal_exit()->size()))
      return false;
    for (int32_t status : *job.normal_exit())
      if (status < 0)
        return bad("normal_exit", "is out of range");
  }
  return inRange(static_cast<int64_t>(job.expect()), 0,
                 static_cast<int64_t>(Expect::MAX), "expect") &&
         inRange(job.respawn_limit(), 0, INT32_MAX, "respawn_limit") &&
         inRange(job.respawn_interval(), 0, MaxSeconds, "respawn_interval") &&
         inRange(job.kill_timeout(), 0, MaxSeconds, "kill_timeout") &&
         inRange(job.kill_signal(), 0, INT32_MAX, "kill_signal") &&
         inRange(job.reload_signal(), 0, INT32_MAX, "reload_signal") &&
         inRange(job.umask(), 0, 0777, "umask") &&
         inRange(job.nice(), -20, 19, "nice");
}

/// A machine with one stack proves the post-order array to be one tree, and
/// that `left` is where an evaluator finds the left operand.
bool TableChecker::checkCondition(const Condition *condition,
                                  const char *field) {
  if (condition != nullptr) {
    const auto &nodes = *condition->nodes();
    size_t words = condition->words()->size();
    if (nodes.size() == 0 || nodes.size() > MaxList)
      return bad(field, "has no nodes or too many");
    operands.clear();
    uint64_t nextWord = 0;
    for (uint32_t i = 0; i != nodes.size(); ++i) {
      if (!checkNode(*nodes.Get(i), i, nextWord, words, field))
        return false;
      if (!operands.push(i))
        return outOfMemory();
    }
    if (operands.size() != 1)
      return bad(field, "is more than one tree");
    if (nextWord != words)
      return bad(field, "has words of no node");
    if (!texts(condition->words(), field) || !rememberKeys(*condition))
      return false;
  }
  return firstKey.push(static_cast<uint32_t>(keys.size())) || outOfMemory();
}

bool TableChecker::checkNode(const Node &node, uint32_t index,
                             uint64_t &nextWord, size_t words,
                             const char *field) {
  if (node.kind() == NodeKind::Match) {
    if (node.left() != 0 || node.count() == 0 || node.first() != nextWord ||
        nextWord + node.count() > words)
      return bad(field, "has a match with words out of range");
    nextWord += node.count();
    return true;
  }
  if (node.kind() > NodeKind::MAX || node.first() != 0 || node.count() != 0)
    return bad(field, "has a node of unknown kind");
  if (operands.size() < 2)
    return bad(field, "has an operator without operands");
  operands.pop();
  if (node.left() >= index || operands.pop() != node.left())
    return bad(field, "has an operator with a wrong left operand");
  return true;
}

bool TableChecker::checkProcesses(const Job &job) {
  if (job.processes() == nullptr)
    return true;
  int previous = -1;
  for (const Process *process : *job.processes()) {
    int slot = static_cast<int>(process->slot());
    if (slot <= previous || slot > static_cast<int>(Slot::MAX))
      return bad("processes", "has a slot twice, out of order or unknown");
    previous = slot;
    if (!checkProcess(*process))
      return false;
  }
  return true;
}

bool TableChecker::checkProcess(const Process &process) {
  bool hasText = process.text() != nullptr;
  bool hasArguments = process.argv() != nullptr;
  switch (process.kind()) {
  case ProcessKind::Argv:
    if (hasText || !hasArguments || process.argv()->size() == 0 ||
        process.argv()->Get(0)->size() == 0)
      return bad("processes", "has a command without a program");
    return texts(process.argv(), "processes");
  case ProcessKind::Shell:
  case ProcessKind::Script:
    if (!hasText || hasArguments)
      return bad("processes", "has a script without text");
    return text(process.text(), "processes", MaxText);
  case ProcessKind::Broken:
    return !(hasText || hasArguments) ||
           bad("processes", "has a broken process with a command");
  case ProcessKind::None:
    break;
  }
  return bad("processes", "has a process of unknown kind");
}

bool TableChecker::checkLimits(const Job &job) {
  if (job.limits() == nullptr)
    return true;
  // FlatBuffers aligns a vector's length only, and these hold 64-bit numbers.
  if (reinterpret_cast<uintptr_t>(job.limits()->Data()) % alignof(Limit) != 0)
    return bad("limits", "is misaligned");
  int previous = -1;
  for (const Limit *limit : *job.limits()) {
    int resource = static_cast<int>(limit->resource());
    if (resource <= previous || resource > static_cast<int>(Resource::MAX))
      return bad("limits", "has a resource twice, out of order or unknown");
    previous = resource;
  }
  return true;
}

bool TableChecker::checkCgroups(const Job &job) {
  if (job.cgroups() == nullptr)
    return true;
  for (const Cgroup *cgroup : *job.cgroups())
    if (!text(cgroup->controller(), "cgroups") ||
        !text(cgroup->name(), "cgroups") || !text(cgroup->key(), "cgroups") ||
        !text(cgroup->value(), "cgroups"))
      return false;
  return true;
}

bool TableChecker::checkOrigins(const Job &job) {
  if (job.origins() == nullptr)
    return true;
  if (job.origins()->size() > MaxList)
    return bad("origins", "is too long");
  unsigned previous = 0;
  for (const Origin *origin : *job.origins()) {
    unsigned now =
        static_cast<unsigned>(origin->stanza()) << 8 | origin->part();
    if (origin->stanza() == Stanza::None || origin->stanza() > Stanza::MAX)
      return bad("origins", "has an unknown stanza");
    if (now < previous)
      return bad("origins", "is out of order");
    if (origin->from_override() && job.override_file() < 0)
      return bad("origins", "names an override that is not there");
    previous = now;
  }
  return charge(job.origins()->size());
}

} // namespace starton::table
