// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Runs checks over a system, and prints what is known about them.

#ifndef STARTON_CHECK_DRIVER_H
#define STARTON_CHECK_DRIVER_H

#include "starton/Check/Check.h"
#include "starton/Check/System.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/Support/raw_ostream.h"
#include <optional>

namespace llvm::json {
class OStream;
} // namespace llvm::json

namespace starton::check {

/// Which checks run, and how bad what they find is. Options, configuration
/// files and profiles end up here; later calls win.
class Selection {
public:
  /// The checks of \p profiles with their own severities.
  explicit Selection(ProfileSet profiles = Default);

  void enable(const Check &check, std::optional<Severity> severity = {});
  void disable(const Check &check);
  bool isEnabled(const Check &check) const;
  /// One that looks at the system is enabled: runChecks() can find something.
  bool runsAny() const;
  /// Of a finding that is as bad as \p own says, unless the severity of the
  /// check was chosen.
  Severity severityOf(const Check &check, Severity own) const;
  Severity severityOf(const Check &check) const {
    return severityOf(check, check.severity);
  }

private:
  struct Entry {
    bool enabled = false;
    std::optional<Severity> chosen;
  };
  std::vector<Entry> entries; ///< as allChecks()
};

/// The findings of all enabled checks in order of file, position and name; one
/// check reports a place once. They refer to the sources of the system.
std::vector<Diagnostic> runChecks(const System &system,
                                  const Selection &selection);

/// --list-checks: one line a check.
void printCheckList(llvm::raw_ostream &os);
/// --list-checks --format=json (docs/json.md).
/// \p more adds attributes of the caller's.
void printCheckListJson(
    llvm::raw_ostream &os,
    llvm::function_ref<void(llvm::json::OStream &)> more = {});

/// --explain: documentation and examples, as docs/checks/NAME.md.
void printCheckPage(const Check &check, llvm::raw_ostream &os);
/// docs/checks/README.md.
void printCheckIndex(llvm::raw_ostream &os);

/// One file of an example (docs/writing-checks.md).
struct ExampleFile {
  std::string name;          ///< as behind `#--- `; "example.conf" without
  std::string text;          ///< without the marks
  std::vector<Range> marked; ///< in order of their end
};
std::vector<ExampleFile> splitExample(llvm::StringRef example);

} // namespace starton::check

#endif // STARTON_CHECK_DRIVER_H
