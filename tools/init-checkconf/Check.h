// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The modes of the tool. Each returns the exit status.

#ifndef STARTON_TOOLS_INITCHECKCONF_CHECK_H
#define STARTON_TOOLS_INITCHECKCONF_CHECK_H

#include "Inputs.h"
#include "Output.h"
#include "Policy.h"
#include "ShellSyntax.h"
#include "starton/Table/Writer.h"

namespace starton::checkconf {

/// New-style use: reads, checks, prints what --emit asks for, reports.
int runCheck(const Options &options);

/// Upstart's script (language §8).
int runDropIn(const Options &options);

/// --list-checks and --explain.
int runListChecks(const Options &options);
int runExplain(const Options &options);

/// Adds what is said of jobs that a table does not hold.
void addUnfitFindings(const sema::JobSet &set,
                      llvm::ArrayRef<table::UnfitJob> unfit, Inputs &inputs);
/// The same of those that no table can hold.
void addTableFindings(Inputs &inputs);

/// Runs the checks of lib/Check over all sets and adds what they find to the
/// files. False: a catalogue could not be read, and that has been said.
bool addCheckFindings(const Options &options, const check::Selection &selection,
                      Inputs &inputs);

/// --emit=graph and --emit=graph-dot: the graph of each set. False: a
/// catalogue could not be read, and that has been said.
bool printGraphs(const Options &options, Inputs &inputs, llvm::raw_ostream &os);

/// --dump-table.
int runDumpTable(const Options &options);

/// Whether the table of --unless-current holds the same sources.
bool isCurrent(const Options &options);

/// Prints what --emit asks for. False: something could not be written, and has
/// been said.
bool emitForm(const Options &options, Inputs &inputs);

/// Whether -o names a file that was read, under whatever name; that has been
/// said. \p policy may be null.
bool outputIsInput(const Options &options, const Inputs &inputs,
                   const Policy *policy);

/// --fix and --diff.
int runFixes(const Options &options, const Policy &policy);

} // namespace starton::checkconf

#endif // STARTON_TOOLS_INITCHECKCONF_CHECK_H
