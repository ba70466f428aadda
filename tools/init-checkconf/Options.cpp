// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The command line. The only file that includes CLI11 (seven seconds of
// compile time) and that catches its exceptions.

#include "Options.h"
#include "starton/Basic/Stanzas.h"
#include "starton/Shell/Shell.h"
#include "llvm/ADT/StringRef.h"
#include <CLI/CLI.hpp>
#include <cstdio>
#include <iterator>
#include <sys/stat.h>

using namespace starton;
using namespace starton::checkconf;

namespace {

constexpr const char *Description =
    R"(Check Upstart job files, and compile them.

A file (.conf or .override) is checked alone, a directory as a system: its
jobs merged with their overrides. With one file and no options but -d, -f,
-s, -i and -x, output and exit status are those of Upstart's script, followed
by the findings.
)";

std::string versionText() {
  std::string text = "init-checkconf (Starton) " STARTON_VERSION;
  if (!shell::isAvailable())
    text += "\nbuilt without the shell's grammar: checks that need it are off";
  return text;
}

constexpr const char *Footer = R"(Exit status:
  0  nothing found          3  something could not be read or written
  1  findings (--fail-on)   4  internal error
  2  wrong usage

Findings as text or gcc go to standard error; the other formats and what --emit
prints go to standard output, and nothing else does. With -o all go to that
file, which is replaced whole or not at all.

Examples:
  init-checkconf /etc/init
  init-checkconf --format=gcc *.conf *.override
  init-checkconf --root=/mnt/image --dialect=chromeos
  init-checkconf --emit=table -o jobs.table /etc/init
  init-checkconf --emit=show-config --user-session)";

template <typename T> struct Choice {
  const char *name;
  T value;
};

constexpr Choice<Emit> EmitChoices[] = {
    {"check", Emit::Check},
    {"tokens", Emit::Tokens},
    {"ast", Emit::Ast},
    {"model", Emit::Model},
    {"table", Emit::Table},
    {"graph", Emit::Graph},
    {"graph-dot", Emit::GraphDot},
    {"show-config", Emit::ShowConfig},
    {"show-config-enumerate", Emit::ShowConfigEnumerate}};
constexpr Choice<report::Format> FormatChoices[] = {
    {"text", report::Format::Text},
    {"gcc", report::Format::Gcc},
    {"json", report::Format::Json},
    {"jsonl", report::Format::Jsonl},
    {"sarif", report::Format::Sarif},
    {"junit", report::Format::Junit},
    {"github", report::Format::GitHub},
    {"gitlab", report::Format::GitLab},
    {"checkstyle", report::Format::Checkstyle}};
constexpr Choice<Dialect> DialectChoices[] = {
    {"upstart-1.13", Dialect::Upstart113},
    {"upstart-1.12", Dialect::Upstart112},
    {"upstart-0.6.5", Dialect::Upstart065},
    {"chromeos", Dialect::ChromeOS}};
constexpr Choice<Color> ColorChoices[] = {
    {"auto", Color::Auto}, {"always", Color::Always}, {"never", Color::Never}};
constexpr Choice<FailOn> FailOnChoices[] = {{"error", FailOn::Error},
                                            {"warning", FailOn::Warning},
                                            {"never", FailOn::Never}};

int usageError(const std::string &message) {
  std::fprintf(stderr, "init-checkconf: error: %s\n%s\n", message.c_str(),
               "Try 'init-checkconf --help'.");
  return ExitUsage;
}

/// An option with one of a few words as its value.
template <typename T, size_t N>
void addChoice(CLI::App &app, const char *flag, T &value,
               const Choice<T> (&choices)[N], const char *help,
               const char *group) {
  std::string words, shown;
  for (const Choice<T> &choice : choices) {
    words += (words.empty() ? "" : " ") + std::string(choice.name);
    shown += (shown.empty() ? "" : "|") + std::string(choice.name);
  }
  auto read = [flag, words, &value, &choices](const std::string &text) {
    for (const Choice<T> &choice : choices)
      if (text == choice.name) {
        value = choice.value;
        return;
      }
    std::string message =
        std::string(flag) + ": '" + text + "' is none of " + words;
    std::string_view near = suggestWord(text, words);
    if (!near.empty())
      message += "; did you mean '" + std::string(near) + "'?";
    throw CLI::ValidationError(message, ExitUsage);
  };
  app.add_option_function<std::string>(flag, read, help)
      ->type_name(shown)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast)
      ->group(group);
}

