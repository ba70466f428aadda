// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The users and groups of the system that is checked, as its own files have
// them (--root).

#ifndef STARTON_CHECK_ACCOUNTS_H
#define STARTON_CHECK_ACCOUNTS_H

#include "starton/Check/Context.h"
#include "starton/Check/Root.h"
#include "llvm/ADT/StringSet.h"

namespace starton::check {

enum class AccountKind : uint8_t { User, Group };

/// The names in /etc/passwd or /etc/group.
class Accounts {
public:
  Accounts(const Root &root, AccountKind kind);

  /// False where there may be others: without such a file, or when the system
  /// asks more than files for names (/etc/nsswitch.conf, a `+` in the file).
  bool areAllKnown() const { return complete; }
  bool contains(llvm::StringRef name) const { return names.contains(name); }
  /// The name that was probably meant, or empty.
  std::string suggest(llvm::StringRef name) const;

private:
  bool complete = false;
  llvm::StringSet<> names;
};

/// Reports every job whose \p stanza names an account that is not there. A job
/// with `chroot` is left out: there the files of that directory are asked.
void reportUnknownAccounts(Context &context, AccountKind kind,
                           sema::Text sema::Job::*stanza);

} // namespace starton::check

#endif // STARTON_CHECK_ACCOUNTS_H
