// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Runtime/Host/Options.h"
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <iterator>

namespace starton::host {

// Packaging scripts look for the first line.
const char VersionText[] =
    "init (upstart 1.13.2)\n"
    "Starton initd 0.1.0, compatible with the version of Upstart above.\n"
    "Licence: Apache-2.0 WITH LLVM-exception. There is NO WARRANTY.\n";

const char HelpText[] =
    "Usage: initd --user [OPTION]...\n"
    "Session init daemon for Upstart job files.\n"
    "\n"
    "Jobs:\n"
    "  --table FILE           boot from a job table made by init-checkconf\n"
    "  --confdir DIR          a directory of job files (repeatable); without\n"
    "                         --table they are compiled first\n"
    "  --prepend-confdir DIR  the same, before all others (repeatable)\n"
    "  --append-confdir DIR   the same, after all others (repeatable)\n"
    "                         without --confdir: the directories that the\n"
    "                         table names, or those of a user session\n"
    "                         Changes there take effect at once.\n"
    "  --compiler PATH        the compiler; default: init-checkconf beside\n"
    "                         this program or in libexec\n"
    "  --dialect NAME         upstart-1.13 (default), upstart-1.12,\n"
    "                         upstart-0.6.5 or chromeos\n"
    "  --check-sources WHEN   compare a table with its job files: after the\n"
    "                         start (default), before, or never\n"
    "\n"
    "Running:\n"
    "  --user                 be the init daemon of a user session\n"
    "  --startup-event NAME   first event; default: startup\n"
    "  --no-startup-event     no first event\n"
    "  --default-console C    none, log (default), output or owner\n"
    "  --logdir DIR           where the output of jobs goes; default:\n"
    "                         $XDG_CACHE_HOME/upstart\n"
    "  --no-log               discard the output of jobs\n"
    "  --no-inherit-env       jobs do not get the daemon's environment\n"
    "  --restart              no first event: the session goes on\n"
    "  --state-fd FD          go on from the state in this file\n"
    "  --check-state          say whether that state can be read, and end\n"
    "  --no-dbus              never connect to a message bus\n"
    "  --no-cgroups           accepted: cgroups are not used\n"
    "\n"
    "Messages:\n"
    "  -q, --quiet            errors only\n"
    "  -v, --verbose          also what happens to jobs\n"
    "      --debug            everything; honours the debug stanza\n"
    "      --help             this text\n"
    "      --version          version\n"
    "\n"
    "Unknown options are ignored: they may come from the kernel.\n";

namespace {

enum class Name : uint8_t {
  User,
  Help,
  Version,
  Quiet,
  Verbose,
  Debug,
  NoLog,
  NoBus,
  NoInheritEnv,
  NoStartupEvent,
  Restart,
  CheckState,
  Accepted,
  Refused,
  StateDescriptor,
  StartupEvent,
  LogDirectory,
  DefaultConsole,
  ConfDir,
  PrependConfDir,
  AppendConfDir,
  Table,
  Compiler,
  DialectName,
  CheckSources
};

struct OptionRow {
  const char *text;
  Name name;
  bool value;
};

constexpr OptionRow Rows[] = {
    {"--user", Name::User, false},
    {"--help", Name::Help, false},
    {"--version", Name::Version, false},
    {"--quiet", Name::Quiet, false},
    {"-q", Name::Quiet, false},
    {"--verbose", Name::Verbose, false},
    {"-v", Name::Verbose, false},
    {"--debug", Name::Debug, false},
    {"--no-log", Name::NoLog, false},
    {"--no-inherit-env", Name::NoInheritEnv, false},
    {"--no-startup-event", Name::NoStartupEvent, false},
    {"--no-dbus", Name::NoBus, false},
    {"--no-cgroups", Name::Accepted, false},
    // Only ever written when a state cannot be read back.
    {"--write-state-file", Name::Accepted, false},
    {"--session", Name::Refused, false},
    {"--chroot-sessions", Name::Refused, false},
    {"--restart", Name::Restart, false},
    {"--check-state", Name::CheckState, false},
    {"--state-fd", Name::StateDescriptor, true},
    {"--startup-event", Name::StartupEvent, true},
    {"--logdir", Name::LogDirectory, true},
    {"--default-console", Name::DefaultConsole, true},
    {"--confdir", Name::ConfDir, true},
    {"--prepend-confdir", Name::PrependConfDir, true},
    {"--append-confdir", Name::AppendConfDir, true},
    {"--table", Name::Table, true},
    {"--compiler", Name::Compiler, true},
    {"--dialect", Name::DialectName, true},
    {"--check-sources", Name::CheckSources, true},
};

constexpr const char *Dialects[] = {"upstart-1.13", "upstart-1.12",
                                    "upstart-0.6.5", "chromeos"};

/// In the order of host::CheckSources.
constexpr const char *CheckNames[] = {"never", "after", "before"};

/// The row of `--name` or `--name=value`; \p value is set for the latter.
const OptionRow *findRow(const char *argument, const char *&value) {
  size_t length = std::strcspn(argument, "=");
  for (const OptionRow &row : Rows)
    if (std::strlen(row.text) == length &&
        std::memcmp(row.text, argument, length) == 0) {
      if (argument[length] == '=' && !row.value)
        continue;
      value = argument[length] == '=' ? argument + length + 1 : nullptr;
      return &row;
    }
  return nullptr;
}

bool consoleFromName(const char *name, Console &console) {
  constexpr const char *Names[] = {"none", "output", "owner", "log"};
  for (unsigned i = 0; i < 4; ++i)
    if (std::strcmp(name, Names[i]) == 0) {
      console = static_cast<Console>(i);
      return true;
    }
  return false;
}

bool readDescriptor(const char *value, int &descriptor) {
  constexpr size_t MostDigits = 9;
  size_t digits = std::strspn(value, "0123456789");
  if (digits == 0 || digits > MostDigits || value[digits])
    return false;
  descriptor = 0;
  for (; *value; ++value)
    descriptor = descriptor * 10 + (*value - '0');
  return true;
}

bool append(PathList &list, const char *path) {
  if (list.count == PathList::Capacity)
    return false;
  list.paths[list.count++] = path;
  return true;
}

bool checkDialect(const char *name) {
  for (const char *known : Dialects)
    if (std::strcmp(name, known) == 0)
      return true;
  return false;
}

[[gnu::format(printf, 2, 3)]] bool complain(char (&error)[160],
                                            const char *pattern, ...) {
  va_list arguments;
  va_start(arguments, pattern);
  std::vsnprintf(error, sizeof error, pattern, arguments);
  va_end(arguments);
  return false;
}

bool applyFlag(const OptionRow &row, Options &options, char (&error)[160]) {
  switch (row.name) {
  case Name::User:
    options.user = true;
    return true;
  case Name::Help:
    options.help = true;
    return true;
  case Name::Version:
    options.version = true;
    return true;
  case Name::Quiet:
    options.priority = engine::Priority::Error;
    return true;
  case Name::Verbose:
    options.priority = engine::Priority::Info;
    return true;
  case Name::Debug:
    options.priority = engine::Priority::Debug;
    options.debug = true;
    return true;
  case Name::NoBus:
    options.noBus = true;
    return true;
  case Name::NoLog:
    options.noLog = true;
    return true;
  case Name::NoInheritEnv:
    options.inheritEnvironment = false;
    return true;
  case Name::NoStartupEvent:
    options.startupEvent = nullptr;
    return true;
  case Name::Restart:
    options.restart = true;
    return true;
  case Name::CheckState:
    options.checkState = true;
    return true;
  case Name::Accepted:
    return true;
  default:
    return complain(error, "%s cannot be used with this version", row.text);
  }
}

bool applyValue(const OptionRow &row, const char *value, Options &options,
                char (&error)[160]) {
  PathList *list = nullptr;
  switch (row.name) {
  case Name::StartupEvent:
    if (!*value)
      return complain(error, "the startup event needs a name");
    options.startupEvent = value;
    return true;
  case Name::LogDirectory:
    options.logDirectory = value;
    return true;
  case Name::DefaultConsole:
    return consoleFromName(value, options.console) ||
           complain(error, "invalid console type specified: %.80s", value);
  case Name::StateDescriptor:
    return readDescriptor(value, options.stateDescriptor) ||
           complain(error, "invalid value for --state-fd: %.80s", value);
  case Name::Table:
    options.table = value;
    return true;
  case Name::Compiler:
    options.compiler = value;
    return true;
  case Name::DialectName:
    options.dialect = value;
    return checkDialect(value) ||
           complain(error, "unknown dialect: %.80s", value);
  case Name::CheckSources:
    for (unsigned i = 0; i < std::size(CheckNames); ++i)
      if (std::strcmp(value, CheckNames[i]) == 0) {
        options.checkSources = static_cast<host::CheckSources>(i);
        return true;
      }
    return complain(error, "invalid value for --check-sources: %.80s", value);
  case Name::ConfDir:
    list = &options.directories;
    break;
  case Name::PrependConfDir:
    list = &options.prepended;
    break;
  case Name::AppendConfDir:
    list = &options.appended;
    break;
  default:
    return applyFlag(row, options, error);
  }
  return append(*list, value) ||
         complain(error, "more than %u times %s", PathList::Capacity, row.text);
}

} // namespace

bool parseOptions(int argc, char *const *argv, Options &options,
                  char (&error)[160]) {
  for (int i = 1; i < argc; ++i) {
    const char *value = nullptr;
    const OptionRow *row = findRow(argv[i], value);
    if (!row)
      continue;
    if (row->value && !value) {
      if (i + 1 == argc)
        return complain(error, "missing argument: %s", row->text);
      value = argv[++i];
    }
    if (!(row->value ? applyValue(*row, value, options, error)
                     : applyFlag(*row, options, error)))
      return false;
  }
  return true;
}

} // namespace starton::host
