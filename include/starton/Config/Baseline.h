// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Findings that a project has and lives with for now (docs/configuration.md):
// they are not reported, new ones are. A finding is known by its fingerprint,
// so that other lines may come and go.

#ifndef STARTON_CONFIG_BASELINE_H
#define STARTON_CONFIG_BASELINE_H

#include "starton/Basic/Diagnostic.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/Support/raw_ostream.h"
#include <map>

namespace starton::config {

struct BaselineEntry {
  std::string file;    ///< as pathOf() of the writer gave it, printable
  std::string name;    ///< of the finding
  std::string message; ///< for people
  uint64_t count = 0;
};

class Baseline {
public:
  /// False and \p error set where \p text is no baseline.
  bool read(llvm::StringRef text, std::string &error);

  /// Takes one finding off; false: it is not in it (any more). \p file is its
  /// path relative to the baseline's directory or the system's root.
  bool take(const Diagnostic &diagnostic, llvm::StringRef file);
  void add(const Diagnostic &diagnostic, llvm::StringRef file);

  /// Entries that were not taken, by fingerprint.
  const std::map<std::string, BaselineEntry> &left() const { return entries; }
  /// Drops the entries that \p drop wants dropped.
  void remove(llvm::function_ref<bool(const BaselineEntry &)> drop);
  /// Adds the entries of another, which has none of the same.
  void merge(const Baseline &other) {
    entries.insert(other.entries.begin(), other.entries.end());
  }
  /// Sorted by file, name and fingerprint: a change of one finding is a change
  /// of one line.
  void print(llvm::raw_ostream &os) const;

private:
  std::map<std::string, BaselineEntry> entries;
};

} // namespace starton::config

#endif // STARTON_CONFIG_BASELINE_H
