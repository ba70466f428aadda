// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Inputs.h"
#include "starton/Basic/Stanzas.h"
#include "starton/Config/Configuration.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace starton;
using namespace starton::checkconf;

namespace {

const char *environmentValue(const char *name) { return std::getenv(name); }

/// \p path below \p root, whether it is written with a leading slash or not.
std::string below(const std::string &root, const std::string &path) {
  if (root.empty())
    return path;
  llvm::StringRef rest = path;
  return llvm::StringRef(root).rtrim('/').str() + "/" + rest.ltrim('/').str();
}

} // namespace

bool Inputs::wantsJobs() const {
  if (options.emit == Emit::Check)
    return runsChecks(options);
  return !wantsTrees();
}

bool Inputs::wantsTrees() const {
  return options.emit == Emit::Tokens || options.emit == Emit::Ast;
}

void Inputs::load() {
  for (const std::string &path : options.paths)
    loadPath(path);
  sema::SystemOptions named = namedSystem();
  if (options.userSession || !named.directories.empty())
    loadSystem(std::move(named));
}

void Inputs::loadPath(const std::string &path) {
  struct stat status;
  bool exists = stat(path.c_str(), &status) == 0;
  // Once, by the name that comes first. What is not there is told each time.
  if (exists && !named.insert({status.st_dev, status.st_ino}).second)
    return;
  if (!exists || !S_ISDIR(status.st_mode))
    return loadAlone(path);
  sema::SystemOptions system;
  system.dialect = options.dialect;
  system.root = options.root;
  system.directories = {path};
  system.mustExist = true;
  loadSystem(std::move(system));
}

/// The directories of --confdir and --user-session, first the one that wins.
std::vector<std::string> Inputs::namedDirectories() const {
  std::vector<std::string> directories;
  directories.reserve(options.confDirs.size());
  for (const std::string &directory : options.confDirs)
    directories.push_back(below(options.root, directory));
  if (options.userSession) {
    std::vector<std::string> session =
        sema::userSessionDirectories(environmentValue);
    auto place =
        directories.begin() + static_cast<std::ptrdiff_t>(*options.userSession);
    directories.insert(place, session.begin(), session.end());
  }
  return directories;
}

sema::SystemOptions Inputs::namedSystem() const {
  sema::SystemOptions system;
  system.dialect = options.dialect;
  system.root = options.root;
  system.onlyJobs = options.jobs;
  if (options.userSession || !options.confDirs.empty()) {
    system.directories = namedDirectories();
  } else if (!options.root.empty() && options.paths.empty()) {
    // With files or directories named, --root only says what their paths in a
    // table are relative to.
    system.directories = {below(options.root, "/etc/init")};
    if (options.jobs.empty())
      system.mainConfiguration = below(options.root, "/etc/init.conf");
    system.mustExist = true;
  }
  return system;
}

void Inputs::loadAlone(const std::string &path) {
  std::string error;
  std::unique_ptr<SourceBuffer> source = sema::readSource(path, error);
  if (!source) {
    CheckedFile &file = files.emplace_back();
    file.path = path;
    Diagnostic &diagnostic = file.more.emplace_back();
    diagnostic.id = DiagId::CannotRead;
    diagnostic.severity = diagSeverity(diagnostic.id);
    diagnostic.file = path;
    diagnostic.message = "cannot read: " + error;
    return;
  }
  if (overlay)
    if (auto entry = overlay->find(path); entry != overlay->end())
      source = std::make_unique<SourceBuffer>(path, entry->second);
  if (!wantsJobs())
    return parseAlone(std::move(source));
  size_t first = files.size();
  listFiles(sets.emplace_back(
      sema::loadFile(std::move(source), options.dialect, parser)));
  for (; first != files.size(); ++first)
    files[first].alone = true;
}

void Inputs::parseAlone(std::unique_ptr<SourceBuffer> source) {
  Alone &unit = alone.emplace_back();
  unit.source = std::move(source);
  ParseOptions parseOptions;
  parseOptions.dialect = options.dialect;
  unit.parse = parser.parse(*unit.source, parseOptions);
  CheckedFile &file = files.emplace_back();
  file.path = unit.source->path().str();
  file.alone = true;
  file.accepted = unit.parse.accepted();
  // A good file of thousands is done with; its memory serves the next one.
  if (options.syntaxOnly && !wantsTrees() && unit.parse.diagnostics.empty()) {
    alone.pop_back();
    return;
  }
  file.source = unit.source.get();
  file.parse = &unit.parse;
}

