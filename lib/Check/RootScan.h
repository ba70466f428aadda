// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the files below --root tell of events: udev rules that call initctl,
// and programs that emit.

#ifndef STARTON_LIB_CHECK_ROOTSCAN_H
#define STARTON_LIB_CHECK_ROOTSCAN_H

#include "starton/Check/Graph.h"
#include "llvm/ADT/StringSet.h"

namespace starton::check {

/// The events and jobs that udev rules name in RUN.
void scanRules(const Root &root, std::vector<Emission> &emissions);

/// Those of the \p wanted events that programs emit by D-Bus, or scripts by
/// initctl. All programs are looked into, so ask only for what nothing else
/// emits.
void scanPrograms(const Root &root, const llvm::StringSet<> &wanted,
                  std::vector<Emission> &emissions);

/// Those of the \p wanted events that stand in \p bytes as words of their own,
/// each once.
void scanWords(llvm::StringRef bytes, const llvm::StringSet<> &wanted,
               EmitterKind kind, std::vector<Emission> &emissions);

} // namespace starton::check

#endif // STARTON_LIB_CHECK_ROOTSCAN_H
