// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Check.h"
#include "Findings.h"
#include <algorithm>
#include <sys/stat.h>

using namespace starton;
using namespace starton::checkconf;

namespace {

/// A report or a table must not take the place of what it is about.
bool isInput(const Options &options) {
  struct stat output, input;
  if (options.output.empty() || stat(options.output.c_str(), &output) != 0 ||
      !S_ISREG(output.st_mode))
    return false;
  return std::any_of(
      options.paths.begin(), options.paths.end(), [&](const std::string &path) {
        return stat(path.c_str(), &input) == 0 &&
               input.st_dev == output.st_dev && input.st_ino == output.st_ino;
      });
}

bool reportsToOutput(const Options &options) {
  return options.emit == Emit::Check;
}

} // namespace

int checkconf::runCheck(const Options &given) {
  if (isInput(given)) {
    printError("'" + given.output + "' is both input and output");
    return ExitUsage;
  }
  if (!given.unlessCurrent.empty() && isCurrent(given))
    return ExitClean;
  Options options = given;
  Policy policy;
  if (std::optional<int> status = policy.prepare(options))
    return *status;
  if (fixes(options))
    return runFixes(options, policy);
  Inputs inputs(options);
  inputs.load();
  if (!policy.chooseFiles(options, inputs.files))
    return ExitUsage;
  if (!findAll(options, policy, inputs))
    return ExitInputOutput;
  bool good = emitForm(options, inputs);
  Output output(reportsToOutput(options) ? options.output : std::string(),
                reportDescriptor(options));
  int status = reportFindings(options, inputs.files, policy, output);
  good = output.commit() && good;
  if (options.writeBaseline)
    good = policy.writeBaseline(options, inputs.files) && good;
  return good ? status : std::max<int>(status, ExitInputOutput);
}
