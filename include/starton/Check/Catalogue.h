// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Events that are known without any job that emits them: those of Upstart and
// its bridges, and of the programs of a distribution. Read from YAML
// (share/events, docs/event-catalogues.md).

#ifndef STARTON_CHECK_CATALOGUE_H
#define STARTON_CHECK_CATALOGUE_H

#include "starton/Basic/Dialect.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"
#include <string>
#include <vector>

namespace starton::check {

/// One event, or all whose name matches a glob.
struct KnownEvent {
  std::string name;
  /// In the order of the event: a positional operand counts through them.
  std::vector<std::string> variables;
  /// It may carry variables beyond those.
  bool more = false;
  /// It happens at most once while the system is up.
  bool once = false;
  /// The program that emits it ("init", "mountall").
  std::string emitter;
  std::string description;
  std::string catalogue; ///< the name of its catalogue

  bool isGlob() const;
};

class Catalogue {
public:
  /// Adds a catalogue of YAML text. False and \p error set where the text is
  /// none; \p path is for messages. Of two entries of one name the later wins.
  bool addText(llvm::StringRef text, llvm::StringRef path, std::string &error);

  /// Adds the catalogue of a name (`ubuntu-14.04`) or of a file (a name with a
  /// slash or ending in .yaml), once. Names are looked for in \p directory,
  /// when that is not empty, then among those built in.
  bool add(llvm::StringRef nameOrPath, llvm::StringRef directory,
           std::string &error);

  /// The event of exactly this name, else the first glob that matches; null:
  /// unknown.
  const KnownEvent *find(llvm::StringRef event) const;
  llvm::ArrayRef<KnownEvent> events() const { return entries; }
  /// Whether a package of the distribution has a job of this name, although
  /// the system at hand may not.
  bool hasJob(llvm::StringRef name) const { return jobs.contains(name); }
  /// What to write for an event that older versions had and nothing emits any
  /// more; empty for every other.
  llvm::StringRef insteadOf(llvm::StringRef event) const;

  /// The files that were read for it.
  const std::vector<std::string> &filesRead() const { return paths; }

private:
  bool addText(llvm::StringRef text, llvm::StringRef path,
               llvm::StringRef directory, std::string &error);

  std::vector<KnownEvent> entries;
  llvm::StringMap<uint32_t> exact;
  std::vector<uint32_t> globs;
  std::vector<std::string> paths;
  llvm::StringSet<> loaded, jobs;
  llvm::StringMap<std::string> gone;
};

/// The catalogues that are used when none are named: all that a system of this
/// dialect may have.
llvm::ArrayRef<llvm::StringRef> defaultCatalogues(Dialect dialect);
/// Names of the catalogues that are built in, sorted.
std::vector<llvm::StringRef> builtInCatalogues();

/// Whether \p text matches the shell pattern as fnmatch(3) without flags would
/// (language §4.5).
bool matchesPattern(llvm::StringRef pattern, llvm::StringRef text);
/// Whether \p text holds any of the characters that make it a pattern.
bool isPattern(llvm::StringRef text);
/// Whether a bracket of the pattern is never closed, or it ends in a backslash.
bool isBrokenPattern(llvm::StringRef text);

} // namespace starton::check

#endif // STARTON_CHECK_CATALOGUE_H
