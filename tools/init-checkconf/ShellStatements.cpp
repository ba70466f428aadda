// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "ShellStatements.h"
#include "starton/Sema/Model.h"
#include "llvm/ADT/StringMap.h"

using namespace starton;
using namespace starton::checkconf;

namespace {

bool isForShell(const ast::Statement &statement) {
  return statement.process == ast::Statement::Process::Script ||
         (statement.process == ast::Statement::Process::Command &&
          sema::commandNeedsShell(statement.text));
}

} // namespace

std::vector<ShellText>
checkconf::shellTexts(const std::vector<CheckedFile> &files) {
  std::vector<ShellText> texts;
  llvm::StringMap<size_t> known[2]; // commands, scripts
  for (size_t index = 0; index != files.size(); ++index) {
    if (!files[index].parse || !files[index].inScope)
      continue;
    for (const ast::Statement &statement :
         files[index].parse->file->statements) {
      if (statement.health != ast::StatementHealth::Good ||
          !isForShell(statement))
        continue;
      ShellStatement place = {index, &statement};
      auto [entry, isNew] =
          known[place.isScript()].try_emplace(statement.text, texts.size());
      if (isNew)
        texts.emplace_back();
      texts[entry->second].places.push_back(place);
    }
  }
  return texts;
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
