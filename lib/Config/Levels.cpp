// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Config/Levels.h"
#include "starton/Basic/Stanzas.h"
#include <iterator>

using namespace starton;
using namespace starton::config;

namespace {

constexpr DiagId diagIds[] = {
#define DIAGNOSTIC(Id, Name, Sev) DiagId::Id,
#include "starton/Basic/Diagnostics.def"
};

/// Null: no diagnostic of this name. DiagId::Check only stands for the checks.
const DiagId *findDiagnostic(llvm::StringRef name) {
  for (const DiagId &id : diagIds)
    if (id != DiagId::Check && diagName(id) == name)
      return &id;
  return nullptr;
}

/// Errors that are none of opinion: all but the shell's.
bool isFixed(DiagId id) {
  return diagSeverity(id) == Severity::Error && id != DiagId::ShellSyntax;
}

std::string nearestName(llvm::StringRef name, bool orAll) {
  std::string names;
  for (const check::Check *each : check::allChecks())
    names += each->name.str() + " ";
  for (DiagId id : diagIds)
    if (id != DiagId::Check)
      names += diagName(id).str() + " ";
  if (orAll)
    names += AllNames;
  return std::string(suggestWord(name, names));
}

} // namespace

bool config::isFindingName(llvm::StringRef name) {
  return check::findCheck(name) || findDiagnostic(name);
}

bool config::isConfigurable(llvm::StringRef name) {
  const DiagId *id = findDiagnostic(name);
  return id ? !isFixed(*id) : check::findCheck(name) != nullptr;
}

bool config::resemblesName(llvm::StringRef name) {
  return !name.empty() &&
         (isFindingName(name) || !nearestName(name, false).empty());
}

std::string config::unknownName(llvm::StringRef name, bool orAll) {
  std::string text = "no finding is called '" + name.str() + "'";
  std::string near = nearestName(name, orAll);
  if (!near.empty())
    text += "; did you mean '" + near + "'?";
  return text;
}

std::string config::fixedName(llvm::StringRef name) {
  return "'" + name.str() + "' is always an error: such a file is not used";
}

bool config::addProfile(llvm::StringRef name, check::ProfileSet &profiles,
                        std::string &error) {
  std::string names;
  for (check::Profile profile : check::allProfiles()) {
    if (check::profileName(profile) == name) {
      profiles |= profile;
      return true;
    }
    names += (names.empty() ? "" : " ") + check::profileName(profile).str();
  }
  error = "no profile is called '" + name.str() + "'; there are: " + names;
  std::string_view near = suggestWord(name, names);
  if (!near.empty())
    error += "; did you mean '" + std::string(near) + "'?";
  return false;
}

Levels::Levels(check::ProfileSet profiles)
    : selection(profiles), levels(std::size(diagIds)) {}

bool Levels::set(llvm::StringRef name, Level level, std::string &error) {
  bool all = name == AllNames;
  if (!all && !isFindingName(name)) {
    error = unknownName(name);
    return false;
  }
  if (!all && !isConfigurable(name)) {
    error = fixedName(name);
    return false;
  }
  Severity severity =
      level == Level::Error ? Severity::Error : Severity::Warning;
  for (const check::Check *each : check::allChecks()) {
    // Another program is run only when it is asked for.
    bool runs = (each->needs & check::NeedProgram) && level != Level::Off &&
                !selection.isEnabled(*each);
    if (all ? runs : each->name != name)
      continue;
    if (level == Level::Off)
      selection.disable(*each);
    else
      selection.enable(*each, severity);
  }
  for (DiagId id : diagIds)
    if (!isFixed(id) && (all || diagName(id) == name))
      levels[static_cast<size_t>(id)] = level;
  return true;
}
