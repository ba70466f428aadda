// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Runtime/Host/SessionDirectories.h"
#include <climits>
#include <cstdio>
#include <cstring>

namespace starton::host {

const char *variableOf(char *const *environment, const char *name) {
  size_t length = std::strlen(name);
  for (char *const *entry = environment; *entry; ++entry)
    if (std::strncmp(*entry, name, length) == 0 && (*entry)[length] == '=')
      return *entry + length + 1;
  return nullptr;
}

namespace {

class Directories {
public:
  Directories(void *who, bool (*call)(void *, const char *))
      : context(who), add(call) {}

  /// The first \p length bytes of \p start, and \p rest.
  bool tell(const char *start, size_t length, const char *rest) {
    char path[PATH_MAX];
    if (length + std::strlen(rest) >= sizeof path)
      return true;
    std::memcpy(path, start, length);
    std::strcpy(path + length, rest);
    return add(context, path);
  }
  bool tell(const char *start, const char *rest) {
    return tell(start, std::strlen(start), rest);
  }

private:
  void *context;
  bool (*add)(void *context, const char *path);
};

/// Null for an empty value.
const char *valueOf(char *const *environment, const char *name) {
  const char *value = variableOf(environment, name);
  return value && *value ? value : nullptr;
}

} // namespace

bool sessionDirectories(char *const *environment, void *context,
                        bool (*add)(void *context, const char *path)) {
  Directories directories(context, add);
  const char *home = valueOf(environment, "HOME");
  const char *configHome = valueOf(environment, "XDG_CONFIG_HOME");
  if (configHome && !directories.tell(configHome, "/upstart"))
    return false;
  if (!configHome && home && !directories.tell(home, "/.config/upstart"))
    return false;
  if (home && !directories.tell(home, "/.init"))
    return false;
  const char *list = valueOf(environment, "XDG_CONFIG_DIRS");
  for (const char *entry = list ? list : "/etc/xdg"; *entry;) {
    size_t length = std::strcspn(entry, ":");
    if (*entry == '/' && !directories.tell(entry, length, "/upstart"))
      return false;
    entry += length + (entry[length] == ':');
  }
  // Set is enough, whatever it is set to.
  return variableOf(environment, "UPSTART_NO_SYSTEM_USERCONFDIR") ||
         directories.tell("/usr/share/upstart", "/sessions");
}

} // namespace starton::host
