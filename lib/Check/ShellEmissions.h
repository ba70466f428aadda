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
/// \p functions: the names of those that the text defines.
std::optional<Request> requestOf(const shell::ShellFacts &facts,
                                 const llvm::StringSet<> &functions,
                                 const shell::ControlCall &call);

/// All emissions of a text that is no job's.
void addEmissionsOfText(shell::ShellParser &parser, llvm::StringRef text,
                        EmitterKind kind, llvm::StringRef path,
                        std::vector<Emission> &emissions);

} // namespace starton::check

#endif // STARTON_LIB_CHECK_SHELLEMISSIONS_H
