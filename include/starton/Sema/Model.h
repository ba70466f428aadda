// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The meaning of a system: the merged jobs of all its files. Checker, table
// writer, printers (and later the language server) read this and nothing else.

#ifndef STARTON_SEMA_MODEL_H
#define STARTON_SEMA_MODEL_H

#include "starton/AST/AST.h"
#include "starton/Parse/Parse.h"
#include <array>
#include <string>
#include <vector>

namespace starton::sema {

/// Where a value was written: an index into JobSet::files and a 1-based line,
/// the statement (an index into the file's tree) and the bytes: of a word its
/// own, of anything else those of the statement's keyword.
struct Origin {
  uint32_t file = 0;
  uint32_t line = 0; ///< 0: not written anywhere (a default)
  uint32_t statement = 0;
  Range range{};
  bool known() const { return line != 0; }
};

template <typename T> struct Located {
  T value{};
  Origin origin;
  bool isSet() const { return origin.known(); }
};

using Text = Located<std::string>;
using Number = Located<int64_t>;

/// Values are frozen: they are written into job tables.
enum class ProcessSlot : uint8_t {
  Main = 0,
  PreStart = 1,
  PostStart = 2,
  PreStop = 3,
  PostStop = 4,
  Security = 5
};
constexpr unsigned NumProcessSlots = 6;
/// "main", "pre-start", ...
const char *processSlotName(ProcessSlot slot);

/// Values are frozen. Broken: an override's failing statement left a slot
/// without command (language §6.5); it starts no process and fails the start.
enum class ProcessKind : uint8_t {
  None = 0,
  Command = 1,
  Script = 2,
  Broken = 3
};

struct Process {
  ProcessKind kind = ProcessKind::None;
  std::string text; ///< command as Upstart stores it, or the script
  Range textRange;  ///< in the file of origin, for positions inside the text
  Origin origin;
};

/// Whether an `exec` command goes through the shell (runtime §4.1).
bool commandNeedsShell(llvm::StringRef command);

/// The words of a command that needs no shell.
std::vector<llvm::StringRef> splitCommand(llvm::StringRef command);

/// A condition in post-order, as ast::EventNode but self-contained.
struct ConditionNode {
  ast::NodeKind kind = ast::NodeKind::Match;
  uint32_t left = 0;                 ///< And/Or
  std::string name;                  ///< Match
  std::vector<std::string> operands; ///< Match
  /// Match: index of the name among the words of the file's tree; those of the
  /// operands follow.
  uint32_t firstWord = 0;
  Origin origin; ///< range: name to last operand, or the operator
};
struct Condition {
  std::vector<ConditionNode> nodes; ///< empty: no condition
  Origin origin;
  bool empty() const { return nodes.empty(); }
};

/// Values are frozen. Invalid: left behind by a failing override statement.
enum class Expect : uint8_t { None = 0, Stop = 1, Daemon = 2, Fork = 3 };
enum class Console : uint8_t {
  None = 0,
  Output = 1,
  Owner = 2,
  Log = 3,
  Unset = 254,
  Invalid = 255
};
/// "fork", "log" ...: the word of the stanza; "unset" and "invalid" besides.
const char *expectName(Expect expect);
const char *consoleName(Console console);

/// Values are frozen; order of the specification's list (language §3.6 limit).
enum class Resource : uint8_t {
  As,
  Core,
  Cpu,
  Data,
  Fsize,
  Memlock,
  Msgqueue,
  Nice,
  Nofile,
  Nproc,
  Rss,
  Rtprio,
  Sigpending,
  Stack
};
constexpr unsigned NumResources = 14;
/// "as", "core", ...
const char *resourceName(Resource resource);
constexpr uint64_t LimitInfinity = ~uint64_t(0);

struct Limit {
  uint64_t soft = 0, hard = 0;
  Origin origin;
};

struct CgroupEntry {
  std::string controller;
  Text name, key, value; ///< unset where not given
  Origin origin;
};

/// One job after its .conf and at most one .override.
struct Job {
  std::string name;
  uint32_t confFile = 0;     ///< index into JobSet::files
  int64_t overrideFile = -1; ///< index into JobSet::files or -1

  Text description, author, version, usage, instance;
  std::vector<Text> emits, env, exports, imports, tmpfiles;
  bool hasImport = false;
  Condition startOn, stopOn;
  Located<bool> manual, task, respawn, debug;
  std::array<Process, NumProcessSlots> processes;
  /// As Upstart stores them; 0/0 is "unlimited" (language §3.5).
  Number respawnLimit{10, {}}, respawnInterval{5, {}};
  std::vector<Number> normalExit; ///< exit code, or signal x 256
  Located<Expect> expect;
  Number killTimeout{5, {}}, killSignal{15, {}}, reloadSignal{1, {}};
  Located<Console> console{Console::Unset, {}};
  Number umask{022, {}}, nice{0, {}}, oomScore{0, {}};
  std::array<Limit, NumResources> limits; ///< origin.known(): set
  Text chroot, chdir, setuid, setgid, apparmorSwitch;
  std::vector<CgroupEntry> cgroups;
};

enum class FileRole : uint8_t { Conf = 0, Override = 1, MainConf = 2 };

/// A file that was read (or could not be).
struct SourceFile {
  std::string path;     ///< as walked: what messages print
  std::string relative; ///< below --root when given, else as `path`
  std::string jobName;
  FileRole role = FileRole::Conf;
  uint32_t directory = 0; ///< index of its configuration directory
  std::unique_ptr<SourceBuffer> source;
  ParseResult parse;
  std::string readError; ///< non-empty: could not be read, no source
};

/// A job name for which no good file exists, and why (the first error).
struct Rejected {
  std::string jobName;
  uint32_t file = 0; ///< index into files
};

/// The hash bucket of a name in Upstart's lists: FNV-1 modulo 17.
uint32_t listBucket(llvm::StringRef name);

struct JobSet {
  Dialect dialect = Dialect::Upstart113;
  /// The system's directories, highest priority first, as SourceFile::relative
  /// begins; empty for a file alone.
  std::vector<std::string> directories;
  std::vector<SourceFile> files; ///< in the order they are visited
  std::vector<Job> jobs;         ///< in order of registration
  std::vector<Rejected> rejected;
  /// Jobs of `jobs` that a file with errors belongs to (language §6.5): an
  /// override that is applied up to its first error, or a conf without which
  /// the override alone is the job.
  std::vector<Rejected> rejectedInPart;
  /// Everything beyond the syntax of one file, in order: what could not be read
  /// (also in SourceFile::readError), and what the combination of files means.
  /// The syntax errors are in files[].parse.
  std::vector<Diagnostic> diagnostics;

  /// Indices of `jobs` in the order Upstart lists them: FNV-1 of the name
  /// modulo 17, then order of registration (runtime §1.4).
  std::vector<uint32_t> listOrder() const;
};

} // namespace starton::sema

#endif // STARTON_SEMA_MODEL_H
