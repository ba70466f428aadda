// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Check/Context.h"
#include "starton/Check/Variables.h"
#include "starton/Shell/ShellTexts.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/ADT/StringSwitch.h"

namespace starton::check {

namespace {

using shell::ShellFacts;
using shell::UseKind;

/// What init or the shell sets, or what is set in a session at least: whoever
/// uses these means what is there.
bool isStandard(llvm::StringRef name) {
  if (name.starts_with("UPSTART_") || name.starts_with("LC_") ||
      name.starts_with("XDG_") || name.starts_with("BASH"))
    return true;
  return llvm::StringSwitch<bool>(name)
      .Cases("PATH", "TERM", "HOME", "USER", "LOGNAME", "SHELL", "LANG", true)
      .Cases("PWD", "OLDPWD", "IFS", "PPID", "OPTIND", "OPTARG", "PS1", true)
      .Cases("PS2", "PS4", "LINENO", "RANDOM", "UID", "EUID", "HOSTNAME", true)
      .Cases("SECONDS", "FUNCNAME", "PIPESTATUS", "MACHTYPE", "OSTYPE", true)
      .Cases("HOSTTYPE", "GROUPS", "DISPLAY", "TMPDIR", "TZ", "MAILTO", true)
      .Cases("LANGUAGE", "DBUS_SESSION_BUS_ADDRESS", "SSH_AUTH_SOCK", true)
      .Cases("REPLY", "_", "LD_LIBRARY_PATH", "LD_PRELOAD", "PYTHONPATH", true)
      .Default(false);
}

/// Variables that `initctl set-env` sets.
struct SetVariables {
  llvm::StringSet<> names;
  bool any = false; ///< some name is not known

  bool contains(llvm::StringRef name) const {
    return any || names.contains(name);
  }
};

constexpr llvm::StringLiteral SetEnv = "set-env";

/// What a text gives its own job, and all jobs (`--global`, a user session's).
class TextSettings {
public:
  TextSettings(const ShellFacts &facts, SetVariables &ofJob,
               SetVariables &ofAll)
      : facts(facts), ofJob(ofJob), ofAll(ofAll) {
    if (!facts.text.contains(SetEnv))
      return;
    if (!facts.complete)
      ofJob.any = true;
    for (const shell::Command &command : facts.commands)
      if (facts.programOf(command) == "initctl")
        readCall(facts.layersOf(command).back());
    // A text for another shell: `sh -c 'initctl set-env X=1'`.
    for (const shell::WordPart &part : facts.parts)
      ofJob.any |= part.kind == shell::PartKind::Literal &&
                   part.text != SetEnv && part.text.contains(SetEnv);
  }

private:
  void readCall(const shell::Layer &call) {
    bool isSetEnv = false, isGlobal = false;
    for (uint32_t at = call.firstArgument; at < call.endWord; ++at) {
      const shell::Word &word = facts.words[at];
      if (word.value.starts_with("-")) {
        isGlobal |= word.value == "-g" || word.value == "--global";
      } else if (!isSetEnv) {
        if (word.value != SetEnv)
          return;
        isSetEnv = true;
      } else {
        add(word, isGlobal ? ofAll : ofJob);
      }
    }
  }

  static void add(const shell::Word &word, SetVariables &variables) {
    if (word.isLiteral || word.value.contains('='))
      variables.names.insert(word.value.split('=').first);
    else
      variables.any = true;
  }

  const ShellFacts &facts;
  SetVariables &ofJob, &ofAll;
};

/// How much two names of this size may differ and be meant as one.
unsigned slipsIn(llvm::StringRef name) {
  constexpr size_t Short = 4, Long = 8;
  return name.size() < Short ? 0 : name.size() < Long ? 1 : 2;
}

/// `$DEVICE1` beside `$DEVICE2` is no slip.
bool differInDigits(llvm::StringRef left, llvm::StringRef right) {
  auto digitsOf = [](llvm::StringRef name) {
    std::string text = name.str();
    llvm::erase_if(text, [](char byte) { return !llvm::isDigit(byte); });
    return text;
  };
  return digitsOf(left) != digitsOf(right);
}

/// Whether a job may be given variables that its files do not tell of.
class Environment {
public:
  Environment(const Context &context, uint32_t job, const SetVariables &ofAll)
      : known(context.jobs()[job]), ofAll(ofAll),
        ofStart(context.system(), context.graph().leavesOf(job, false)),
        ofStop(context.system(), context.graph().leavesOf(job, true)) {
    // `env NAME` takes the value from init's own environment.
    for (const sema::Text &setting : known.env)
      own.insert(llvm::StringRef(setting.value).split('=').first);
    for (const sema::Text &import : known.imports)
      own.insert(import.value);
    SetVariables global;
    for (const shell::ShellText &text : context.system().shell().ofJob(job))
      TextSettings(text.facts, set, global);
  }

