// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Check/System.h"
#include "starton/Check/Graph.h"
#include "starton/Check/Reachability.h"
#include "starton/Check/Variables.h"
#include "starton/Shell/ShellTexts.h"

namespace starton::check {

bool Operand::isLiteral() const { return !hasVariable() && !isPattern(value); }

bool Operand::hasVariable() const { return value.contains('$'); }

Operand parseOperand(llvm::StringRef text) {
  Operand operand;
  size_t at = text.find("!=");
  operand.negated = at != llvm::StringRef::npos;
  if (!operand.negated)
    at = text.find('=');
  operand.named = at != llvm::StringRef::npos;
  if (!operand.named) {
    operand.value = text;
    return operand;
  }
  operand.key = text.take_front(at);
  operand.value = text.drop_front(at + (operand.negated ? 2 : 1));
  return operand;
}

System::System(const sema::JobSet &set, const Catalogue &catalogue,
               SystemOptions options)
    : jobSet(set), known(catalogue), chosen(std::move(options)),
      rootFiles(chosen.root) {
  for (uint32_t i = 0; i != set.jobs.size(); ++i)
    names[set.jobs[i].name] = i;
  events = std::make_unique<Graph>(*this);
  variableTable = std::make_unique<VariableTable>(*this);
}

System::~System() = default;

const Reachability &System::reachability() const {
  if (!reach)
    reach = std::make_unique<Reachability>(*this);
  return *reach;
}

const shell::ShellTexts &System::shell() const {
  if (!texts)
    texts = std::make_unique<shell::ShellTexts>(jobSet);
  return *texts;
}

void System::forEachStatement(
    const sema::Job &job,
    llvm::function_ref<void(uint32_t file, const ast::Statement &)> visit)
    const {
  auto visitFile = [&](uint32_t file, bool partly) {
    const ParseResult &parse = jobSet.files[file].parse;
    if (!parse.accepted() && !partly)
      return;
    llvm::ArrayRef<ast::Statement> statements = parse.file->statements;
    if (!parse.accepted())
      statements = statements.take_front(parse.file->firstError);
    for (const ast::Statement &statement : statements)
      visit(file, statement);
  };
  visitFile(job.confFile, false);
  if (job.overrideFile >= 0)
    visitFile(static_cast<uint32_t>(job.overrideFile), true);
}

Edit System::removal(uint32_t file, const ast::Statement &statement) const {
  llvm::StringRef all = source(file).text();
  size_t begin = statement.range.begin, end = statement.range.end;
  size_t lineBegin = all.rfind('\n', begin);
  lineBegin = lineBegin == llvm::StringRef::npos ? 0 : lineBegin + 1;
  size_t lineEnd = all.find('\n', end);
  lineEnd = lineEnd == llvm::StringRef::npos ? all.size() : lineEnd + 1;
  bool alone = all.slice(lineBegin, begin).trim().empty() &&
               all.slice(end, lineEnd).trim().empty();
  if (alone) {
    begin = lineBegin;
    end = lineEnd;
  }
  return {{static_cast<uint32_t>(begin), static_cast<uint32_t>(end)}, ""};
}

Place System::eventPlace(const sema::ConditionNode &node) const {
  return {node.origin.file, tree(node.origin.file).words[node.firstWord].range};
}

std::vector<Operand> System::operands(const sema::ConditionNode &node) const {
  std::vector<Operand> result;
  result.reserve(node.operands.size());
  const ast::File &file = tree(node.origin.file);
  for (size_t i = 0; i != node.operands.size(); ++i) {
    result.push_back(parseOperand(node.operands[i]));
    result.back().place = {node.origin.file,
                           file.words[node.firstWord + 1 + i].range};
  }
  return result;
}

uint32_t System::jobNamed(llvm::StringRef name) const {
  auto found = names.find(name);
  return found == names.end() ? NoJob : found->second;
}

} // namespace starton::check
