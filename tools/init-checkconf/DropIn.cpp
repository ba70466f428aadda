// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What Upstart's script prints and returns (language §8), then the findings.
// Its verdict on the shell came first and could hide the parser's; here the
// parser's comes first.

#include "Check.h"
#include "Findings.h"
#include "llvm/Support/Path.h"
#include <cstdio>
#include <unistd.h>

using namespace starton;
using namespace starton::checkconf;

namespace {

int refuse(const std::string &message) {
  std::fprintf(stderr, "ERROR: %s\n", message.c_str());
  return ExitFindings;
}

/// The daemon's own line about the first error: its program name is glued to a
/// path that has no blank before its colon (language §0.3).
std::string daemonLine(llvm::StringRef name, const Diagnostic &diagnostic) {
  std::string line = "init:";
  if (name.split(':').first.contains(' '))
    line += ' ';
  line += name;
  line += ':';
  if (diagnostic.upstartLine)
    line += std::to_string(*diagnostic.upstartLine) + ": ";
  else
    line += " Error while loading configuration file: ";
  return line + upstartText(diagnostic.upstartError).str();
}

/// The sections in the order the script looks at them; commands, which it does
/// not look at, come last.
const ShellFinding *firstFinding(const std::vector<ShellFinding> &findings) {
  for (const char *section :
       {"pre-start", "post-start", "script", "pre-stop", "post-stop", "exec"})
    for (const ShellFinding &finding : findings)
      if (finding.section == section &&
          finding.diagnostic.severity == Severity::Error)
        return &finding;
  return nullptr;
}

/// The script's verdict. False: the file is bad, and this said why.
bool printVerdict(const CheckedFile &file,
                  const std::vector<ShellFinding> &findings) {
  const char *path = file.path.c_str();
  if (!file.accepted) {
    const ParseResult &parse = *file.parse;
    Diagnostic first =
        render(parse.diagnostics[static_cast<size_t>(parse.firstError)], parse);
    std::string line = daemonLine(llvm::sys::path::filename(file.path), first);
    std::fprintf(stderr, "ERROR: File %s: syntax invalid:\n%s\n", path,
                 line.c_str());
    return false;
  }
  if (const ShellFinding *finding = firstFinding(findings)) {
    std::fprintf(
        stderr, "ERROR: File %s: shell syntax invalid in %s section:\n%s%s",
        path, finding->section.str().c_str(), finding->messages.c_str(),
        llvm::StringRef(finding->messages).ends_with("\n") ? "" : "\n");
    return false;
  }
  std::printf("File %s: syntax ok\n", path);
  return true;
}

/// The findings, as --format=text would print them without a configuration.
/// False: they could not be written, and that has been said.
bool reportAll(const Options &given, Inputs &inputs) {
  Options options = given;
  options.noConfig = true;
  Policy policy;
  (void)policy.prepare(options);
  addTableFindings(inputs);
  // Where a catalogue cannot be read, that has been said, and the old verdict
  // stands.
  (void)addCheckFindings(options, policy.checks(), inputs);
  sortFindings(inputs.files.front());
  Output output({}, STDERR_FILENO);
  reportFindings(options, inputs, policy, output);
  return output.commit();
}

void printDebug(const Options &options, const std::string &what) {
  if (options.debug)
    std::printf("DEBUG: %s\n", what.c_str());
}

} // namespace

int checkconf::runDropIn(const Options &options) {
  if (options.paths.empty() || options.paths.front().empty())
    return refuse("Must specify configuration file");
  const std::string &path = options.paths.front();
  if (access(path.c_str(), F_OK) != 0)
    return refuse("File " + path + " does not exist");
  llvm::StringRef name = path;
  if (!name.ends_with(".conf") && !name.ends_with(".override"))
    return refuse("File must end in .conf");

  Inputs inputs(options);
  printDebug(options, "reading " + path);
  inputs.load();
  CheckedFile &file = inputs.files.front();
  if (!file.source)
    return refuse("File " + path + ": " + file.more.front().message);
  std::vector<ShellFinding> findings;
  if (!options.noScript) {
    printDebug(options, "checking scripts");
    findings = checkShell(inputs.files);
  }
  bool good = printVerdict(file, findings);
  if (std::fflush(stdout) != 0) {
    printError("cannot write standard output");
    return ExitInputOutput;
  }
  for (ShellFinding &finding : findings)
    file.more.push_back(std::move(finding.diagnostic));
  bool written = reportAll(options, inputs);
  return good && written ? ExitClean : ExitFindings;
}