  /// Whether a condition may bring \p name.
  bool mayCome(llvm::StringRef name, bool whenStopped) const {
    return own.contains(name) || set.contains(name) || ofAll.contains(name) ||
           ofStart.mayCome(name) || (whenStopped && ofStop.mayCome(name));
  }

  /// The variable of the job itself that was probably meant by \p name, which
  /// nothing is known to bring; empty: there is none.
  llvm::StringRef meantBy(llvm::StringRef name, bool whenStopped) const {
    if (own.contains(name) || set.contains(name) || ofAll.contains(name))
      return {};
    llvm::StringRef best = nearestOwn(name);
    if (best.empty() || ofStart.isKnown(name) ||
        (whenStopped && ofStop.isKnown(name)))
      return {};
    return best;
  }

  /// Whoever starts a job by hand, or through another's script, may give it
  /// variables.
  bool isStartedByHand() const { return known.startOn.empty(); }

private:
  /// A job may have thousands of variables, and use as many that are not there.
  static constexpr size_t MaxCompared = 20000;

  llvm::StringRef nearestOwn(llvm::StringRef name) const {
    unsigned slips = slipsIn(name);
    llvm::StringRef best;
    compared += own.size() + known.exports.size();
    if (compared > MaxCompared || slips == 0)
      return {};
    auto lookAt = [&](llvm::StringRef candidate) {
      unsigned distance = name.edit_distance(candidate, true, slips);
      if (distance == 0 || distance > slips ||
          differInDigits(name, candidate) ||
          (!best.empty() && distance == slips && candidate >= best))
        return;
      best = candidate;
      slips = distance;
    };
    for (const auto &candidate : own)
      lookAt(candidate.first());
    for (const sema::Text &exported : known.exports)
      lookAt(exported.value);
    return best;
  }

