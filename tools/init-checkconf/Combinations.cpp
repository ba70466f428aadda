// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which options go together.

#include "Options.h"

using namespace starton;
using namespace starton::checkconf;

namespace {

/// Whether --root, --confdir or --user-session name a system. With files or
/// directories named, --root only says what paths in a table are relative to.
bool namesSystem(const Options &options) {
  return options.userSession.has_value() || !options.confDirs.empty() ||
         (!options.root.empty() && options.paths.empty());
}

/// badCombination() of what only a check can do.
const char *badFixes(const Options &options) {
  bool emits = options.emit != Emit::Check;
  if (emits &&
      (fixes(options) || options.writeBaseline || !options.baseline.empty() ||
       !options.only.empty() || !options.configFile.empty()))
    return "--fix, --diff, --baseline, --only and --config do not go with "
           "--emit";
  if (options.unsafeFixes && !fixes(options))
    return "--unsafe-fixes goes with --fix or --diff";
  if (fixes(options) && options.writeBaseline)
    return "--write-baseline does not go with --fix and --diff";
  if (options.noConfig && !options.configFile.empty())
    return "--config and --no-config exclude each other";
  if (options.diff && report::isForPrograms(options.format) &&
      options.output.empty())
    return "what --format and --diff print would both go to standard output: "
           "give -o FILE";
  return nullptr;
}

} // namespace

const char *checkconf::badCombination(const Options &options) {
  bool system = namesSystem(options);
  bool emits = options.emit != Emit::Check;
  if (!options.explain.empty() && options.format != report::Format::Text)
    return "--explain prints text only";
  if (options.listChecks && options.format != report::Format::Text &&
      options.format != report::Format::Json)
    return "--list-checks prints text or json";
  if (options.listChecks || !options.explain.empty())
    return !options.paths.empty() || system || emits ||
                   (options.listChecks && !options.explain.empty())
               ? "--list-checks and --explain stand alone"
               : nullptr;
  if (!options.dumpTable.empty())
    return !options.paths.empty() || system || emits
               ? "--dump-table takes no other input and no --emit"
               : nullptr;
  if (const char *reason = badFixes(options))
    return reason;
  if (options.userSession && !options.root.empty())
    return "--user-session is about this system: it excludes --root";
  if (options.paths.empty() && !system)
    return "no file or directory given";
  if (options.emit == Emit::Table) {
    if (options.paths.size() + (system ? 1 : 0) != 1)
      return "--emit=table takes one file, one directory or one system";
    if (options.output.empty())
      return "--emit=table needs -o FILE";
  }
  if (!options.unlessCurrent.empty() &&
      (options.emit != Emit::Table || !system))
    return "--unless-current goes with --emit=table and --root, --confdir or "
           "--user-session";
  if (!options.jobs.empty() && (!system || !options.paths.empty()))
    return "--job goes with --root, --confdir or --user-session";
  if (emits && options.syntaxOnly && options.emit != Emit::Tokens &&
      options.emit != Emit::Ast)
    return "--syntax-only builds no job: it goes with --emit=tokens and "
           "--emit=ast only";
  if (emits && report::isForPrograms(options.format) && options.output.empty())
    return "what --format and --emit print would both go to standard output: "
           "give -o FILE";
  return nullptr;
}