std::vector<std::string> Inputs::wholeDirectories() const {
  std::vector<std::string> named = namedSystem().directories, whole;
  named.insert(named.end(), options.paths.begin(), options.paths.end());
  for (const std::string &path : named) {
    struct stat status;
    if (stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode) &&
        access(path.c_str(), R_OK | X_OK) == 0)
      whole.push_back(config::absolutePath(path));
  }
  return whole;
}

/// With mustExist the directories were named as what to check, so that they
/// must hold jobs.
void Inputs::loadSystem(sema::SystemOptions system) {
  system.overlay = overlay;
  system.syntaxOnly = options.syntaxOnly || wantsTrees();
  system.forgetGoodFiles = options.syntaxOnly && !wantsTrees();
  sema::JobSet &set = sets.emplace_back(sema::loadSystem(system));
  listFiles(set);
  nothingThere = nothingThere || (system.mustExist && set.files.empty());
  // A daemon may wait for directories that are not there yet, and its compiler
  // is asked about files that are gone.
  if (options.emit == Emit::Check && reportMissing(system))
    return;
  if (options.emit == Emit::Check)
    reportUnknownJobs(system, set);
  if (set.files.empty() && set.diagnostics.empty() && system.onlyJobs.empty())
    reportNoJobs(system.directories,
                 system.mustExist ? Severity::Error : Severity::Warning);
}

/// A finding about the directories of a system.
Diagnostic &Inputs::reportPlace(const std::vector<std::string> &directories,
                                DiagId id) {
  CheckedFile &file = files.emplace_back();
  // A session without HOME has no directory that could be named.
  file.path = directories.empty() ? "user session" : directories.front();
  file.listed = false;
  Diagnostic &diagnostic = file.more.emplace_back();
  diagnostic.id = id;
  diagnostic.severity = diagSeverity(id);
  diagnostic.file = file.path;
  return diagnostic;
}

/// One of several may be missing, as for Upstart. Where none is there at all, a
/// name is misspelt.
bool Inputs::reportMissing(const sema::SystemOptions &system) {
  if (system.mustExist || options.confDirs.empty() || options.userSession)
    return false;
  sema::FileSystem tree(options.root);
  for (const std::string &directory : system.directories)
    if (sema::Descriptor(tree.open(directory, O_PATH)).isOpen() ||
        errno != ENOENT)
      return false;
  for (const std::string &directory : system.directories)
    reportPlace({directory}, DiagId::CannotRead).message =
        std::string("cannot read: ") + std::strerror(ENOENT);
  return true;
}

/// Names of --job that no file has.
void Inputs::reportUnknownJobs(const sema::SystemOptions &system,
                               const sema::JobSet &set) {
  llvm::StringSet<> known;
  for (const sema::SourceFile &file : set.files)
    known.insert(file.jobName);
  std::string others;
  for (const std::string &name : system.onlyJobs) {
    if (!known.insert(name).second)
      continue;
    if (others.empty()) {
      sema::SystemOptions all = system;
      all.onlyJobs.clear();
      all.syntaxOnly = all.forgetGoodFiles = true;
      for (const sema::SourceFile &file : sema::loadSystem(all).files)
        others += (others.empty() ? "" : " ") + file.jobName;
    }
    std::string_view near = suggestWord(name, others);
    Diagnostic &diagnostic = reportPlace(system.directories, DiagId::NoJobs);
    diagnostic.message = "no such job: '" + name + "'";
    if (!near.empty())
      diagnostic.message += "; did you mean '" + std::string(near) + "'?";
  }
}

void Inputs::reportNoJobs(const std::vector<std::string> &directories,
                          Severity severity) {
  Diagnostic &diagnostic = reportPlace(directories, DiagId::NoJobs);
  diagnostic.severity = severity;
  diagnostic.message = "no job files (*.conf, *.override) in this directory";
  if (directories.size() > 1)
    diagnostic.message += " or the other directories";
}

void Inputs::listFiles(const sema::JobSet &set) {
  llvm::StringMap<size_t> indexOf;
  for (const sema::SourceFile &each : set.files) {
    indexOf[each.path] = files.size();
    CheckedFile &file = files.emplace_back();
    file.path = each.path;
    file.mainConfiguration = each.role == sema::FileRole::MainConf;
    file.accepted = each.readError.empty() && each.parse.accepted();
    if (each.readError.empty()) {
      file.source = each.source.get();
      file.parse = &each.parse;
    }
  }
  for (const Diagnostic &diagnostic : set.diagnostics) {
    std::string path =
        diagnostic.source ? diagnostic.source->path().str() : diagnostic.file;
    auto [entry, isNew] = indexOf.try_emplace(path, files.size());
    if (isNew) {
      CheckedFile &file = files.emplace_back();
      file.path = path;
      file.listed = false;
    }
    files[entry->second].more.push_back(diagnostic);
  }
}
