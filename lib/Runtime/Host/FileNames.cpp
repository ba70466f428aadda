// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "starton/Runtime/Host/FileNames.h"

namespace starton::host {

using engine::Text;

namespace {

bool endsWith(Text name, Text suffix) {
  return name.size() >= suffix.size() &&
         equal(name.slice(name.size() - suffix.size(), suffix.size()), suffix);
}

bool isHexDigit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') ||
         (c >= 'A' && c <= 'F');
}

/// Unpacked by RPM and not yet renamed: NAME;hhhhhhhh.
bool isUnpacked(Text name) {
  constexpr size_t Digits = 8;
  if (name.size() <= Digits || name[name.size() - Digits - 1] != ';')
    return false;
  for (char c : name.slice(name.size() - Digits, Digits))
    if (!isHexDigit(c))
      return false;
  return true;
}

bool contains(Text name, Text part) {
  for (size_t i = 0; i + part.size() <= name.size(); ++i)
    if (equal(name.slice(i, part.size()), part))
      return true;
  return false;
}

} // namespace

bool isIgnoredDirectory(Text name) {
  constexpr const char *Suffixes[] = {"~",        ".bak",   ".BAK", ".swp",
                                      ".swo",     ".swn",   ",v",   ".rpmsave",
                                      ".rpmorig", ".rpmnew"};
  constexpr const char *Names[] = {"RCS",       "CVS",    "CVS.adm", "SCCS",
                                   "BitKeeper", "{arch}", "_darcs"};
  if (name.empty() || name[0] == '.')
    return true;
  for (const char *suffix : Suffixes)
    if (endsWith(name, textOf(suffix)))
      return true;
  for (const char *whole : Names)
    if (equal(name, textOf(whole)))
      return true;
  if (name.size() >= 2 && name[0] == '#' && name[name.size() - 1] == '#')
    return true;
  return contains(name, textOf(".dpkg-")) || isUnpacked(name);
}

bool isConfFile(Text name) {
  Text suffix = textOf(".conf");
  return name.size() > suffix.size() && endsWith(name, suffix);
}

bool isJobFile(Text name, Text &stem) {
  Text suffix = textOf(isConfFile(name) ? ".conf" : ".override");
  if (name.size() <= suffix.size() || !endsWith(name, suffix))
    return false;
  stem = name.slice(0, name.size() - suffix.size());
  return true;
}

} // namespace starton::host