/// What CLI11 wants to store but nobody reads: options for the old script's
/// sake, and a flag of which only the position counts.
struct Ignored {
  std::string initctlPath, upstartPath;
  bool userSession = false;
  std::vector<std::string> off, warn, error;
};

/// An option that may be given several times, each time with one word.
void addRepeated(CLI::App &app, const char *flag,
                 std::vector<std::string> &words, const char *type,
                 const char *help, const char *group) {
  app.add_option(flag, words, help)
      ->type_name(type)
      ->expected(1)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->group(group);
}

void addInputs(CLI::App &app, Options &options, std::vector<std::string> &files,
               Ignored &ignored) {
  const char *group = "What is checked";
  app.add_option("PATH", options.paths, "job files and directories")
      ->type_name("")
      ->group(group);
  addRepeated(app, "-f,--file", files, "FILE", "the same as PATH", group);
  app.add_option("--root", options.root,
                 "check DIR/etc/init; --confdir is then below DIR")
      ->type_name("DIR")
      ->group(group);
  addRepeated(app, "--confdir", options.confDirs, "DIR",
              "a configuration directory; several make up one system,\n"
              "the first taking precedence",
              group);
  app.add_flag("--user-session", ignored.userSession,
               "the directories of a user session, as if each were given\n"
               "with --confdir here")
      ->group(group);
  addRepeated(app, "--job", options.jobs, "NAME",
              "only this job of the directories, whose other files are\n"
              "not looked at (repeatable)",
              group);
  addChoice(app, "--dialect", options.dialect, DialectChoices,
            "the Upstart the files are for (default: upstart-1.13)", group);
  addRepeated(app, "--events", options.events, "FILE",
              "a catalogue of events that come from outside: a file, or\n"
              "a name such as ubuntu-14.04 (repeatable; default: those of\n"
              "the dialect)",
              group);
  app.add_flag("--partial", options.partial,
               "the jobs are only part of a system: do not complain\n"
               "about what another package may have")
      ->group(group);
}

void addActions(CLI::App &app, Options &options) {
  const char *group = "What is done";
  app.add_flag("--syntax-only", options.syntaxOnly, "parse and do no more")
      ->group(group);
  app.add_flag("-s,--noscript", options.noScript,
               "do not give scripts and commands to 'sh -n' and\n"
               "ShellCheck")
      ->group(group);
  addChoice(app, "--emit", options.emit, EmitChoices,
            "check (the default), or print a form of the files", group);
  app.add_option("--unless-current", options.unlessCurrent,
                 "do nothing when this table was made of the very same\n"
                 "files; with --emit=table")
      ->type_name("FILE")
      ->group(group);
  app.add_option("--dump-table", options.dumpTable,
                 "print a compiled job table as YAML")
      ->type_name("FILE")
      ->group(group);
  app.add_flag("--list-checks", options.listChecks,
               "print what is looked for (as text or as JSON)")
      ->group(group);
  app.add_option("--explain", options.explain,
                 "print what a finding of this name means, why it is bad,\n"
                 "and how to mend it")
      ->type_name("NAME")
      ->group(group);
}

void addSeverities(CLI::App &app, Options &options, Ignored &ignored) {
  const char *group = "What is reported, and how bad it is";
  const char *names = "NAME[,NAME]";
  addRepeated(app, "--off", ignored.off, names,
              "do not look for it ('all': for anything); of --off,\n"
              "--warn and --error the last one counts",
              group);
  addRepeated(app, "--warn", ignored.warn, names, "it is a warning", group);
  addRepeated(app, "--error", ignored.error, names, "it is an error", group);
  addRepeated(app, "--profile", options.profiles, "NAME",
              "checks beyond the default ones: chromeos, style,\n"
              "shellcheck",
              group);
  app.add_option("--shellcheck", options.shellcheck,
                 "the program of the check of that name, which only runs\n"
                 "when it is asked for (default: shellcheck)")
      ->type_name("PROGRAM")
      ->group(group);
  addChoice(app, "--fail-on", options.failOn, FailOnChoices,
            "the least finding that gives exit status 1", group);
  addRepeated(app, "--only", options.only, "FILE",
              "report findings in this file only, whatever else is\n"
              "looked at (repeatable)",
              group);
  app.add_option("--baseline", options.baseline,
                 "do not report the findings listed there")
      ->type_name("FILE")
      ->group(group);
  app.add_flag("--write-baseline", options.writeBaseline,
               "list all findings in the file of --baseline")
      ->group(group);
  app.add_option("--config", options.configFile,
                 "instead of the nearest .init-checkconf.yaml in the\n"
                 "directory of PATH or above")
      ->type_name("FILE")
      ->group(group);
  app.add_flag("--no-config", options.noConfig, "read no configuration file")
      ->group(group);
}

