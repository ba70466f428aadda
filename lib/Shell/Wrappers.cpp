// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Programs that run another program: where in their words it begins. Options
// are those of coreutils, util-linux, sudo, dpkg and minijail.

#include "Meaning.h"
#include "Words.h"
#include "llvm/ADT/StringExtras.h"

using namespace starton;
using namespace starton::shell;

namespace {

struct WrapperInfo {
  llvm::StringLiteral name;
  WrapperKind kind;
  llvm::StringLiteral shortWithValue = ""; ///< letters
  llvm::StringLiteral longWithValue = "";  ///< names, a blank around each
  uint8_t operands = 0;     ///< words between options and the wrapped command
  bool assignments = false; ///< NAME=VALUE may precede it
};

constexpr WrapperInfo Wrappers[] = {
    {"exec", WrapperKind::Exec, "a"},
    {"command", WrapperKind::Command},
    {"builtin", WrapperKind::Command},
    {"busybox", WrapperKind::Command},
    {"toybox", WrapperKind::Command},
    {"env", WrapperKind::Env, "uC", " unset chdir ", 0, true},
    {"nice", WrapperKind::Nice, "n", " adjustment "},
    {"ionice", WrapperKind::Ionice, "cn", " class classdata "},
    {"chrt", WrapperKind::Chrt, "TPD",
     " sched-runtime sched-period sched-deadline ", 1},
    {"taskset", WrapperKind::Taskset, "", "", 1},
    {"nohup", WrapperKind::Nohup},
    {"setsid", WrapperKind::Setsid},
    {"chroot", WrapperKind::Chroot, "", " userspec groups ", 1},
    {"sudo", WrapperKind::Sudo, "ughpCrtTUDR",
     " user group host prompt close-from role type command-timeout other-user "
     "chdir chroot ",
     0, true},
    {"minijail0", WrapperKind::Minijail, "abBcCfgkPRSTuV",
     " logging profile preload-library seccomp-bpf-binary add-suppl-group "
     "env-add config bind-mount fs-path-rx fs-path-ro fs-path-rw "},
    {"stdbuf", WrapperKind::Stdbuf, "ioe", " input output error "},
    {"time", WrapperKind::Time, "fo", " format output "},
    {"timeout", WrapperKind::Timeout, "ks", " kill-after signal ", 1},
    {"setpriv", WrapperKind::Setpriv, "",
     " ambient-caps inh-caps bounding-set ruid euid rgid egid reuid regid "
     "groups securebits pdeathsig selinux-label apparmor-profile "},
    {"setuidgid", WrapperKind::Setpriv, "", "", 1},
    {"gosu", WrapperKind::Setpriv, "", "", 1},
    {"cgexec", WrapperKind::Cgexec, "g"},
};

constexpr WrapperInfo Su = {"su", WrapperKind::Su, "cCgGsTw",
                            " command session-command group supp-group shell "
                            "whitelist-environment "};
constexpr WrapperInfo RunUser = {
    "runuser", WrapperKind::Su, "cgGsTuw",
    " command session-command group supp-group shell user "
    "whitelist-environment "};
constexpr WrapperInfo Shells = {"sh", WrapperKind::Shell, "oO",
                                " init-file rcfile "};
constexpr WrapperInfo StartStop = {
    "start-stop-daemon", WrapperKind::StartStopDaemon, "xanpucrdRsgNPIkO",
    " exec startas name pidfile pid ppid user chuid chroot chdir retry signal "
    "group nicelevel procsched iosched umask output notify-timeout "};

bool isShellName(llvm::StringRef name) {
  return name == "sh" || name == "dash" || name == "bash" || name == "ash" ||
         name == "ksh" || name == "mksh" || name == "zsh";
}

/// An option as one word says it.
struct Option {
  llvm::StringRef name;   ///< `exec` of --exec=X, `x` of -vx; no dashes
  bool takesNext = false; ///< its value is the next word
  bool hasText = false;   ///< shells and su: -c among the letters
};

/// Reads \p word as an option of \p info. False: it is none.
bool readOption(const WrapperInfo &info, const Word &word, Option &option) {
  llvm::StringRef text = word.value;
  if (text.size() < 2 || text.front() != '-')
    return false;
  if (text.consume_front("--")) {
    auto [name, value] = text.split('=');
    option.name = name;
    std::string padded(" ");
    padded.append(name).append(" ");
    option.takesNext = word.isLiteral && name.size() == text.size() &&
                       info.longWithValue.contains(padded);
    return true;
  }
  text = text.drop_front();
  for (size_t at = 0; at != text.size(); ++at) {
    option.hasText |= text[at] == 'c';
    if (!info.shortWithValue.contains(text[at]))
      continue;
    option.name = text.substr(at, 1);
    option.takesNext = word.isLiteral && at + 1 == text.size();
    return true;
  }
  option.name = text;
  return true;
}

/// Whether a word that is not literal may hold options.
bool mayBeOptions(const Word &word) {
  return !word.isLiteral && word.value.empty() && word.hasUnquoted;
}

/// The words of one wrapper.
class LayerReader {
public:
  LayerReader(const ShellFacts &facts, Layer &layer)
      : facts(facts), layer(layer), at(layer.firstArgument) {}

  /// The word of the wrapped command, or None.
  uint32_t skip(const WrapperInfo &info) {
    Option option;
    for (; at < layer.endWord; ++at) {
      const Word &word = facts.words[at];
      if (word.isLiteral && word.value == "--") {
        ++at;
        break;
      }
      option = {};
      if (!readOption(info, word, option))
        break;
      at += option.takesNext;
    }
    for (unsigned count = 0; count != info.operands; ++count, ++at)
      if (at < layer.endWord && mayBeOptions(facts.words[at]))
        return giveUp();
    while (info.assignments && at < layer.endWord &&
           isAssignment(facts.words[at]))
      ++at;
    return at < layer.endWord ? at : None;
  }

