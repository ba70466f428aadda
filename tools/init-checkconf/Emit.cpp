// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Check.h"
#include "starton/Parse/Dump.h"
#include "starton/Table/Reader.h"
#include "starton/Table/Writer.h"
#include <unistd.h>

using namespace starton;
using namespace starton::checkconf;

namespace {

bool emitTable(const Options &options, const Inputs &inputs) {
  // Without a set there was nothing to compile, which has become a finding. A
  // daemon's own directories may well be empty: that is an empty table.
  bool ownDirectories = !options.confDirs.empty() || options.userSession;
  if (inputs.sets.empty() ||
      (inputs.sets.front().files.empty() && !ownDirectories))
    return true;
  std::string error;
  std::string bytes = table::writeTable(inputs.sets.front(), error);
  if (!error.empty()) {
    printError("cannot make a table: " + error);
    return false;
  }
  bool good = table::writeFileAtomically(options.output, bytes, true, error);
  if (!good)
    printError(error);
  return good;
}

void printTrees(const Options &options, const Inputs &inputs,
                llvm::raw_ostream &os) {
  for (const CheckedFile &file : inputs.files) {
    if (!file.source)
      continue;
    if (options.emit == Emit::Tokens)
      dumpTokens(*file.source, options.dialect, os);
    else
      dumpAst(*file.parse->file, os);
  }
}

void printSets(const Options &options, const Inputs &inputs,
               llvm::raw_ostream &os) {
  for (const sema::JobSet &set : inputs.sets)
    if (options.emit == Emit::Model)
      sema::printModel(set, os);
    else
      sema::printShowConfig(set, options.emit == Emit::ShowConfigEnumerate, os);
}

} // namespace

bool checkconf::emitForm(const Options &options, const Inputs &inputs) {
  if (options.emit == Emit::Check)
    return true;
  if (options.emit == Emit::Table)
    return emitTable(options, inputs);
  Output output(options.output, STDOUT_FILENO);
  if (options.emit == Emit::Tokens || options.emit == Emit::Ast)
    printTrees(options, inputs, output.stream());
  else
    printSets(options, inputs, output.stream());
  return output.commit();
}

int checkconf::runDumpTable(const Options &options) {
  table::LoadedTable loaded;
  table::LoadError refused;
  if (!loaded.loadFile(options.dumpTable.c_str(), refused)) {
    printError(options.dumpTable + ": " + refused.message);
    return ExitInputOutput;
  }
  Output output(options.output, STDOUT_FILENO);
  std::string error;
  llvm::StringRef bytes(reinterpret_cast<const char *>(loaded.bytes().data()),
                        loaded.size());
  if (!table::dumpTable(bytes, output.stream(), error)) {
    printError(options.dumpTable + ": " + error);
    return ExitInternal;
  }
  return output.commit() ? ExitClean : ExitInputOutput;
}
