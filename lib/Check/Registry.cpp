// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Basic/Stanzas.h"
#include "starton/Check/Check.h"
#include <algorithm>

namespace starton::check {

#define CHECK(Id, Name) extern const Check Id##Check;
#include "Checks.inc"
#undef CHECK

namespace {

constexpr const Check *checks[] = {
#define CHECK(Id, Name) &Id##Check,
#include "Checks.inc"
#undef CHECK
};

constexpr Profile profiles[] = {Default, ChromeOS, Style, ShellCheck};
constexpr Need needs[] = {NeedGraph, NeedCatalogue, NeedRoot, NeedShell,
                          NeedProgram};

} // namespace

llvm::ArrayRef<Profile> allProfiles() { return profiles; }
llvm::ArrayRef<Need> allNeeds() { return needs; }

llvm::StringRef profileName(Profile profile) {
  switch (profile) {
  case Default:
    return "default";
  case ChromeOS:
    return "chromeos";
  case Style:
    return "style";
  case ShellCheck:
    break;
  }
  return "shellcheck";
}

llvm::StringRef needName(Need need) {
  switch (need) {
  case NeedGraph:
    return "graph";
  case NeedCatalogue:
    return "catalogue";
  case NeedRoot:
    return "root";
  case NeedShell:
    return "shell";
  case NeedProgram:
    break;
  }
  return "program";
}

llvm::ArrayRef<const Check *> allChecks() { return checks; }

const Check *findCheck(llvm::StringRef name) {
  const auto *found =
      std::lower_bound(std::begin(checks), std::end(checks), name,
                       [](const Check *check, llvm::StringRef key) {
                         return check->name < key;
                       });
  return found != std::end(checks) && (*found)->name == name ? *found : nullptr;
}

llvm::StringRef suggestCheck(llvm::StringRef name) {
  std::string words;
  for (const Check *check : checks)
    words += (words.empty() ? "" : " ") + check->name.str();
  std::string_view near = suggestWord(name, words);
  const Check *check = near.empty() ? nullptr : findCheck(near);
  return check ? llvm::StringRef(check->name) : llvm::StringRef();
}

size_t checkIndex(const Check &check) {
  const auto *found = std::find(std::begin(checks), std::end(checks), &check);
  return static_cast<size_t>(found - std::begin(checks));
}

} // namespace starton::check
