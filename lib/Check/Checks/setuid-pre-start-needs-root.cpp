// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Check/Context.h"
#include "starton/Shell/ShellTexts.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"

namespace starton::check {

namespace {

using shell::ShellFacts;

/// Programs that do nothing without the rights of root.
constexpr llvm::StringLiteral RootPrograms[] = {
    "addgroup", "adduser",    "chown",     "chroot",  "groupadd", "groupmod",
    "insmod",   "iptables",   "ip6tables", "losetup", "mknod",    "modprobe",
    "mount",    "pivot_root", "rmmod",     "setcap",  "swapoff",  "swapon",
    "sysctl",   "umount",     "useradd",   "usermod"};

/// Programs that make what they are given.
constexpr llvm::StringLiteral Makers[] = {"install", "ln",    "mkdir", "mkfifo",
                                          "rm",      "rmdir", "touch"};

/// Directories where only root may make anything.
constexpr llvm::StringLiteral RootDirectories[] = {
    "/var/run/",  "/run/",       "/var/log/", "/var/lib/",
    "/var/lock/", "/var/cache/", "/etc/",     "/var/spool/"};
/// Whose files only root may write.
constexpr llvm::StringLiteral RootFiles[] = {"/proc/sys/", "/sys/", "/dev/cpu",
                                             "/etc/"};

/// Whether \p path lies directly in a directory of root: what is deeper may
/// belong to the user.
bool isOfRoot(llvm::StringRef path) {
  for (llvm::StringRef directory : RootDirectories) {
    if (!path.starts_with(directory))
      continue;
    llvm::StringRef rest = path.drop_front(directory.size()).rtrim('/');
    return !rest.empty() && !rest.contains('/');
  }
  return false;
}

bool asksOnly(llvm::StringRef program, llvm::ArrayRef<shell::Word> arguments) {
  // `mount` alone lists, `sysctl NAME` and `iptables -L` read.
  if (program == "mount" || program == "sysctl" || program == "iptables" ||
      program == "ip6tables" || program == "swapon")
    return arguments.empty() ||
           llvm::none_of(arguments, [&](const shell::Word &word) {
             return program == "sysctl" ? word.value.contains('=') ||
                                              word.value.starts_with("-p") ||
                                              word.value.starts_with("--system")
                                        : !word.value.starts_with("-L");
           });
  return false;
}

/// The values of variables that are the same whatever happens.
class Values {
public:
  Values(const sema::Job &job, const ShellFacts &facts) {
    for (const sema::Text &setting : job.env) {
      auto [name, value] = llvm::StringRef(setting.value).split('=');
      known[name] = value;
    }
    llvm::StringMap<unsigned> counts;
    for (const shell::Definition &definition : facts.definitions) {
      bool isPlain = definition.kind == shell::DefinitionKind::Assign &&
                     !definition.appends && definition.value != shell::None &&
                     facts.words[definition.value].isLiteral;
      if (isPlain && ++counts[definition.name] == 1)
        known[definition.name] = facts.words[definition.value].value;
      else
        known[definition.name] = "";
    }
  }

  /// The word with the values of its variables; empty: not known.
  std::string expand(const ShellFacts &facts, const shell::Word &word) const {
    if (word.isLiteral)
      return word.value.str();
    std::string text;
    for (const shell::WordPart &part : facts.partsOf(word)) {
      llvm::StringRef value = part.text;
      // `${X%...}` has the same name.
      if (part.kind == shell::PartKind::Variable) {
        llvm::StringRef written =
            facts.text.slice(part.range.begin, part.range.end);
        if (written.size() > part.text.size() + 3)
          return {};
        value = known.lookup(part.text);
      }
      bool isKnown = part.kind == shell::PartKind::Literal ||
                     part.kind == shell::PartKind::Variable;
      if (!isKnown || value.empty())
        return {};
      text += value;
    }
    return text;
  }

private:
  llvm::StringMap<llvm::StringRef> known;
};

/// The paths that the text has asked for, up to a command: what it makes where
/// there is none, it makes at each boot.
class Asked {
public:
  void add(const ShellFacts &facts, const Values &values,
           const shell::Command &command) {
    llvm::StringRef name = facts.nameOf(command);
    if (name != "[" && name != "test" && name != "[[")
      return;
    for (const shell::Word &word : facts.wordsOf(command))
      paths.insert(trimmed(values.expand(facts, word)));
  }
  bool contains(llvm::StringRef path) const {
    return paths.contains(trimmed(path));
  }

private:
  static llvm::StringRef trimmed(llvm::StringRef path) {
    return path.rtrim('/');
  }

