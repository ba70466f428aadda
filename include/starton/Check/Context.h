// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a check sees and how it reports. One context serves one check; the
// system behind it is shared and constant.

#ifndef STARTON_CHECK_CONTEXT_H
#define STARTON_CHECK_CONTEXT_H

#include "starton/Check/Check.h"
#include "starton/Check/Graph.h"
#include "starton/Check/System.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/Twine.h"
#include <deque>

namespace starton::shell {
struct ShellText;
} // namespace starton::shell

namespace starton::check {

/// A finding being made: the rest may be added until the check returns.
class Finding {
public:
  explicit Finding(Diagnostic &diagnostic) : diagnostic(diagnostic) {}

  /// A remark about another place, in any file.
  Finding &note(const System &system, Place place, const llvm::Twine &message);
  /// A remark without a place.
  Finding &note(const llvm::Twine &message);
  /// A fix within the finding's file. Edits must not overlap.
  Finding &fix(const llvm::Twine &title, bool safe, std::vector<Edit> edits);

  Diagnostic &get() { return diagnostic; }

private:
  Diagnostic &diagnostic;
};

class Context {
public:
  Context(const Check &check, const System &system)
      : checked(check), examined(system) {}
  Context(const Context &) = delete;
  Context &operator=(const Context &) = delete;

  const System &system() const { return examined; }
  const sema::JobSet &set() const { return examined.set(); }
  llvm::ArrayRef<sema::Job> jobs() const { return examined.set().jobs; }
  const Graph &graph() const { return examined.graph(); }

  /// A finding at \p place. \p message: one line, lower-case start, no final
  /// period, names in single quotes; names and values from files go through
  /// quoted(). It says what to do where that is not plain.
  Finding report(Place place, const llvm::Twine &message);

  /// Every file that was parsed without an error.
  void forEachFile(llvm::function_ref<void(uint32_t file)> visit) const;
  /// The shell text of every main process that has one (NeedShell).
  void forEachMain(
      llvm::function_ref<void(const sema::Job &, const shell::ShellText &)>
          visit) const;

  /// All findings so far, in the order of the reports.
  std::deque<Diagnostic> &findings() { return found; }

private:
  const Check &checked;
  const System &examined;
  std::deque<Diagnostic> found; ///< a Finding refers into it
};

/// Whether the forks of the job's main process are counted (expect fork, expect
/// daemon).
bool countsForks(const sema::Job &job);

/// 'TEXT' with what is no UTF-8 escaped.
std::string quoted(llvm::StringRef text);
/// "; did you mean 'NAME'?", or nothing when \p name is empty.
std::string didYouMean(llvm::StringRef name);

} // namespace starton::check

#endif // STARTON_CHECK_CONTEXT_H
