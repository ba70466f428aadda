// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The checks of lib/Check: which run, over what, and what is known about them.

#include "Check.h"
#include "Findings.h"
#include "starton/Check/Driver.h"
#include "starton/Check/Graph.h"
#include "starton/Config/Explanations.h"
#include "starton/Shell/Shell.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include <unistd.h>

using namespace starton;
using namespace starton::checkconf;

namespace {

/// Where catalogues lie beside this program: installed, or in the source tree.
/// Empty: nowhere; there are those built in.
std::string catalogueDirectory() {
  llvm::SmallString<256> program;
  if (llvm::sys::fs::real_path("/proc/self/exe", program))
    return {};
  llvm::sys::path::remove_filename(program);
  for (const char *place : {"../share/starton/events", "../../share/events"}) {
    llvm::SmallString<256> directory = program;
    llvm::sys::path::append(directory, place);
    if (llvm::sys::fs::is_directory(directory))
      return std::string(directory);
  }
  return {};
}

bool loadCatalogues(const Options &options, check::Catalogue &catalogue,
                    Inputs &inputs) {
  std::string directory = catalogueDirectory();
  std::string error;
  bool good = true;
  for (size_t i = 0; good && i != options.events.size(); ++i) {
    good = catalogue.add(options.events[i], directory, error);
    if (!good && i < options.eventPlaces.size())
      error += namedAt(options.eventPlaces[i]);
  }
  if (options.events.empty())
    for (llvm::StringRef name : check::defaultCatalogues(options.dialect))
      good = good && catalogue.add(name, directory, error);
  if (!good)
    printError(error);
  inputs.catalogues = catalogue.filesRead();
  return good;
}

void noteFilesRead(const check::System &system, Inputs &inputs) {
  const std::vector<check::FileId> &files = system.root().filesRead();
  inputs.rootFiles.insert(inputs.rootFiles.end(), files.begin(), files.end());
}

check::SystemOptions optionsOf(const Options &options,
                               const sema::JobSet &set) {
  check::SystemOptions result;
  // Of a file alone, or one job of many, nothing is known about the others.
  bool isPart = set.directories.empty() || !options.jobs.empty();
  result.partial = options.partial || isPart;
  result.root = options.root;
  return result;
}

int finish(Output &output) {
  return output.commit() ? ExitClean : ExitInputOutput;
}

} // namespace

bool checkconf::addCheckFindings(const Options &options,
                                 const check::Selection &selection,
                                 Inputs &inputs) {
  check::Catalogue catalogue;
  if (!loadCatalogues(options, catalogue, inputs))
    return false;
  if (!selection.runsAny())
    return true;
  // What reads our output knows it from --version.
  if (!shell::isAvailable() && llvm::sys::Process::StandardErrIsDisplayed())
    llvm::errs() << "init-checkconf: built without the shell's grammar: checks "
                    "that need it are off\n";
  llvm::DenseMap<const SourceBuffer *, CheckedFile *> owners;
  for (CheckedFile &file : inputs.files)
    owners[file.source] = &file;
  for (const sema::JobSet &set : inputs.sets) {
    check::System system(set, catalogue, optionsOf(options, set));
    for (Diagnostic &finding : check::runChecks(system, selection))
      if (CheckedFile *owner = owners.lookup(finding.source))
        owner->more.push_back(std::move(finding));
    noteFilesRead(system, inputs);
  }
  return true;
}

void checkconf::addUnfitFindings(const sema::JobSet &set,
                                 llvm::ArrayRef<table::UnfitJob> unfit,
                                 Inputs &inputs) {
  for (const table::UnfitJob &job : unfit) {
    const SourceBuffer *source = set.files[job.origin.file].source.get();
    auto owner = llvm::find_if(inputs.files, [&](const CheckedFile &file) {
      return file.source == source;
    });
    if (owner == inputs.files.end())
      continue;
    Diagnostic &finding = owner->more.emplace_back();
    finding.id = DiagId::TooLong;
    finding.severity = diagSeverity(finding.id);
    finding.source = source;
    finding.range = job.origin.range;
    finding.message = job.message;
    sortFindings(*owner);
  }
}

void checkconf::addTableFindings(Inputs &inputs) {
  for (const sema::JobSet &set : inputs.sets)
    addUnfitFindings(set, table::findUnfitJobs(set), inputs);
}

bool checkconf::printGraphs(const Options &options, Inputs &inputs,
                            llvm::raw_ostream &os) {
  check::Catalogue catalogue;
  if (!loadCatalogues(options, catalogue, inputs))
    return false;
  for (const sema::JobSet &set : inputs.sets) {
    check::System system(set, catalogue, optionsOf(options, set));
    if (options.emit == Emit::Graph)
      check::printGraphJson(system, os);
    else
      check::printGraphDot(system, os);
    noteFilesRead(system, inputs);
  }
  return true;
}

int checkconf::runListChecks(const Options &options) {
  Output output(options.output, STDOUT_FILENO);
  if (options.format == report::Format::Json) {
    check::printCheckListJson(output.stream(), config::printFindingListJson);
  } else {
    check::printCheckList(output.stream());
    output.stream() << "\nOf the parser and of this program itself:\n";
    config::printFindingList(output.stream());
  }
  return finish(output);
}

int checkconf::runExplain(const Options &options) {
  if (!config::isFindingName(options.explain)) {
    printError(report::displayText(config::unknownName(options.explain)));
    return ExitUsage;
  }
  Output output(options.output, STDOUT_FILENO);
  if (const check::Check *found = check::findCheck(options.explain))
    check::printCheckPage(*found, output.stream());
  else
    config::printFindingPage(options.explain, output.stream());
  return finish(output);
}