void addFixes(CLI::App &app, Options &options) {
  const char *group = "Fixes";
  app.add_flag("--fix", options.fix, "mend what can be mended safely")
      ->group(group);
  app.add_flag("--unsafe-fixes", options.unsafeFixes,
               "with --fix or --diff: also what may change what a job\n"
               "means")
      ->group(group);
  app.add_flag("--diff", options.diff,
               "print what --fix would change, and change nothing")
      ->group(group);
}

void addOutput(CLI::App &app, Options &options) {
  const char *group = "How it is reported";
  app.add_option("-o,--output", options.output,
                 "where the report or the printed form goes")
      ->type_name("FILE")
      ->group(group);
  addChoice(app, "--format", options.format, FormatChoices,
            "for people, for editors, for programs and services", group);
  addChoice(app, "--color", options.color, ColorChoices,
            "colours; auto: on a terminal", group);
}

void addOldOptions(CLI::App &app, Options &options, Ignored &ignored) {
  const char *group = "For the old script's sake";
  app.add_flag("-d,--debug", options.debug,
               "with one FILE and no new options: say what is\n"
               "done; otherwise ignored")
      ->group(group);
  app.add_option("-i,--initctl-path", ignored.initctlPath, "ignored")
      ->type_name("PATH")
      ->group(group);
  app.add_option("-x,--upstart-path", ignored.upstartPath, "ignored")
      ->type_name("PATH")
      ->group(group);
}

/// Long names of all options, for suggestions.
std::string optionNames(const CLI::App &app) {
  std::string names;
  for (const CLI::Option *option : app.get_options())
    for (const std::string &name : option->get_lnames())
      names += (names.empty() ? "" : " ") + name;
  return names;
}

std::string unknownOption(const CLI::App &app, const std::string &word) {
  size_t dashes = word.find_first_not_of('-');
  std::string name = dashes == std::string::npos
                         ? std::string()
                         : word.substr(dashes, word.find('=') - dashes);
  std::string message = "unknown option '" + word + "'";
  std::string names = optionNames(app);
  std::string_view near = suggestWord(name, names);
  if (!near.empty())
    message += "; did you mean '--" + std::string(near) + "'?";
  return message;
}

/// `--format= x` would take the next word for a value.
void refuseEmptyWords(int argc, char **argv) {
  for (int i = 1; i < argc && llvm::StringRef(argv[i]) != "--"; ++i) {
    llvm::StringRef word = argv[i];
    if (word.starts_with("--") && word.ends_with("=") && word.count('=') == 1)
      throw CLI::ValidationError("option '" + word.drop_back().str() +
                                     "' has an empty value",
                                 ExitUsage);
  }
}

/// An empty value would mean that the option was not given.
void refuseEmptyValues(const CLI::App &app) {
  for (const char *name : {"--output", "--root", "--confdir", "--events",
                           "--unless-current", "--dump-table", "--explain",
                           "--shellcheck", "--only", "--baseline", "--config"})
    for (const std::string &value : app.get_option(name)->results())
      if (value.empty())
        throw CLI::ValidationError(
            "option '" + std::string(name) + "' has an empty value", ExitUsage);
}

std::optional<int> checkCombination(const Options &options) {
  if (const char *reason = badCombination(options))
    return usageError(reason);
  return std::nullopt;
}

std::vector<std::string> reversedWords(int argc, char **argv) {
  std::vector<std::string> words;
  bool operandsOnly = false;
  for (int i = 1; i < argc; ++i) {
    std::string word = argv[i];
    operandsOnly = operandsOnly || word == "--";
    words.push_back(operandsOnly ? word : spellOldOption(word));
  }
  // CLI11 wants its arguments last first.
  std::reverse(words.begin(), words.end());
  return words;
}

