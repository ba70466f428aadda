// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Upstart visits the files in order. A conf is parsed together with the
// override that applies to it; the result is registered unless a better file
// holds the name. Visiting an override reads the conf beside it once more,
// which registers the job again, behind the others of its bucket.
//
// A conf whose override fails is registered too, but its file then counts as
// having no job, so that the next directory's file of that name takes over.

#include "Override.h"
#include "llvm/ADT/StringMap.h"
#include <algorithm>
#include <optional>

namespace starton::sema {

namespace {

/// What reading a conf with its override gives.
enum class Outcome : uint8_t { NoJob, Job, DetachedJob };

/// The files of one job name, in order of their directories.
struct NameState {
  llvm::SmallVector<uint32_t, 1> confs;
  llvm::SmallVector<uint32_t, 1> overrides;
  bool hasJob = false;     ///< `choice` is registered
  bool fileHasJob = false; ///< and its file counts as the job's
  Choice choice;
};

bool isGood(const SourceFile &file) {
  return file.readError.empty() && file.parse.accepted();
}

const SyntaxDiag *firstErrorOf(const SourceFile &file) {
  if (!file.readError.empty() || file.parse.accepted())
    return nullptr;
  return &file.parse.diagnostics[static_cast<size_t>(file.parse.firstError)];
}

/// An unreadable file, or an illegal signal, is no "soft" error: Upstart does
/// not go on to the override then (language §0.3, §6.5).
bool failedHard(const SourceFile &file) {
  const SyntaxDiag *first = firstErrorOf(file);
  return !file.readError.empty() ||
         (first && first->upstartError == UpstartError::IllegalSignal);
}

class Chooser {
public:
  explicit Chooser(JobSet &set) : set(set) {}
  Choices run();

private:
  void collect();
  void consider(NameState &state, uint32_t conf);
  int64_t overrideOf(const NameState &state, uint32_t conf) const;
  Outcome outcomeOf(const SourceFile &conf,
                    const SourceFile *overrideFile) const;
  /// The file of a job that has errors, if one has.
  std::optional<uint32_t> badFileOf(const Choice &choice) const;
  void explain(const Choice &choice);
  void report(DiagId id, uint32_t file, std::string message);

  JobSet &set;
  llvm::StringMap<NameState> names;
  uint64_t clock = 0;
};

// Overrides first: one counts for a conf whether it is visited before or after.
void Chooser::collect() {
  for (uint32_t i = 0; i != set.files.size(); ++i) {
    const SourceFile &file = set.files[i];
    if (file.role == FileRole::Conf)
      names[file.jobName].confs.push_back(i);
    else if (file.role == FileRole::Override)
      names[file.jobName].overrides.push_back(i);
  }
}

// From the first directory up to and including the conf's.
int64_t Chooser::overrideOf(const NameState &state, uint32_t conf) const {
  if (!state.overrides.empty() &&
      set.files[state.overrides.front()].directory <= set.files[conf].directory)
    return state.overrides.front();
  return -1;
}

Outcome Chooser::outcomeOf(const SourceFile &conf,
                           const SourceFile *overrideFile) const {
  bool goodOverride = !overrideFile || isGood(*overrideFile);
  if (isGood(conf))
    return goodOverride ? Outcome::Job : Outcome::DetachedJob;
  bool fromOverrideAlone = overrideFile && goodOverride && !failedHard(conf);
  return fromOverrideAlone ? Outcome::Job : Outcome::NoJob;
}

void Chooser::consider(NameState &state, uint32_t conf) {
  if (state.fileHasJob && state.choice.conf != conf)
    return;
  int64_t overrideFile = overrideOf(state, conf);
  Outcome outcome = outcomeOf(
      set.files[conf], overrideFile < 0
                           ? nullptr
                           : &set.files[static_cast<size_t>(overrideFile)]);
  if (outcome == Outcome::NoJob)
    return;
  state.hasJob = true;
  state.fileHasJob = outcome == Outcome::Job;
  state.choice = {conf, overrideFile, ++clock};
}

void Chooser::report(DiagId id, uint32_t file, std::string message) {
  Diagnostic diag;
  diag.id = id;
  diag.severity = diagSeverity(id);
  diag.file = set.files[file].path;
  diag.source = set.files[file].source.get();
  diag.message = std::move(message);
  set.diagnostics.push_back(std::move(diag));
}

std::optional<uint32_t> Chooser::badFileOf(const Choice &choice) const {
  if (choice.overrideFile < 0)
    return std::nullopt;
  if (!isGood(set.files[choice.conf]))
    return choice.conf;
  auto overrideFile = static_cast<uint32_t>(choice.overrideFile);
  if (!isGood(set.files[overrideFile]))
    return overrideFile;
  return std::nullopt;
}

// Says what hardly anyone expects of a failing file.
void Chooser::explain(const Choice &choice) {
  std::optional<uint32_t> bad = badFileOf(choice);
  if (!bad)
    return;
  auto overrideFile = static_cast<uint32_t>(choice.overrideFile);
  const SourceFile &conf = set.files[choice.conf];
  if (*bad == choice.conf) {
    report(DiagId::OverrideAlone, overrideFile,
           "job '" + printable(conf.jobName) +
               "' is made of its override alone, since '" +
               printable(conf.path) + "' has errors");
  } else {
    report(DiagId::BrokenOverride, overrideFile,
           "override of '" + printable(conf.jobName) +
               "' is applied up to its first error, not ignored");
    if (const SyntaxDiag *first = firstErrorOf(set.files[overrideFile]))
      set.diagnostics.back().range = first->range;
  }
}

Choices Chooser::run() {
  collect();
  for (uint32_t i = 0; i != set.files.size(); ++i) {
    const SourceFile &file = set.files[i];
    if (file.role == FileRole::MainConf)
      continue;
    NameState &state = names[file.jobName];
    if (file.role == FileRole::Conf)
      consider(state, i);
    else
      for (uint32_t conf : state.confs)
        if (conf < i && set.files[conf].directory == file.directory)
          consider(state, conf);
  }

  Choices result;
  for (uint32_t i = 0; i != set.files.size(); ++i) {
    const SourceFile &file = set.files[i];
    if (file.role == FileRole::MainConf)
      continue;
    const NameState &state = names[file.jobName];
    if (state.confs.empty() || state.confs.front() != i)
      continue;
    if (!state.hasJob) {
      result.rejected.push_back({file.jobName, i});
      continue;
    }
    explain(state.choice);
    if (std::optional<uint32_t> bad = badFileOf(state.choice))
      result.rejectedInPart.push_back({file.jobName, *bad});
    result.jobs.push_back(state.choice);
  }
  std::sort(result.jobs.begin(), result.jobs.end(),
            [](const Choice &a, const Choice &b) {
              return a.registered < b.registered;
            });
  return result;
}

} // namespace

Choices chooseFiles(JobSet &set) { return Chooser(set).run(); }

} // namespace starton::sema
