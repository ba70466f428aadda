// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a shell text does, as far as its syntax tells: the commands with their
// words, where each stands, which variables it sets and uses. Checks and the
// event graph read this; nothing here runs anything or does I/O.
//
// All ranges are byte ranges of the analysed text; sema::Process texts are
// mapped into their file by TextMap.h. All indices point into the arrays of
// the same ShellFacts.
//
// What the parser does not understand is `unknown`, and a consumer must say
// nothing about it, nor conclude anything from the absence of something in a
// text that is not `complete`.

#ifndef STARTON_SHELL_SHELL_H
#define STARTON_SHELL_SHELL_H

#include "starton/Basic/Arena.h"
#include "starton/Sema/Model.h"
#include "llvm/ADT/ArrayRef.h"

#include <memory>
#include <string>
#include <vector>

namespace starton::shell {

/// No index.
constexpr uint32_t None = ~uint32_t(0);
/// Larger texts are not parsed: they are `unknown` as a whole.
constexpr uint32_t MaxTextSize = 1u << 20;

enum class PartKind : uint8_t {
  Literal,      ///< `text` is its value, quotes and backslashes taken away
  Variable,     ///< `$x`, `${x...}`; `text` is the name (`1`, `@`, `?` too)
  Substitution, ///< `$(...)`, backticks, `<(...)`
  Arithmetic,   ///< `$((...))`
  Pattern,      ///< unquoted `*`, `?`, `[...]`, `~`, `{a,b}`; `text` as written
};

/// A word is its parts one after the other.
struct WordPart {
  PartKind kind = PartKind::Literal;
  bool quoted = false; ///< inside quotes: stays one word, and is no pattern
  Range range;
  llvm::StringRef text;
};

/// One word as written. An expansion that is not quoted may become several
/// words, or none.
struct Word {
  Range range; ///< quotes included
  uint32_t firstPart = 0, partCount = 0;
  bool isLiteral = false;   ///< one word, and `value` is it
  bool hasUnquoted = false; ///< has an unquoted expansion or a pattern
  /// Literal: the word as the command gets it. Otherwise the literal text in
  /// front of the first expansion.
  llvm::StringRef value;
};

enum class RedirectKind : uint8_t {
  Input,        ///< `<`
  Output,       ///< `>`, `>|`
  Append,       ///< `>>`
  ReadWrite,    ///< `<>`
  DupInput,     ///< `<&`
  DupOutput,    ///< `>&`
  BothOutput,   ///< bash: `&>`, `&>>`
  HereDocument, ///< `<<`, `<<-`
  HereString,   ///< bash: `<<<`
};

struct Redirect {
  RedirectKind kind = RedirectKind::Input;
  Range range;
  int32_t descriptor = -1;  ///< as written in front; -1: not written
  uint32_t target = None;   ///< index of the word; None: a here-document
  Range body;               ///< here-document: its lines
  bool bodyExpands = false; ///< here-document: `$` counts in it
  uint32_t command = None;  ///< None: of a compound command or of none
};

/// Where a command stands; several hold at once. Outer ones count too: a
/// command of a subshell in a pipeline has both.
enum Context : uint16_t {
  InPipeline = 1 << 0,     ///< one of several commands joined by `|`
  InBackground = 1 << 1,   ///< ends in `&`
  InSubshell = 1 << 2,     ///< `( ... )`
  InSubstitution = 1 << 3, ///< `$( ... )`, backticks
  InCondition = 1 << 4,    ///< decides an if, while or until
  InBranch = 1 << 5,   ///< runs or not as something before it came out: then,
                       ///< else, a case arm, right of `&&` or `||`
  InLoop = 1 << 6,     ///< body or condition of for, while, until
  InFunction = 1 << 7, ///< runs where the function is called, or never
  IsNegated = 1 << 8,  ///< behind `!`
  /// Nothing of the text runs after it where it runs, branches considered.
  IsTail = 1 << 9,
  /// Its failure does not end a text that runs under -e: a condition, negated,
  /// or left of `&&` or `||`.
  IsGuarded = 1 << 10,
  /// Unreachable: behind an `exec PROGRAM` or `exit` that always runs.
  IsUnreachable = 1 << 11,
};

/// What stands between a command as written and the program that runs.
enum class WrapperKind : uint8_t {
  Program, ///< no wrapper: the program itself (always the last layer)
  Exec,    ///< the shell's exec
  Command, ///< command, builtin: stays in the shell's process
  Env,
  Nice,
  Ionice,
  Chrt,
  Taskset,
  Nohup,
  Setsid,
  Chroot,
  Su,
  Sudo,
  StartStopDaemon,
  Minijail,
  Stdbuf,
  Time,
  Timeout,
  Capsh,
  Setpriv,
  Cgexec,
  Shell, ///< sh, dash, bash ... -c TEXT or a script file
};

/// One step from the command to its program: `exec nice -n 5 cron -f` has the
/// layers Exec, Nice, Program.
struct Layer {
  WrapperKind kind = WrapperKind::Program;
  /// The layer's own name in `words`, and the end of the command's words: its
  /// options and what it wraps lie between. None: the `exec` that Upstart puts
  /// in front of the command of an exec stanza.
  uint32_t word = None, endWord = 0;
  /// What is given to it: `words` of [firstArgument, endWord). Program: its
  /// arguments; otherwise options and what is wrapped.
  uint32_t firstArgument = 0;
  /// Su, Sudo, Shell ...: the word that holds a shell text (`-c TEXT`). No
  /// layer follows then. None: no such text.
  uint32_t text = None;
  /// False: an option is not known or not literal, or the user or directory is
  /// not; where the wrapped command begins is not known and no layer follows.
  bool understood = true;
};

/// A simple command, builtins and bare assignments or redirections included.
struct Command {
  Range range;
  uint32_t firstWord = 0, wordCount = 0;             ///< word 0 is the name
  uint32_t firstDefinition = 0, definitionCount = 0; ///< `X=1 command`, `X=1`
  uint32_t firstRedirect = 0, redirectCount = 0;
  uint32_t firstLayer = 0, layerCount = 0; ///< none without words
  uint16_t context = 0;                    ///< of Context
  uint32_t scope = 0;                      ///< innermost, index into scopes
  bool is(Context flag) const { return (context & flag) != 0; }
};

enum class ScopeKind : uint8_t {
  Text, ///< the whole; always scopes[0]
  Pipeline,
  Background,
  Subshell,
  Substitution,
  Condition,
  Branch,
  Loop,
  Function,
  Group, ///< `{ ... }`
  Negation,
};

/// What encloses commands. Parents precede their children.
struct Scope {
  ScopeKind kind = ScopeKind::Text;
  uint32_t parent = None;
  Range range;
};

enum class DefinitionKind : uint8_t {
  Assign,     ///< `X=1`
  Prefix,     ///< `X=1 command`: for that command alone
  Export,     ///< `export X`, `export X=1`
  Local,      ///< local, declare, typeset
  Readonly,   ///< readonly X, readonly X=1
  Read,       ///< `read X`, mapfile, readarray
  Loop,       ///< `for X in`
  Getopts,    ///< `getopts ... X`; OPTARG and OPTIND too
  Default,    ///< `${X=1}`, `${X:=1}`
  Arithmetic, ///< `$((X=1))`, `let X=1`
  Unset,
  Printf, ///< bash: printf -v X
};

struct Definition {
  DefinitionKind kind = DefinitionKind::Assign;
  llvm::StringRef name;
  Range range;             ///< the name
  uint32_t value = None;   ///< index of the word; None: no value given
  bool appends = false;    ///< bash: `+=`
  uint32_t command = None; ///< None: for, `${X:=1}`
};

enum class UseKind : uint8_t {
  Plain,       ///< `$x`, `${x}`, `${x%...}` and the like: fails under -u
  Default,     ///< `${x-...}`, `${x:-...}`
  Assign,      ///< `${x=...}`, `${x:=...}`
  Alternative, ///< `${x+...}`, `${x:+...}`: a test
  Required,    ///< `${x?...}`, `${x:?...}`: a test
  Arithmetic,  ///< a bare name in `$((...))`; unset counts as 0
};

struct VariableUse {
  llvm::StringRef name; ///< positional and special parameters are left out
  Range range;          ///< from `$` to the end of the expansion
  UseKind kind = UseKind::Plain;
  uint32_t command = None; ///< the command evaluating it; None: a for or case
  uint32_t scope = 0;
};

struct Function {
  llvm::StringRef name;
  Range nameRange, body;
};

/// `. FILE` or `source FILE`.
struct SourcedFile {
  uint32_t command = 0;
  uint32_t word = None; ///< the file; None: none given
};

struct NamedRange {
  llvm::StringRef name;
  Range range;
};

/// A call to an init: what makes events and starts or stops jobs.
enum class ControlKind : uint8_t { Emit, Start, Stop, Restart, Reload, Status };
enum class ControlTool : uint8_t {
  Initctl, ///< `initctl [OPTIONS] COMMAND`
  Bare,    ///< start, stop, restart, reload, status
  Service, ///< `service JOB start`, `invoke-rc.d JOB start`
  DBus,    ///< dbus-send, gdbus, dbus-monitor-like calls to com.ubuntu.Upstart
};

/// One NAME=VALUE of a call. When the key is not literal, key is empty.
struct ControlArgument {
  Range range;
  llvm::StringRef key;    ///< empty: `value` is positional or nothing is known
  llvm::StringRef value;  ///< literal only
  bool isLiteral = false; ///< key and value are exact
};

struct ControlCall {
  ControlKind kind = ControlKind::Emit;
  ControlTool tool = ControlTool::Initctl;
  uint32_t command = 0;
  Range nameRange; ///< of the event or job
  /// Event or job name. Not literal: a glob, `*` for what is not known; `*`
  /// alone when nothing is.
  llvm::StringRef name;
  bool isLiteral = false;
  /// False: some argument words may be missing here, for they came from an
  /// expansion that is not quoted.
  bool argumentsComplete = true;
  bool noWait = false; ///< -n, --no-wait
  uint32_t firstArgument = 0, argumentCount = 0;
};

/// Everything about one text. Movable; the text must outlive it.
struct ShellFacts {
  llvm::StringRef text;
  /// False: not parsed at all (too large, or built without the parser), or
  /// parts are in `unknown`.
  bool complete = false;
  /// A command of plain words that no shell ever sees.
  bool withoutShell = false;
  /// `set -e`/`+e` nowhere: the shell runs with -e (runtime 4.1).
  bool changesErrexit = false;
  bool usesEval = false;      ///< eval, or a command whose name is not literal
  std::vector<Range> unknown; ///< what is no sentence of the grammar

