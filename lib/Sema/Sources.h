// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The files of a system, in the order they are visited.

#ifndef STARTON_LIB_SEMA_SOURCES_H
#define STARTON_LIB_SEMA_SOURCES_H

#include "Walk.h"
#include "starton/Sema/JobSet.h"
#include "llvm/ADT/STLFunctionalExtras.h"

namespace starton::sema {

/// Takes the files of one directory; SourceFile::directory is \p directory.
using VisitFiles = llvm::function_ref<void(std::vector<WalkedFile> &files,
                                           uint32_t directory)>;

/// Calls \p visit for the main configuration and then for each directory; the
/// next one is walked after that. What could not be walked is reported.
void visitSources(const FileSystem &system, const SystemOptions &options,
                  std::vector<Diagnostic> &diagnostics, VisitFiles visit);

/// The path below --root, with its leading slash.
std::string relativeTo(llvm::StringRef root, llvm::StringRef path);

} // namespace starton::sema

#endif // STARTON_LIB_SEMA_SOURCES_H
