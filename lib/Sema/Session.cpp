// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Where a user session keeps its jobs (language §6.1).

#include "starton/Sema/JobSet.h"

namespace starton::sema {

namespace {

std::string valueOr(const char *value, std::string fallback) {
  return value && *value ? std::string(value) : std::move(fallback);
}

} // namespace

std::vector<std::string>
userSessionDirectories(const char *(*getEnvironment)(const char *)) {
  std::vector<std::string> result;
  std::string home = valueOr(getEnvironment("HOME"), "");
  std::string configHome = valueOr(getEnvironment("XDG_CONFIG_HOME"),
                                   home.empty() ? "" : home + "/.config");
  if (!configHome.empty())
    result.push_back(configHome + "/upstart");
  if (!home.empty())
    result.push_back(home + "/.init");

  std::string configDirs =
      valueOr(getEnvironment("XDG_CONFIG_DIRS"), "/etc/xdg");
  llvm::SmallVector<llvm::StringRef, 4> entries;
  llvm::StringRef(configDirs).split(entries, ':');
  for (llvm::StringRef entry : entries)
    if (entry.starts_with("/"))
      result.push_back(entry.str() + "/upstart");

  // Set is enough, whatever it is set to.
  if (!getEnvironment("UPSTART_NO_SYSTEM_USERCONFDIR"))
    result.emplace_back("/usr/share/upstart/sessions");
  return result;
}

} // namespace starton::sema
