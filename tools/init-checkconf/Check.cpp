// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Check.h"
#include "Findings.h"
#include <algorithm>

using namespace starton;
using namespace starton::checkconf;

namespace {

bool reportsToOutput(const Options &options) {
  return options.emit == Emit::Check;
}

} // namespace

int checkconf::runCheck(const Options &given) {
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
  if (outputIsInput(options, inputs, &policy))
    return ExitUsage;
  bool good = emitForm(options, inputs);
  Output output(reportsToOutput(options) ? options.output : std::string(),
                reportDescriptor(options));
  int status = reportFindings(options, inputs, policy, output);
  good = output.commit() && good;
  if (options.writeBaseline)
    good = policy.writeBaseline(options, inputs) && good;
  return good ? status : std::max<int>(status, ExitInputOutput);
}
