// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Numbers and enumerations. evaluateArgument() and its kin store before they
// check, as Upstart does; so the value is taken whether the check passed or
// not.

#include "LowerStatement.h"
#include "starton/Basic/Values.h"

namespace starton::sema {

void StatementLowering::number(Number &target, size_t index, ValueType type) {
  if (words.size() <= index)
    return;
  ArgumentInfo info;
  info.type = type;
  int64_t value = 0;
  evaluateArgument(info, words[index].value, value);
  target = {value, originOf(words[index])};
}

void StatementLowering::respawn() {
  if (words.empty() && !failed())
    return flag(job.respawn);
  if (!sub("limit") || words.size() < 2)
    return;
  if (words[1].value == "unlimited") {
    job.respawnLimit = {0, originOf(words[1])};
    job.respawnInterval = {0, originOf(words[1])};
    return;
  }
  number(job.respawnLimit, 1, ValueType::Integer);
  if (error != UpstartError::IllegalLimit)
    number(job.respawnInterval, 2, ValueType::LongInteger);
}

void StatementLowering::normal() {
  if (!sub("exit"))
    return;
  for (const ast::Word &word : words.drop_front()) {
    int64_t value = 0;
    if (!evaluateExitStatus(word.value, value))
      return;
    job.normalExit.push_back({value, originAt(word.range)});
  }
}

void StatementLowering::expect() {
  for (Expect candidate :
       {Expect::None, Expect::Stop, Expect::Daemon, Expect::Fork})
    if (!words.empty() && words.front().value == expectName(candidate))
      job.expect = {candidate, originOf(words.front())};
}

void StatementLowering::kill() {
  if (sub("timeout"))
    number(job.killTimeout, 1, ValueType::LongInteger);
  else if (sub("signal") && error != UpstartError::IllegalSignal)
    number(job.killSignal, 1, ValueType::Signal);
}

void StatementLowering::reload() {
  if (sub("signal") && error != UpstartError::IllegalSignal)
    number(job.reloadSignal, 1, ValueType::Signal);
}

// An unknown word leaves a console that is none of the known ones.
void StatementLowering::console() {
  if (error == UpstartError::UnknownStanza)
    job.console = {Console::Invalid, origin};
  for (Console candidate :
       {Console::None, Console::Output, Console::Owner, Console::Log})
    if (!words.empty() && words.front().value == consoleName(candidate))
      job.console = {candidate, originOf(words.front())};
}

void StatementLowering::oom() {
  if (words.empty())
    return;
  bool score = words.front().value == "score";
  size_t index = score ? 1 : 0;
  if (words.size() > index && words[index].value == "never")
    job.oomScore = {-1000, originOf(words[index])};
  else
    number(job.oomScore, index,
           score ? ValueType::Integer : ValueType::OomAdjustment);
}

void StatementLowering::limit() {
  if (words.size() < 2)
    return;
  for (unsigned i = 0; i != NumResources; ++i) {
    if (words.front().value != resourceName(static_cast<Resource>(i)))
      continue;
    Limit &target = job.limits[i];
    target.origin = origin;
    bool soft = evaluateLimit(words[1].value, target.soft);
    if (soft && words.size() > 2)
      evaluateLimit(words[2].value, target.hard);
    return;
  }
}

} // namespace starton::sema
