// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a check is: one constant in a file of its own,
// lib/Check/Checks/NAME.cpp, that holds documentation, examples, default
// severity and the function that looks. docs/writing-checks.md says how to
// write one.
//
// The list of all checks is made of the names of those files when the build is
// configured, so a check needs no entry anywhere, and nothing registers itself
// while the program starts.

#ifndef STARTON_CHECK_CHECK_H
#define STARTON_CHECK_CHECK_H

#include "starton/Basic/Diagnostic.h"
#include "starton/Basic/Dialect.h"
#include "llvm/ADT/ArrayRef.h"

namespace starton::check {

class Context;

/// Sets of checks that are switched on together; a check is in one or more.
enum Profile : uint8_t {
  Default = 1,    ///< on unless switched off
  ChromeOS = 2,   ///< agreed rules of ChromiumOS
  Style = 4,      ///< nothing that could break
  ShellCheck = 8, ///< what ShellCheck says, as bad as it says
};
using ProfileSet = uint8_t;
/// "default", "chromeos", "style", "shellcheck".
llvm::StringRef profileName(Profile profile);
llvm::ArrayRef<Profile> allProfiles();

/// What a check looks at beyond the jobs themselves.
enum Need : uint8_t {
  NeedGraph = 1,     ///< other jobs and events: says less with --partial
  NeedCatalogue = 2, ///< the event catalogues
  NeedRoot = 4,      ///< the files of the system: silent without --root
  NeedShell = 8,     ///< the parsed shell: silent where it is not built in
  NeedProgram = 16, ///< another program: only when asked for by name or profile
};
using NeedSet = uint8_t;
/// "graph", "catalogue", "root", "shell", "program".
llvm::StringRef needName(Need need);
llvm::ArrayRef<Need> allNeeds();

/// What `--fix` may do for the findings of a check. A safe fix keeps what the
/// job means, or makes it mean what it undoubtedly should.
enum class FixKind : uint8_t { None, Safe, Unsafe };

/// All of it is of static duration.
struct Check {
  /// Identity: option, suppression, file name, test, documentation.
  llvm::StringLiteral name;
  /// One line, lower-case start, no final period.
  llvm::StringLiteral summary;
  Severity severity = Severity::Warning;
  ProfileSet profiles = Default; ///< none: only when asked for by name
  NeedSet needs = 0;
  FixKind fix = FixKind::None;
  /// The dialect of the examples.
  Dialect dialect = Dialect::Upstart113;
  /// Markdown: what it finds, why that is bad, how to mend it.
  llvm::StringLiteral doc;
  /// A system in which this check and no other fires, exactly at the places
  /// between `«` and `»`. One file, or several behind lines `#--- NAME`
  /// (docs/writing-checks.md).
  llvm::StringLiteral bad;
  /// The same mended: no default check fires. With a fix it is what the fix
  /// makes of `bad`.
  llvm::StringLiteral good;
  /// Looks at a whole system and reports into the context. Null: whoever runs
  /// the checks finds these elsewhere, by a program.
  void (*run)(Context &context);
};

/// Defines the check of the file that it stands in: undefined-event.cpp holds
/// `STARTON_CHECK(undefinedEvent) = {...};`.
#define STARTON_CHECK(Id)                                                      \
  extern const ::starton::check::Check Id##Check;                              \
  constinit const ::starton::check::Check Id##Check

/// All checks, sorted by name.
llvm::ArrayRef<const Check *> allChecks();

/// Null when there is none of this name.
const Check *findCheck(llvm::StringRef name);
/// The name that was probably meant, or empty.
llvm::StringRef suggestCheck(llvm::StringRef name);

/// The index of \p check in allChecks().
size_t checkIndex(const Check &check);

} // namespace starton::check

#endif // STARTON_CHECK_CHECK_H
