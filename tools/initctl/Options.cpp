// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Options.h"
#include "Commands.h"
#include <cstring>

namespace starton::initctl {

namespace {

struct OptionRow {
  const char *name;
  char letter; ///< 0: none
  unsigned group;
  bool Options::*flag;         ///< or
  std::string Options::*value; ///< takes a value
  const char *valueName;
  const char *help;
};

constexpr OptionRow OptionRows[] = {
    {"user", 0, Everywhere, &Options::user, nullptr, nullptr,
     "talk to the session's daemon, found by UPSTART_SESSION"},
    {"session", 0, Everywhere, &Options::session, nullptr, nullptr,
     "use the D-Bus session bus"},
    {"system", 0, Everywhere, &Options::system, nullptr, nullptr,
     "use the D-Bus system bus"},
    {"dest", 0, Everywhere, nullptr, &Options::destination, "NAME",
     "name of the daemon on the bus"},
    {"quiet", 'q', Everywhere, &Options::quiet, nullptr, nullptr,
     "print errors only"},
    {"verbose", 'v', Everywhere, &Options::verbose, nullptr, nullptr,
     "print more"},
    {"debug", 0, Everywhere, &Options::verbose, nullptr, nullptr,
     "same as --verbose"},
    {"help", 0, Everywhere, &Options::help, nullptr, nullptr,
     "print this help and exit"},
    {"version", 0, Everywhere, &Options::version, nullptr, nullptr,
     "print the version and exit"},
    {"no-wait", 'n', WaitOptions, &Options::noWait, nullptr, nullptr,
     "do not wait for the operation to complete"},
    {"enumerate", 'e', ShowOptions, &Options::enumerate, nullptr, nullptr,
     "one line for each event and job of a condition"},
    {"global", 'g', EnvironmentOptions, &Options::global, nullptr, nullptr,
     "act on the environment of all jobs"},
    {"retain", 'r', RetainOptions, &Options::retain, nullptr, nullptr,
     "keep the value of a variable that is set already"},
    {"ignore-events", 'i', CheckOptions, nullptr, &Options::ignoredEvents,
     "LIST", "comma-separated events to take as known"},
    {"warn", 'w', CheckOptions, &Options::warn, nullptr, nullptr,
     "report each unreachable event and job"},
    {"json", 0, JsonOptions, &Options::json, nullptr, nullptr,
     "print JSON, for programs"},
    {"script-directory", 0, ServiceOptions, nullptr, &Options::scriptDirectory,
     "DIR", "where init scripts are (/etc/init.d)"},
};

/// Walks the arguments; one instance reads one command line.
class Parser {
public:
  Parser(const std::vector<std::string> &arguments, Options &options,
         std::string &error)
      : arguments(arguments), options(options), error(error) {}

  bool run() {
    while (at < arguments.size()) {
      const std::string &argument = arguments[at++];
      bool isOption = !onlyWords && argument.size() > 1 && argument[0] == '-';
      if (argument == "--" && !onlyWords)
        onlyWords = true;
      else if (!(isOption ? readOption(argument) : readWord(argument)))
        return false;
      if (options.help || options.version)
        return true;
    }
    return true;
  }

private:
  bool fail(const std::string &text) {
    error = text;
    return false;
  }

  bool readWord(const std::string &word) {
    if (!options.command) {
      options.command = findCommand(word);
      if (options.command)
        return true;
      if (const Command *similar = similarCommand(word))
        options.suggestion = similar->name;
      return fail("invalid command: " + word);
    }
    options.words.push_back(word);
    if (options.command->options & ServiceOptions)
      onlyWords = true; // They are an init script's.
    return true;
  }

  bool readOption(const std::string &argument) {
    if (argument[1] == '-')
      return readLong(argument);
    for (size_t i = 1; i < argument.size(); ++i) {
      const OptionRow *row = find([&](const OptionRow &candidate) {
        return candidate.letter == argument[i];
      });
      if (!row)
        return fail(std::string("invalid option: -") + argument[i]);
      if (row->flag) {
        options.*row->flag = true;
        continue;
      }
      if (i + 1 < argument.size()) {
        options.*row->value = argument.substr(i + 1);
        return true;
      }
      return readValue(*row, std::string("-") + argument[i]);
    }
    return true;
  }

  bool readLong(const std::string &argument) {
    size_t equals = argument.find('=');
    std::string name = argument.substr(2, equals - 2);
    if (equals == std::string::npos)
      name = argument.substr(2);
    const OptionRow *row = find(
        [&](const OptionRow &candidate) { return name == candidate.name; });
    if (!row)
      return fail("invalid option: --" + name);
    if (row->value && equals != std::string::npos) {
      options.*row->value = argument.substr(equals + 1);
      return true;
    }
    if (row->value)
      return readValue(*row, argument);
    if (equals != std::string::npos)
      return fail("unexpected argument: " + argument);
    options.*row->flag = true;
    return true;
  }

  bool readValue(const OptionRow &row, const std::string &spelling) {
    if (at == arguments.size())
      return fail("missing argument: " + spelling);
    options.*row.value = arguments[at++];
    return true;
  }

  template <typename Predicate> const OptionRow *find(Predicate matches) const {
    unsigned groups =
        Everywhere | (options.command ? options.command->options : 0);
    for (const OptionRow &row : OptionRows)
      if ((row.group & groups) && matches(row))
        return &row;
    return nullptr;
  }

  const std::vector<std::string> &arguments;
  Options &options;
  std::string &error;
  size_t at = 0;
  bool onlyWords = false;
};

} // namespace

bool parseOptions(const std::vector<std::string> &arguments, Options &options,
                  std::string &error) {
  return Parser(arguments, options, error).run();
}

std::string describeOptions(unsigned groups) {
  std::string text;
  for (const OptionRow &row : OptionRows) {
    if (!(row.group & groups))
      continue;
    std::string line = row.letter ? std::string("  -") + row.letter + ", --"
                                  : std::string("      --");
    line += row.name;
    if (row.valueName)
      line += std::string("=") + row.valueName;
    if (line.size() < 28)
      line.append(28 - line.size(), ' ');
    text += line + "  " + row.help + "\n";
  }
  return text;
}

} // namespace starton::initctl
