// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a baseline hides, which of its entries are stale, and writing one.

#include "Output.h"
#include "Policy.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/Path.h"
#include <cerrno>
#include <sys/stat.h>

using namespace starton;
using namespace starton::checkconf;

std::optional<int> Policy::readBaseline(const Options &options) {
  writes = options.writeBaseline;
  baselineFile = options.baseline;
  usesBaseline = !baselineFile.empty();
  if (!usesBaseline && writes) {
    printError("--write-baseline needs --baseline FILE");
    return ExitUsage;
  }
  struct stat status;
  bool isNew = writes && stat(baselineFile.c_str(), &status) != 0;
  if (!usesBaseline || isNew)
    return std::nullopt;
  std::optional<std::string> text =
      readText(baselineFile, options.baselinePlace);
  std::string error;
  if (text && !baseline.read(*text, error)) {
    printError("'" + report::displayText(baselineFile) + "' is " +
               report::displayText(error) + namedAt(options.baselinePlace));
    return ExitInputOutput;
  }
  return text ? std::nullopt : std::optional<int>(ExitInputOutput);
}

/// Below a foreign root its paths are those of the system it will be.
const std::string &Policy::baselinePath(const CheckedFile &file) {
  if (pathOwner == &file)
    return path;
  pathOwner = &file;
  path = baselinePath(file.path);
  return path;
}

std::string Policy::baselinePath(const std::string &name) const {
  std::string below = root.empty() ? "/" : config::pathBelow(root, name);
  if (!llvm::StringRef(below).starts_with("/"))
    return below;
  return config::pathBelow(
      llvm::sys::path::parent_path(config::absolutePath(baselineFile)), name);
}

/// Files of the baseline that would lie in a directory all of which was looked
/// at, but are not there (any more).
llvm::StringSet<> Policy::lostFiles(const Options &options,
                                    const Inputs &inputs) const {
  llvm::StringSet<> lost;
  if (!options.only.empty() || !options.jobs.empty())
    return lost;
  llvm::StringSet<> there;
  for (const CheckedFile &file : inputs.files)
    there.insert(printable(baselinePath(file.path)));
  llvm::StringSet<> directories;
  for (const std::string &directory : inputs.wholeDirectories())
    directories.insert(directory);
  for (const auto &[print, entry] : baseline.left()) {
    if (there.contains(entry.file) || lost.contains(entry.file))
      continue;
    bool isLost = false, exists = false;
    for (const std::string &place : placesOf(entry.file)) {
      llvm::StringRef parent = llvm::sys::path::parent_path(place);
      while (!parent.empty() && parent != "/" && !directories.contains(parent))
        parent = llvm::sys::path::parent_path(parent);
      if (!directories.contains(parent))
        continue;
      struct stat status;
      bool found = lstat(place.c_str(), &status) == 0 ||
                   (errno != ENOENT && errno != ENOTDIR);
      exists = exists || found;
      isLost = isLost || !found;
    }
    if (isLost && !exists)
      lost.insert(entry.file);
  }
  return lost;
}

/// The inverse of baselinePath(); what is below the root and what is not look
/// the same.
std::vector<std::string> Policy::placesOf(const std::string &name) const {
  if (llvm::StringRef(name).starts_with("/"))
    return {name};
  std::string directory =
      llvm::sys::path::parent_path(config::absolutePath(baselineFile)).str();
  std::vector<std::string> places = {directory + "/" + name};
  if (!root.empty())
    places.push_back(
        llvm::StringRef(config::absolutePath(root)).rtrim('/').str() + "/" +
        name);
  return places;
}

std::vector<Diagnostic> Policy::judgeBaseline(const Options &options,
                                              const Inputs &inputs) {
  std::vector<Diagnostic> findings;
  if (!usesBaseline || writes)
    return findings;
  llvm::StringSet<> lost = lostFiles(options, inputs);
  llvm::StringMap<const CheckedFile *> seen;
  for (const CheckedFile &file : inputs.files)
    if (file.listed && file.inScope)
      seen[printable(baselinePath(file))] = &file;
  std::optional<config::Level> level = levels.levelOf(DiagId::StaleBaseline);
  for (const auto &[print, entry] : baseline.left()) {
    auto file = seen.find(entry.file);
    bool isCheck = check::findCheck(entry.name) != nullptr;
    bool shell = entry.name == diagName(DiagId::ShellSyntax);
    bool isLost = lost.contains(entry.file);
    if ((file == seen.end() && !isLost) || level == config::Level::Off ||
        (!isLost && (isCheck || shell) &&
         !looksFor(entry.name, options, file->second)))
      continue;
    Diagnostic &finding = findings.emplace_back();
    finding.id = DiagId::StaleBaseline;
    finding.severity =
        level == config::Level::Error ? Severity::Error : Severity::Warning;
    finding.file = baselineFile;
    finding.message = "'" + entry.name + "' in '" + entry.file +
                      "' is no longer found" +
                      (isLost ? ", and neither is the file" : "") +
                      "; remove it with --write-baseline";
  }
  return findings;
}

/// Files that were not looked at keep their entries.
bool Policy::writeBaseline(const Options &options, const Inputs &inputs) {
  llvm::StringSet<> seen = lostFiles(options, inputs);
  for (const CheckedFile &file : inputs.files)
    if (file.listed && file.inScope)
      seen.insert(printable(baselinePath(file)));
  baseline.remove([&](const config::BaselineEntry &entry) {
    return seen.contains(entry.file);
  });
  current.merge(baseline);
  Output output(options.baseline, -1);
  current.print(output.stream());
  return output.commit();
}
