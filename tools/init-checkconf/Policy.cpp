// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Policy.h"
#include "Output.h"
#include "starton/Basic/Stanzas.h"
#include "starton/Shell/Shell.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/Path.h"
#include <map>
#include <sys/stat.h>

using namespace starton;
using namespace starton::checkconf;

namespace {

/// Of the run itself, not of a file's text: never hidden.
bool isFailure(DiagId id) {
  return id == DiagId::InternalError || id == DiagId::CannotRead ||
         id == DiagId::DirectoryLoop || id == DiagId::NoJobs ||
         id == DiagId::LinterFailed || id == DiagId::TooLong;
}

Diagnostic commentFinding(DiagId id, const CheckedFile &file, Range range,
                          std::string message) {
  Diagnostic diagnostic;
  diagnostic.id = id;
  diagnostic.severity = diagSeverity(id);
  diagnostic.source = file.source;
  diagnostic.range = range;
  diagnostic.message = std::move(message);
  return diagnostic;
}

/// "; did you mean 'X'?", where a file of this run is called nearly so.
std::string didYouMean(llvm::StringRef name,
                       const std::vector<CheckedFile> &files) {
  llvm::StringRef last = llvm::sys::path::filename(name);
  std::string candidates;
  for (const CheckedFile &file : files)
    if (file.listed)
      candidates += (candidates.empty() ? "" : " ") +
                    llvm::sys::path::filename(file.path).str();
  std::string near(suggestWord(last, candidates));
  for (const CheckedFile &file : files)
    if (file.listed && !near.empty() &&
        llvm::sys::path::filename(file.path) == near)
      return "; did you mean '" + report::displayText(file.path) + "'?";
  return {};
}

/// The configuration file that holds for all that is checked. A value: there
/// are several.
std::optional<int> nearestConfiguration(const Options &options,
                                        std::string &found) {
  std::vector<std::string> places = options.paths;
  for (const std::string &directory : options.confDirs)
    places.push_back(options.root.empty() ? directory
                                          : options.root + "/" + directory);
  if (places.empty() && !options.root.empty())
    places.push_back(options.root + "/etc/init");
  llvm::StringSet<> seen;
  bool first = true;
  for (const std::string &place : places) {
    // Thousands of files lie in few directories.
    std::string full = config::absolutePath(place);
    struct stat status;
    bool isDirectory =
        stat(full.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
    if (!seen.insert(isDirectory ? llvm::StringRef(full)
                                 : llvm::sys::path::parent_path(full))
             .second)
      continue;
    std::string file = config::findConfiguration(place);
    if (!first && file != found) {
      printError("'" + report::displayText(found.empty() ? file : found) +
                 "' is for a part of what is checked only: choose with "
                 "--config or --no-config");
      return ExitUsage;
    }
    found = file;
    first = false;
  }
  return std::nullopt;
}

} // namespace

std::string checkconf::namedAt(const std::string &place) {
  return place.empty() ? std::string()
                       : " (named at " + report::displayText(place) + ")";
}

std::optional<std::string> checkconf::readText(const std::string &path,
                                               const std::string &place) {
  std::string error;
  std::unique_ptr<SourceBuffer> source = sema::readSource(path, error);
  if (source)
    return source->text().str();
  printError("cannot read '" + report::displayText(path) + "': " + error +
             namedAt(place));
  return std::nullopt;
}

std::optional<int> Policy::prepare(Options &options) {
  if (options.emit != Emit::Check)
    return setLevels(options);
  active = true;
  root = options.root;
  if (std::optional<int> status = readConfiguration(options))
    return status;
  if (std::optional<int> status = setLevels(options))
    return status;
  return readBaseline(options);
}

std::optional<int> Policy::readConfiguration(Options &options) {
  if (options.noConfig)
    return std::nullopt;
  std::string file = options.configFile;
  if (file.empty())
    if (std::optional<int> status = nearestConfiguration(options, file))
      return status;
  if (file.empty())
    return std::nullopt;
  std::optional<std::string> text = readText(file);
  if (!text)
    return ExitInputOutput;
  std::string error;
  if (!config::parseConfiguration(*text, file, configuration, error)) {
    printError(report::displayText(error));
    return ExitUsage;
  }
  if (!options.dialectGiven && configuration.dialect)
    options.dialect = *configuration.dialect;
  if (!options.failOnGiven && configuration.failOn)
    options.failOn = *configuration.failOn;
  options.partial = options.partial || configuration.partial.value_or(false);
  if (options.events.empty()) {
    options.events = configuration.events;
    options.eventPlaces = configuration.eventPlaces;
  }
  if (options.baseline.empty()) {
    options.baseline = configuration.baseline;
    options.baselinePlace = configuration.baselinePlace;
  }
  return std::nullopt;
}

/// The file first, then the command line, of which the last word counts.
std::optional<int> Policy::setLevels(const Options &options) {
  check::ProfileSet profiles = check::Default;
  std::string error;
  bool good = true;
  for (const std::vector<std::string> *names :
       {&std::as_const(configuration.profiles), &options.profiles})
    for (const std::string &list : *names)
      for (llvm::StringRef name : llvm::split(list, ','))
        good = good && config::addProfile(name, profiles, error);
  levels = config::Levels(profiles);
  for (const auto &[name, level] : configuration.severities)
    good = good && levels.set(name, level, error);
  for (const LevelSetting &setting : options.levels)
    for (llvm::StringRef name : llvm::split(setting.names, ','))
      good = good && levels.set(name, setting.level, error);
  if (good)
    return std::nullopt;
  printError(report::displayText(error));
  return ExitUsage;
}

bool Policy::chooseFiles(const Options &options,
                         std::vector<CheckedFile> &files) {
  if (!active)
    return true;
  llvm::StringSet<> named;
  for (const std::string &path : options.paths)
    named.insert(path);
  for (CheckedFile &file : files)
    file.inScope = options.only.empty() &&
                   (!file.listed || !configuration.excludes(file.path) ||
                    named.contains(file.path));
  if (options.only.empty())
    return true;
  std::map<std::pair<dev_t, ino_t>, std::vector<CheckedFile *>> listed;
  struct stat status;
  for (CheckedFile &file : files)
    if (file.listed && stat(file.path.c_str(), &status) == 0)
      listed[{status.st_dev, status.st_ino}].push_back(&file);
  for (const std::string &name : options.only) {
    auto found = listed.end();
    if (stat(name.c_str(), &status) == 0)
      found = listed.find({status.st_dev, status.st_ino});
    if (found == listed.end()) {
      printError("--only: '" + report::displayText(name) +
                 "' is none of the files that are checked" +
                 didYouMean(name, files));
      return false;
    }
    for (CheckedFile *file : found->second)
      file->inScope = true;
  }
  return true;
}

Verdict Policy::judgeByRules(Diagnostic &diagnostic, const CheckedFile &file,
                             config::Suppressions *comments,
                             report::Suppression &why) const {
  if (diagnostic.id != DiagId::Check) {
    // What could not be looked at counts, whatever is reported of files.
    if (isFailure(diagnostic.id))
      return Verdict::Report;
    std::optional<config::Level> level = levels.levelOf(diagnostic.id);
    if (level == config::Level::Off)
      return Verdict::Drop;
    if (level)
      diagnostic.severity =
          *level == config::Level::Error ? Severity::Error : Severity::Warning;
  }
  if (!file.inScope)
    return Verdict::Drop;
  llvm::StringRef name = nameOf(diagnostic);
  if (comments && config::isConfigurable(name)) {
    uint32_t first = 0, last = 0;
    if (diagnostic.source) {
      first = diagnostic.source->lineColumn(diagnostic.range.begin).line;
      last = diagnostic.source->lineColumn(diagnostic.range.end).line;
    }
    if (config::SuppressedName *comment = comments->find(name, first, last)) {
      why.kind = report::Suppression::Kind::Comment;
      why.reason = comment->reason.str();
      return Verdict::Suppress;
    }
  }
  return Verdict::Report;
}

Verdict Policy::judge(Diagnostic &diagnostic, const CheckedFile &file,
                      config::Suppressions *comments,
                      report::Suppression &why) {
  Verdict verdict = judgeByRules(diagnostic, file, comments, why);
  if (verdict != Verdict::Report || !usesBaseline || isFailure(diagnostic.id))
    return verdict;
  const std::string &place = baselinePath(file);
  why.kind = report::Suppression::Kind::Baseline;
  why.reason.clear();
  if (writes) {
    current.add(diagnostic, place);
    return Verdict::Suppress;
  }
  return baseline.take(diagnostic, place) ? Verdict::Suppress : Verdict::Report;
}

/// Whether this run would have found it in \p file (null: in some file). Where
/// it cannot tell, it would not.
bool Policy::looksFor(llvm::StringRef name, const Options &options,
                      const CheckedFile *file) const {
  // What Upstart rejects makes no job, of which a check could say something.
  if (file && !file->accepted)
    return false;
  if (name == diagName(DiagId::ShellSyntax))
    return !options.syntaxOnly && !options.noScript &&
           levels.levelOf(DiagId::ShellSyntax) != config::Level::Off;
  if (const check::Check *check = check::findCheck(name)) {
    bool partial =
        options.partial || !options.jobs.empty() || (file && file->alone);
    bool knowsOthers =
        !(check->needs & (check::NeedGraph | check::NeedCatalogue)) || !partial;
    bool knowsRoot = !(check->needs & check::NeedRoot) || !options.root.empty();
    bool knowsShell =
        !(check->needs & check::NeedShell) || shell::isAvailable();
    bool runs = !(check->needs & check::NeedProgram) || !options.noScript;
    return !options.syntaxOnly && levels.checks().isEnabled(*check) &&
           knowsOthers && knowsRoot && knowsShell && runs;
  }
  return name == diagName(DiagId::SwallowedStanza) &&
         levels.levelOf(DiagId::SwallowedStanza) != config::Level::Off;
}

std::vector<Diagnostic>
Policy::judgeComments(const Options &options, const CheckedFile &file,
                      const config::Suppressions &comments) {
  std::vector<Diagnostic> findings;
  findings.reserve(comments.problems.size());
  for (const config::Suppressions::Problem &problem : comments.problems)
    findings.push_back(commentFinding(DiagId::BadSuppression, file,
                                      problem.range, problem.message));
  for (const config::SuppressedName &entry : comments.names) {
    if (!entry.certain)
      continue;
    if (entry.name == config::AllNames) {
      findings.push_back(
          commentFinding(DiagId::BadSuppression, file, entry.range,
                         "a comment cannot disable 'all'; name the findings"));
    } else if (!config::isFindingName(entry.name)) {
      findings.push_back(
          commentFinding(DiagId::BadSuppression, file, entry.range,
                         config::unknownName(entry.name, false)));
    } else if (!config::isConfigurable(entry.name)) {
      findings.push_back(commentFinding(DiagId::BadSuppression, file,
                                        entry.range,
                                        config::fixedName(entry.name)));
    } else if (!entry.used && looksFor(entry.name, options, &file)) {
      Diagnostic &finding = findings.emplace_back(
          commentFinding(DiagId::UnusedSuppression, file, entry.range,
                         "'" + entry.name.str() +
                             "' is disabled here but not found; remove "
                             "the comment"));
      if (!entry.removal.range.empty())
        finding.fixes.push_back({"remove it", true, {entry.removal}});
    }
  }
  return findings;
}
