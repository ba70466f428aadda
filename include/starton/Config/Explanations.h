// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the names in brackets mean that are no checks: those of the parser, of
// files and how they combine, and of the tool itself (docs/diagnostics.md).

#ifndef STARTON_CONFIG_EXPLANATIONS_H
#define STARTON_CONFIG_EXPLANATIONS_H

#include "starton/Basic/Diagnostic.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

namespace starton::config {

/// Prints a page about the finding of this name. False: none is called so.
bool printFindingPage(llvm::StringRef name, llvm::raw_ostream &os);

/// A line each; without those that a check has a page about.
void printFindingList(llvm::raw_ostream &os);
/// The same as an attribute `findings` of the object that is being written.
void printFindingListJson(llvm::json::OStream &json);

} // namespace starton::config

#endif // STARTON_CONFIG_EXPLANATIONS_H