  std::vector<Command> commands; ///< in source order
  std::vector<Word> words;       ///< those of a command lie together
  std::vector<WordPart> parts;
  std::vector<Redirect> redirects;
  std::vector<Layer> layers;
  std::vector<Scope> scopes; ///< never empty
  std::vector<Definition> definitions;
  std::vector<VariableUse> uses;
  std::vector<Function> functions;
  std::vector<SourcedFile> sourced;
  std::vector<Range> backticks; ///< each pair, with what it holds
  std::vector<ControlCall> controlCalls;
  std::vector<ControlArgument> controlArguments;

  llvm::ArrayRef<Word> wordsOf(const Command &c) const {
    return llvm::ArrayRef<Word>(words).slice(c.firstWord, c.wordCount);
  }
  llvm::ArrayRef<WordPart> partsOf(const Word &w) const {
    return llvm::ArrayRef<WordPart>(parts).slice(w.firstPart, w.partCount);
  }
  llvm::ArrayRef<Layer> layersOf(const Command &c) const {
    return llvm::ArrayRef<Layer>(layers).slice(c.firstLayer, c.layerCount);
  }
  llvm::ArrayRef<Definition> definitionsOf(const Command &c) const {
    return llvm::ArrayRef<Definition>(definitions)
        .slice(c.firstDefinition, c.definitionCount);
  }
  llvm::ArrayRef<Redirect> redirectsOf(const Command &c) const {
    return llvm::ArrayRef<Redirect>(redirects).slice(c.firstRedirect,
                                                     c.redirectCount);
  }
  llvm::ArrayRef<ControlArgument> argumentsOf(const ControlCall &c) const {
    return llvm::ArrayRef<ControlArgument>(controlArguments)
        .slice(c.firstArgument, c.argumentCount);
  }
  /// The literal name of \p c without directory (`initctl` for
  /// `/sbin/initctl`); empty when it has none or it is not literal.
  llvm::StringRef nameOf(const Command &c) const;
  /// The same for the program behind its wrappers.
  llvm::StringRef programOf(const Command &c) const;
  /// `exec PROGRAM`: the shell's process becomes the program.
  bool replacesShell(const Command &c) const;

