// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Basic/Stanzas.h"
#include "starton/Check/Context.h"

namespace starton::check {

namespace {

/// What a second statement of the same key replaces; empty: it adds.
std::string keyOf(const ast::File &tree, const ast::Statement &statement) {
  std::string key(stanzaInfo(statement.kind).spelling);
  llvm::ArrayRef<ast::Word> words = tree.wordsOf(statement);
  switch (statement.kind) {
  case StanzaKind::Env:
    return words.empty() ? std::string()
                         : key + " " + words[0].value.split('=').first.str();
  case StanzaKind::Kill:
  case StanzaKind::Limit:
  case StanzaKind::Respawn:
  case StanzaKind::AppArmor:
    // Each of these words is a setting of its own.
    return words.empty() ? key : key + " " + words[0].value.str();
  case StanzaKind::Debug:
  case StanzaKind::Manual: // ends what came before; so does a second one
    return {};
  default:
    break;
  }
  return stanzaInfo(statement.kind).repeat == RepeatPolicy::Accumulates
             ? std::string()
             : key;
}

/// Whether saying it once more changes nothing.
bool isFlag(const ast::Statement &statement) {
  return stanzaInfo(statement.kind).repeat == RepeatPolicy::Idempotent ||
         (statement.kind == StanzaKind::Respawn && statement.wordCount == 0);
}

void runOnFile(Context &context, uint32_t file) {
  const System &system = context.system();
  const ast::File &tree = system.tree(file);
  llvm::StringMap<const ast::Statement *> last;
  for (const ast::Statement &statement : llvm::reverse(tree.statements)) {
    if (statement.health != ast::StatementHealth::Good)
      continue;
    std::string key = keyOf(tree, statement);
    if (key.empty())
      continue;
    auto [later, isLast] = last.try_emplace(key, &statement);
    if (isLast)
      continue;
    bool isCondition = statement.kind == StanzaKind::Start ||
                       statement.kind == StanzaKind::Stop;
    std::string what = quoted(isCondition ? key + " on" : key);
    Finding finding = context.report(
        {file, statement.keyword()},
        isFlag(statement) ? what + " is given twice"
                          : what + " has no effect because it is given again");
    finding.note(system, {file, later->second->keyword()},
                 "it is given again here");
    if (isCondition)
      finding.note("where each is meant to count, write one: " + key +
                   " on A or B");
    finding.fix("remove it", true, {system.removal(file, statement)});
  }
}

void run(Context &context) {
  context.forEachFile([&](uint32_t file) { runOnFile(context, file); });
}

} // namespace

STARTON_CHECK(duplicateStanza) = {
    .name = "duplicate-stanza",
    .summary = "a stanza is replaced by a later one of the same file",
    .fix = FixKind::Safe,
    .doc = R"(
Of most stanzas only the last one of a file counts; the others are dropped without a message.
Whoever edits the first of them wonders why nothing changes.
The same goes for two `env` of one variable, and for `respawn` or `task` given twice.

Remove the one that has no effect, which the fix does, or join the two: `start on A or B`.
What an override replaces is no finding.
)",
    .bad = R"(
description "a web server"
«start» on filesystem
start on filesystem and net-device-up IFACE!=lo
«kill» timeout 10
kill signal QUIT
kill timeout 20
exec /usr/sbin/webd
)",
    .good = R"(
description "a web server"
start on filesystem and net-device-up IFACE!=lo
kill signal QUIT
kill timeout 20
exec /usr/sbin/webd
)",
    .run = run};

} // namespace starton::check
