// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which files of a directory tree are job files (language §6.2).

#ifndef STARTON_LIB_SEMA_WALK_H
#define STARTON_LIB_SEMA_WALK_H

#include "starton/Sema/FileSystem.h"
#include "starton/Sema/Model.h"

namespace starton::sema {

struct WalkOptions {
  bool mustExist = false; ///< report a missing top directory
  bool overrides = true;  ///< the dialect knows .override files
};

/// A file the walk found. Nothing of it has been read.
struct WalkedFile {
  std::string path;
  std::string jobName;
  FileRole role = FileRole::Conf;
};

/// Appends the files below \p directory of \p system in the order of the walk:
/// depth first, each directory sorted by bytes. What could not be walked is
/// reported.
void walkDirectory(const FileSystem &system, const std::string &directory,
                   const WalkOptions &options, std::vector<WalkedFile> &files,
                   std::vector<Diagnostic> &diagnostics);

/// Appends those of these files that can matter to the jobs of \p names, in the
/// same order: NAME.conf and, with \p overrides, NAME.override, where the walk
/// would come upon them.
void walkJobs(const FileSystem &system, const std::string &directory,
              const std::vector<std::string> &names, bool overrides,
              std::vector<WalkedFile> &files);

/// \p directory without the slashes at its end, as paths below it begin.
std::string walkedPath(const std::string &directory);

/// Whether a directory of this name is passed over: hidden, backup, swap,
/// version control and packaging leftovers.
bool isIgnoredDirectory(llvm::StringRef name);

/// Splits "x.conf" or "x.override"; false for any other name.
bool splitJobFileName(llvm::StringRef name, llvm::StringRef &stem,
                      FileRole &role);

/// The report of something that cannot be read, and why.
Diagnostic cannotRead(llvm::StringRef path, llvm::StringRef why);

} // namespace starton::sema

#endif // STARTON_LIB_SEMA_WALK_H
