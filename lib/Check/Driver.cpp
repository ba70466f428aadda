// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Check/Driver.h"
#include "starton/Check/Context.h"
#include "llvm/ADT/DenseMap.h"
#include <algorithm>
#include <tuple>

namespace starton::check {

Selection::Selection(ProfileSet profiles) {
  for (const Check *check : allChecks())
    entries.push_back({(check->profiles & profiles) != 0, std::nullopt});
}

void Selection::enable(const Check &check, std::optional<Severity> severity) {
  Entry &entry = entries[checkIndex(check)];
  entry.enabled = true;
  if (severity)
    entry.chosen = severity;
}

void Selection::disable(const Check &check) {
  entries[checkIndex(check)].enabled = false;
}

bool Selection::isEnabled(const Check &check) const {
  return entries[checkIndex(check)].enabled;
}

bool Selection::runsAny() const {
  return llvm::any_of(allChecks(), [&](const Check *check) {
    return check->run && isEnabled(*check);
  });
}

Severity Selection::severityOf(const Check &check, Severity own) const {
  return entries[checkIndex(check)].chosen.value_or(own);
}

std::vector<Diagnostic> runChecks(const System &system,
                                  const Selection &selection) {
  // The order of the files, which their addresses do not tell.
  llvm::DenseMap<const SourceBuffer *, size_t> order;
  for (const sema::SourceFile &file : system.set().files)
    order.try_emplace(file.source.get(), order.size());
  std::vector<Diagnostic> findings;
  for (const Check *check : allChecks()) {
    if (!check->run || !selection.isEnabled(*check))
      continue;
    Context context(*check, system);
    check->run(context);
    for (Diagnostic &diagnostic : context.findings()) {
      diagnostic.severity = selection.severityOf(*check);
      findings.push_back(std::move(diagnostic));
    }
  }
  auto key = [&](const Diagnostic &diagnostic) {
    return std::make_tuple(order.lookup(diagnostic.source),
                           diagnostic.range.begin, diagnostic.range.end,
                           std::string_view(diagnostic.check));
  };
  std::stable_sort(findings.begin(), findings.end(),
                   [&](const Diagnostic &left, const Diagnostic &right) {
                     return key(left) < key(right);
                   });
  auto last = std::unique(findings.begin(), findings.end(),
                          [&](const Diagnostic &left, const Diagnostic &right) {
                            return key(left) == key(right);
                          });
  findings.erase(last, findings.end());
  return findings;
}

} // namespace starton::check