  const sema::Job &known;
  const SetVariables &ofAll;
  ComingVariables ofStart, ofStop;
  llvm::StringSet<> own;
  SetVariables set;
  mutable size_t compared = 0;
};

/// What the text itself sets, or asks whether it is set.
llvm::StringSet<> namesCareOf(const ShellFacts &facts) {
  llvm::StringSet<> names;
  for (const shell::Definition &definition : facts.definitions)
    if (definition.kind != shell::DefinitionKind::Unset)
      names.insert(definition.name);
  for (const shell::VariableUse &use : facts.uses) {
    bool asks = use.kind != UseKind::Plain && use.kind != UseKind::Arithmetic;
    if (use.command != shell::None) {
      llvm::StringRef command = facts.nameOf(facts.commands[use.command]);
      asks |= command == "[" || command == "[[" || command == "test";
    }
    if (asks)
      names.insert(use.name);
  }
  return names;
}

/// Whether something else than the text sets variables of the shell.
bool isOpen(const ShellFacts &facts) {
  return !facts.complete || facts.usesEval || !facts.sourced.empty();
}

void checkText(Context &context, const Environment &environment,
               const shell::ShellText &text) {
  const ShellFacts &facts = text.facts;
  if (facts.withoutShell || facts.uses.empty() || isOpen(facts))
    return;
  llvm::StringSet<> done = namesCareOf(facts);
  bool ofStop = text.slot == sema::ProcessSlot::PreStop ||
                text.slot == sema::ProcessSlot::PostStop;
  for (const shell::VariableUse &use : facts.uses) {
    if (use.kind != UseKind::Plain || isStandard(use.name) ||
        !done.insert(use.name).second)
      continue;
    llvm::StringRef meant = environment.meantBy(use.name, ofStop);
    if (meant.empty() && environment.mayCome(use.name, ofStop))
      continue;
    context.report(
        {text.file, text.inFile(use.range)},
        quoted(use.name) +
            " is set by no 'env', no event of 'start on' and not here, so it "
            "is empty" +
            (meant.empty() ? "; set it with 'env', or write ${" +
                                 use.name.str() + ":-} if that is meant"
                           : didYouMean(meant)));
  }
}

/// A plain command is no text of the shell: `$X` there goes through one.
void checkReferences(Context &context, const Environment &environment,
                     llvm::StringRef text, Place place,
                     llvm::StringRef effect) {
  for (const VariableReference &reference : variableReferences(text)) {
    if (reference.optional || isStandard(reference.name))
      continue;
    llvm::StringRef meant = environment.meantBy(reference.name, false);
    if (meant.empty() && environment.mayCome(reference.name, false))
      continue;
    // The word as it is written, unless quotes or the like are in between.
    if (context.system().text(place).contains(text)) {
      auto begin =
          place.range.begin +
          static_cast<uint32_t>(context.system().text(place).find(text));
      place.range = {begin + reference.range.begin,
                     begin + reference.range.end};
    }
    context.report(place, quoted(reference.name) +
                              " is set by no 'env' and no event of 'start "
                              "on', so " +
                              effect.str() + didYouMean(meant));
    return;
  }
}

void checkConditions(Context &context, const Environment &environment,
                     const sema::Job &job) {
  for (const sema::ConditionNode &node : job.stopOn.nodes)
    if (node.kind == ast::NodeKind::Match)
      for (const Operand &operand : context.system().operands(node))
        checkReferences(context, environment, operand.value, operand.place,
                        "this never matches");
  if (job.instance.isSet())
    checkReferences(context, environment, job.instance.value,
                    placeOf(job.instance.origin),
                    "an event cannot start the job");
}

void run(Context &context) {
  SetVariables ofAll;
  for (const shell::ShellText &text : context.system().shell().all()) {
    SetVariables ofJob;
    TextSettings(text.facts, ofJob, ofAll);
  }
  for (uint32_t index = 0; index != context.jobs().size(); ++index) {
    const sema::Job &job = context.jobs()[index];
    Environment environment(context, index, ofAll);
    if (environment.isStartedByHand() || job.hasImport)
      continue;
    checkConditions(context, environment, job);
    for (const shell::ShellText &text : context.system().shell().ofJob(index))
      checkText(context, environment, text);
  }
}

} // namespace

STARTON_CHECK(undefinedVariable) = {
    .name = "undefined-variable",
    .summary = "a variable is used that nothing sets",
    .needs = NeedGraph | NeedCatalogue | NeedShell,
    .doc = R"(
A variable is used in `stop on`, in `instance`, or in a command or script, and neither an `env` of the job, nor an event of its `start on`, nor the text itself sets it.
The shell takes it for empty, as Upstart does in `stop on`; an `instance` with such a variable fails the start.

Mostly the name is misspelt, or it was thought that a variable of `pre-start` lives on in the main process: each process begins with the environment of the job alone.

Nothing is said where it cannot be known: a file is sourced, `eval` is used, the job has no `start on` (whoever starts it by hand may give it variables), `initctl set-env` sets it, or the text asks whether the variable is set (`${X:-}`, `[ -n "$X" ]`).

An event may bring variables that its catalogue does not list: those with `more: true`, such as `startup` and `runlevel`, which carry what init or `telinit` was given, and events that no catalogue has.
For a job that is started by one of these only a name is reported that is nearly that of a variable which the job itself has in `env`, `import` or `export`.
)",
    .bad = R"(
#--- base.conf
start on startup
exec based
#--- food.conf
start on started base
env FOOD_OPTIONS=--quiet
script
  exec food «$FOOD_OPTION»
end script
)",
    .good = R"(
#--- base.conf
start on startup
exec based
#--- food.conf
start on started base
env FOOD_OPTIONS=--quiet
script
  exec food $FOOD_OPTIONS
end script
)",
    .run = run};

} // namespace starton::check
