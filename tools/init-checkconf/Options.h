// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The command line as plain data. Two readers fill it: OldOptions.cpp the one
// of Upstart's script, Options.cpp (the only file that sees CLI11) the rest.

#ifndef STARTON_TOOLS_INITCHECKCONF_OPTIONS_H
#define STARTON_TOOLS_INITCHECKCONF_OPTIONS_H

#include "starton/Basic/Dialect.h"
#include "starton/Config/Configuration.h"
#include "starton/Report/Reporter.h"
#include <optional>
#include <string>
#include <vector>

namespace starton::checkconf {

/// Exit statuses; the old script's 1 for everything is ExitFindings.
enum ExitStatus : int {
  ExitClean = 0,
  ExitFindings = 1,
  ExitUsage = 2,
  ExitInputOutput = 3,
  ExitInternal = 4
};

enum class Emit : uint8_t {
  Check,
  Tokens,
  Ast,
  Model,
  Table,
  Graph,
  GraphDot,
  ShowConfig,
  ShowConfigEnumerate
};

using config::FailOn;
enum class Color : uint8_t { Auto, Always, Never };

/// --off, --warn or --error: names separated by commas.
struct LevelSetting {
  config::Level level = config::Level::Off;
  std::string names;
};

struct Options {
  std::vector<std::string> paths;
  /// One file, old options only: texts and statuses of the old script.
  bool dropIn = false;
  bool debug = false;
  bool noScript = false;
  bool syntaxOnly = false;

  Emit emit = Emit::Check;
  std::string output; ///< empty: standard output
  report::Format format = report::Format::Text;
  Color color = Color::Auto;
  FailOn failOn = FailOn::Error;
  bool failOnGiven = false; ///< not to be taken from a configuration file

  Dialect dialect = Dialect::Upstart113;
  bool dialectGiven = false; ///< as failOnGiven
  std::string root;
  std::vector<std::string> confDirs;
  /// Where among confDirs the directories of a user session belong, if at all.
  std::optional<size_t> userSession;

  /// Only these jobs of the directories; empty: all.
  std::vector<std::string> jobs;
  /// A table that is not made again when it holds the same sources.
  std::string unlessCurrent;

  std::string dumpTable;

  /// Event catalogues, by name or path; empty: those of the dialect.
  std::vector<std::string> events;
  /// Where a configuration file names them, if it is the one that does.
  std::vector<std::string> eventPlaces;
  bool partial = false;
  bool listChecks = false;
  std::string explain; ///< a check's name

  std::vector<LevelSetting> levels; ///< in the order given
  std::vector<std::string> profiles;
  std::string shellcheck = "shellcheck"; ///< the program, when it is asked for
  std::string configFile;                ///< empty: the nearest one
  bool noConfig = false;
  std::vector<std::string> only; ///< report these files; empty: all
  std::string baseline;
  std::string baselinePlace; ///< as eventPlaces
  bool writeBaseline = false;

  bool fix = false;
  bool unsafeFixes = false;
  bool diff = false;
};

/// Whether the checks of lib/Check run.
inline bool runsChecks(const Options &options) {
  return !options.syntaxOnly && options.emit == Emit::Check;
}

/// Whether files are mended, or it is shown how they would be.
inline bool fixes(const Options &options) {
  return options.fix || options.diff;
}

/// Reads the command line. A value means there is nothing left to do (help, a
/// usage error): the exit status; what had to be said has been said.
std::optional<int> parseCommandLine(int argc, char **argv, Options &options);

/// Why \p options make no sense together, or null.
const char *badCombination(const Options &options);

const char *programVersion();

/// What the old script's reader makes of a command line.
struct OldCommandLine {
  Options options;
  bool unknown = false; ///< holds an option that the script does not have
  bool missing = false; ///< holds an option of the script without its argument
  bool help = false;
  bool onlyOld = false; ///< holds an option that only the old script has
};

/// \p complain: report bad options on standard error as the script does.
OldCommandLine parseOldCommandLine(int argc, char **argv, bool complain);

/// Spells an abbreviated or single-dash long option of the old script in full,
/// so that it can stand beside new options; other words stay as they are.
std::string spellOldOption(const std::string &word);

} // namespace starton::checkconf

#endif // STARTON_TOOLS_INITCHECKCONF_OPTIONS_H