bool isDirectory(const std::string &path) {
  struct stat status;
  return stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

/// Whether the old script could have been meant: at most one FILE.
bool looksOld(const Options &options) {
  return options.paths.size() <= 1 &&
         (options.paths.empty() || !isDirectory(options.paths.front()));
}

/// How many --confdir stand before --user-session, where that is given.
std::optional<size_t> sessionPosition(const CLI::App &app) {
  size_t before = 0;
  for (const CLI::Option *option : app.parse_order()) {
    if (option->check_lname("user-session"))
      return before;
    before += option->check_lname("confdir") ? 1 : 0;
  }
  return std::nullopt;
}

/// --off, --warn and --error in the order they were given.
std::vector<LevelSetting> levelSettings(const CLI::App &app) {
  std::vector<LevelSetting> settings;
  size_t seen[3] = {};
  constexpr const char *names[] = {"off", "warn", "error"};
  constexpr config::Level levels[] = {
      config::Level::Off, config::Level::Warning, config::Level::Error};
  for (const CLI::Option *option : app.parse_order())
    for (size_t i = 0; i != std::size(names); ++i)
      if (option->check_lname(names[i]) && seen[i] < option->results().size())
        settings.push_back({levels[i], option->results()[seen[i]++]});
  return settings;
}

/// Reads new-style options. Unknown ones are left over in the application.
void parseWords(CLI::App &app, int argc, char **argv, Options &options) {
  std::vector<std::string> files;
  Ignored ignored;
  app.set_help_flag(); // it would be listed first
  app.allow_extras();
  app.get_formatter()->column_width(26);
  app.get_formatter()->label("Positionals", "Operands");
  app.footer(Footer);
  addInputs(app, options, files, ignored);
  addActions(app, options);
  addSeverities(app, options, ignored);
  addFixes(app, options);
  addOutput(app, options);
  addOldOptions(app, options, ignored);
  const char *group = "Other options";
  app.set_help_flag("-h,--help", "print this and exit")->group(group);
  app.set_version_flag("--version", versionText(), "print the version and exit")
      ->group(group);
  refuseEmptyWords(argc, argv);
  app.parse(reversedWords(argc, argv));
  refuseEmptyValues(app);
  options.userSession = sessionPosition(app);
  options.levels = levelSettings(app);
  options.failOnGiven = app.count("--fail-on") != 0;
  options.dialectGiven = app.count("--dialect") != 0;
  options.paths.insert(options.paths.begin(), files.begin(), files.end());
}

/// CLI11 sets groups apart by two empty lines; one will do.
std::string helpText(const CLI::App &app) {
  std::string text = app.help();
  for (size_t at = 0; (at = text.find("\n\n\n", at)) != std::string::npos;)
    text.erase(at, 1);
  return text;
}

/// Help and version are "errors" of status 0 to CLI11.
int reportParseError(const CLI::App &app, const CLI::ParseError &error) {
  if (dynamic_cast<const CLI::CallForHelp *>(&error)) {
    std::fputs(helpText(app).c_str(), stdout);
  } else if (dynamic_cast<const CLI::CallForVersion *>(&error)) {
    std::fputs(versionText().c_str(), stdout);
    std::fputc('\n', stdout);
  } else {
    return usageError(error.what());
  }
  // A text longer than the buffer fails before the end of it is flushed.
  bool written = std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
  return written ? ExitClean : ExitInputOutput;
}

/// The script's way with bad options: it complains and goes on.
std::optional<int> complainAndGoOn(int argc, char **argv, Options &options) {
  options = parseOldCommandLine(argc, argv, true).options;
  options.dropIn = true;
  return std::nullopt;
}

} // namespace

const char *checkconf::programVersion() { return STARTON_VERSION; }

std::optional<int> checkconf::parseCommandLine(int argc, char **argv,
                                               Options &options) {
  OldCommandLine old = parseOldCommandLine(argc, argv, false);
  bool single = looksOld(old.options);
  if (!old.unknown && !old.help) {
    if (old.missing && single)
      return complainAndGoOn(argc, argv, options);
    if (!old.missing) {
      options = std::move(old.options);
      options.dropIn = single;
      return std::nullopt;
    }
  }
  CLI::App app(Description, "init-checkconf");
  try {
    parseWords(app, argc, argv, options);
  } catch (const CLI::ParseError &error) {
    return reportParseError(app, error);
  }
  std::vector<std::string> unknown = app.remaining();
  std::erase(unknown, "--"); // CLI11 counts it among what it does not know
  if (unknown.empty())
    return checkCombination(options);
  // Beside an option that only the script has, its ways are wanted.
  if (old.onlyOld && single)
    return complainAndGoOn(argc, argv, options);
  return usageError(unknownOption(app, unknown.front()));
}
