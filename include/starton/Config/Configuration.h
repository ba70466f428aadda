// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `.init-checkconf.yaml` (docs/configuration.md): what a directory of job files
// wants to be checked for.

#ifndef STARTON_CONFIG_CONFIGURATION_H
#define STARTON_CONFIG_CONFIGURATION_H

#include "starton/Basic/Dialect.h"
#include "starton/Config/Levels.h"

namespace starton::config {

constexpr llvm::StringLiteral FileName = ".init-checkconf.yaml";
constexpr size_t MaxFileSize = size_t(64) << 10;

/// The least finding that makes a run fail.
enum class FailOn : uint8_t { Error, Warning, Never };

struct Configuration {
  std::string path; ///< of the file; empty: none
  std::vector<std::string> profiles;
  std::vector<std::pair<std::string, Level>> severities; ///< in order
  std::optional<Dialect> dialect;
  /// Names of catalogues, and paths, made relative to the file's directory.
  std::vector<std::string> events;
  std::vector<std::string> eventPlaces; ///< of each PATH:LINE:COLUMN
  /// Shell patterns of paths below the file's directory.
  std::vector<std::string> exclude;
  std::optional<FailOn> failOn;
  std::optional<bool> partial;
  std::string baseline; ///< a path; empty: none
  std::string baselinePlace;

  /// Whether an entry of exclude stands for the file at this path.
  bool excludes(llvm::StringRef file) const;
};

/// Reads the text of a file. False and \p error set, with position, where it
/// is no configuration.
bool parseConfiguration(llvm::StringRef text, const std::string &path,
                        Configuration &result, std::string &error);

/// The nearest configuration file in \p path, which may be a file or a
/// directory, or above; empty: none.
std::string findConfiguration(llvm::StringRef path);

/// \p path without dots, from the root on. Symbolic links are kept.
std::string absolutePath(llvm::StringRef path);
/// \p path as seen from \p directory, when it is below it; else absolute.
std::string pathBelow(llvm::StringRef directory, llvm::StringRef path);

} // namespace starton::config

#endif // STARTON_CONFIG_CONFIGURATION_H