  llvm::StringSet<> paths;
};

/// What \p command needs root for.
struct Need {
  const shell::Word *word = nullptr; ///< null: nothing
  std::string path;                  ///< that it makes; empty: for anything
};

Need needOf(const ShellFacts &facts, const Values &values,
            const shell::Command &command) {
  llvm::ArrayRef<shell::Word> words = facts.wordsOf(command);
  llvm::StringRef program = facts.nameOf(command);
  llvm::ArrayRef<shell::Word> arguments = words.drop_front();
  if (llvm::is_contained(RootPrograms, program)) {
    if (asksOnly(program, arguments))
      return {};
    return {&words.front(), {}};
  }
  if (!llvm::is_contained(Makers, program))
    return {};
  for (const shell::Word &word : arguments)
    if (std::string path = values.expand(facts, word); isOfRoot(path))
      return {&word, std::move(path)};
  return {};
}

struct Subject {
  Context &context;
  const sema::Job &job;
  const shell::ShellText &text;

  void report(Range range, const llvm::Twine &message) const {
    context.report({text.file, text.inFile(range)}, message)
        .note(context.system(), placeOf(job.setuid.origin),
              "every process of the job runs as this user");
  }
};

void checkText(const Subject &subject) {
  const ShellFacts &facts = subject.text.facts;
  std::string slot = sema::processSlotName(subject.text.slot);
  std::string user = quoted(subject.job.setuid.value);
  Values values(subject.job, facts);
  Asked asked;
  for (const shell::Command &command : facts.commands) {
    asked.add(facts, values, command);
    // Whoever asks for the failure, or asks first, has thought of it.
    if (command.wordCount == 0 || command.is(shell::InFunction) ||
        command.is(shell::IsGuarded) || command.is(shell::IsUnreachable))
      continue;
    Need need = needOf(facts, values, command);
    bool depends = command.is(shell::InBranch);
    if (need.word && (!depends || asked.contains(need.path))) {
      std::string what = need.path.empty() ? need.word->value.str() : need.path;
      subject.report(need.word->range, llvm::Twine(quoted(what)) +
                                           " needs root, but " + slot +
                                           " runs as " + user +
                                           " too; do it in a job of its own");
      return;
    }
    if (depends)
      continue;
    for (const shell::Redirect &redirect : facts.redirectsOf(command)) {
      bool writes = redirect.kind == shell::RedirectKind::Output ||
                    redirect.kind == shell::RedirectKind::Append;
      if (!writes || redirect.target == shell::None)
        continue;
      const shell::Word &target = facts.words[redirect.target];
      if (!llvm::any_of(RootFiles, [&](llvm::StringRef prefix) {
            return target.value.starts_with(prefix);
          }))
        continue;
      subject.report(target.range, llvm::Twine(quoted(target.value)) +
                                       " may be written by root alone, but " +
                                       slot + " runs as " + user + " too");
      return;
    }
  }
}

void run(Context &context) {
  uint32_t index = 0;
  for (const sema::Job &job : context.jobs()) {
    uint32_t current = index++;
    if (!job.setuid.isSet() || job.setuid.value == "root" ||
        job.setuid.value == "0")
      continue;
    for (const shell::ShellText &text : context.system().shell().ofJob(current))
      if (text.slot != sema::ProcessSlot::Main)
        checkText({context, job, text});
  }
}

} // namespace

STARTON_CHECK(setuidPreStartNeedsRoot) = {
    .name = "setuid-pre-start-needs-root",
    .summary = "pre-start or another hook does what only root may, under "
               "'setuid'",
    .needs = NeedShell,
    .doc = R"(
`setuid` and `setgid` hold for every process of the job, not for the main process alone: `pre-start`, `post-start`, `pre-stop` and `post-stop` run as that user too.
A `mkdir /run/food`, `chown` or `modprobe` there fails, and with it the start, because the shell runs under `-e`.

Let a job of its own do it (`start on starting food`, `task`), use `tmpfiles`, or drop `setuid` and have the daemon change its user.
Commands whose failure is asked for (`... || true`) are left alone, and so is what depends on a condition, unless that asks whether the very file is there (`[ -d /run/food ] || mkdir /run/food`): after a boot `/run` is empty.
)",
    .bad = R"(
start on startup
setuid food
pre-start exec mkdir -p «/run/food»
exec /usr/sbin/food
)",
    .good = R"(
#--- food.conf
start on startup
setuid food
exec /usr/sbin/food
#--- food-directory.conf
start on starting food
task
exec mkdir -p /run/food
)",
    .run = run};

} // namespace starton::check
