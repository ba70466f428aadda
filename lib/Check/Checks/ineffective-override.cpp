// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Basic/Stanzas.h"
#include "starton/Check/Context.h"

namespace starton::check {

namespace {

using Statements = llvm::ArrayRef<ast::Statement>;

/// What a statement sets: its keyword, with the word that makes it a setting
/// of its own, or the name of its variable.
std::string settingOf(const ast::File &tree, const ast::Statement &statement) {
  std::string setting(stanzaInfo(statement.kind).spelling);
  llvm::ArrayRef<ast::Word> words = tree.wordsOf(statement);
  switch (statement.kind) {
  case StanzaKind::Exec:
  case StanzaKind::Script:
    return "main";
  case StanzaKind::Env:
    return setting + " " + words.front().value.split('=').first.str();
  case StanzaKind::Kill:
  case StanzaKind::Limit:
  case StanzaKind::Respawn:
  case StanzaKind::AppArmor:
    return words.empty() ? setting : setting + " " + words.front().value.str();
  default:
    return setting;
  }
}

/// What it sets that to. Two statements of one setting and value mean the same.
std::string valueOf(const ast::File &tree, const ast::Statement &statement) {
  std::string value;
  auto add = [&](llvm::StringRef part) {
    value += part;
    value += '\0';
  };
  for (const ast::Word &word : tree.wordsOf(statement))
    add(word.value);
  for (const ast::EventNode &node : tree.nodesOf(statement)) {
    add(node.kind == ast::NodeKind::Match
            ? "match"
            : std::to_string(node.left - statement.firstNode) + " " +
                  (node.kind == ast::NodeKind::And ? "and" : "or"));
    for (const ast::Word &word : tree.wordsOf(node))
      add(word.value);
  }
  if (statement.process != ast::Statement::Process::None) {
    add(statement.process == ast::Statement::Process::Command ? "exec"
                                                              : "script");
    add(statement.text);
  }
  return value;
}

/// The last value of every setting.
llvm::StringMap<std::string> valuesOf(const ast::File &tree,
                                      Statements statements) {
  llvm::StringMap<std::string> values;
  for (const ast::Statement &statement : statements)
    values[settingOf(tree, statement)] = valueOf(tree, statement);
  return values;
}

bool hasStartOn(Statements statements) {
  for (const ast::Statement &statement : llvm::reverse(statements)) {
    if (statement.kind == StanzaKind::Manual)
      return false;
    if (statement.kind == StanzaKind::Start)
      return true;
  }
  return false;
}

/// Whether no statement of an override makes a difference. Lists are taken for
/// different wherever the last statements of them are.
bool changesNothing(const ast::File &conf, const ast::File &changes) {
  llvm::StringMap<std::string> before = valuesOf(conf, conf.statements);
  for (const auto &value : valuesOf(changes, changes.statements)) {
    if (value.first() == "manual") {
      if (hasStartOn(conf.statements))
        return false;
      continue;
    }
    auto same = before.find(value.first());
    // A `manual` in the job file has dropped its condition.
    if (value.first() == "start" && !hasStartOn(conf.statements))
      return false;
    if (same == before.end() || same->second != value.second)
      return false;
  }
  return true;
}

/// `manual` with a later `start on`, and the other way round.
void checkManual(Context &context, uint32_t file) {
  Statements statements = context.system().tree(file).statements;
  const ast::Statement *manual = nullptr, *start = nullptr;
  for (const ast::Statement &statement : statements) {
    if (statement.kind == StanzaKind::Manual)
      manual = &statement;
    else if (statement.kind == StanzaKind::Start)
      start = &statement;
  }
  if (!manual || !start)
    return;
  bool manualFirst = manual->range.begin < start->range.begin;
  const ast::Statement &lost = manualFirst ? *manual : *start;
  const ast::Statement &kept = manualFirst ? *start : *manual;
  context
      .report({file, lost.keyword()},
              manualFirst
                  ? "'manual' has no effect in front of 'start on': the "
                    "job is started by that"
                  : "'start on' has no effect in front of 'manual'")
      .note(context.system(), {file, kept.keyword()}, "this comes later");
}

void run(Context &context) {
  const System &system = context.system();
  for (const sema::Job &job : context.jobs()) {
    if (job.overrideFile < 0)
      continue;
    auto file = static_cast<uint32_t>(job.overrideFile);
    const sema::SourceFile &conf = context.set().files[job.confFile];
    if (!conf.parse.accepted() || !context.set().files[file].parse.accepted())
      continue;
    checkManual(context, file);
    if (changesNothing(system.tree(job.confFile), system.tree(file)))
      context.report({file, {}},
                     system.tree(file).statements.empty()
                         ? "override holds no stanza"
                         : "override changes nothing: " + quoted(conf.path) +
                               " says the same");
  }
}

} // namespace

STARTON_CHECK(ineffectiveOverride) = {
    .name = "ineffective-override",
    .summary = "an override that changes nothing",
    .doc = R"(
An override is there to change a job, and this one, or a stanza of it, does not:

- it holds no stanza, or says only what the job file says itself (also `manual` for a job that has no `start on`);
- it has both `manual` and `start on`, of which only the later one counts.

An override that adds to a list (`emits`, `export`) counts as a change.
Remove the override, or the stanza; and look whether the job file was changed since the override was written.
)",
    .bad = R"(
#--- web.conf
start on runlevel [2345]
stop on runlevel [016]
exec /usr/sbin/webd
#--- web.override
«manual»
start on filesystem
)",
    .good = R"(
#--- web.conf
start on runlevel [2345]
stop on runlevel [016]
exec /usr/sbin/webd
#--- web.override
start on filesystem
)",
    .run = run};

} // namespace starton::check
