// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From the files of a run to a report and an exit status.

#ifndef STARTON_TOOLS_INITCHECKCONF_FINDINGS_H
#define STARTON_TOOLS_INITCHECKCONF_FINDINGS_H

#include "Output.h"
#include "Policy.h"

namespace starton::checkconf {

/// Adds to the files what the shell and the checks say. False: something could
/// not be read, and that has been said.
bool findAll(const Options &options, const Policy &policy, Inputs &inputs);

/// Puts the findings beyond the syntax into source order.
void sortFindings(CheckedFile &file);

/// Tells \p reporter all findings of \p inputs that \p policy lets through,
/// file by file in source order, and returns the exit status they deserve.
int visitFindings(const Options &options, Inputs &inputs, Policy &policy,
                  report::Reporter &reporter);

/// The same for the reporter of --format.
int reportFindings(const Options &options, Inputs &inputs, Policy &policy,
                   Output &output);

/// The stream of the report: that of -o, or a standard one.
int reportDescriptor(const Options &options);

} // namespace starton::checkconf

#endif // STARTON_TOOLS_INITCHECKCONF_FINDINGS_H
