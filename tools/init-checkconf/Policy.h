// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What of all that was found is reported, and as what: severities, scope,
// comments in the files, and the baseline (docs/configuration.md).

#ifndef STARTON_TOOLS_INITCHECKCONF_POLICY_H
#define STARTON_TOOLS_INITCHECKCONF_POLICY_H

#include "Inputs.h"
#include "starton/Config/Baseline.h"
#include "starton/Config/Suppressions.h"
#include "llvm/ADT/StringSet.h"

namespace starton::checkconf {

/// " (named at PLACE)", or nothing where \p place is empty.
std::string namedAt(const std::string &place);

/// What a file named by the user, or at \p place of a configuration, holds;
/// absent: it was said why not.
std::optional<std::string> readText(const std::string &path,
                                    const std::string &place = {});

enum class Verdict : uint8_t { Report, Suppress, Drop };

/// Copied for each look at the files: the baseline is used up by one.
class Policy {
public:
  /// Everything is reported as it is: for the old script's ways.
  Policy() = default;

  /// Reads configuration and baseline, and completes \p options by them. A
  /// value: something was wrong and has been said; the exit status.
  std::optional<int> prepare(Options &options);

  const check::Selection &checks() const { return levels.checks(); }
  bool isOff(DiagId id) const {
    return levels.levelOf(id) == config::Level::Off;
  }

  /// Marks which files are reported. False: a file of --only is none of them,
  /// and that has been said.
  bool chooseFiles(const Options &options, std::vector<CheckedFile> &files);

  /// Sets the severity. \p comments may be null, \p why is set with Suppress.
  Verdict judge(Diagnostic &diagnostic, const CheckedFile &file,
                config::Suppressions *comments, report::Suppression &why);
  /// The same without the baseline, which only one look may use up.
  Verdict judgeByRules(Diagnostic &diagnostic, const CheckedFile &file,
                       config::Suppressions *comments,
                       report::Suppression &why) const;

  /// Findings about comments that are wrong or of no use; only after judge()
  /// saw all others of the file.
  std::vector<Diagnostic> judgeComments(const Options &options,
                                        const CheckedFile &file,
                                        const config::Suppressions &comments);
  /// Findings about what the baseline holds in vain; after all files.
  std::vector<Diagnostic> judgeBaseline(const Options &options,
                                        const Inputs &inputs);
  bool readsComments() const { return active; }

  /// Configuration and baseline, if any.
  std::vector<std::string> filesRead() const {
    return {configuration.path, baselineFile};
  }

  /// --write-baseline. False: not written, and that has been said.
  bool writeBaseline(const Options &options, const Inputs &inputs);

private:
  std::optional<int> readConfiguration(Options &options);
  std::optional<int> readBaseline(const Options &options);
  std::optional<int> setLevels(const Options &options);
  bool looksFor(llvm::StringRef name, const Options &options,
                const CheckedFile *file) const;
  const std::string &baselinePath(const CheckedFile &file);
  std::string baselinePath(const std::string &path) const;
  std::vector<std::string> placesOf(const std::string &name) const;
  llvm::StringSet<> lostFiles(const Options &options,
                              const Inputs &inputs) const;

  bool active = false;
  config::Configuration configuration;
  config::Levels levels;
  bool usesBaseline = false;
  std::string baselineFile, root;
  config::Baseline baseline; ///< what is left of it
  config::Baseline current;  ///< with --write-baseline: what there is
  bool writes = false;
  const CheckedFile *pathOwner = nullptr; ///< whose path is kept in path
  std::string path;
};

} // namespace starton::checkconf

#endif // STARTON_TOOLS_INITCHECKCONF_POLICY_H
