// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which stanza does what; texts, lists, conditions and processes.
// LowerValues.cpp has the numbers and enumerations.

#include "LowerStatement.h"

namespace starton::sema {

void StatementLowering::apply() {
  switch (statement.kind) {
  case StanzaKind::AppArmor:
    return apparmor();
  case StanzaKind::Author:
    return text(job.author);
  case StanzaKind::Cgroup:
    return cgroup();
  case StanzaKind::Chdir:
    return text(job.chdir);
  case StanzaKind::Chroot:
    return text(job.chroot);
  case StanzaKind::Console:
    return console();
  case StanzaKind::Debug:
    return flag(job.debug);
  case StanzaKind::Description:
    return text(job.description);
  case StanzaKind::Emits:
    return list(job.emits);
  case StanzaKind::Env:
    return listOfOne(job.env);
  case StanzaKind::Exec:
  case StanzaKind::Script:
    return process(ProcessSlot::Main);
  case StanzaKind::Expect:
    return expect();
  case StanzaKind::Export:
    return list(job.exports);
  case StanzaKind::Import:
    job.hasImport |= !failed();
    return list(job.imports);
  case StanzaKind::Instance:
    return text(job.instance);
  case StanzaKind::Kill:
    return kill();
  case StanzaKind::Limit:
    return limit();
  case StanzaKind::Manual:
    job.startOn = {};
    return flag(job.manual);
  case StanzaKind::Nice:
    return number(job.nice, 0, ValueType::Integer);
  case StanzaKind::Normal:
    return normal();
  case StanzaKind::Oom:
    return oom();
  case StanzaKind::PostStart:
    return process(ProcessSlot::PostStart);
  case StanzaKind::PostStop:
    return process(ProcessSlot::PostStop);
  case StanzaKind::PreStart:
    return process(ProcessSlot::PreStart);
  case StanzaKind::PreStop:
    return process(ProcessSlot::PreStop);
  case StanzaKind::Reload:
    return reload();
  case StanzaKind::Respawn:
    return respawn();
  case StanzaKind::Setgid:
    return text(job.setgid);
  case StanzaKind::Setuid:
    return text(job.setuid);
  case StanzaKind::Start:
    return condition(job.startOn);
  case StanzaKind::Stop:
    return condition(job.stopOn);
  case StanzaKind::Task:
    return flag(job.task);
  case StanzaKind::Tmpfiles:
    return list(job.tmpfiles);
  case StanzaKind::Umask:
    return number(job.umask, 0, ValueType::Octal);
  case StanzaKind::Usage:
    return text(job.usage);
  case StanzaKind::Version:
    return text(job.version);
  }
}

bool StatementLowering::sub(llvm::StringRef keyword) const {
  return !words.empty() && file.source->text(words.front().range) == keyword;
}

bool StatementLowering::onOneLine() {
  if (!oneLine)
    oneLine = !file.source->text(statement.range).contains('\n');
  return *oneLine;
}

Origin StatementLowering::originAt(Range range) {
  Origin result = origin;
  result.range = range;
  if (!onOneLine())
    result.line = file.source->lineColumn(range.begin).line;
  return result;
}

Origin StatementLowering::originOf(const ast::Word &word) const {
  Origin result = origin;
  result.range = word.range;
  return result;
}

// The old text is dropped before the new one is looked for.
void StatementLowering::text(Text &target, size_t index) {
  if (words.size() > index)
    target = {words[index].value.str(), originOf(words[index])};
  else
    target = {};
}

// A list is read to its end before any of it is kept.
void StatementLowering::list(std::vector<Text> &target) {
  if (failed())
    return;
  for (const ast::Word &word : words)
    target.push_back({word.value.str(), originAt(word.range)});
}

void StatementLowering::listOfOne(std::vector<Text> &target) {
  if (!words.empty())
    target.push_back(
        {words.front().value.str(), originAt(words.front().range)});
}

// The old condition goes as soon as `on` has been read; a failing one puts
// nothing in its place.
void StatementLowering::condition(Condition &target) {
  if (!sub("on"))
    return;
  target = {};
  if (failed())
    return;
  llvm::ArrayRef<ast::EventNode> nodes = file.nodesOf(statement);
  target.origin = origin;
  target.nodes.reserve(nodes.size());
  for (const ast::EventNode &node : nodes) {
    ConditionNode &lowered = target.nodes.emplace_back();
    lowered.kind = node.kind;
    if (node.kind != ast::NodeKind::Match)
      lowered.left = node.left - statement.firstNode;
    lowered.origin = originAt(node.range);
    if (node.kind != ast::NodeKind::Match)
      continue;
    llvm::ArrayRef<ast::Word> nodeWords = file.wordsOf(node);
    lowered.firstWord = node.firstWord;
    lowered.name = nodeWords.front().value.str();
    for (const ast::Word &operand : nodeWords.drop_front())
      lowered.operands.push_back(operand.value.str());
  }
}

// A failing statement: an unfinished command or block has emptied the slot; one
// that failed before leaves the slot as it was, but makes one without command
// when there was none.
void StatementLowering::process(ProcessSlot slot) {
  Process &target = job.processes[static_cast<unsigned>(slot)];
  if (!failed()) {
    target.kind = statement.process == ast::Statement::Process::Script
                      ? ProcessKind::Script
                      : ProcessKind::Command;
    target.text = statement.text.str();
    target.textRange = statement.textRange;
    target.origin = origin;
    return;
  }
  bool inBody = error == UpstartError::UnterminatedQuote ||
                error == UpstartError::TrailingSlash ||
                error == UpstartError::UnterminatedBlock;
  bool own = statement.kind == StanzaKind::Exec ||
             statement.kind == StanzaKind::Script;
  bool emptied = inBody && (own || sub("exec") || sub("script"));
  if (emptied || target.kind == ProcessKind::None)
    target = {ProcessKind::Broken, "", {}, origin};
}

void StatementLowering::apparmor() {
  if (sub("switch"))
    return text(job.apparmorSwitch, 1);
  if (!sub("load"))
    return;
  Process &target = job.processes[static_cast<unsigned>(ProcessSlot::Security)];
  if (words.size() > 1)
    target = {ProcessKind::Command,
              "/sbin/apparmor_parser -r -W " + words[1].value.str(),
              words[1].range, origin};
  else if (target.kind == ProcessKind::None)
    target = {ProcessKind::Broken, "", {}, origin};
}

// CONTROLLER [NAME | KEY VALUE | NAME KEY VALUE]. chromeos reads the stanza and
// drops it (language §11).
void StatementLowering::cgroup() {
  if (failed() || words.empty() || file.dialect == Dialect::ChromeOS)
    return;
  CgroupEntry entry;
  entry.controller = words[0].value.str();
  entry.origin = origin;
  auto at = [&](size_t index) {
    return Text{words[index].value.str(), originAt(words[index].range)};
  };
  if (words.size() == 2 || words.size() == 4)
    entry.name = at(1);
  if (words.size() >= 3) {
    entry.key = at(words.size() - 2);
    entry.value = at(words.size() - 1);
  }
  job.cgroups.push_back(std::move(entry));
}

} // namespace starton::sema
