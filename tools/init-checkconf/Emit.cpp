// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Check.h"
#include "starton/Parse/Dump.h"
#include "starton/Table/JobTable_generated.h"
#include "starton/Table/Reader.h"
#include "starton/Table/Writer.h"
#include <algorithm>
#include <fcntl.h>
#include <unistd.h>

using namespace starton;
using namespace starton::checkconf;

namespace {

bool emitTable(const Options &options, Inputs &inputs) {
  // Without a set there was nothing to compile, which has become a finding. A
  // daemon's own directories may well be empty: that is an empty table.
  bool ownDirectories = !options.confDirs.empty() || options.userSession;
  if (inputs.sets.empty() ||
      (inputs.sets.front().files.empty() && !ownDirectories))
    return true;
  std::string error;
  std::vector<table::UnfitJob> unfit;
  std::string bytes = table::writeTable(inputs.sets.front(), error, &unfit);
  addUnfitFindings(inputs.sets.front(), unfit, inputs);
  if (!error.empty()) {
    printError("cannot make a table: " + error);
    return false;
  }
  bool good = table::writeFileAtomically(options.output, bytes, true, error);
  if (!good)
    printError(error);
  return good;
}

sema::SourceStamp stampOf(const table::File &file) {
  sema::SourceStamp stamp;
  stamp.path = file.path()->str();
  stamp.size = file.size();
  std::copy(file.sha256()->begin(), file.sha256()->end(), stamp.sha256.begin());
  stamp.unreadable = file.unreadable();
  return stamp;
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

bool checkconf::isCurrent(const Options &options) {
  int file =
      open(options.unlessCurrent.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  table::LoadedTable old;
  table::LoadError refused;
  bool loaded = file >= 0 && old.loadDescriptor(file, refused);
  if (file >= 0)
    close(file);
  // One that cannot be used is simply made again.
  if (!loaded ||
      old.get()->dialect() != static_cast<table::Dialect>(options.dialect))
    return false;
  std::vector<sema::SourceStamp> now =
      sema::stampSources(Inputs(options).namedSystem());
  const auto &files = *old.get()->files();
  if (files.size() != now.size())
    return false;
  for (uint32_t i = 0; i != files.size(); ++i)
    if (stampOf(*files.Get(i)) != now[i])
      return false;
  return true;
}

bool checkconf::emitForm(const Options &options, Inputs &inputs) {
  if (options.emit == Emit::Check)
    return true;
  if (options.emit == Emit::Table)
    return emitTable(options, inputs);
  Output output(options.output, STDOUT_FILENO);
  bool good = true;
  if (options.emit == Emit::Tokens || options.emit == Emit::Ast)
    printTrees(options, inputs, output.stream());
  else if (options.emit == Emit::Graph || options.emit == Emit::GraphDot)
    good = printGraphs(options, inputs, output.stream());
  else
    printSets(options, inputs, output.stream());
  // Only the graph's makers know all that they have read.
  if (!good || outputIsInput(options, inputs, nullptr))
    return false;
  return output.commit();
}

int checkconf::runDumpTable(const Options &options) {
  Inputs inputs(options);
  inputs.files.emplace_back().path = options.dumpTable;
  if (outputIsInput(options, inputs, nullptr))
    return ExitUsage;
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
