// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One maker a format; makeReporter() chooses.

#ifndef STARTON_REPORT_FORMATS_H
#define STARTON_REPORT_FORMATS_H

#include "starton/Report/Reporter.h"

namespace starton::report {

std::unique_ptr<Reporter> makeTextReporter(llvm::raw_ostream &os, bool color);
std::unique_ptr<Reporter> makeGccReporter(llvm::raw_ostream &os);
std::unique_ptr<Reporter> makeJsonReporter(llvm::raw_ostream &os);
std::unique_ptr<Reporter> makeJsonLinesReporter(llvm::raw_ostream &os);
std::unique_ptr<Reporter> makeSarifReporter(const ReportOptions &options,
                                            llvm::raw_ostream &os);
std::unique_ptr<Reporter> makeJunitReporter(const ReportOptions &options,
                                            llvm::raw_ostream &os);
std::unique_ptr<Reporter> makeGitHubReporter(llvm::raw_ostream &os);
std::unique_ptr<Reporter> makeGitLabReporter(llvm::raw_ostream &os);
std::unique_ptr<Reporter> makeCheckstyleReporter(llvm::raw_ostream &os);

} // namespace starton::report

#endif // STARTON_REPORT_FORMATS_H
