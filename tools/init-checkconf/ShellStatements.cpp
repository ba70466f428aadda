// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "ShellStatements.h"
#include "starton/Sema/Model.h"

using namespace starton;
using namespace starton::checkconf;

namespace {

bool isForShell(const ast::Statement &statement) {
  return statement.process == ast::Statement::Process::Script ||
         (statement.process == ast::Statement::Process::Command &&
          sema::commandNeedsShell(statement.text));
}

} // namespace

std::vector<ShellStatement>
checkconf::shellStatements(const std::vector<CheckedFile> &files) {
  std::vector<ShellStatement> result;
  for (size_t index = 0; index != files.size(); ++index) {
    if (!files[index].parse)
      continue;
    for (const ast::Statement &statement : files[index].parse->file->statements)
      if (statement.health == ast::StatementHealth::Good &&
          isForShell(statement))
        result.push_back({index, &statement});
  }
  return result;
}

Diagnostic checkconf::findingAt(const std::vector<CheckedFile> &files,
                                const ShellStatement &place, DiagId id) {
  Diagnostic diagnostic;
  diagnostic.id = id;
  diagnostic.severity = diagSeverity(id);
  diagnostic.source = files[place.file].source;
  diagnostic.range = place.statement->keyword();
  return diagnostic;
}
