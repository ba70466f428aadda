// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Check/Accounts.h"
#include "starton/Basic/Stanzas.h"
#include "llvm/ADT/StringExtras.h"
#include <algorithm>

namespace starton::check {

namespace {

/// Beyond this the file is taken for unknown.
constexpr size_t MaxSize = size_t(16) << 20;

/// Sources that hold nothing but what stands in the file: `systemd` knows root
/// and nobody, and users of its own services.
constexpr std::string_view plainSources = "files compat systemd db";

/// Whether the line of \p database in nsswitch.conf names plain sources alone.
/// Without the file, or the line, the files are what is asked.
bool usesFilesAlone(const Root &root, llvm::StringRef database) {
  if (root.kindOf("/etc/nsswitch.conf") == PathKind::Missing)
    return true;
  std::optional<std::string> text = root.read("/etc/nsswitch.conf");
  if (!text)
    return false;
  llvm::StringRef rest = *text;
  while (!rest.empty()) {
    auto [line, next] = rest.split('\n');
    rest = next;
    auto [name, sources] = line.split('#').first.split(':');
    if (name.trim() != database)
      continue;
    while (!(sources = sources.ltrim()).empty()) {
      llvm::StringRef source = sources.take_until(
          [](char c) { return c == ' ' || c == '\t' || c == '\r'; });
      sources = sources.drop_front(source.size());
      // [NOTFOUND=return] and the like say what to do, not whom to ask.
      if (!source.starts_with("[") && !listContains(plainSources, source))
        return false;
    }
  }
  return true;
}

} // namespace

Accounts::Accounts(const Root &root, AccountKind kind) {
  llvm::StringRef database = kind == AccountKind::User ? "passwd" : "group";
  std::optional<std::string> text =
      root.read("/etc/" + database.str(), MaxSize);
  if (!text)
    return;
  complete = usesFilesAlone(root, database);
  llvm::StringRef rest = *text;
  while (!rest.empty()) {
    auto [line, next] = rest.split('\n');
    rest = next;
    // `+`: the entries of a directory service come in here.
    if (line.starts_with("+"))
      complete = false;
    if (line.contains(':') && !line.starts_with("#"))
      names.insert(line.split(':').first);
  }
}

std::string Accounts::suggest(llvm::StringRef name) const {
  std::vector<llvm::StringRef> sorted;
  for (const auto &entry : names)
    sorted.push_back(entry.first());
  std::sort(sorted.begin(), sorted.end());
  std::string candidates = llvm::join(sorted, " ");
  return std::string(suggestWord(name, candidates));
}

void reportUnknownAccounts(Context &context, AccountKind kind,
                           sema::Text sema::Job::*stanza) {
  Accounts known(context.system().root(), kind);
  if (!known.areAllKnown())
    return;
  for (const sema::Job &job : context.jobs()) {
    const sema::Text &name = job.*stanza;
    if (name.isSet() && !job.chroot.isSet() && !known.contains(name.value))
      context.report(placeOf(name.origin),
                     llvm::Twine("there is no ") +
                         (kind == AccountKind::User ? "user " : "group ") +
                         quoted(name.value) +
                         " below the root, so the job cannot start" +
                         didYouMean(known.suggest(name.value)));
  }
}

} // namespace starton::check
