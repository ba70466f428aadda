// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The calls to init that a shell text holds, as edges of the graph.

#ifndef STARTON_LIB_CHECK_SHELLEMISSIONS_H
#define STARTON_LIB_CHECK_SHELLEMISSIONS_H

#include "starton/Check/Graph.h"
#include "starton/Shell/Shell.h"

namespace starton::check {

/// The emission that \p call is; none where it is no `emit`, or nothing is
/// known of the event's name. The caller adds job and place.
std::optional<Emission> emissionOf(const shell::ShellFacts &facts,
                                   const shell::ControlCall &call);

/// The request that \p call is; the caller adds job, target and place.
/// \p functions: the names of those that the text defines. \p firstExit: the
/// first command behind which the text may not go on.
std::optional<Request> requestOf(const shell::ShellFacts &facts,
                                 const llvm::StringSet<> &functions,
                                 uint32_t firstExit,
                                 const shell::ControlCall &call);
/// The first command that may leave the text (`exit`, `exec PROGRAM`), or None.
uint32_t firstExitOf(const shell::ShellFacts &facts);

/// Adds those of \p wanted that \p facts may emit although no call says so: by
/// a string that another shell is given (`trap "initctl emit E" EXIT`), or as a
/// literal word where a call's event is not (`e() { initctl emit $1; }`).
void addPossibleEmissions(const shell::ShellFacts &facts,
                          const llvm::StringSet<> &wanted,
                          std::vector<Emission> &emissions);

/// All emissions of a text that is no job's.
void addEmissionsOfText(shell::ShellParser &parser, llvm::StringRef text,
                        EmitterKind kind, llvm::StringRef path,
                        std::vector<Emission> &emissions);

} // namespace starton::check

#endif // STARTON_LIB_CHECK_SHELLEMISSIONS_H
