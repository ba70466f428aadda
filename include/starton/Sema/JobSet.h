// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From files and directories to a JobSet (language §6, runtime §1.1, §1.2).

#ifndef STARTON_SEMA_JOBSET_H
#define STARTON_SEMA_JOBSET_H

#include "starton/Sema/Model.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringMap.h"
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
  /// `init.conf`, which may hold nothing (language §6.1); it and the override
  /// beside it are read before the directories. Empty: none; missing: ignored.
  std::string mainConfiguration;
  /// Not empty: only the jobs of these names, as if the directories held no
  /// other files. No directory is listed, and none need exist.
  std::vector<std::string> onlyJobs;
  /// Not null: texts that stand for what is in the files at these paths, which
  /// must exist. Must outlive the call.
  const llvm::StringMap<std::string> *overlay = nullptr;
  /// Only walk, read and parse: no job is built, JobSet::jobs stays empty.
  bool syntaxOnly = false;
  /// With syntaxOnly: of a file without any finding only path and role are
  /// kept, its text and tree are empty. Thousands of files then cost no more
  /// memory than one.
  bool forgetGoodFiles = false;
};

/// The bytes of a regular file. Null and \p error set (text of errno, or what
/// else is wrong) when it cannot be read, is no regular file, or is larger than
/// 4 GiB - 1. Never waits on a FIFO.
std::unique_ptr<SourceBuffer> readSource(const std::string &path,
                                         std::string &error);

/// What a source file was when a table was made (SourceFile::relative).
struct SourceStamp {
  std::string path;
  uint64_t size = 0;
  std::array<uint8_t, 32> sha256{};
  bool unreadable = false;
  friend bool operator==(const SourceStamp &, const SourceStamp &) = default;
};

/// The stamps of the files that loadSystem() would read, sorted by path, each
/// once. Nothing is parsed.
std::vector<SourceStamp> stampSources(const SystemOptions &options);

/// The stamp of a file's bytes.
std::array<uint8_t, 32> hashSource(llvm::StringRef text);

/// All directories as one system.
JobSet loadSystem(const SystemOptions &options);

/// One file alone as a job (an .override too: it is then read as a job file).
/// The job is named after the file, without directories and suffix.
/// \p source must be non-null. A parser is costly to make: lend one where there
/// are several files.
JobSet loadFile(std::unique_ptr<SourceBuffer> source, Dialect dialect);
JobSet loadFile(std::unique_ptr<SourceBuffer> source, Dialect dialect,
                Parser &parser);

/// The configuration directories of a user session (language §6.1), from the
/// environment as given by \p getEnvironment (name to value, null when unset).
std::vector<std::string>
userSessionDirectories(const char *(*getEnvironment)(const char *));

/// What `initctl show-config [-e]` prints (runtime §8.5), in list order.
void printShowConfig(const JobSet &set, bool enumerate, llvm::raw_ostream &os);
/// The same for one job of the set.
void printShowConfig(const Job &job, bool enumerate, llvm::raw_ostream &os);

/// The condition as show-config writes it: `(a X=1 and (b or c))`.
std::string conditionText(const Condition &condition);

/// The merged jobs in list order as YAML, each value with its origin
/// (file:line). What is not set is left out.
void printModel(const JobSet &set, llvm::raw_ostream &os);
/// The same for one job of the set, as a document of its own.
void printModelJob(const JobSet &set, const Job &job, llvm::raw_ostream &os);

} // namespace starton::sema

#endif // STARTON_SEMA_JOBSET_H