  /// Gives back what the arrays have room for beyond what they hold.
  void shrink();

  /// Owns what StringRefs do not find in the text.
  std::unique_ptr<Arena> arena;
};

/// Whether this build has the grammar; without it every text that needs a
/// shell is unknown.
bool isAvailable();

/// A reusable parser. One per thread.
class ShellParser {
public:
  ShellParser();
  ~ShellParser();
  ShellParser(const ShellParser &) = delete;
  ShellParser &operator=(const ShellParser &) = delete;

  /// A text for `/bin/sh`, like the body of a script block.
  ShellFacts parseText(llvm::StringRef text);
  /// The text of an exec stanza, run as `exec COMMAND` or, when it is plain
  /// words, without a shell; ranges are those of \p command.
  ShellFacts parseCommand(llvm::StringRef command);
  /// Whichever \p process is; no commands and complete when it is neither.
  /// \p process must outlive the facts.
  ShellFacts parse(const sema::Process &process);

private:
  struct Impl;
  std::unique_ptr<Impl> impl;
};

/// Whether \p program (without directory), given \p arguments, stays in the
/// foreground because one of them says so (`cron -f`). None: does not, or the
/// daemon is not known. Otherwise the index of the argument.
uint32_t foregroundFlag(llvm::StringRef program,
                        llvm::ArrayRef<Word> arguments);

} // namespace starton::shell

#endif // STARTON_SHELL_SHELL_H
