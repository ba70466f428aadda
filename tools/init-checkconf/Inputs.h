// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the command line names, read and parsed.

#ifndef STARTON_TOOLS_INITCHECKCONF_INPUTS_H
#define STARTON_TOOLS_INITCHECKCONF_INPUTS_H

#include "Options.h"
#include "starton/Check/Root.h"
#include "starton/Sema/JobSet.h"
#include "llvm/ADT/DenseSet.h"
#include <deque>

namespace starton::checkconf {

/// A file of the run, in the order of the report. With listed == false it only
/// carries findings about a path that is no file, such as a directory.
struct CheckedFile {
  std::string path;
  bool listed = true;
  bool accepted = false; ///< by Upstart
  /// Null where the file could not be read, or nothing is left to say of it.
  const SourceBuffer *source = nullptr;
  const ParseResult *parse = nullptr;
  /// Findings beyond the syntax, in source order once all are there.
  std::vector<Diagnostic> more;
  bool alone = false;             ///< not as part of a system
  bool mainConfiguration = false; ///< init.conf
  bool inScope = true;            ///< its findings are reported
  /// Its comments that disable findings are among the findings, if need be.
  bool commentsJudged = false;
};

class Inputs {
public:
  /// \p overlay: texts that stand for those of the files at these paths; may
  /// be null.
  explicit Inputs(const Options &options,
                  const llvm::StringMap<std::string> *overlay = nullptr)
      : options(options), overlay(overlay) {}
  Inputs(const Inputs &) = delete;
  Inputs &operator=(const Inputs &) = delete;

  /// Reads everything. What cannot be read becomes a finding.
  void load();
  /// The system that --root, --confdir and --user-session stand for; without
  /// directories where they are not given.
  sema::SystemOptions namedSystem() const;

  /// Absolute paths of the directories whose job files all are among `files`.
  std::vector<std::string> wholeDirectories() const;

  std::vector<CheckedFile> files;
  /// The systems, and (where jobs are wanted) the files checked alone, in the
  /// order given.
  std::deque<sema::JobSet> sets;
  /// What else was read: catalogues, and files below --root.
  std::vector<std::string> catalogues;
  std::vector<check::FileId> rootFiles;
  /// A directory that was named as the thing to check holds no job file.
  bool nothingThere = false;

private:
  struct Alone {
    std::unique_ptr<SourceBuffer> source;
    ParseResult parse;
  };

  bool wantsJobs() const;
  bool wantsTrees() const;
  void loadPath(const std::string &path);
  void loadAlone(const std::string &path);
  void parseAlone(std::unique_ptr<SourceBuffer> source);
  void loadSystem(sema::SystemOptions system);
  std::vector<std::string> namedDirectories() const;
  void listFiles(const sema::JobSet &set);
  Diagnostic &reportPlace(const std::vector<std::string> &directories,
                          DiagId id);
  void reportNoJobs(const std::vector<std::string> &directories,
                    Severity severity);
  bool reportMissing(const sema::SystemOptions &system);
  void reportUnknownJobs(const sema::SystemOptions &system,
                         const sema::JobSet &set);

  const Options &options;
  const llvm::StringMap<std::string> *overlay;
  Parser parser;
  std::deque<Alone> alone;
  /// What the command line names, by device and inode.
  llvm::DenseSet<std::pair<uint64_t, uint64_t>> named;
};

} // namespace starton::checkconf

#endif // STARTON_TOOLS_INITCHECKCONF_INPUTS_H