  /// `su [OPTIONS] [-] [USER] [-c TEXT]`: options stand anywhere.
  uint32_t findText(const WrapperInfo &info) {
    bool userGiven = false;
    for (; at < layer.endWord; ++at) {
      const Word &word = facts.words[at];
      Option option;
      if (word.isLiteral && word.value == "--") {
        // runuser -u USER -- COMMAND
        return userGiven && at + 1 < layer.endWord ? at + 1 : None;
      }
      if (!readOption(info, word, option))
        continue;
      userGiven |= option.name == "u" || option.name == "user";
      bool isText = option.name == "c" || option.name == "command" ||
                    option.name == "session-command";
      if (isText && option.takesNext && at + 1 < layer.endWord)
        layer.text = at + 1;
      layer.understood &= !isText || option.takesNext;
      at += option.takesNext;
    }
    return None;
  }

  /// `sh [OPTIONS] -c TEXT` or `sh [OPTIONS] FILE`.
  uint32_t findScript() {
    bool isText = false;
    for (; at < layer.endWord; ++at) {
      Option option;
      if (!readOption(Shells, facts.words[at], option))
        break;
      isText |= option.hasText && !facts.words[at].value.starts_with("--");
      at += option.takesNext;
    }
    if (at >= layer.endWord)
      return None;
    if (mayBeOptions(facts.words[at]))
      return giveUp();
    if (isText)
      layer.text = at;
    return isText ? None : at;
  }

  /// `start-stop-daemon --start --exec PROGRAM ... -- ARGUMENTS`: sets
  /// \p arguments to where those begin.
  uint32_t findDaemon(uint32_t &arguments) {
    uint32_t exec = None, startAs = None;
    bool starts = false;
    for (; at < layer.endWord; ++at) {
      const Word &word = facts.words[at];
      Option option;
      if (word.isLiteral && word.value == "--")
        break;
      if (!readOption(StartStop, word, option)) {
        if (mayBeOptions(word))
          return giveUp();
        continue;
      }
      bool isLong = word.value.starts_with("--");
      starts |= option.name == "start" || (!isLong && word.value.contains('S'));
      if (option.takesNext && (option.name == "exec" || option.name == "x"))
        exec = at + 1;
      if (option.takesNext && (option.name == "startas" || option.name == "a"))
        startAs = at + 1;
      at += option.takesNext;
    }
    uint32_t program = startAs != None ? startAs : exec;
    if (!starts)
      return None;
    if (program == None || program >= layer.endWord)
      return giveUp();
    arguments = std::min(at + 1, layer.endWord);
    return program;
  }

private:
  uint32_t giveUp() {
    layer.understood = false;
    return None;
  }

  static bool isAssignment(const Word &word) {
    size_t equals = word.value.find('=');
    return equals != llvm::StringRef::npos &&
           isVariableName(word.value.substr(0, equals));
  }

  const ShellFacts &facts;
  Layer &layer;
  uint32_t at;
};

/// The layer that begins at \p word. Sets \p next to the word of the next one
/// or None, \p arguments to where that one's arguments begin.
Layer readLayer(const ShellFacts &facts, uint32_t word, uint32_t firstArgument,
                uint32_t endWord, uint32_t &next, uint32_t &arguments) {
  Layer layer;
  layer.word = word;
  layer.firstArgument = firstArgument;
  layer.endWord = endWord;
  next = None;
  const Word &first = facts.words[word];
  if (!first.isLiteral)
    return layer;
  llvm::StringRef name = baseName(first.value);
  LayerReader reader(facts, layer);
  arguments = None;
  if (name == "su" || name == "runuser") {
    layer.kind = WrapperKind::Su;
    next = reader.findText(name == "su" ? Su : RunUser);
  } else if (isShellName(name)) {
    layer.kind = WrapperKind::Shell;
    next = reader.findScript();
  } else if (name == "start-stop-daemon") {
    layer.kind = WrapperKind::StartStopDaemon;
    next = reader.findDaemon(arguments);
  } else {
    // `command -v NAME` asks and runs nothing.
    bool asks = name == "command" && firstArgument < endWord &&
                facts.words[firstArgument].value.starts_with_insensitive("-v");
    for (const WrapperInfo &info : Wrappers)
      if (info.name == name) {
        layer.kind = info.kind;
        next = asks ? None : reader.skip(info);
      }
  }
  return layer;
}

void addLayersOf(ShellFacts &facts, Command &command, bool execInFront) {
  command.firstLayer = static_cast<uint32_t>(facts.layers.size());
  uint32_t endWord = command.firstWord + command.wordCount;
  if (command.wordCount == 0)
    return;
  if (execInFront) {
    Layer exec;
    exec.kind = WrapperKind::Exec;
    exec.firstArgument = command.firstWord;
    exec.endWord = endWord;
    facts.layers.push_back(exec);
  }
  uint32_t word = command.firstWord, arguments = None;
  while (word != None) {
    uint32_t next = None;
    uint32_t first = arguments != None ? arguments : word + 1;
    facts.layers.push_back(
        readLayer(facts, word, first, endWord, next, arguments));
    word = next;
  }
  command.layerCount =
      static_cast<uint32_t>(facts.layers.size()) - command.firstLayer;
}

} // namespace

llvm::StringRef shell::baseName(llvm::StringRef path) {
  return path.substr(path.rfind('/') + 1);
}

void shell::addLayers(ShellFacts &facts, bool execInFront) {
  for (Command &command : facts.commands) {
    addLayersOf(facts, command, execInFront);
    execInFront = false;
  }
}
