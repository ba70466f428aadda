// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The part of the semantic pass that looks at one job.

#include "PartChecker.h"

namespace starton::table {

constexpr int64_t MaxSeconds = INT32_MAX;

namespace {

/// Where the tree whose root is nodes[root] begins: its leftmost leaf. The
/// nodes up to the root have been checked.
uint32_t firstOf(const flatbuffers::Vector<const Node *> &nodes,
                 uint32_t root) {
  while (nodes.Get(root)->kind() != NodeKind::Match)
    root = nodes.Get(root)->left();
  return root;
}

/// FlatBuffers counts tables but not the strings of a vector: a million
/// processes that share one argv of a million strings would keep it busy for
/// days. Everything else that it verifies of one job is bounded by the size of
/// the table, and charged to MaxWork before the next job. Nothing of this job
/// has been verified yet; what lies outside \p bytes, its part, reads as 0.
bool fewProcesses(const Job &job, Span<const uint8_t> bytes) {
  auto number = [&](uint64_t at, auto zero) {
    return at < bytes.size() && sizeof zero <= bytes.size() - at
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

} // namespace

bool PartChecker::checkJob(uint32_t index, uint32_t part) {
  const Job &job = *table.jobs()->Get(index);
  Verifier verifier = verifierOf(part);
  return charge(0) && (fewProcesses(job, rangeOf(part)) || overused()) &&
         (verifier.VerifyTable(&job) || badElement()) &&
         matchesHead(job, index) && checkMeaning(job);
}

bool PartChecker::matchesHead(const Job &job, uint32_t index) {
  auto count = [](const Condition *condition) {
    return condition != nullptr ? condition->nodes()->size() : 0;
  };
  const flatbuffers::String &name = *table.names()->Get(index);
  const Head &head = *table.heads()->Get(index);
  constexpr const char *Differs = "is not what the job's head says";
  if (job.name()->size() != name.size() ||
      memcmp(job.name()->c_str(), name.c_str(), name.size()) != 0)
    return bad("name", Differs);
  return (job.order() == head.order() || bad("order", Differs)) &&
         (count(job.start_on()) == head.start_nodes() ||
          bad("start_on", Differs)) &&
         (count(job.stop_on()) == head.stop_nodes() || bad("stop_on", Differs));
}

bool PartChecker::checkMeaning(const Job &job) {
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

bool PartChecker::checkTexts(const Job &job) {
  return text(job.description(), "description") &&
         text(job.author(), "author") && text(job.version(), "version") &&
         text(job.usage(), "usage") && text(job.instance(), "instance") &&
         texts(job.emits(), "emits") && texts(job.env(), "env") &&
         texts(job.exports(), "exports") && texts(job.imports(), "imports") &&
         texts(job.tmpfiles(), "tmpfiles") && text(job.chroot(), "chroot") &&
         text(job.chdir(), "chdir") && text(job.setuid(), "setuid") &&
         text(job.setgid(), "setgid") &&
         text(job.apparmor_switch(), "apparmor_switch");
}

bool PartChecker::checkNumbers(const Job &job) {
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

/// Proves the post-order array to be one tree, and that `left` is where an
/// evaluator finds the left operand.
bool PartChecker::checkCondition(const Condition *condition,
                                 const char *field) {
  if (condition == nullptr)
    return true;
  const auto &nodes = *condition->nodes();
  if (nodes.size() == 0 || nodes.size() > MaxList)
    return bad(field, "has no nodes or too many");
  uint64_t nextWord = 0;
  for (uint32_t i = 0; i != nodes.size(); ++i)
    if (!checkNode(*condition, i, nextWord, field))
      return false;
  if (firstOf(nodes, nodes.size() - 1) != 0)
    return bad(field, "is more than one tree");
  if (nextWord != condition->words()->size())
    return bad(field, "has words of no node");
  return charge(nodes.size()) && texts(condition->words(), field);
}

bool PartChecker::checkNode(const Condition &condition, uint32_t index,
                            uint64_t &nextWord, const char *field) {
  const Node &node = *condition.nodes()->Get(index);
  if (node.kind() == NodeKind::Match) {
    if (node.left() != 0 || node.count() == 0 || node.first() != nextWord ||
        nextWord + node.count() > condition.words()->size())
      return bad(field, "has a match with words out of range");
    nextWord += node.count();
    return true;
  }
  if (node.kind() > NodeKind::MAX || node.first() != 0 || node.count() != 0)
    return bad(field, "has a node of unknown kind");
  // The trees so far lie side by side, the right operand's last. Walking down
  // it here costs each node once in all, since only one operator has it.
  uint32_t right = index == 0 ? 0 : firstOf(*condition.nodes(), index - 1);
  if (right == 0)
    return bad(field, "has an operator without operands");
  if (node.left() != right - 1)
    return bad(field, "has an operator with a wrong left operand");
  return true;
}

bool PartChecker::checkProcesses(const Job &job) {
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

bool PartChecker::checkProcess(const Process &process) {
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

bool PartChecker::checkLimits(const Job &job) {
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

bool PartChecker::checkCgroups(const Job &job) {
  if (job.cgroups() == nullptr)
    return true;
  for (const Cgroup *cgroup : *job.cgroups())
    if (!text(cgroup->controller(), "cgroups") ||
        !text(cgroup->name(), "cgroups") || !text(cgroup->key(), "cgroups") ||
        !text(cgroup->value(), "cgroups"))
      return false;
  return true;
}

bool PartChecker::checkOrigins(const Job &job) {
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
