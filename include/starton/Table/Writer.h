// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Lowering a JobSet to a job table: toolchain side. The format is described in
// docs/table-format.md.

#ifndef STARTON_TABLE_WRITER_H
#define STARTON_TABLE_WRITER_H

#include "starton/Sema/Model.h"
#include "llvm/Support/raw_ostream.h"
#include <string>

namespace starton::table {

/// A job that no table can hold, and the first value that is why.
struct UnfitJob {
  uint32_t job = 0; ///< index into JobSet::jobs
  sema::Origin origin;
  std::string message;
};

/// In the order of the jobs.
std::vector<UnfitJob> findUnfitJobs(const sema::JobSet &set);

/// The bytes of the table, verified. Jobs that do not fit, and the largest ones
/// of a set that does not, are among the rejected; \p unfit, unless null,
/// becomes the list of them. Depends on nothing but the set: reproducible on
/// any host, at any time, in any order of input files.
/// \p error is set (and the result empty) when the set cannot be expressed,
/// for example beyond a cap of the format.
std::string writeTable(const sema::JobSet &set, std::string &error,
                       std::vector<UnfitJob> *unfit = nullptr);

/// The whole table as YAML, by schema reflection: a new field cannot be
/// forgotten. A field that is not printed has its default value. \p bytes must
/// have passed verify(). False, with \p error set, when the schema uses what
/// the dump cannot print.
bool dumpTable(llvm::StringRef bytes, llvm::raw_ostream &os,
               std::string &error);

/// Makes \p path hold \p bytes, or leaves everything as it was: writes a
/// temporary file beside it, syncs and renames (mode 0644). With
/// \p keepPrevious what the path held before becomes PATH.prev; a file that
/// already holds the bytes is left alone. A device, a pipe or /dev/fd/N is
/// written to directly. False, with one line in \p error, on failure.
bool writeFileAtomically(const std::string &path, llvm::StringRef bytes,
                         bool keepPrevious, std::string &error);

/// Makes the existing file at \p path hold \p after where it holds \p before,
/// or leaves everything as it was. Symbolic links are followed, with \p within
/// not empty only to files below that directory; owner, group and mode stay.
/// A file that nobody may write, or that holds neither text, is refused.
bool rewriteFile(const std::string &path, llvm::StringRef before,
                 llvm::StringRef after, const std::string &within,
                 std::string &error);

} // namespace starton::table

#endif // STARTON_TABLE_WRITER_H
