// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From files and directories to a JobSet (language §6, runtime §1.1, §1.2).

#ifndef STARTON_SEMA_JOBSET_H
#define STARTON_SEMA_JOBSET_H

#include "starton/Sema/Model.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/raw_ostream.h"

namespace starton::sema {

struct SystemOptions {
  Dialect dialect = Dialect::Upstart113;
  /// Configuration directories, highest priority first. A missing one is
  /// silently ignored unless mustExist is set.
  std::vector<std::string> directories;
  bool mustExist = false;
  /// A prefix removed from SourceFile::relative (--root), so that tables do
  /// not depend on where a foreign root lies.
  std::string root;
};

/// All directories as one system.
JobSet loadSystem(const SystemOptions &options);

/// One file alone as a job (an .override too: it is then read as a job file).
/// \p source must be non-null.
JobSet loadFile(std::unique_ptr<SourceBuffer> source, Dialect dialect);

/// The configuration directories of a user session (language §6.1), from the
/// environment as given by \p getenv (name to value, null when unset).
std::vector<std::string> userSessionDirectories(const char *(*getEnvironment)(const char *));

/// What `initctl show-config [-e]` prints (runtime §8.5), in list order.
void printShowConfig(const JobSet &set, bool enumerate, llvm::raw_ostream &os);
/// The same for one job of the set.
void printShowConfig(const Job &job, bool enumerate, llvm::raw_ostream &os);

/// The merged jobs as YAML, each value with its origin (file:line).
void printModel(const JobSet &set, llvm::raw_ostream &os);

} // namespace starton::sema

#endif // STARTON_SEMA_JOBSET_H
